"""/metrics: what the API answered, and what the portal tells of itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

from datalayer.access.identity import ANYONE
from datalayer.api.call import call_of
from datalayer.api.portal_metrics import PortalCollector
from datalayer.api.problems import problem_of
from datalayer.kernel.errors import SignInRequired
from datalayer.portal import Portal

CacheUse = Literal["hit", "miss", "none"]

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of seconds; what takes longer is in ``+Inf``."""

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Metrics:
    """Counts the requests to the API.

    Attributes:
        registry: What ``/metrics`` shows; never the library's global one.
    """

    def __init__(self) -> None:
        # Those would be a sample beside every other: when the counting of it began.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        self._requests = counter(
            "farol_requests",
            "Requests to the API that were answered.",
            ("route", "method", "status"),
        )
        self._seconds = Histogram(
            "farol_request_seconds",
            "Seconds from a request to the API to the end of its answer.",
            ("route", "cache"),
            buckets=BOUNDS_S,
            registry=self.registry,
        )
        self._cache_uses = counter(
            "farol_cache_uses", "Reads by whether their answer was in the cache.", ("cache",)
        )
        self._rows = counter("farol_rows", "Rows in answers.", ("route",))
        self._sent = counter("farol_sent_bytes", "Bytes of answers' bodies.", ("route",))
        self._limited = counter(
            "farol_rate_limited", "Requests refused for their rate, by what was limited.", ("by",)
        )
        self._refused = counter(
            "farol_connections_refused", "Connections refused or ended, by the reason.", ("reason",)
        )
        self._connections: Gauge | None = None
        # To find a child by its labels takes the library longer than to count in it.
        self._series: dict[tuple[str, str, int, CacheUse], _Series] = {}
        ProcessCollector(registry=self.registry)

    def count_request(
        self,
        route: str,
        method: str,
        *,
        status: int,
        seconds: float,
        cache: CacheUse,
        bytes_sent: int,
        rows: int,
    ) -> None:
        """Count one request that was answered.

        Args:
            route: The template, such as ``/api/v1/items/{item_id}``; one fixed word for
                addresses without one, so that nobody's typing makes new series.
            method: Any; those that HTTP does not name count as ``other``.
            status: Of HTTP; counted by its hundreds.
            seconds: From the request to the end of its answer.
            cache: ``none`` where no cache was asked.
            bytes_sent: Of the body.
            rows: Rows in the answer.
        """
        key = (route, method if method in _METHODS else "other", status // 100, cache)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Series(
                self._requests.labels(route, key[1], f"{key[2]}xx"),
                self._seconds.labels(route, cache),
                self._rows.labels(route),
                self._sent.labels(route),
                None if cache == "none" else self._cache_uses.labels(cache),
            )
        series.requests.inc()
        series.seconds.observe(seconds)
        series.rows.inc(rows)
        series.sent.inc(bytes_sent)
        if series.cache_uses:
            series.cache_uses.inc()

    def count_refusal(self, by: str) -> None:
        """Count one request that was refused for its rate.

        Args:
            by: What was limited: ``key``, ``user`` or ``address``; never which one.
        """
        self._limited.labels(by).inc()

    def count_refused_connection(self, reason: str) -> None:
        """Count one connection that was refused or ended for *reason*, one of few words."""
        self._refused.labels(reason).inc()

    def watch_connections(self, count: Callable[[], int]) -> None:
        """Show how many connections there are, as *count* tells."""
        if self._connections is None:
            self._connections = Gauge(
                "farol_connections", "Connections that are open.", registry=self.registry
            )
        self._connections.set_function(count)

    def watch_sessions(
        self, count: Callable[[], int], refused: Callable[[], int], most: Callable[[], int]
    ) -> None:
        """Show how many pages are open, were refused, and may be open, as these tell."""
        made = partial(Gauge, registry=self.registry)
        made("farol_page_sessions", "Pages that are open.").set_function(count)
        made("farol_page_sessions_refused", "Pages refused since the start.").set_function(refused)
        made("farol_page_sessions_most", "Most pages that may be open.").set_function(most)

    def tell_memory_limit(self, limit_bytes: int) -> None:
        """Show the memory that this process may take, beside what it takes."""
        Gauge(
            "farol_memory_limit_bytes",
            "Memory that this process may take: its container's, else the machine's.",
            registry=self.registry,
        ).set(limit_bytes)

    def watch(self, portal: Portal) -> None:
        """Show what *portal* serves, and what its audit log has had since it was opened."""
        self.registry.register(PortalCollector(portal))


def metrics_endpoint(metrics: Metrics, *, members_only: bool) -> Callable[[Request], Response]:
    """Return the endpoint that shows *metrics* as text, in the format that the caller prefers.

    In a portal for members it takes a sign-in or a key, like every other read; a key is what
    Prometheus sends as its bearer token. It is a plain function, so Starlette runs it on a
    thread: it reads the audit log's end.
    """

    def answer(request: Request) -> Response:
        if members_only and call_of(request).identity == ANYONE:
            return problem_of(SignInRequired())
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        headers = {"Cache-Control": "no-store", "Content-Type": media_type}
        return Response(encode(metrics.registry), headers=headers)

    return answer


class _Series(NamedTuple):
    """What one route, method, status class and use of the cache counts in."""

    requests: Counter
    seconds: Histogram
    rows: Counter
    sent: Counter
    cache_uses: Counter | None
