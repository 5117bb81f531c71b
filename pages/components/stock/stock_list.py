"""The inventory of a place from top to bottom, and what is said where there is none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions, frame, list_file
from pages.components.language import _, day, ngettext, number
from pages.components.stock import (
    chosen_part,
    class_matrix,
    stock_address,
    stock_filters,
    stock_table,
)
from pages.components.stock.stock_address import AskedStock

Row = Mapping[str, Any]

_TEXTS: Final = ("item_id", "location_id")


def show(publication: Publication) -> None:
    """Draw the inventory of *publication* as the address asks for it."""
    asked = stock_address.of_address(publication)
    for problem in asked.problems:
        frame.refuse(problem)
    covered = publication.table(questions.inventory.coverage(asked.wanted.location_id))
    known = covered.table.to_pylist()[0]
    if not asked.places:
        _nothing_planned()
        return
    st.markdown(captions.literal(_coverage(asked, known)))
    if not known["known"]:
        st.warning(_no_stock(), icon=":material/inventory_2:")
    if asked.wanted.text:
        publication.prepare_search()
    stock_filters.show(publication, asked)
    chosen_part.show(publication, asked)
    _list(publication, asked)


def _list(publication: Publication, asked: AskedStock) -> None:
    rows = questions.inventory.positions(publication.registry, asked.wanted)
    count = publication.count(rows)
    st.header(_("By class"), anchor=False)
    class_matrix.show(publication, asked)
    if not count:
        _nothing_fits(asked)
        return
    stock_table.show(publication, asked, count)
    call = [*asked.call(), ("p", publication.id)]
    list_file.show("inventory.csv", call, count, texts=_TEXTS, key="farol-stock-call")


def _coverage(asked: AskedStock, known: Row) -> str:
    """Return of how many parts there is stock here, and of how many there isn't."""
    planned = ngettext(
        "{place}: stock of {count} part is planned.",
        "{place}: stock of {count} parts is planned.",
        known["here"],
    ).format(count=number(known["here"], 0), place=asked.place_name)
    return " ".join(filter(None, (planned, _as_of(known), _absent(known), _unknown(known))))


def _as_of(known: Row) -> str:
    return _("It stands as of {day}.").format(day=day(known["as_of"])) if known["as_of"] else ""


def _absent(known: Row) -> str:
    absent = known["parts"] - known["here"]
    if not absent:
        return ""
    return ngettext(
        "{count} part of the catalogue has none here.",
        "{count} parts of the catalogue have none here.",
        absent,
    ).format(count=number(absent, 0))


def _unknown(known: Row) -> str:
    unknown = known["here"] - known["known"]
    if not unknown or not known["known"]:
        return ""
    return ngettext(
        "How much there is isn't known of {count} part.",
        "How much there is isn't known of {count} parts.",
        unknown,
    ).format(count=number(unknown, 0))


def _no_stock() -> str:
    return _(
        "How much there is isn't known of any part here. Reorder points and service levels are "
        "shown; run-out days and orders can't be told."
    )


def _nothing_planned() -> None:
    st.info(
        _(
            "This publication plans no stock, so there is no inventory to show. Ask whoever runs "
            "the forecasts to give them stock, lead times and service levels."
        ),
        icon=":material/inventory_2:",
    )
    frame.link("data.py", _("What this publication holds"))


def _nothing_fits(asked: AskedStock) -> None:
    st.info(
        _("No part fits. Remove a filter, or shorten the text."),
        icon=":material/filter_list_off:",
    )
    if asked.is_narrowed:
        stock_filters.clear(_("Show all parts"), "farol-stock-all")
