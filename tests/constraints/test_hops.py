"""A read takes few steps of ours: few frames from a page to DuckDB, few functions in a request."""

from __future__ import annotations

import pytest

from benchmarks.hops import measure

MOST_FRAMES = 6
MOST_FUNCTIONS = 60
MOST_READING = 22

Hops = tuple[tuple[str, ...], frozenset[str]]


@pytest.fixture(scope="module")
def hops(tmp_path_factory: pytest.TempPathFactory) -> Hops:
    return measure(tmp_path_factory.mktemp("hops"))


def test_a_page_is_few_frames_from_duckdb(hops: Hops) -> None:
    frames, _ = hops

    assert frames[0] == "forecast.<module>"
    assert frames[-1] == "database.Database.query"
    assert len(frames) <= MOST_FRAMES, frames


def test_an_uncached_request_enters_few_functions_of_reading(hops: Hops) -> None:
    _, functions = hops

    reading = sorted(each for each in functions if each.startswith("datalayer/reading/"))
    assert len(reading) <= MOST_READING, reading


def test_an_uncached_request_enters_few_functions(hops: Hops) -> None:
    _, functions = hops

    assert any("item_timeseries" in each for each in functions)
    assert len(functions) <= MOST_FUNCTIONS, sorted(functions)
