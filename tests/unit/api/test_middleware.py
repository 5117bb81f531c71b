"""The API's middleware: request ids, one line of log per request, limits, kept answers, pins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from structlog.testing import capture_logs

from datalayer.access.api_keys import Scope
from datalayer.access.identity import Role
from datalayer.kernel.contract.manifest import Manifest
from tests.integration.servers import wait_until
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal

ITEMS = "/api/v1/items"
SERIES = "/api/v1/items/P00001/timeseries"


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and kind of a problem, which says the same status itself."""
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == answer.status_code
    return answer.status_code, content["type"].removeprefix("/api/v1/problems/")


def samples(served: ServedPortal, name: str) -> dict[str, float]:
    """Return what /metrics shows of one metric, by its labels."""
    lines = served.get("/metrics").text.splitlines()
    mine = (line.removeprefix(name) for line in lines if line.startswith(name + "{"))
    return {labels: float(value) for labels, value in (each.rsplit(" ", 1) for each in mine)}


class TestRequestId:
    @pytest.fixture
    def served(self, shared: ServedPortal) -> ServedPortal:
        """A portal that others read too: the id of a request changes nothing."""
        return shared

    @pytest.mark.parametrize("address", [ITEMS, "/api/v1/nothing", "/health", "/metrics"])
    def test_a_sound_one_comes_back(self, served: ServedPortal, address: str) -> None:
        answer = served.get(address, **{"X-Request-ID": "batch-7:part.3_a"})

        assert answer.headers.get_list("x-request-id") == ["batch-7:part.3_a"]

    @pytest.mark.parametrize(
        "unsound", ["", "x" * 65, "a b", "a\tb", '{"event": 1}', "é", "a\x1b[31m", "a,b"]
    )
    def test_an_unsound_one_is_replaced(self, served: ServedPortal, unsound: str) -> None:
        answer = served.call("GET", ITEMS, headers={"X-Request-ID": unsound.encode("latin-1")})  # type: ignore[dict-item]

        assert answer.headers["x-request-id"] not in (unsound, "")
        assert answer.status_code == 200

    def test_without_one_each_request_gets_its_own(self, served: ServedPortal) -> None:
        given = {served.get(ITEMS).headers["x-request-id"] for _ in range(5)}

        assert len(given) == 5

    def test_a_refused_call_has_one_too(self, served: ServedPortal) -> None:
        answer = served.get(ITEMS, **{"X-API-Key": "nonsense", "X-Request-ID": "mine"})

        assert problem(answer) == (401, "key-refused")
        assert answer.headers["x-request-id"] == "mine"


