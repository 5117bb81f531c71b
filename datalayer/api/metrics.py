"""/metrics: what the API answered, what is served and how refreshes ended, for Prometheus."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from itertools import accumulate
from typing import Literal

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from datalayer.access.identity import ANYONE
from datalayer.api.context import caller
from datalayer.api.problems import problem_of
from datalayer.kernel.errors import SignInRequired
from datalayer.portal import Health, Portal

CacheUse = Literal["hit", "miss", "none"]
_Key = tuple[str, str, int, CacheUse]  # route, method, hundreds of the status, cache

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of seconds; what takes longer is in ``+Inf``."""

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BOUND_NAMES = (*map(str, BOUNDS_S), "+Inf")


class Metrics:
    """Counts the requests to the API; cheap enough for the answer of a cached one.

    The library's own counters cost three microseconds a request, because each of them takes a
    lock of its own. Here one lock guards all that a request adds, and the library's families
    are made when they are asked for.

    Attributes:
        registry: What ``/metrics`` shows; never the library's global one.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._series: dict[_Key, _Series] = {}
        self._limited: Counter[str] = Counter()
        self.registry.register(_Requests(self._series_now, self._limited_now))
        ProcessCollector(registry=self.registry)

    def request(
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
        key = (route, method, status // 100, cache)
        with self._lock:
            series = self._series.get(key) or self._first(key)
            series.buckets[bisect_left(BOUNDS_S, seconds)] += 1
            series.seconds += seconds
            series.bytes_sent += bytes_sent
            series.rows += rows

    def rate_limited(self, by: str) -> None:
        """Count one request that was refused for its rate.

        Args:
            by: What was limited: ``key``, ``user`` or ``address``; never which one.
        """
        with self._lock:
            self._limited[by] += 1

    def watch(self, portal: Portal) -> None:
        """Show what *portal* serves, and what its audit log has had since it was opened."""
        self.registry.register(_Served(portal))

    def _first(self, key: _Key) -> _Series:
        route, method, status_class, cache = key
        if method not in _METHODS:
            key = (route, "other", status_class, cache)
        return self._series.setdefault(key, _Series())

    def _series_now(self) -> list[tuple[_Key, _Series]]:
        with self._lock:
            return [(key, each.copy()) for key, each in self._series.items()]

    def _limited_now(self) -> Mapping[str, int]:
        with self._lock:
            return dict(self._limited)


def metrics_endpoint(metrics: Metrics, *, members_only: bool) -> Callable[[Request], Response]:
    """Return the endpoint that shows *metrics* as text, in the format that the caller prefers.

    In a portal for members it takes a sign-in or a key, like every other read; a key is what
    Prometheus sends as its bearer token. It is a plain function, so Starlette runs it on a
    thread: it reads the audit log's end.
    """

    def answer(request: Request) -> Response:
        if members_only and caller(request) == ANYONE:
            return problem_of(SignInRequired())
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        headers = {"Cache-Control": "no-store", "Content-Type": media_type}
        return Response(encode(metrics.registry), headers=headers)

    return answer


class _Series:
    """Sums over the requests of one route, method, status class and use of the cache."""

    __slots__ = ("buckets", "bytes_sent", "rows", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.seconds = 0.0
        self.bytes_sent = 0
        self.rows = 0

    def copy(self) -> _Series:
        """Return these sums as they are at this moment."""
        copied = _Series()
        copied.add(self)
        return copied

    def add(self, other: _Series) -> None:
        """Add the sums of *other*."""
        self.buckets = [
            mine + theirs for mine, theirs in zip(self.buckets, other.buckets, strict=True)
        ]
        self.seconds += other.seconds
        self.bytes_sent += other.bytes_sent
        self.rows += other.rows

    @property
    def requests(self) -> int:
        """How many requests these are."""
        return sum(self.buckets)


class _Requests(Collector):
    """The library's families of what ``Metrics`` has counted."""

    def __init__(
        self,
        series: Callable[[], list[tuple[_Key, _Series]]],
        limited: Callable[[], Mapping[str, int]],
    ) -> None:
        self._series = series
        self._limited = limited

    def collect(self) -> Iterable[Metric]:
        """Yield one family after another."""
        found = self._series()
        by_answer = _grouped(found, lambda key: (key[0], key[1], f"{key[2]}xx"))
        by_route = _grouped(found, lambda key: (key[0],))
        by_cache = _grouped(found, lambda key: (key[3],) if key[3] != "none" else None)
        yield _counter(
            "farol_requests",
            "Requests to the API that were answered.",
            ("route", "method", "status"),
            [(key, sums.requests) for key, sums in by_answer.items()],
        )
        yield _seconds(_grouped(found, lambda key: (key[0], key[3])))
        yield _counter(
            "farol_cache_uses",
            "Reads by whether their answer was in the cache.",
            ("cache",),
            [(key, sums.requests) for key, sums in by_cache.items()],
        )
        yield _counter(
            "farol_rows",
            "Rows in answers.",
            ("route",),
            [(key, sums.rows) for key, sums in by_route.items()],
        )
        yield _counter(
            "farol_sent_bytes",
            "Bytes of answers' bodies.",
            ("route",),
            [(key, sums.bytes_sent) for key, sums in by_route.items()],
        )
        yield _counter(
            "farol_rate_limited",
            "Requests refused for their rate, by what was limited.",
            ("by",),
            [((by,), count) for by, count in self._limited().items()],
        )


