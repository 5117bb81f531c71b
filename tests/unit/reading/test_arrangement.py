"""Columns and order as they are asked for: by value, nulls last, equal rows by the key."""

from __future__ import annotations

from functools import cmp_to_key

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.reading.arrangement import AS_PUBLISHED, Arrangement, arranged, arrangement_of
from datalayer.reading.question import Question
from datalayer.reading.views import OrderBy

KNOWN = ("code", "place", "cost", "source")
Row = tuple[int, float | None, str | None]
ROWS = st.lists(
    st.tuples(
        st.none() | st.floats(-5, 5).map(lambda cost: round(cost) / 2),
        st.none() | st.sampled_from(["", "a", "b", "B", "é", "'", "a\nb"]),
    ),
    max_size=12,
)
TERMS = st.lists(
    st.tuples(st.sampled_from(["code", "cost", "place"]), st.booleans()),
    min_size=1,
    unique_by=lambda term: term[0],
)


def expected(rows: list[Row], terms: list[tuple[str, bool]]) -> list[Row]:
    """Return *rows* sorted by another way than SQL's."""

    def compare(one: Row, other: Row) -> int:
        for name, descending in [*terms, ("code", False)]:
            a, b = (row[("code", "cost", "place").index(name)] for row in (one, other))
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            below = a.encode() < b.encode() if isinstance(a, str) else a < b  # type: ignore[union-attr,operator]
            return (1 if descending else -1) if below else (-1 if descending else 1)
        return 0

    return sorted(rows, key=cmp_to_key(compare))


@given(ROWS, TERMS, st.integers(1, 5))
def test_pages_are_the_rows_in_order(
    values: list[tuple[float | None, str | None]], terms: list[tuple[str, bool]], limit: int
) -> None:
    rows: list[Row] = [(code, cost, place) for code, (cost, place) in enumerate(values)]
    order = ",".join(f"{'-' if descending else ''}{name}" for name, descending in terms)
    found: list[Row] = []

    with duckdb.connect() as connection:
        connection.execute("create table t (code bigint, cost double, place varchar)")
        for row in rows:
            connection.execute("insert into t values (?, ?, ?)", row)
        asked = Question("t", "select code, cost, place from t", {}, ("t",), limit=limit)
        for offset in range(0, len(rows), limit):
            question = arranged(asked, arrangement_of(KNOWN, None, order), ("code",), offset)
            sql, parameters = question.page_query()
            found += connection.execute(sql, parameters).fetchall()[:limit]

    assert found == expected(rows, terms)


def test_nothing_asked_for_is_as_published() -> None:
    question = Question("t", "select 1", {}, ())

    assert arrangement_of(KNOWN, None, None) == AS_PUBLISHED
    assert arranged(question, AS_PUBLISHED, ("code",)) is question


def test_the_order_there_is_sorts_nothing() -> None:
    key = ("code", "place")

    assert arrangement_of(KNOWN, None, "code", key) == AS_PUBLISHED
    assert arrangement_of(KNOWN, None, "code,place", key) == AS_PUBLISHED
    assert arrangement_of(KNOWN, None, "place", key).order == (OrderBy("place"),)
    assert arrangement_of(KNOWN, None, "-code", key).order == (OrderBy("code", descending=True),)


def test_blanks_around_names_are_forgiven() -> None:
    assert arrangement_of(KNOWN, "cost, code", None) == Arrangement(
        columns=("cost", "code"), beside=("source",)
    )


@pytest.mark.parametrize("text", ["", ",", "code,", "colour", "code,code", "--code", '"code"', "*"])
def test_what_is_no_list_of_columns_is_refused(text: str) -> None:
    for columns, order in ((text, None), (None, text)):
        with pytest.raises(InvalidSelection, match=r"columns|order"):
            arrangement_of(KNOWN, columns, order)
