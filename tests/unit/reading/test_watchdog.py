"""A read that takes too long is ended, and only that one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import duckdb
import pytest

from datalayer.kernel.errors import QueryTooLong
from datalayer.reading.watchdog import Watchdog

ENDLESS = "select sum(a.range * b.range) from range(10000000) as a, range(10000000) as b"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as opened:
        yield opened


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watching = Watchdog(timeout_s=0.1)
    yield watching
    watching.stop()


def test_a_read_that_takes_too_long_is_interrupted(
    watchdog: Watchdog, connection: duckdb.DuckDBPyConnection
) -> None:
    cursor = connection.cursor()

    with pytest.raises(QueryTooLong, match=r"longer than 0\.1 s"), watchdog.watching(cursor):
        cursor.sql(ENDLESS).to_arrow_table()


def test_the_connection_answers_the_next_read(
    watchdog: Watchdog, connection: duckdb.DuckDBPyConnection
) -> None:
    cursor = connection.cursor()
    with pytest.raises(QueryTooLong), watchdog.watching(cursor):
        cursor.sql(ENDLESS).to_arrow_table()

    with watchdog.watching(cursor):
        answer = cursor.sql("select 42 as answer").to_arrow_table()

    assert answer.to_pylist() == [{"answer": 42}]


def test_errors_of_the_read_itself_are_left_as_they_are(
    watchdog: Watchdog, connection: duckdb.DuckDBPyConnection
) -> None:
    cursor = connection.cursor()

    with pytest.raises(duckdb.CatalogException), watchdog.watching(cursor):
        cursor.sql("select * from nothing").to_arrow_table()
