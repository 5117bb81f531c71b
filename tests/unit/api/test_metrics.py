"""/metrics: what was answered, what is served, how refreshes ended; bounded in its names."""

from __future__ import annotations

import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from datalayer.access.identity import ANYONE, Identity
from datalayer.api.call import Call
from datalayer.api.metrics import BOUNDS_S, Metrics, metrics_endpoint
from datalayer.kernel.errors import NotAllowed
from datalayer.portal import Portal
from tests.portals import ADMIN, PLANNER, get
from tests.publisher import Publisher

ITEM = "/api/v1/items/{item_id}"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Called:
    """Stands where the middleware stands, which finds out who calls."""

    def __init__(self, app: ASGIApp, *, identity: Identity) -> None:
        self._app = app
        self._state = {"call": Call(identity)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(self._state)
        await self._app(scope, receive, send)


def application(
    metrics: Metrics, *, members_only: bool = False, identity: Identity = ANYONE
) -> Starlette:
    endpoint = metrics_endpoint(metrics, members_only=members_only)
    middleware = Middleware(Called, identity=identity)
    return Starlette(routes=[Route("/metrics", endpoint)], middleware=[middleware])


def samples(metrics: Metrics) -> Samples:
    """Return what the endpoint shows, read as Prometheus reads it."""
    text = get(application(metrics), "/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of nothing yet."""
    return Metrics()


@pytest.fixture
def watched(metrics: Metrics, portal: Portal) -> Metrics:
    """Metrics of a portal that serves a publication."""
    metrics.watch(portal)
    return metrics


def hit(
    metrics: Metrics, method: str = "GET", *, status: int = 200, seconds: float = 0.004
) -> None:
    metrics.count_request(
        ITEM, method, status=status, seconds=seconds, cache="hit", bytes_sent=300, rows=7
    )


def test_requests_are_counted_by_route_method_and_hundreds_of_the_status(metrics: Metrics) -> None:
    hit(metrics)
    hit(metrics, status=204)
    hit(metrics, status=304)

    found = samples(metrics)

    assert value(found, "farol_requests_total", route=ITEM, method="GET", status="2xx") == 2
    assert value(found, "farol_requests_total", route=ITEM, method="GET", status="3xx") == 1


def test_rows_and_bytes_are_summed_by_route(metrics: Metrics) -> None:
    hit(metrics)
    hit(metrics, status=404)

    found = samples(metrics)

    assert value(found, "farol_rows_total", route=ITEM) == 14
    assert value(found, "farol_sent_bytes_total", route=ITEM) == 600


def test_cache_uses_leave_out_what_asks_no_cache(metrics: Metrics) -> None:
    hit(metrics)
    for cache in ("miss", "none"):
        metrics.count_request(
            ITEM, "GET", status=200, seconds=0.1, cache=cache, bytes_sent=1, rows=1
        )

    found = samples(metrics)

    assert value(found, "farol_cache_uses_total", cache="hit") == 1
    assert value(found, "farol_cache_uses_total", cache="miss") == 1
    assert value(found, "farol_cache_uses_total", cache="none") is None


@pytest.mark.parametrize("seconds", [0.0, *BOUNDS_S, 0.3, 60.0])
def test_the_buckets_of_seconds_are_cumulative_and_hold_their_bound(
    metrics: Metrics, seconds: float
) -> None:
    hit(metrics, seconds=seconds)

    found = samples(metrics)

    labels = {"route": ITEM, "cache": "hit"}
    for bound in BOUNDS_S:
        counted = value(found, "farol_request_seconds_bucket", le=str(bound), **labels)
        assert counted == (seconds <= bound)
    assert value(found, "farol_request_seconds_bucket", le="+Inf", **labels) == 1
    assert value(found, "farol_request_seconds_count", **labels) == 1
    assert value(found, "farol_request_seconds_sum", **labels) == seconds


def test_invented_methods_make_one_series(metrics: Metrics) -> None:
    for number in range(50):
        hit(metrics, f"BREW{number}", status=405)

    found = samples(metrics)

    assert value(found, "farol_requests_total", route=ITEM, method="other", status="4xx") == 50
    assert len([name for name, _ in found if name == "farol_requests_total"]) == 1


def test_no_sample_says_when_the_counting_of_another_began(metrics: Metrics) -> None:
    hit(metrics)

    assert not [name for name, _ in samples(metrics) if name.endswith("_created")]


def test_requests_of_many_threads_are_all_counted(metrics: Metrics) -> None:
    threads = [
        threading.Thread(target=lambda: [hit(metrics) for _ in range(2000)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = samples(metrics)

    assert value(found, "farol_requests_total", route=ITEM, method="GET", status="2xx") == 8000


def test_refusals_for_the_rate_are_counted_by_what_was_limited(metrics: Metrics) -> None:
    metrics.count_refusal("key")
    metrics.count_refusal("address")
    metrics.count_refusal("key")

    found = samples(metrics)

    assert value(found, "farol_rate_limited_total", by="key") == 2
    assert value(found, "farol_rate_limited_total", by="address") == 1


def test_the_publication_that_is_served_is_named_with_its_age(
    watched: Metrics, portal: Portal
) -> None:
    found = samples(watched)

    manifest = portal.open().manifest
    labels = {
        "publication_id": manifest.publication_id,
        "model_version": manifest.model_version,
        "dataset_id": manifest.dataset_id,
    }
    age_s = value(found, "farol_publication_age_seconds")
    data_age_s = value(found, "farol_data_age_seconds")
    assert value(found, "farol_publication_info", **labels) == 1
    assert value(found, "farol_health", status="ok") == 1
    assert age_s is not None
    assert data_age_s is not None
    # The fixture's data ends the day before it was generated at six.
    assert round(data_age_s - age_s) == 30 * 3600


def test_refreshes_are_counted_by_how_they_ended(
    watched: Metrics, portal: Portal, publisher: Publisher
) -> None:
    publisher.publish()
    with pytest.raises(NotAllowed):
        portal.activate(PLANNER)
    for _ in range(2):
        portal.activate(ADMIN)

    found = samples(watched)

    counted = {
        dict(labels)["outcome"]: count
        for (name, labels), count in found.items()
        if name == "farol_audit_entries_total" and dict(labels)["action"] == "activate"
    }
    assert counted == {"activated": 1, "refused": 1, "already_current": 1}


def test_an_empty_portal_has_no_publication(metrics: Metrics, empty_portal: Portal) -> None:
    metrics.watch(empty_portal)

    found = samples(metrics)

    assert value(found, "farol_health", status="empty") == 1
    assert "farol_publication_age_seconds" not in {name for name, _ in found}


def test_the_format_is_the_one_that_prometheus_prefers(metrics: Metrics) -> None:
    hit(metrics)
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

    answer = get(application(metrics), "/metrics", accept=accept)

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert answer.headers["cache-control"] == "no-store"


def test_a_portal_for_members_shows_nothing_to_strangers(watched: Metrics, portal: Portal) -> None:
    answer = get(application(watched, members_only=True), "/metrics")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert portal.open().manifest.publication_id not in answer.text


def test_a_member_is_shown_them(watched: Metrics) -> None:
    answer = get(application(watched, members_only=True, identity=PLANNER), "/metrics")

    assert answer.status_code == 200
    assert "farol_publication_info" in answer.text
