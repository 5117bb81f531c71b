"""Parts and money by ABC class and demand class: a grid whose every cell narrows the list to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions
from pages.components.language import _, label, ngettext, number
from pages.components.stock import stock_address
from pages.components.stock.stock_address import AskedStock
from pages.components.stock.stock_words import money
from pages.components.value_words import value_label

Row = Mapping[str, Any]

_ABC: Final = "abc_class"
_DEMAND: Final = "demand_class"
_ALL: Final = ""


def show(publication: Publication, asked: AskedStock) -> None:
    """Draw the grid of the positions asked for, whatever their classes, and what is left out."""
    result = publication.table(questions.inventory.classes(publication.registry, asked.wanted))
    rows = result.table.to_pylist()
    currency = str(publication.manifest.lineage.get("currency", ""))
    catalogue = publication.registry.data_sets["dim_item"]
    heads = {
        name: [
            *(v for v in catalogue.column(name).allowed),
            *([questions.inventory.UNCLASSIFIED] if _has_unknown(rows, name) else []),
            _ALL,
        ]
        for name in (_ABC, _DEMAND)
    }
    name = _("Parts by {abc} and {demand}").format(
        abc=label(catalogue.column(_ABC).label), demand=label(catalogue.column(_DEMAND).label)
    )
    st.html(_table(rows, heads, asked, currency, name))
    st.caption(captions.literal(_legend(rows, currency)))
    captions.show(result.provenance, of="matrix")


def total(rows: Iterable[Row], column: str) -> Decimal | None:
    """Return the exact sum of what is known in *column*; None where nothing is."""
    known = [row[column] for row in rows if row[column] is not None]
    return sum(known, Decimal(0)) if known else None


def _has_unknown(rows: Iterable[Row], name: str) -> bool:
    return any(row[name] == questions.inventory.UNCLASSIFIED for row in rows)


def _table(
    rows: Sequence[Row],
    heads: Mapping[str, Sequence[str]],
    asked: AskedStock,
    currency: str,
    name: str,
) -> str:
    columns = "".join(
        f'<th scope="col">{_head(asked, {_ABC: _ALL, _DEMAND: each})}</th>'
        for each in heads[_DEMAND]
    )
    body = "".join(
        f'<tr><th scope="row">{_head(asked, {_ABC: abc, _DEMAND: _ALL})}</th>'
        + "".join(
            _cell(rows, asked, {_ABC: abc, _DEMAND: each}, currency) for each in heads[_DEMAND]
        )
        + "</tr>"
        for abc in heads[_ABC]
    )
    return (
        f'<div class="farol-scrolls" role="region" tabindex="0" aria-label="{escape(name)}">'
        f'<table class="farol-matrix"><caption class="farol-unseen">{escape(name)}</caption>'
        f"<thead><tr><td></td>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _head(asked: AskedStock, chosen: Mapping[str, str]) -> str:
    """Return the head of a row or column, a link to all of it."""
    text = " ".join(_class_text(name, value) for name, value in chosen.items() if value)
    if not text:
        return escape(_("Total"))
    return _link(asked, chosen, escape(text), "")


def _cell(rows: Sequence[Row], asked: AskedStock, chosen: Mapping[str, str], currency: str) -> str:
    mine = [row for row in rows if all(not v or row[n] == v for n, v in chosen.items())]
    parts = sum(row["parts"] for row in mine)
    if not parts:
        return "<td>0</td>"
    count = ngettext("{count} part", "{count} parts", parts).format(count=number(parts, 0))
    told = " ".join(_class_text(name, value) for name, value in chosen.items() if value)
    whole = _("Total")
    heard = f"{told or whole}: {count}"
    sums = (
        (_("in stock"), _sum_text(mine, "stock_value", currency)),
        (_("to order"), _sum_text(mine, "order_value", currency)),
    )
    lines = "".join(
        f'<small><span class="farol-unseen">{escape(name)} </span>{escape(text)}</small>'
        for name, text in sums
    )
    return f"<td>{_link(asked, chosen, f'<b>{number(parts, 0)}</b>', heard)}{lines}</td>"


def _sum_text(rows: Sequence[Row], column: str, currency: str) -> str:
    found = total(rows, column)
    return money(None if found is None else float(found), currency)


def _link(asked: AskedStock, chosen: Mapping[str, str], shown: str, heard: str) -> str:
    others = tuple(pair for pair in asked.pairs if pair[0] not in (_ABC, _DEMAND))
    pairs = (*others, *((name, value) for name, value in chosen.items() if value))
    here = all(asked.values(name) == ([value] if value else []) for name, value in chosen.items())
    current = ' aria-current="true"' if here and any(chosen.values()) else ""
    name = f' aria-label="{escape(heard)}"' if heard else ""
    place = "-".join(value or "all" for value in chosen.values())
    address = escape(stock_address.link(asked, pairs))
    return (
        f'<a id="farol-class-{place}" class="farol-go" href="{address}"{current}{name}>{shown}</a>'
    )


def _class_text(column: str, value: str) -> str:
    if value == questions.inventory.UNCLASSIFIED:
        return _("no ABC class") if column == _ABC else _("no demand class")
    return value_label("dim_item", column, value)


def _legend(rows: Sequence[Row], currency: str) -> str:
    """Return what stands in a cell, and of how many parts no money is known."""
    told = [_("In each cell: parts, value of the stock, value of the proposed orders.")]
    if not currency:
        told.append(_("The publication doesn't say in which currency the costs are."))
    counted = (
        ("stock_unknown", _stock_unknown),
        ("stock_unpriced", _stock_unpriced),
        ("orders_unpriced", _orders_unpriced),
    )
    for column, text in counted:
        count = sum(row[column] for row in rows)
        if count:
            told.append(text(count).format(count=number(count, 0)))
    return " ".join(told)


def _stock_unknown(count: int) -> str:
    return ngettext(
        "The stock of {count} part isn't known; it is in no sum.",
        "The stock of {count} parts isn't known; it is in no sum.",
        count,
    )


def _stock_unpriced(count: int) -> str:
    return ngettext(
        "{count} part with stock has no known cost; its stock is in no sum.",
        "{count} parts with stock have no known cost; their stock is in no sum.",
        count,
    )


def _orders_unpriced(count: int) -> str:
    return ngettext(
        "{count} proposed order has no known cost; it is in no sum.",
        "{count} proposed orders have no known cost; they are in no sum.",
        count,
    )