class _Served(Collector):
    """What is served, from the portal at the moment of the question."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def collect(self) -> Iterable[Metric]:
        """Yield one family after another."""
        health = self._portal.health()
        yield _gauge(
            "farol_health",
            "1 for the status that /health tells.",
            {(status,): float(status == health.status) for status in ("ok", "degraded", "empty")},
            labels=("status",),
        )
        yield _gauge("farol_findings", "Findings in /health.", {(): len(health.findings)})
        yield from _publication(health)
        yield _counter(
            "farol_audit_entries",
            "Lines of the audit log since this process opened it, whoever wrote them: "
            "refreshes, roll-backs, sign-ins, extracts and how each ended.",
            ("action", "outcome"),
            self._portal.audit.counts().items(),
        )


def _publication(health: Health) -> Iterable[Metric]:
    """Yield what is known of the active publication; nothing where none is."""
    served = health.publication
    if served is None:
        return
    about = {
        "publication_id": served.id,
        "model_version": served.model_version,
        "dataset_id": served.dataset_id,
    }
    yield InfoMetricFamily("farol_publication", "The publication that is served.", about)
    now = datetime.now(UTC)
    yield _gauge(
        "farol_publication_age_seconds",
        "Seconds since the publication that is served was generated.",
        {(): (now - served.generated_at).total_seconds()},
    )
    through = datetime.combine(served.data_through, time(), UTC)
    yield _gauge(
        "farol_data_age_seconds",
        "Seconds since the beginning of the last day of demand that is known.",
        {(): (now - through).total_seconds()},
    )


def _grouped(
    series: Iterable[tuple[_Key, _Series]], group: Callable[[_Key], tuple[str, ...] | None]
) -> dict[tuple[str, ...], _Series]:
    """Return the sums by what *group* makes of their keys; those it gives None are left out."""
    groups: dict[tuple[str, ...], _Series] = {}
    for key, sums in series:
        labels = group(key)
        if labels is not None:
            groups.setdefault(labels, _Series()).add(sums)
    return groups


def _counter(
    name: str, help_text: str, labels: Sequence[str], values: Iterable[tuple[tuple[str, ...], int]]
) -> Metric:
    family = CounterMetricFamily(name, help_text, labels=labels)
    for each, value in sorted(values):
        family.add_metric(each, value)
    return family


def _gauge(
    name: str,
    help_text: str,
    values: Mapping[tuple[str, ...], float],
    *,
    labels: Sequence[str] = (),
) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def _seconds(groups: Mapping[tuple[str, ...], _Series]) -> Metric:
    family = HistogramMetricFamily(
        "farol_request_seconds",
        "Seconds from a request to the API to the end of its answer.",
        labels=("route", "cache"),
    )
    for each, sums in sorted(groups.items()):
        buckets = list(zip(_BOUND_NAMES, accumulate(sums.buckets), strict=True))
        family.add_metric(each, buckets, sums.seconds)
    return family
