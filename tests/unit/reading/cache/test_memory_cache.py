"""The cache in memory keeps within its bytes, the least recently used going first."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from datalayer.reading.cache.result_cache import CacheKey, ResultCache
from tests.unit.reading.cache.conftest import never

ROOM_FOR_TWO = 2 * (8 * 1000 + 1024 + 2048)
MEBIBYTE = 2**20


def key(name: str) -> CacheKey:
    return CacheKey(name, (), "20261121T060000Z-1a2b3c4d", ())


def table(rows: int = 1000) -> pa.Table:
    return pa.table({"forecast": pa.array([0.0] * rows, pa.float64())})


def test_the_least_recently_used_goes_first() -> None:
    cache = ResultCache(ROOM_FOR_TWO)
    cache.get_or_make(key("old"), table)
    cache.get_or_make(key("used"), table)
    cache.get_or_make(key("old"), never)

    cache.get_or_make(key("new"), table)

    cache.get_or_make(key("old"), never)
    with pytest.raises(AssertionError):
        cache.get_or_make(key("used"), never)


def test_what_is_larger_than_the_cache_is_returned_and_not_kept() -> None:
    cache = ResultCache(ROOM_FOR_TWO)

    answer = cache.get_or_make(key("large"), lambda: table(10_000))

    assert answer.num_rows == 10_000
    assert cache.memory.size_bytes == 0


def test_it_never_holds_more_than_its_bytes() -> None:
    cache = ResultCache(ROOM_FOR_TWO)

    for number in range(50):
        cache.get_or_make(key(str(number)), table)

        assert cache.memory.size_bytes <= ROOM_FOR_TWO


def test_a_cache_of_no_bytes_still_answers() -> None:
    assert ResultCache(0).get_or_make(key("any"), table).num_rows == 1000


def test_a_slice_counts_with_all_that_it_holds_on_to() -> None:
    cache = ResultCache(ROOM_FOR_TWO)

    cache.get_or_make(key("slice"), lambda: table(10_000).slice(0, 1))

    assert cache.memory.size_bytes == 0


def test_the_memory_of_the_process_stops_growing_when_the_cache_is_full() -> None:
    cache = ResultCache(4 * MEBIBYTE)
    columns = ", ".join(f"n + {column} as column_{column}" for column in range(25))

    with duckdb.connect() as database:

        def fill(numbers: range) -> int:
            for number in numbers:
                answer = database.sql(f"select {columns} from (select {number} as n)")
                cache.get_or_make(key(str(number)), answer.to_arrow_table)
            return resident_bytes()

        when_full = fill(range(200))
        at_the_end = fill(range(200, 1000))

    assert at_the_end - when_full <= 4 * MEBIBYTE


def resident_bytes() -> int:
    """Return the memory that this process takes of the machine."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024
