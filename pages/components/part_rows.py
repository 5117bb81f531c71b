"""Rows of parts as a table, with columns where there is room; on a phone each is a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

Row = Mapping[str, Any]

_STAYS: Final = ("lang", "p")
_NUMBER: Final = ' class="farol-number"'


@dataclass(frozen=True)
class Heading:
    """What heads a column, which a phone shows in every row, and whether it has numbers."""

    text: str
    is_number: bool = False

    @property
    def kind(self) -> str:
        """The attribute of its cells."""
        return _NUMBER if self.is_number else ""


def draw(columns: Sequence[Heading], rows: str, name: str, *, kind: str = "farol-buys") -> None:
    """Draw *rows*, as ``row`` returns them.

    Args:
        columns: The first is that of the part.
        rows: In their order.
        name: Says which rows they are.
        kind: Classes of the table; the first is that of such rows.
    """
    heads = "".join(f'<th scope="col"{each.kind}>{escape(each.text)}</th>' for each in columns)
    st.html(
        f'<div class="farol-scrolls" role="region" tabindex="0" aria-label="{escape(name)}">'
        f'<table class="farol-stock {kind}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def row(part: str, cells: Sequence[str], columns: Sequence[Heading]) -> str:
    """Return a row.

    Args:
        part: Its head, of ``part_cell``.
        cells: Markup of the others.
        columns: Those of the table.
    """
    told = "".join(
        f'<td{column.kind} data-head="{escape(column.text)}">{cell}</td>'
        for column, cell in zip(columns[1:], cells, strict=True)
    )
    return f"<tr>{part}{told}</tr>"


def part_cell(found: Row, location_id: str, *said: str) -> str:
    """Return the head of a row: its part, a link to that at a place, and what is said of it."""
    code, name = str(found["item_id"]), str(found["name"] or "")
    link = f'<a class="farol-go" href="{escape(_address(code, location_id))}">{escape(code)}</a>'
    return f'<th scope="row">{link}{"".join(map(small, (name, *said)))}</th>'


def small(text: str) -> str:
    """Return *text* as small print; nothing for an empty one."""
    return f"<small>{escape(text)}</small>" if text else ""


def _address(item_id: str, location_id: str) -> str:
    """Return the address of the part's page, at its place."""
    kept = {name: st.query_params[name] for name in _STAYS if name in st.query_params}
    here = {"item": item_id, "location_id": location_id}
    return f"forecast?{urlencode({**kept, **here})}"
