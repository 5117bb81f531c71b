"""The comparisons: each starts its servers, checks them, measures by turns, and returns figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import serving_questions as questions
from benchmarks.serving_data import ServedPublication
from benchmarks.serving_load import Load, Target, ask_whole, in_rounds, press, target
from benchmarks.serving_questions import BareDuckDB, check_same_rows, item_ids, rows_by_http
from benchmarks.serving_report import Figure, Goal, middle, ratios
from benchmarks.serving_servers import Server, datasette, farol, replay, roapi

MOST_ROWS_IN_SQLITE = 1_100_000
MOST_ROWS_IN_ROAPI = 20_000_000
"""Above it ROAPI's copy in memory, which is its default, does not fit a small machine."""

REST_CONNECTIONS = 16
CACHED_CONNECTIONS = 64
LONGER = 3.0
"""Times the seconds for a peer that reads every row, so that enough answers end within them."""

JUMP = 97
"""Each round begins so many addresses further on."""

ROAPI_GOALS = {1_000_000: 3.0, 10_000_000: 16.0}
SIZE_GOALS = {"item series": 3.0, "network summary": 1.2, "top exceptions": 1.5}
SIZE_GOALS_SPEAK_OF = 100
"""Times as many rows as the smallest publication."""

Contender = Callable[[int, float], Load]


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        rounds: How many times each contender is measured.
        seconds: Of one measurement.
        told: Called with what is being done.
    """

    rounds: int
    seconds: float
    told: Callable[[str], None]

    def take(
        self, contenders: Mapping[str, Contender], *, longer: Mapping[str, float] | None = None
    ) -> dict[str, list[Load]]:
        """Measure *contenders* by turns; those of few answers *longer* times the seconds."""
        seconds = {name: self.seconds * (longer or {}).get(name, 1.0) for name in contenders}
        return in_rounds(contenders, rounds=self.rounds, seconds=seconds, told=self.told)


def cached_answers(published: ServedPublication, folder: Path, effort: Effort) -> list[Figure]:
    """Cached answers of three sizes against a raw ASGI application that sends the same bytes."""
    item_id = item_ids(published)[0]
    addresses = {
        "network summary": questions.farol_summary(0),
        "top exceptions": questions.farol_exceptions(),
        "item series": questions.farol_series(item_id),
    }
    figures = []
    with ExitStack() as stack:
        server = stack.enter_context(farol(published, folder))
        answers = {name: ask_whole("Farol", server.port, at) for name, at in addresses.items()}
        paths = {name: f"/{place}" for place, name in enumerate(addresses)}
        kept = {paths[name]: answer for name, answer in answers.items()}
        raw = stack.enter_context(replay(kept, folder))
        for name, address in addresses.items():
            effort.told(f"cached: {name}")
            server.forget_reads()
            ours = _exact("Farol", server, address)
            theirs = _exact("raw ASGI", raw, paths[name])
            loads = effort.take(
                {
                    "Farol": _cached(server, ours, CACHED_CONNECTIONS),
                    "raw ASGI": _pressing(theirs, CACHED_CONNECTIONS),
                }
            )
            size = f"{len(answers[name].body) / 1e3:,.1f} kB"
            figures += _cached_figures(f"cached {name}, {size}", published, loads)
    return figures


def uncached_series(published: ServedPublication, folder: Path, effort: Effort) -> list[Figure]:
    """One part's rows, never cached, on one connection: against bare DuckDB and hello world."""
    items = item_ids(published)
    with ExitStack() as stack:
        server = stack.enter_context(farol(published, folder, cache=False))
        raw = stack.enter_context(replay({}, folder))
        bare = stack.enter_context(closing(BareDuckDB(published.fact_forecast)))
        readers = {
            "DuckDB": lambda item_id: questions.json.loads(bare.json(item_id)),
            "Farol": rows_by_http("Farol", server.port, questions.farol_rows),
        }
        check_same_rows(readers, items[:3])
        ours = target("Farol", server.port, [questions.farol_rows(each) for each in items])
        server.forget_reads()
        loads = effort.take(
            {
                "Farol": _uncached(server, ours, 1),
                "hello": _pressing(_exact("hello world", raw, "/hello"), 1),
                "json": _in_process(bare.json, items),
                "table": _in_process(bare.table, items),
            }
        )
    milliseconds = {name: [each.p50_ms for each in runs] for name, runs in loads.items()}
    return [
        _against_bare("as JSON", published, milliseconds, "json", Goal(1.2, at_least=False)),
        _against_bare("as an Arrow table", published, milliseconds, "table", None),
    ]


