"""The parts for which repeating the past was nearer: all of them, each a link to its page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Result, questions
from pages.components import captions, frame, list_file
from pages.components.accuracy import accuracy_words, asked_accuracy, calls
from pages.components.accuracy.asked_accuracy import MONEY, PAGE, AskedAccuracy
from pages.components.language import _, ngettext, number, percent
from pages.components.units import amount

ORDER: Final = "order"
ON_A_PAGE: Final = 10
_ORDERS: Final[tuple[questions.accuracy.NearerSort, ...]] = ("much", "sure", "money", "part")
_TEXTS: Final = ("item_id", "name", "source", "demand_class", "unit", "verdict")
_ORDER_KEY: Final = "accuracy-order"
_PAGE_KEY: Final = "accuracy-page"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)

Row = Mapping[str, Any]


def show(asked: AskedAccuracy, errors: Result) -> None:
    """Draw the list, sorted and page by page as the address has it, and what takes it away.

    Args:
        asked: What is judged.
        errors: The answer to ``questions.accuracy.errors``, for what all parts used.
    """
    st.header(_("Parts for which repeating the past was nearer"), anchor=False)
    order = _order_asked()
    nearer = asked.publication.table(questions.accuracy.naive_nearer(asked.parts, order))
    rows = nearer.table.to_pylist()
    if not rows:
        st.markdown(_("None of the parts that were tested."))
        captions.show(nearer.provenance, of="nearer")
        return
    st.markdown(captions.literal(share_of_demand(asked, rows, errors.table.to_pylist())))
    _order_choice(order)
    pages = -(-len(rows) // ON_A_PAGE)
    page = _page(pages)
    for row in rows[ON_A_PAGE * (page - 1) : ON_A_PAGE * page]:
        _draw(row, asked)
    _turning(page, pages, len(rows))
    captions.show(nearer.provenance, of="nearer")
    list_file.show(
        "metrics/naive-nearer.csv",
        calls.of_nearer(asked, order),
        len(rows),
        texts=_TEXTS,
        key="accuracy-nearer-call",
    )


def share_of_demand(asked: AskedAccuracy, rows: Sequence[Row], errors: Sequence[Row]) -> str:
    """Return what share of all that was used in the tests these parts are, in what is told in."""
    overall = next((row for row in errors if row["grouping"] == "all"), None)
    here = [row for row in rows if _is_counted(row, asked.measure)]
    left = len(rows) - len(here)
    if overall is None or not overall["used"]:
        return ""
    used = sum((row["used"] or 0.0) * _weight(row, asked.measure) for row in here)
    text = ngettext(
        "{count} part, {share} of what all tested parts used, in {measure}.",
        "{count} parts, {share} of what all tested parts used, in {measure}.",
        len(here),
    ).format(
        count=number(len(here), 0),
        share=percent(used / overall["used"], 1),
        measure=accuracy_words.measure_name(asked.measure, asked.currency),
    )
    if not left:
        return text
    more = (
        ngettext("{count} more has no known cost.", "{count} more have no known cost.", left)
        if asked.measure == MONEY
        else ngettext(
            "{count} more is counted in another unit.",
            "{count} more are counted in other units.",
            left,
        )
    )
    return f"{text} {more.format(count=number(left, 0))}"


def told(row: Row) -> str:
    """Return how much nearer repeating the past was, whether by chance, and what was used."""
    used = amount(row["used"], row["unit"])
    if row["fva_vs_naive"] is None:
        text = _("Repeating the past had no error, the forecast had one; {used} used in the tests.")
        return text.format(used=used)
    text = {
        "worse": _(
            "{size} than repeating the past, more than chance explains; {used} used in the tests."
        ),
        None: _(
            "{size} than repeating the past, and too little was used to judge chance; {used} used "
            "in the tests."
        ),
    }.get(
        row["verdict"],
        _("{size} than repeating the past, which may be chance; {used} used in the tests."),
    )
    size = accuracy_words.compared(row["fva_vs_naive"])
    return text.format(size=size[:1].upper() + size[1:], used=used)


def _draw(row: Row, asked: AskedAccuracy) -> None:
    with st.container(gap=None, key=f"accuracy-part-{row['item_id'].encode().hex()[:40]}"):
        link = captions.literal(f"{row['item_id']} · {row['name']}")
        frame.link("forecast.py", link, item=row["item_id"], location_id=asked.parts.location_id)
        who = "" if asked.parts.source else f" {captions.source_name(row['source'])}."
        named = accuracy_words.class_name(row["demand_class"])
        st.caption(captions.literal(f"{told(row)}{who} {named[:1].upper()}{named[1:]}."))


def _order_asked() -> questions.accuracy.NearerSort:
    text = st.query_params.get(ORDER, "")
    chosen = next((each for each in _ORDERS if each == text), _ORDERS[0])
    if text and text != chosen:
        expected = Sentence("one of {values}", values=", ".join(_ORDERS))
        frame.refuse(InvalidSelection(parameter=ORDER, found=ascii(text[:80]), expected=expected))
    return chosen


def _order_choice(chosen: str) -> None:
    names = {
        "much": _("by how much"),
        "sure": _("beyond chance first"),
        "money": _("by money used"),
        "part": _("by code"),
    }
    if st.session_state.get(_ORDER_KEY) != chosen:
        st.session_state[_ORDER_KEY] = chosen
    st.selectbox(
        _("Sorted"),
        _ORDERS,
        key=_ORDER_KEY,
        format_func=names.__getitem__,
        filter_mode=None,
        on_change=_write_order,
        width=240,
    )


def _page(pages: int) -> int:
    """Return the page that the address asks for; the last where there are fewer."""
    text = st.query_params.get(PAGE, "1")
    if _NUMBER.fullmatch(text):
        return min(int(text), pages)
    expected = Sentence("the number of a page, such as 2")
    frame.refuse(InvalidSelection(parameter=PAGE, found=ascii(text[:40]), expected=expected))
    return 1


def _turning(page: int, pages: int, count: int) -> None:
    first = ON_A_PAGE * (page - 1) + 1
    if pages > 1:
        if st.session_state.get(_PAGE_KEY, page) != page:
            st.session_state[_PAGE_KEY] = page
        st.pagination(pages, default=page, key=_PAGE_KEY, on_change=_turn)
    st.caption(
        _("Rows {first} to {last} of {count}").format(
            first=number(first, 0),
            last=number(min(first + ON_A_PAGE - 1, count), 0),
            count=number(count, 0),
        )
    )


def _turn() -> None:
    page = st.session_state[_PAGE_KEY]
    asked_accuracy.write(PAGE, str(page) if page > 1 else "")


def _write_order() -> None:
    chosen = st.session_state[_ORDER_KEY]
    asked_accuracy.write(ORDER, "" if chosen == _ORDERS[0] else chosen)


def _is_counted(row: Row, measure: str) -> bool:
    return row["unit_cost"] is not None if measure == MONEY else row["unit"] == measure


def _weight(row: Row, measure: str) -> float:
    return float(row["unit_cost"]) if measure == MONEY else 1.0
