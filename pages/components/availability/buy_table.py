"""The buy list as a table, with the line of the budget drawn across it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pages.components import part_rows
from pages.components.availability import buy_words
from pages.components.availability.asked_availability import AskedAvailability, place_name
from pages.components.language import _
from pages.components.part.repairs import comes_back
from pages.components.part_rows import Heading

Row = Mapping[str, Any]


def draw(rows: Sequence[Row], asked: AskedAvailability, effect: Row, name: str) -> None:
    """Draw rows of the buy list.

    Args:
        rows: Of ``questions.buy_list.bought_parts``.
        asked: What is wanted.
        effect: The row of ``questions.buy_list.budget_effect``.
        name: Says which rows they are.
    """
    columns = _columns()
    part_rows.draw(columns, "".join(_rows(rows, asked, effect, columns)), name)


def _columns() -> tuple[Heading, ...]:
    return (
        Heading(_("Part")),
        Heading(_("Buy"), is_number=True),
        Heading(_("Place")),
        Heading(_("Cost"), is_number=True),
        Heading(_("Avoids a month"), is_number=True),
        Heading(_("For its cost"), is_number=True),
        Heading(_("Contract that needs it most")),
    )


def _rows(
    rows: Sequence[Row], asked: AskedAvailability, effect: Row, columns: Sequence[Heading]
) -> list[str]:
    """Return the rows, with the line before the first that the budget doesn't buy."""
    told, is_above = [], True
    for row in rows:
        if is_above and not row["is_bought"]:
            told.append(_line(asked, effect, len(columns)))
            is_above = False
        told.append(_row(row, asked, effect, columns))
    return told


def _line(asked: AskedAvailability, effect: Row, width: int) -> str:
    text = (
        _("▲ {budget} buy what stands above. ▼ The next {budget} buy what follows.")
        if effect["steps"]
        else _("▼ {budget} buy nothing; twice as much buys what follows.")
    ).format(budget=buy_words.budget_text(asked.budget or 0.0, asked.currency))
    return f'<tr class="farol-budget"><td colspan="{width}"><span>{escape(text)}</span></td></tr>'


def _row(row: Row, asked: AskedAvailability, effect: Row, columns: Sequence[Heading]) -> str:
    currency = asked.currency
    why = buy_words.why_so_many(row, effect, currency)
    bought = f"<b>{escape(buy_words.bought(row))}</b>{part_rows.small(buy_words.on_top_of(row))}"
    told = (
        place_name(row),
        buy_words.cost(row["cost"], currency),
        buy_words.hours(row["down_hours_avoided"]),
        buy_words.per_1000(row, currency),
        asked.name(str(row["contract_id"])),
    )
    part = part_rows.part_cell(row, str(row["location_id"]), comes_back(row), why)
    return part_rows.row(part, (bought, *map(escape, told)), columns)