def rest_peers(published: ServedPublication, folder: Path, effort: Effort) -> list[Figure]:
    """One part's rows by REST, never cached: against ROAPI and, with few rows, Datasette."""
    items = item_ids(published)
    with ExitStack() as stack:
        server = stack.enter_context(farol(published, folder, cache=False))
        peers = _peers(published, folder, stack)
        readers = {"Farol": rows_by_http("Farol", server.port, questions.farol_rows)}
        readers |= {name: rows_by_http(name, p.port, at) for name, (p, at) in peers.items()}
        check_same_rows(readers, items[:3])
        ours = target("Farol", server.port, [questions.farol_rows(each) for each in items])
        series = target("Farol", server.port, [questions.farol_series(each) for each in items])
        contenders: dict[str, Contender] = {
            "Farol": _uncached(server, ours, REST_CONNECTIONS),
            "Farol timeseries": _uncached(server, series, REST_CONNECTIONS),
        }
        for name, (peer, address) in peers.items():
            asked = target(name, peer.port, [address(each) for each in items], sample=3)
            contenders[name] = _pressing(asked, REST_CONNECTIONS)
        server.forget_reads()
        longer = LONGER if published.rows > MOST_ROWS_IN_SQLITE else 1.0
        loads = effort.take(contenders, longer=dict.fromkeys(peers, longer))
    return [_against_peer(published, loads, name) for name in loads if name != "Farol"]


def sizes(all_published: Sequence[ServedPublication], folder: Path, effort: Effort) -> list[Figure]:
    """The same questions to the smallest and to every larger publication, on one connection."""
    small, *larger = all_published
    figures = []
    for large in larger:
        with ExitStack() as stack:
            servers = {
                each: stack.enter_context(farol(published, folder, cache=False))
                for each, published in (("small", small), ("large", large))
            }
            for name, bound in SIZE_GOALS.items():
                effort.told(f"{large.rows:,} against {small.rows:,} rows: {name}")
                contenders = {
                    each: _uncached(server, _asked_of(name, server, published), 1)
                    for (each, server), published in zip(
                        servers.items(), (small, large), strict=True
                    )
                }
                for server in servers.values():
                    server.forget_reads()
                loads = effort.take(contenders)
                figures.append(_size_figure(name, bound, (small, large), loads))
    return figures


def bounds(published: ServedPublication, folder: Path, effort: Effort) -> list[Figure]:
    """The users' own bounds: start, first answers of a fresh server, health under load."""
    items = item_ids(published)
    addresses = {
        "item series": questions.farol_series(items[0]),
        "network summary": questions.farol_summary(0),
        "top exceptions": questions.farol_exceptions(),
        "part search": "/api/v1/items?q=part&limit=20",
        "page of rows": "/api/v1/datasets/fact_forecast/rows?limit=10000",
    }
    with farol(published, folder) as server:
        cold = {}
        for name, address in addresses.items():
            began = time.perf_counter()
            ask_whole("Farol", server.port, address)
            cold[name] = (time.perf_counter() - began) * 1e3
        health = target("health", server.port, ["/health"])
        loads = effort.take({"health": _pressing(health, REST_CONNECTIONS)})["health"]
    slowest = max(cold, key=lambda name: cold[name])
    told = ", ".join(f"{name} {value:.0f} ms" for name, value in cold.items())
    means = tuple(each.mean_ms for each in loads)
    return [
        _absolute("start to first answer", published, (server.ready_s,), "s", 120),
        _absolute(
            f"first answer of a fresh server, slowest ({slowest})",
            published,
            (cold[slowest],),
            "ms",
            2000,
            note=f"First answers with {published.rows:,} rows: {told}. The file was in the page"
            " cache of the system.",
        ),
        _absolute("health, 16 connections, mean", published, means, "ms", 100),
    ]


def _peers(
    published: ServedPublication, folder: Path, stack: ExitStack
) -> dict[str, tuple[Server, Callable[[str], str]]]:
    peers = {}
    if published.rows <= MOST_ROWS_IN_ROAPI:
        server = stack.enter_context(roapi(published, folder, in_memory=True))
        peers["ROAPI"] = (server, questions.roapi_rows)
    server = stack.enter_context(roapi(published, folder, in_memory=False))
    peers["ROAPI on the Parquet file"] = (server, questions.roapi_rows)
    if published.rows <= MOST_ROWS_IN_SQLITE:
        server = stack.enter_context(datasette(published, folder))
        peers["Datasette"] = (server, questions.datasette_rows)
    return peers


