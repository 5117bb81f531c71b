"""Rows of a list as an address names them."""

from __future__ import annotations

import pytest

from datalayer.kernel.errors import InvalidSelection
from pages.components.worklist import ranks


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ((), ""),
        ((7,), "7"),
        ((1, 2), "1-2"),
        ((40, 3, 1, 2, 3), "1-3,40"),
        ((999_999_999,), "999999999"),
    ],
)
def test_what_is_written_is_read_again(chosen: tuple[int, ...], text: str) -> None:
    assert ranks.written(chosen) == text
    assert ranks.read(text) == tuple(sorted(set(chosen)))


@pytest.mark.parametrize(
    "text",
    ["0", "-1", "1-", "2-1", "1,,2", " 1", "1;2", "a", "1.5", "٣", "1-2-3", "9" * 10, "<b>"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidSelection, match="1-12,40"):
        ranks.read(text)


@pytest.mark.parametrize("text", ["1-100001", "1-999999999", "1-90000,100001-120000"])
def test_more_rows_than_a_list_can_have_are_refused(text: str) -> None:
    with pytest.raises(InvalidSelection):
        ranks.read(text)
