"""What is asked of each contender, and whether all of them answer with the same rows.

The question of the comparison is one part's 2,920 rows of fact_forecast, with all of their columns.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.serving_data import ServedPublication
from benchmarks.serving_load import Unfair, ask_whole
from benchmarks.synthetic import HISTORY_DAYS, ROWS_PER_ITEM, THROUGH

MOST_ITEMS = 3_000
SUMMARY_DAYS = 30
TOP = 20
_SPREAD = 7919  # a prime, so that a step of it visits every part before the first comes again

Row = dict[str, object]
ReadRows = Callable[[str], list[Row]]


def item_ids(published: ServedPublication) -> list[str]:
    """Return parts in an order that jumps about in the file; the same one for all contenders."""
    count = published.items
    step = _SPREAD if count % _SPREAD else _SPREAD + 2
    return [f"P{place * step % count + 1:07d}" for place in range(min(count, MOST_ITEMS))]


def farol_rows(item_id: str) -> str:
    """Return the address of a part's rows of fact_forecast in Farol."""
    return f"/api/v1/datasets/fact_forecast/rows?item_id={item_id}&limit=10000"


def farol_series(item_id: str) -> str:
    """Return the address of a part's series in Farol: the same forecasts and 702 observed days."""
    return f"/api/v1/items/{item_id}/timeseries"


def farol_summary(place: int) -> str:
    """Return the address of the network's totals of 30 days; *place* says which."""
    first = THROUGH - timedelta(days=HISTORY_DAYS - 1)
    start = first + timedelta(days=place % (HISTORY_DAYS - SUMMARY_DAYS))
    return f"/api/v1/forecasts/summary?start={start}&end={start + timedelta(SUMMARY_DAYS - 1)}"


def farol_exceptions() -> str:
    """Return the address of the first exceptions in Farol."""
    return f"/api/v1/exceptions?limit={TOP}"


def roapi_rows(item_id: str) -> str:
    """Return the address of a part's rows in ROAPI, in whatever order it finds them."""
    return f"/api/tables/fact_forecast?filter%5Bitem_id%5D=%27{item_id}%27"


def datasette_rows(item_id: str) -> str:
    """Return the address of a part's rows in Datasette, without counts and facets."""
    options = "_shape=array&_size=max&_nocount=1&_nofacet=1"
    return f"/facts/fact_forecast.json?item_id={item_id}&{options}"


class BareDuckDB:
    """DuckDB in this process over the same Parquet file, with the settings that Farol gives it."""

    def __init__(self, parquet: Path) -> None:
        self._connection = duckdb.connect()
        for name, value in (("threads", "1"), ("TimeZone", "UTC"), ("parquet_metadata_cache", "1")):
            self._connection.execute(f"set {name} = '{value}'")
        place = str(parquet).replace("'", "''")
        self._connection.execute(f"create view facts as from read_parquet('{place}')")

    def json(self, item_id: str) -> bytes:
        """Return a part's rows as JSON, made by DuckDB, in the order of their key."""
        query = (
            "select string_agg(to_json(row)::varchar, ',') from ("
            "from facts where item_id = $item_id order by location_id, source, date) as row"
        )
        ((rows,),) = self._connection.sql(query, params={"item_id": item_id}).fetchall()
        return f"[{rows or ''}]".encode()

    def table(self, item_id: str) -> int:
        """Read a part's rows as an Arrow table, in the order of their key; return how many."""
        query = "from facts where item_id = $item_id order by location_id, source, date"
        found = self._connection.sql(query, params={"item_id": item_id}).to_arrow_table()
        return int(found.num_rows)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def median_ms(read: Callable[[str], object], items: Sequence[str], seconds: float) -> float:
    """Return the median milliseconds of reading part after part for *seconds*."""
    taken = []
    until = time.perf_counter() + seconds
    while not taken or time.perf_counter() < until:
        began = time.perf_counter()
        read(items[len(taken) % len(items)])
        taken.append(time.perf_counter() - began)
    return sorted(taken)[len(taken) // 2] * 1e3


def rows_by_http(name: str, port: int, address: Callable[[str], str]) -> ReadRows:
    """Return what reads the rows of a part from a server: a list, or an object with ``data``."""

    def read(item_id: str) -> list[Row]:
        found = json.loads(ask_whole(name, port, address(item_id)).body)
        rows: list[Row] = found["data"] if isinstance(found, dict) else found
        return rows

    return read


def check_same_rows(contenders: dict[str, ReadRows], items: Sequence[str]) -> None:
    """Compare what the contenders answer for *items*, value by value.

    Raises:
        Unfair: One has other rows or values than the first.
    """
    (first, read_first), *others = contenders.items()
    for item_id in items:
        expected = _by_key(read_first(item_id))
        if len(expected) != ROWS_PER_ITEM:
            raise Unfair(f"{first} has {len(expected)} rows of {item_id}, not {ROWS_PER_ITEM}")
        for name, read in others:
            _require_equal(_by_key(read(item_id)), expected, f"{name}, {item_id}: ", first)


def _by_key(rows: list[Row]) -> dict[tuple[object, ...], Row]:
    named = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return {(row["location_id"], row["source"], row["date"]): row for row in named}


def _require_equal(
    found: dict[tuple[object, ...], Row],
    expected: dict[tuple[object, ...], Row],
    where: str,
    whose: str,
) -> None:
    if found.keys() != expected.keys():
        raise Unfair(f"{where}{len(found)} rows, other than the {len(expected)} of {whose}")
    for key, row in found.items():
        # JSON writers may leave a null out.
        for name in row.keys() | expected[key].keys():
            if row.get(name) != expected[key].get(name):
                raise Unfair(
                    f"{where}{name} of {key} is {row.get(name)!r}; "
                    f"{whose} has {expected[key].get(name)!r}"
                )


def _plain(value: object) -> object:
    """Return dates and times, of which there are several spellings, as what they mean."""
    if not isinstance(value, str) or not value[:4].isdigit():
        return value
    if len(value) == len("2026-11-21"):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value).astimezone(UTC)
