"""A cursor goes on where its page ended, and is good for nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from datalayer.api.cursors import Cursor, cursor_text, read_cursor
from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.kernel.errors import InvalidCursor
from datalayer.reading.filters import after_position
from datalayer.reading.question import Position

PUBLICATION = "20261121T060000Z-1a2b3c4d"
ROWS = "/v1/datasets/dim_item/rows"


def request(path: str, query: str = "") -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "server": ("portal", 80),
        "path": path,
        "query_string": query.encode(),
        "headers": [],
    }
    return Request(scope)


def test_a_first_page_has_no_cursor() -> None:
    assert read_cursor(request(ROWS, "limit=5")) is None


@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.integers(-(2**53), 2**53),
            st.floats(-1e15, 1e15),
            st.booleans(),
            st.none(),
            st.dates().map(date.isoformat),
        ),
        max_size=5,
    ).map(tuple)
)
def test_what_a_cursor_holds_comes_back(after: Position) -> None:
    text = cursor_text(request(ROWS, "category=A"), PUBLICATION, after)

    found = read_cursor(request(ROWS, f"category=A&cursor={text}"))

    assert found == Cursor(PUBLICATION, after)


@pytest.mark.parametrize("character", ["\U0001f600", "\u00a0", "\x01", '"'])
def test_the_longest_keys_of_the_contract_have_a_cursor(registry: Registry, character: str) -> None:
    for data_set in registry.data_sets.values():
        key = [data_set.column(name) for name in data_set.key]
        after = tuple(longest(column, character) for column in key)

        text = cursor_text(request(ROWS), PUBLICATION, after)

        found = read_cursor(request(ROWS, f"cursor={text}"))
        assert found is not None
        assert after_position(key, found.after).parameters


def longest(column: Column, character: str) -> str | int:
    if column.type is not ColumnType.TEXT:
        return "2026-11-21" if column.type is ColumnType.DATE else 2**40
    if column.allowed or column.form is None:
        return max(column.allowed, key=len)
    is_code = bool(column.form.pattern)  # which has no control characters
    return ("\U0001f600" if is_code else character) * column.form.max_length


def test_limit_and_order_of_filters_may_differ_from_page_to_page() -> None:
    text = cursor_text(request(ROWS, "a=1&b=2&limit=5"), PUBLICATION, ("x",))

    assert read_cursor(request(ROWS, f"b=2&limit=9&cursor={text}&a=1")) is not None


@pytest.mark.parametrize("asked", [(ROWS, "category=B"), ("/v1/items", "category=A"), (ROWS, "")])
def test_a_cursor_of_another_question_is_refused(asked: tuple[str, str]) -> None:
    text = cursor_text(request(ROWS, "category=A"), PUBLICATION, ("x",))
    path, query = asked

    with pytest.raises(InvalidCursor, match="of another question"):
        read_cursor(request(path, f"{query}&cursor={text}"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "AAAA", "ünïcode", "W10", "bnVsbA", "eyJhIjoxfQ", "W1wiXFwiXQ", "A" * 5000),
        pytest.param("W1tb" * 1000, id="nested beyond reading"),
    ],
)
def test_a_damaged_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor, match="the value of next in the answer before"):
        read_cursor(request(ROWS, f"cursor={text}"))


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_the_reading_of_a_cursor(text: str) -> None:
    asked = request(ROWS)
    asked.scope["query_string"] = b"cursor=" + text.encode("utf-8", "replace").hex().encode()

    with pytest.raises(InvalidCursor):
        read_cursor(asked)