class TestLog:
    def test_a_read_says_what_was_read_and_how_long_it_took(self, served: ServedPortal) -> None:
        with capture_logs() as logs:
            served.get(SERIES, **{"X-Request-ID": "mine"})

        (line,) = [each for each in logs if each["event"] == "api.read"]
        manifest = served.portal.open().manifest
        assert line["request_id"] == "mine"
        assert line["route"] == "/api/v1/items/{item_id}/timeseries"
        assert line["publication_id"] == manifest.publication_id
        assert line["dataset_id"] == manifest.dataset_id
        assert line["model_version"] == manifest.model_version
        assert line["data_sets"] == ["fact_forecast", "fact_demand"]
        assert line["rows"] == len(served.get(SERIES).json()["data"])
        assert (line["status"], line["caller"], line["cache_hit"]) == (200, "anyone", False)
        assert line["milliseconds"] > 0

    def test_the_line_of_a_kept_answer_says_as_much(
        self, served: ServedPortal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with capture_logs() as logs:
            served.get(SERIES)
        served.get(SERIES, **{"X-Request-ID": "second"})

        first, second = logs[-1], self.line_of("second", capsys)
        same = {"event", "route", "publication_id", "dataset_id", "model_version", "rows"}
        assert (first["cache_hit"], second["cache_hit"]) == (False, True)
        assert {each: first[each] for each in same} == {each: second[each] for each in same}
        assert second["milliseconds"] > 0

    @pytest.mark.parametrize(
        ("address", "route", "status"),
        [
            ("/api/v1/nothing", "unmatched", 404),
            ("/api/nothing/at/all", "unmatched", 404),
            ("/api/v1/items?limit=0", "/api/v1/items", 422),
            ("/api/v1/items/nobody", "/api/v1/items/{item_id}", 404),
            ("/health", "/health", 200),
        ],
    )
    def test_other_requests_are_told_by_route_and_status(
        self, served: ServedPortal, address: str, route: str, status: int
    ) -> None:
        with capture_logs() as logs:
            served.get(address)

        (line,) = [each for each in logs if each["event"] == "api.request"]
        assert (line["route"], line["status"]) == (route, status)
        assert "publication_id" not in line

    def test_no_line_holds_a_value_of_a_row_or_of_the_query(self, served: ServedPortal) -> None:
        with capture_logs() as logs:
            served.get(f"{ITEMS}?q=bateria")
            served.get(f"{ITEMS}?q=bateria&limit=none")
            served.get("/api/v1/items/bateria")

        assert "bateria" not in json.dumps(logs).lower()

    def line_of(self, request_id: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        """Return the line of a kept answer's sending, once it is written."""
        written: list[str] = []

        def is_written() -> bool:
            written.append(capsys.readouterr().err)
            return request_id in "".join(written)

        wait_until(is_written, within_s=30, problem=f"no line of {request_id}")
        lines = [json.loads(each) for each in "".join(written).splitlines()]
        return next(each for each in lines if each["request_id"] == request_id)


class TestLimit:
    @pytest.fixture
    def limited(self, activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
        """A portal that takes three calls an hour, behind a proxy at 10.0.0.5."""
        limits = {"rate_limit": "3/hour", "trusted_proxies": "10.0.0.5"}
        with served_portal(tmp_path, **limits) as served:
            yield served

    def statuses(self, served: ServedPortal, calls: int = 4, **headers: str) -> list[int]:
        return [served.get(ITEMS, **headers).status_code for _ in range(calls)]

    def test_one_call_too_many_is_told_when_the_next_is_welcome(
        self, limited: ServedPortal
    ) -> None:
        assert self.statuses(limited, 3) == [200, 200, 200]

        refused = limited.get(ITEMS)

        assert problem(refused) == (429, "too-many-requests")
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert "3 requests a hour" in refused.json()["detail"]

    def test_each_address_counts_for_itself(self, limited: ServedPortal) -> None:
        self.statuses(limited)

        limited.peer = "192.0.2.8"

        assert limited.get(ITEMS).status_code == 200

    def test_the_addresses_of_one_ipv6_household_count_together(
        self, limited: ServedPortal
    ) -> None:
        given = []
        for end in ("1", "2", "ffff:1", "2:3:4"):
            limited.peer = str(ip_address(f"2001:db8:0:1::{end}"))
            given.append(limited.get(ITEMS).status_code)

        assert given == [200, 200, 200, 429]
        limited.peer = "2001:db8:0:2::1"
        assert limited.get(ITEMS).status_code == 200

    def test_a_key_counts_for_itself_wherever_it_is_used(self, limited: ServedPortal) -> None:
        headers = {"X-API-Key": limited.key(Scope.READ)}
        self.statuses(limited)

        assert self.statuses(limited, 2, **headers) == [200, 200]
        limited.peer = "192.0.2.8"
        assert self.statuses(limited, 2, **headers) == [200, 429]

    def test_refused_keys_count_against_their_address(self, limited: ServedPortal) -> None:
        guesses = [limited.get(ITEMS, **{"X-API-Key": f"guess-{n}"}) for n in range(4)]

        assert [each.status_code for each in guesses] == [401, 401, 401, 429]

    def test_what_a_client_writes_into_x_forwarded_for_gives_it_no_other_address(
        self, limited: ServedPortal
    ) -> None:
        given = [
            limited.get(ITEMS, **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code
            for n in range(4)
        ]

        assert given == [200, 200, 200, 429]

    def test_clients_behind_a_trusted_proxy_count_each_for_itself(
        self, limited: ServedPortal
    ) -> None:
        limited.peer = "10.0.0.5"

        one = self.statuses(limited, 4, **{"X-Forwarded-For": "198.51.100.1"})
        other = self.statuses(limited, 1, **{"X-Forwarded-For": "1.1.1.1, 198.51.100.2"})

        assert (one[-1], other) == (429, [200])

    def test_probes_are_never_refused(self, limited: ServedPortal) -> None:
        self.statuses(limited)

        assert limited.get("/health").status_code == 200
        assert limited.get("/metrics").status_code == 200

    def test_refusals_are_counted_by_kind_never_by_name(self, limited: ServedPortal) -> None:
        self.statuses(limited)
        self.statuses(limited, **{"X-API-Key": limited.key(Scope.READ)})

        counted = samples(limited, "farol_rate_limited_total")

        assert {labels: count for labels, count in counted.items() if count} == {
            '{by="address"}': 1,
            '{by="key"}': 1,
        }


class TestKeptAnswers:
    def test_a_second_call_has_the_same_bytes(self, served: ServedPortal) -> None:
        first, second = served.get(SERIES), served.get(SERIES)

        assert second.content == first.content
        own = {"x-request-id"}
        assert {n: v for n, v in second.headers.items() if n not in own} == {
            n: v for n, v in first.headers.items() if n not in own
        }

    def test_another_query_or_form_has_its_own(self, served: ServedPortal) -> None:
        arrow = {"Accept": "application/vnd.apache.arrow.stream"}
        for _ in range(2):
            assert served.get(f"{SERIES}?source=naive").content != served.get(SERIES).content
            assert served.get(SERIES, **arrow).headers["content-type"] == arrow["Accept"]
            assert served.get(SERIES).headers["content-type"] == "application/json"

    def test_several_accept_headers_are_one_list_for_the_answer_and_for_where_it_is_kept(
        self, served: ServedPortal
    ) -> None:
        arrow = "application/vnd.apache.arrow.stream"
        twice = [("Accept", arrow), ("Accept", "application/json;q=0.5")]

        first = served.call("GET", ITEMS, headers=twice)  # type: ignore[arg-type]
        second = served.get(ITEMS, Accept="application/json")

        assert first.headers["content-type"] == arrow
        assert second.headers["content-type"] == "application/json"

    def test_a_packed_answer_is_the_plain_one(self, served: ServedPortal) -> None:
        plain = served.get(SERIES, **{"Accept-Encoding": "identity"})

        for _ in range(2):
            packed = served.get(SERIES, **{"Accept-Encoding": "gzip, zstd"})
            assert packed.headers["content-encoding"] == "zstd"
            size = int(plain.headers["content-length"])
            assert pa.decompress(packed.content, size, codec="zstd", asbytes=True) == plain.content

    @pytest.mark.parametrize("address", [SERIES, "/api/v1/datasets"])
    @pytest.mark.parametrize("coding", ["gzip", "zstd", "identity"])
    def test_what_is_said_of_an_answer_is_true_of_the_bytes_that_are_sent(
        self, served: ServedPortal, address: str, coding: str
    ) -> None:
        others = {"gzip", "zstd", "identity"} - {coding}
        tags = {served.get(address, **{"Accept-Encoding": each}).headers["etag"] for each in others}

        for _ in range(2):
            answer, body = served.raw(address, **{"Accept-Encoding": coding})

            assert int(answer.headers["content-length"]) == len(body)
            assert answer.headers.get("content-encoding", "identity") == coding
            assert answer.headers["etag"] not in tags
            assert answer.headers.get_list("vary") == ["Accept, Accept-Encoding"]
            tag = {"If-None-Match": answer.headers["etag"], "Accept-Encoding": coding}
            assert served.get(address, **tag).status_code == 304

    def test_who_refuses_every_coding_is_told(self, served: ServedPortal) -> None:
        for _ in range(2):
            refused = served.get(SERIES, **{"Accept-Encoding": "br, identity;q=0"})

            assert problem(refused) == (406, "not-acceptable")

    def test_an_activation_is_seen_at_once(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        served.get(ITEMS)
        publisher.publish(items=8)

        served.portal.activate(ADMIN)
        wait_until(
            lambda: served.get(ITEMS).json()["total"] == 8,
            within_s=30,
            problem="the answer of the publication before was kept",
        )

        assert len(served.get(ITEMS).json()["data"]) == 8

    def test_a_failure_is_never_kept(self, served: ServedPortal) -> None:
        file = served.portal.snapshots.all()[0].path("dim_item")
        away = file.with_suffix(".away")
        file.parent.chmod(0o755)
        file.rename(away)
        failed = served.get(ITEMS)
        away.rename(file)

        assert problem(failed) == (503, "temporarily-unavailable")
        assert served.get(ITEMS).status_code == 200

    def test_hits_and_misses_are_counted(self, served: ServedPortal) -> None:
        for _ in range(3):
            served.get(SERIES)

        counted = samples(served, "farol_cache_uses_total")
        assert counted == {
            '{cache="hit"}': 2,
            '{cache="miss"}': 1,
        }


class TestUnchanged:
    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("form", ["{}", 'W/"other", {}', "*"])
    def test_what_the_caller_has_is_not_sent_again(
        self, served: ServedPortal, times: int, form: str
    ) -> None:
        tag = [served.get(SERIES).headers["etag"] for _ in range(times)][-1]

        again = served.get(SERIES, **{"If-None-Match": form.format(tag)})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert {"cache-control", "vary", "x-request-id"} <= set(again.headers)

    def test_another_form_query_or_publication_has_another_tag(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        arrow = {"Accept": "application/vnd.apache.arrow.stream"}
        tags = {
            served.get(SERIES).headers["etag"],
            served.get(SERIES, **arrow).headers["etag"],
            served.get(f"{SERIES}?source=naive").headers["etag"],
        }
        publisher.publish()
        served.portal.activate(ADMIN)
        tags.add(served.get(SERIES).headers["etag"])

        assert len(tags) == 4


class TestHeadOfReads:
    @pytest.mark.parametrize(
        "address",
        [
            SERIES,
            ITEMS,
            f"{ITEMS}/nobody",
            f"{ITEMS}?limit=0",
            "/api/v1/nothing",
            "/api/v1/datasets",
            "/api/v1/problems",
            "/api/v1/openapi.json",
            "/api/v1/docs",
            "/api/v1/docs/start.js",
            "/api/v1/docs/assets/swagger-ui.css",
            "/api/v1/data/refresh",
            "/health",
            "/health/live",
            "/health/ready",
        ],
    )
    @pytest.mark.parametrize("times", [1, 2])
    def test_it_has_status_and_headers_of_get_and_no_body(
        self, served: ServedPortal, address: str, times: int
    ) -> None:
        for _ in range(times):
            head, body = served.raw(address, method="HEAD")
        got = served.get(address)

        own = {"x-request-id", "content-length"}
        assert head.status_code == got.status_code
        assert {n: v for n, v in head.headers.items() if n not in own} == {
            n: v for n, v in got.headers.items() if n not in own
        }
        assert "content-length" in head.headers
        assert body == b""

    def test_it_counts_as_itself_and_sends_no_row(self, served: ServedPortal) -> None:
        for _ in range(2):
            served.call("HEAD", SERIES)

        route = "/api/v1/items/{item_id}/timeseries"
        requests = samples(served, "farol_requests_total")
        assert requests[f'{{method="HEAD",route="{route}",status="2xx"}}'] == 2
        assert samples(served, "farol_rows_total")[f'{{route="{route}"}}'] == 0
        assert samples(served, "farol_sent_bytes_total")[f'{{route="{route}"}}'] == 0

    @pytest.mark.parametrize(
        ("address", "allowed"),
        [
            (ITEMS, "GET, HEAD"),
            ("/health", "GET, HEAD"),
            ("/metrics", "GET, HEAD"),
            ("/api/v1/data/refresh", "POST"),
        ],
    )
    def test_what_an_address_allows_is_told(
        self, served: ServedPortal, address: str, allowed: str
    ) -> None:
        refused = served.call("DELETE", address)

        assert problem(refused) == (405, "method-not-allowed")
        assert refused.headers["allow"] == allowed


class TestPin:
    def test_a_pinned_answer_stays_and_may_be_kept_by_anybody(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        pinned = f"{ITEMS}?p={served.portal.active_id()}"
        before = served.get(pinned)
        publisher.publish(items=8)
        served.portal.activate(ADMIN)

        after = served.get(pinned)

        assert after.content == before.content
        assert after.headers["cache-control"] == "public, max-age=86400, immutable"
        assert served.get(ITEMS).headers["cache-control"] == "public, no-cache"

    def test_one_that_is_not_kept_is_gone_and_the_nearest_is_named(
        self, served: ServedPortal
    ) -> None:
        answer = served.get(f"{ITEMS}?p=20261120T060000Z-00000000")

        assert problem(answer) == (410, "publication-gone")
        assert answer.json()["nearest"] == served.portal.active_id()

    @pytest.mark.parametrize("pin", ["", "latest", "../../etc", "20261120T060000Z-0000000G"])
    def test_what_can_be_none_is_refused(self, served: ServedPortal, pin: str) -> None:
        answer = served.get(f"{ITEMS}?p={pin}")

        assert problem(answer) == (422, "invalid-parameter")

    def test_the_page_that_follows_is_of_the_same_publication(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        first = served.get(f"{ITEMS}?limit=2").json()
        publisher.publish(items=8)
        served.portal.activate(ADMIN)

        second = served.get(f"{ITEMS}?limit=10&cursor={first['next']}").json()

        assert second["metadata"]["publication_id"] == first["metadata"]["publication_id"]
        assert [row["item_id"] for row in second["data"]] == [
            f"P{number:05d}" for number in range(3, 7)
        ]


def test_a_members_portal_keeps_its_answers_to_its_members(
    activated: Manifest, tmp_path: Path
) -> None:
    with served_portal(tmp_path, access="members") as served:
        headers = {"Cookie": served.cookie("paulo", Role.PLANNER)}
        for _ in range(2):
            assert served.get(ITEMS, **headers).headers["cache-control"] == "private, no-cache"

        pin = served.portal.active_id()
        for address in (
            f"{ITEMS}?p={pin}",
            f"/api/v1/datasets?p={pin}",
            f"/api/v1/extracts/dim_item.csv?item_id=P00001&p={pin}",
            f"/api/v1/extracts/dim_item.csv.metadata.json?item_id=P00001&p={pin}",
        ):
            assert served.get(address, **headers).headers["cache-control"] == "private, no-cache"
        assert served.get(f"{ITEMS}/X", **headers).headers["cache-control"] == "no-store"

        assert problem(served.get(ITEMS)) == (401, "sign-in-required")
