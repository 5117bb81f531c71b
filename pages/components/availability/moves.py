"""Before you buy, move: stock that is worth more at another place than where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions, part_rows
from pages.components.availability import asked_availability, buy_words
from pages.components.availability.asked_availability import MOVES, AskedAvailability
from pages.components.charts.availability_words import money
from pages.components.language import _, ngettext, number
from pages.components.part_rows import Heading
from pages.components.worklist import move_words
from pages.components.worklist.action_words import units

Row = Mapping[str, Any]

ON_A_PAGE: Final = 10
_MOST_PAGES: Final = 100
_SMALL: Final = 10


def show(publication: Publication, asked: AskedAvailability) -> None:
    """Draw the moves to the place asked for; nothing where none is published."""
    if "fact_transfer" not in publication.registry.data_sets:
        return
    pairs = [("to_location_id", asked.location_id), ("contract_id", asked.main)]
    wanted = questions.transfers.listing(publication.registry, [each for each in pairs if each[1]])
    whole = publication.table(questions.transfers.together(wanted)).table.to_pylist()[0]
    if not whole["moves"]:
        return
    st.header(_("Before you buy, move"), anchor=False)
    told = (together(whole, asked.currency), _replayed(publication), _behind())
    st.markdown(captions.literal(" ".join(filter(None, told))))
    count, limit = int(whole["moves"]), ON_A_PAGE * min(asked.moves, _MOST_PAGES)
    found = publication.table(questions.transfers.moves(wanted, limit=limit))
    _draw(found.table.to_pylist(), asked)
    if limit < min(count, ON_A_PAGE * _MOST_PAGES):
        _more(asked, count - limit)
    captions.show(found.provenance, of="moves")


def _more(asked: AskedAvailability, left_count: int) -> None:
    """Draw the way to further moves: a second row of pages would be one landmark too many."""
    text = ngettext(
        "Show more, {count} move is left", "Show more, {count} moves are left", left_count
    )
    st.button(
        text.format(count=number(left_count, 0)),
        key="farol-moves-more",
        type="tertiary",
        on_click=asked_availability.write,
        kwargs={MOVES: str(asked.moves + 1)},
    )


def together(whole: Row, currency: str) -> str:
    """Return what all moves are worth together, and what they cost as far as that is known."""
    text = ngettext(
        "{count} move avoids {avoided} of towers standing still a month where it goes, and loses "
        "{lost} where the stock lies.",
        "{count} moves avoid {avoided} of towers standing still a month where they go, and lose "
        "{lost} where the stock lies.",
        whole["moves"],
    ).format(
        count=number(whole["moves"], 0),
        avoided=buy_words.hours(whole["hours_avoided"]),
        lost=buy_words.hours(whole["hours_lost"]),
    )
    return f"{text} {_freight(whole, currency)}".strip()


def _freight(whole: Row, currency: str) -> str:
    known = whole["moves"] - whole["freight_unknown"]
    if not known:
        return _("What bringing it costs isn't known.")
    text = ngettext(
        "Bringing it costs {freight}, known of {count} move.",
        "Bringing it costs {freight}, known of {count} moves.",
        known,
    )
    return text.format(freight=money(whole["freight"], currency), count=number(known, 0))


def _behind() -> str:
    return _("What to buy starts from what is there once they are made.")


def _replayed(publication: Publication) -> str:
    if "agg_transfer" not in publication.registry.data_sets:
        return ""
    row = publication.table(questions.transfers.replayed()).table.to_pylist()[0]
    if not row["moves"]:
        return _("No such move of the past is known, so what they bring isn't tested.")
    return ngettext(
        "{count} such move of the past would have avoided {avoided} and caused {caused}.",
        "{count} such moves of the past would have avoided {avoided} and caused {caused}.",
        row["moves"],
    ).format(
        count=number(row["moves"], 0),
        avoided=buy_words.hours(row["hours_avoided"]),
        caused=buy_words.hours(row["hours_caused"]),
    )


def _draw(rows: Sequence[Row], asked: AskedAvailability) -> None:
    heads = (_("Part"), _("Move"), _("Way"), _("Left where it lies"), _("Avoids a month"))
    columns = [Heading(head) for head in heads]
    told = "".join(_row(row, asked, columns) for row in rows)
    part_rows.draw(columns, told, _("Before you buy, move"), kind="farol-buys farol-moves")


def _row(row: Row, asked: AskedAvailability, columns: Sequence[Heading]) -> str:
    way = move_words.way(row, asked.currency) or _("not known")
    told = (route(row), way, left(row), _hours(row))
    part = part_rows.part_cell(row, str(row["to_location_id"]))
    return part_rows.row(part, [escape(text) for text in told], columns)


def route(row: Row) -> str:
    """Return how many to move from where to where."""
    return _("{quantity} from {giver} to {taker}").format(
        quantity=units(row),
        giver=str(row["from_location"] or row["from_location_id"]),
        taker=str(row["to_location"] or row["to_location_id"]),
    )


def left(row: Row) -> str:
    """Return what is left where the stock lies, and what is used of it there."""
    text = _("{quantity}, uses {use} a month")
    stays = {"quantity": row["donor_stock_left"], "unit": row["unit"]}
    use = row["donor_monthly_demand"]
    return text.format(quantity=units(stays), use=number(use, 1 if use < _SMALL else 0))


def _hours(row: Row) -> str:
    return buy_words.hours(row["receiver_hours_avoided"])
