"""The list of stock: a page of positions, sorted by the database, with links to sort and choose."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Publication, Result, questions
from pages.components import captions, part_rows
from pages.components.language import _, label, ngettext, number
from pages.components.part import repairs
from pages.components.stock import stock_address, stock_words
from pages.components.stock.stock_address import ON_A_PAGE, SORTED, AskedStock

Row = Mapping[str, Any]

CHOSEN: Final = "farol-stock-chosen"
"""Names the element that shows the chosen part."""
_PAGE_KEY: Final = "farol-stock-page"
_TEXTS: Final = frozenset({"item_id", "name", "category", "abc_class", "demand_class", "status"})


def show(publication: Publication, asked: AskedStock, count: int) -> None:
    """Draw the page that is asked for of *count* positions, which rows these are, and the pages."""
    pages = -(-count // ON_A_PAGE)
    page = min(asked.page, pages)
    result = publication.table(
        questions.inventory.sorted_positions(
            publication.registry,
            asked.wanted,
            asked.order,
            (*SORTED, "moved", "unit", "as_of", "policy"),
            limit=ON_A_PAGE,
            offset=ON_A_PAGE * (page - 1),
        )
    )
    first = ON_A_PAGE * (page - 1) + 1
    text = ngettext(
        "{first} to {last} of {total} part", "{first} to {last} of {total} parts", count
    ).format(
        first=number(first, 0),
        last=number(first + result.table.num_rows - 1, 0),
        total=number(count, 0),
    )
    st.header(text, anchor=False)
    _draw(result, publication, asked, text)
    _pages(page, pages)
    captions.show(result.provenance, of="stock-table")


def _draw(result: Result, publication: Publication, asked: AskedStock, name: str) -> None:
    currency = str(publication.manifest.lineage.get("currency", ""))
    heads = "".join(_head(column, publication.registry, asked) for column in SORTED)
    rows = "".join(_row(row, asked, currency) for row in _with_repairs(result, publication, asked))
    st.html(
        f'<div class="farol-scrolls" role="region" tabindex="0" aria-label="{escape(name)}">'
        f'<table class="farol-stock"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _with_repairs(result: Result, publication: Publication, asked: AskedStock) -> list[Row]:
    """Return the rows, with how their parts are repaired here."""
    rows = result.table.to_pylist()
    codes = (row["item_id"] for row in rows)
    question = questions.inventory.repaired(codes, asked.wanted.location_id)
    repaired = {row["item_id"]: row for row in publication.table(question).table.to_pylist()}
    return [{**row, **repaired.get(row["item_id"], {})} for row in rows]


def _head(column: str, registry: Registry, asked: AskedStock) -> str:
    by, descending = asked.order.removeprefix("-"), asked.order.startswith("-")
    is_sorted = column == by
    order = f"-{column}" if is_sorted and not descending else column
    arrow = ("▼" if descending else "▲") if is_sorted else ""
    sort = f' aria-sort="{"descending" if descending else "ascending"}"' if is_sorted else ""
    kind = "" if column in _TEXTS else ' class="farol-number"'
    address = escape(stock_address.link(asked, **{stock_address.ORDER: order}))
    return (
        f'<th scope="col"{sort}{kind}><a id="farol-sort-{column}" class="farol-go" '
        f'href="{address}">{escape(heading(column, registry))}'
        f'<span aria-hidden="true"> {arrow}</span></a></th>'
    )


def heading(column: str, registry: Registry) -> str:
    """Return what heads a column of the list."""
    known = {
        "item_id": _("Part"),
        "stock_value": _("Value of the stock"),
        "stockout_date": stock_words.runs_out_heading(),
    }
    if column in known:
        return known[column]
    data_set = "dim_item" if column in _OF_PART else "fact_inventory"
    return label(registry.data_sets[data_set].column(column).label)


_OF_PART: Final = frozenset({"name", "category", "abc_class", "demand_class"})


def _row(row: Row, asked: AskedStock, currency: str) -> str:
    code = str(row["item_id"])
    is_chosen = code == asked.item_id
    marked = ' aria-selected="true" class="farol-chosen-row"' if is_chosen else ""
    address = escape(stock_address.link(asked, **{stock_address.ITEM: code}) + _page_of(asked))
    cells = "".join(_cell(row, column, currency) for column in SORTED[1:])
    current = ' aria-current="true"' if is_chosen else ""
    return (
        f'<tr{marked}><th scope="row"><a class="farol-go" data-to="{CHOSEN}" '
        f'href="{address}"{current}>{escape(code)}</a></th>{cells}</tr>'
    )


def _page_of(asked: AskedStock) -> str:
    return f"&{stock_address.PAGE}={asked.page}" if asked.page > 1 else ""


def _cell(row: Row, column: str, currency: str) -> str:
    text = escape(stock_words.text_of(row, column, currency))
    if column == "name":
        text += part_rows.small(repairs.comes_back(row))
    return f"<td>{text}</td>" if column in _TEXTS else f'<td class="farol-number">{text}</td>'


def _pages(page: int, count: int) -> None:
    if count < 2:
        return
    if st.session_state.get(_PAGE_KEY, page) != page:
        st.session_state[_PAGE_KEY] = page
    st.pagination(count, default=page, key=_PAGE_KEY, on_change=_turn)


def _turn() -> None:
    stock_address.write_page(st.session_state[_PAGE_KEY])
