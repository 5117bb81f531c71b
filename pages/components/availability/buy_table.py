"""The buy list as a table, with the line of the budget drawn across it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

from pages.components.availability import buy_words
from pages.components.availability.asked_availability import AskedAvailability, place_name
from pages.components.charts.availability_words import money
from pages.components.language import _
from pages.components.part.repairs import comes_back

Row = Mapping[str, Any]

_STAYS: Final = ("lang", "p")
_COLUMNS: Final = 7


def draw(rows: Sequence[Row], asked: AskedAvailability, effect: Row, name: str) -> None:
    """Draw rows of the buy list.

    Args:
        rows: Of ``questions.buy_list.bought_parts``.
        asked: What is wanted.
        effect: The row of ``questions.buy_list.budget_effect``.
        name: Says which rows they are.
    """
    heads = "".join(f'<th scope="col"{_kind(place)}>{escape(h)}</th>' for place, h in _heads())
    body = "".join(_rows(rows, asked, effect))
    st.html(
        f'<div class="farol-scrolls" role="region" tabindex="0" aria-label="{escape(name)}">'
        f'<table class="farol-stock farol-buys"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heads() -> list[tuple[int, str]]:
    heads = (
        *(_("Part"), _("Buy"), _("Place"), _("Cost"), _("Avoids a month")),
        *(_("For its cost"), _("Contract that needs it most")),
    )
    return list(enumerate(heads))


def _kind(place: int) -> str:
    return ' class="farol-number"' if place in (1, 3, 4, 5) else ""


def _rows(rows: Sequence[Row], asked: AskedAvailability, effect: Row) -> list[str]:
    """Return the rows, with the line before the first that the budget doesn't buy."""
    told, is_above = [], True
    for row in rows:
        if is_above and not row["is_bought"]:
            told.append(_line(asked))
            is_above = False
        told.append(_row(row, asked, effect))
    return told


def _line(asked: AskedAvailability) -> str:
    budget = money(asked.budget, asked.currency)
    text = _("▲ {budget} buy what stands above. ▼ The next {budget} buy what follows.")
    return (
        f'<tr class="farol-budget"><td colspan="{_COLUMNS}"><span>'
        f"{escape(text.format(budget=budget))}</span></td></tr>"
    )


def _row(row: Row, asked: AskedAvailability, effect: Row) -> str:
    currency = asked.currency
    why = buy_words.why_so_many(row, effect, currency)
    cells = (
        (_bold(buy_words.bought(row)) + _small(buy_words.on_top_of(row)), True),
        (escape(place_name(row)), False),
        (escape(buy_words.cost(row["cost"], currency)), True),
        (escape(buy_words.hours(row["down_hours_avoided"])), True),
        (escape(buy_words.per_1000(row, currency)), True),
        (escape(asked.name(str(row["contract_id"]))), False),
    )
    told = "".join(f"<td{_CLASS if is_number else ''}>{text}</td>" for text, is_number in cells)
    return f"<tr>{part_cell(row, str(row['location_id']), comes_back(row), why)}{told}</tr>"


def part_cell(row: Row, location_id: str, *said: str) -> str:
    """Return the head of a row: its part, a link to that at a place, and what is said of it."""
    code, name = str(row["item_id"]), str(row["name"] or "")
    link = f'<a class="farol-go" href="{escape(_address(code, location_id))}">{escape(code)}</a>'
    return f'<th scope="row">{link}{"".join(map(_small, (name, *said)))}</th>'


_CLASS: Final = ' class="farol-number"'


def _bold(text: str) -> str:
    return f"<b>{escape(text)}</b>"


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _address(item_id: str, location_id: str) -> str:
    """Return the address of the part's page, at its place."""
    kept = {name: st.query_params[name] for name in _STAYS if name in st.query_params}
    here = {"item": item_id, "location_id": location_id}
    return f"forecast?{urlencode({**kept, **here})}"