def _asked_of(name: str, server: Server, published: ServedPublication) -> Target:
    addresses = {
        "item series": [questions.farol_series(each) for each in item_ids(published)],
        "network summary": [questions.farol_summary(place) for place in range(600)],
        "top exceptions": [questions.farol_exceptions()],
    }[name]
    return target("Farol", server.port, addresses, sample=20)


def _exact(name: str, server: Server, address: str) -> Target:
    return target(name, server.port, [address], exact=True)


def _pressing(asked: Target, connections: int) -> Contender:
    def run(number: int, seconds: float) -> Load:
        return press(asked, connections, seconds, first=number * JUMP)

    return run


def _cached(server: Server, asked: Target, connections: int) -> Contender:
    return _logged(server, asked, connections, cached=True)


def _uncached(server: Server, asked: Target, connections: int) -> Contender:
    return _logged(server, asked, connections, cached=False)


def _logged(server: Server, asked: Target, connections: int, *, cached: bool) -> Contender:
    def run(number: int, seconds: float) -> Load:
        load = press(asked, connections, seconds, first=number * JUMP)
        server.check_reads(least=load.requests, cached=cached)
        return load

    return run


def _in_process(read: Callable[[str], object], items: Sequence[str]) -> Contender:
    def run(number: int, seconds: float) -> Load:
        first = number * JUMP % len(items)
        taken = questions.median_ms(read, [*items[first:], *items[:first]], seconds)
        return Load(0, 1e3 / taken, taken, taken, taken)

    return run


def _cached_figures(
    what: str, published: ServedPublication, loads: Mapping[str, list[Load]]
) -> list[Figure]:
    ours = [each.per_s for each in loads["Farol"]]
    theirs = [each.per_s for each in loads["raw ASGI"]]
    means = tuple(each.mean_ms for each in loads["Farol"])
    return [
        Figure(
            f"{what}: Farol over a raw ASGI application",
            published.rows,
            middle(ours, "/s"),
            middle(theirs, "/s"),
            ratios(ours, theirs),
            Goal(0.95, at_least=True),
        ),
        _absolute(f"{what}: mean with 64 connections", published, means, "ms", 500),
    ]


def _against_bare(
    form: str,
    published: ServedPublication,
    ms: Mapping[str, list[float]],
    query: str,
    goal: Goal | None,
) -> Figure:
    summed = [one + hello for one, hello in zip(ms[query], ms["hello"], strict=True)]
    return Figure(
        f"uncached rows of a part: Farol over (DuckDB's query {form} + hello world)",
        published.rows,
        middle(ms["Farol"], "ms"),
        middle(summed, "ms"),
        ratios(ms["Farol"], summed),
        goal,
    )


def _against_peer(
    published: ServedPublication, loads: Mapping[str, list[Load]], name: str
) -> Figure:
    ours = [each.per_s for each in loads["Farol"]]
    theirs = [each.per_s for each in loads[name]]
    scale = round(published.rows, -len(str(published.rows)) + 1)
    bound = {"ROAPI": ROAPI_GOALS.get(scale), "Datasette": 10.0}.get(name)
    return Figure(
        f"rows of a part by REST: Farol over {name}",
        published.rows,
        middle(ours, "/s"),
        middle(theirs, "/s"),
        ratios(ours, theirs),
        Goal(bound, at_least=True) if bound else None,
    )


def _size_figure(
    name: str,
    bound: float,
    pair: tuple[ServedPublication, ServedPublication],
    loads: Mapping[str, list[Load]],
) -> Figure:
    small, large = pair
    taken = {each: [load.p50_ms for load in runs] for each, runs in loads.items()}
    times = round(large.rows / small.rows)
    return Figure(
        f"uncached {name}: {times} times the rows",
        large.rows,
        middle(taken["large"], "ms"),
        middle(taken["small"], "ms"),
        ratios(taken["large"], taken["small"]),
        Goal(bound, at_least=False) if times == SIZE_GOALS_SPEAK_OF else None,
    )


def _absolute(
    what: str,
    published: ServedPublication,
    values: tuple[float, ...],
    unit: str,
    bound: float,
    *,
    note: str = "",
) -> Figure:
    goal = Goal(bound, at_least=False, unit=unit)
    return Figure(
        what, published.rows, middle(values, unit), "", values, goal, unit=unit, note=note
    )
