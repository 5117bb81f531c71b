"""Which orders the address asks for: ticked rows of one publication, or the list's filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import InvalidSelection, PortalError
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Publication, questions
from datalayer.runtime import portal
from pages.components.language import _, error_text, ngettext, number
from pages.components.worklist import list_address, ranks
from pages.components.worklist.action_words import tier

Card = Mapping[str, Any]
"""A row of ``questions.actions.cards``."""

ROWS: Final = "rows"
MOST_ORDERS: Final = 10_000
"""Most rows of a file of orders."""

_SHOWN: Final = 60


@dataclass(frozen=True)
class AskedOrders:
    """What the address asks for.

    Attributes:
        left: Orders that nobody has taken.
        taken: Orders that somebody has.
        others: What else is to be done, where rows are named.
        problem: What of the address can't be used, in the user's language.
        are_named: Whether the address names rows.
        unpinned: Rows that it names without their publication, as it writes them.
    """

    left: tuple[Card, ...] = ()
    taken: tuple[Card, ...] = ()
    others: tuple[Card, ...] = ()
    problem: str = ""
    are_named: bool = False
    unpinned: str = ""


def of_address(publication: Publication) -> AskedOrders:
    """Return the orders that the address asks for; those of the week where it asks for none."""
    are_named = ROWS in st.query_params
    try:
        _require_once("p", ROWS)
        return _of_rows(publication) if are_named else _of_list(publication)
    except PortalError as error:
        return AskedOrders(problem=error_text(error), are_named=are_named)


def filters_of_address() -> list_address.Pairs:
    """Return the filters that the address asks for; late and this week where it names no tier."""
    asked = tuple(
        pair
        for pair in list_address.asked(st.query_params)
        if pair[0] not in {"action", "put_aside"}
    )
    if any(name == "tier" for name, _value in asked):
        return asked
    return (*asked, *(("tier", each) for each in questions.actions.WINDOW))


def shown_text(asked: AskedOrders) -> str:
    """Return which orders the page shows."""
    if asked.are_named:
        return _("The rows chosen on the list.")
    pairs = filters_of_address()
    tiers = dict.fromkeys(tier(value) for name, value in pairs if name == "tier")
    named = {"location", *questions.listings.ITEM_FILTERS}
    others = dict.fromkeys(value for name, value in pairs if name in named)
    return _(
        "Only orders: {tiers}. What is to be expedited, deferred or checked is on the list of what "
        "to do."
    ).format(tiers=", ".join([*tiers, *others]))


def _require_once(*names: str) -> None:
    for name in names:
        if len(st.query_params.get_all(name)) > 1:
            raise InvalidSelection(
                parameter=name,
                found=Sentence("given more than once"),
                expected=Sentence("given once"),
            )


def _of_rows(publication: Publication) -> AskedOrders:
    text = st.query_params[ROWS]
    asked = ranks.read(text)
    if "p" not in st.query_params:
        # The same ranks are other rows in another publication.
        missing = InvalidSelection(
            parameter=ROWS,
            found=ascii(text[:_SHOWN]),
            expected=Sentence("together with p, the publication that they are rows of"),
        )
        return AskedOrders(problem=error_text(missing), are_named=True, unpinned=text)
    found = publication.table(questions.actions.of_ranks(asked)).table
    cards = _cards(publication, found, portal().marks.standing(publication))
    orders = [card for card in cards if card["action"] == "order"]
    there = {card["rank"] for card in cards}
    return AskedOrders(
        left=tuple(card for card in orders if not is_taken(card)),
        taken=tuple(card for card in orders if is_taken(card)),
        others=tuple(card for card in cards if card["action"] != "order"),
        problem=_missing_text([rank for rank in asked if rank not in there], publication.id),
        are_named=True,
    )


def _of_list(publication: Publication) -> AskedOrders:
    pairs = (*filters_of_address(), ("action", "order"))
    wanted = portal().listing(publication, pairs)
    parts = [_listed(publication, listing) for listing in (wanted, replace(wanted, put_aside=True))]
    left, aside = (_cards(publication, rows, wanted.standing) for rows in parts)
    return AskedOrders(left=left, taken=tuple(card for card in aside if is_taken(card)))


def _listed(publication: Publication, wanted: questions.listings.Listing) -> pa.Table:
    rows = publication.table(questions.actions.ranks(wanted)).table
    if rows.num_rows > MOST_ORDERS:
        raise InvalidSelection(
            parameter="orders",
            found=rows.num_rows,
            expected=Sentence("at most {most}; ask for fewer tiers or places", most=MOST_ORDERS),
        )
    return rows


def _cards(publication: Publication, rows: pa.Table, standing: pa.Table) -> tuple[Card, ...]:
    return tuple(publication.table(questions.actions.cards(rows, standing)).table.to_pylist())


def is_taken(card: Card) -> bool:
    """Return whether somebody took an order along, and it has not come back since."""
    return card["state"] == "put_aside" and card["kind"] == "ordered"


def _missing_text(missing: list[int], publication_id: str) -> str:
    if not missing:
        return ""
    text = ngettext(
        "{count} row of the address is not in publication {id}: {rows}. The others are below.",
        "{count} rows of the address are not in publication {id}: {rows}. The others are below.",
        len(missing),
    )
    named = ranks.written(missing)
    shown = named if len(named) <= _SHOWN else f"{named[:_SHOWN]}…"
    return text.format(count=number(len(missing), 0), id=publication_id, rows=shown)


def nothing_text(asked: AskedOrders) -> str:
    """Return what stands in the place of an empty list."""
    if asked.are_named and (asked.taken or asked.others):
        return _("None of the rows chosen is an order that is left to take along.")
    if asked.are_named:
        return _("No rows are chosen. Tick some on the list of what to do.")
    if asked.taken:
        return _("All of these orders have been taken along.")
    return _("Nothing is to be ordered here.")
