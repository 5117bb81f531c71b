"""The parts whose order moved most: from what to what, why, and a link to both forecasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import changed_orders, order_change_rows
from pages.components import captions, copied_calls, frame, tables
from pages.components import change_amounts as amounts
from pages.components.change_words import cause_text, moved_text
from pages.components.changed import by_cause
from pages.components.changed.comparison import ComparedOrders
from pages.components.language import _, csv_dialect, number

Order = changed_orders.ChangedOrder
LeftOut = changed_orders.LeftOut

SORT: Final = "sort"
ON_A_PAGE: Final = 10
_TEXTS: Final = ("item_id", "name", "category", "demand_class", "unit_before", "unit_after")
_ORDERS: Final[dict[str, Callable[[Order], Any]]] = {
    "value": lambda row: (row.cents_change is None, -abs(row.cents_change or 0)),
    "rise": lambda row: (row.cents_change is None, -(row.cents_change or 0)),
    "fall": lambda row: (row.cents_change is None, row.cents_change or 0),
    "units": lambda row: (row.units_change is None, -abs(row.units_change or Decimal(0))),
    "name": lambda row: row.name.casefold(),
}
"""How parts may be sorted, by the name that the address has for it."""


@st.fragment
def show(compared: ComparedOrders) -> None:
    """Draw the parts, page by page; sorting and turning run nothing else of the page."""
    with frame.guard("changes"):
        st.header(_("The parts that moved most"), anchor=False)
        rows = compared.orders.changed()
        if not rows:
            st.info(_("The proposed order of no part is another one."), icon=":material/equal:")
            return
        rows = sorted(rows, key=_ORDERS[_sorted_by(compared)])
        _listed(rows, compared)
        _taken_along(rows, compared)


def _sorted_by(compared: ComparedOrders) -> str:
    known = [name for name in _ORDERS if compared.orders.is_valued or name in {"units", "name"}]
    asked = st.query_params.get(SORT) or known[0]
    if asked not in known:
        expected = " / ".join(known)
        frame.refuse(InvalidSelection(parameter=SORT, found=ascii(asked[:80]), expected=expected))
        asked = known[0]
    key = "farol-changes-sort"
    if st.session_state.get(key) != asked:
        st.session_state[key] = asked
    names = {
        "value": _("Greatest change in value"),
        "rise": _("Greatest rise"),
        "fall": _("Greatest fall"),
        "units": _("Greatest change in units"),
        "name": _("Name"),
    }
    st.pills(
        _("Sorted by"),
        known,
        key=key,
        format_func=names.__getitem__,
        required=True,
        wrap=True,
        on_change=_write_sort,
    )
    return asked


def _listed(rows: Sequence[Order], compared: ComparedOrders) -> None:
    pages = -(-len(rows) // ON_A_PAGE)
    body = st.container(gap="small", key="farol-moved")
    page = st.pagination(pages, key="changes-page") if pages > 1 else 1
    first = (page - 1) * ON_A_PAGE
    shown = rows[first : first + ON_A_PAGE]
    with body:
        for place, row in enumerate(shown, start=first + 1):
            _part(place, row, compared)
    if pages > 1:
        text = _("Parts {first} to {last} of {count}")
        st.caption(
            text.format(
                first=number(first + 1, 0),
                last=number(first + len(shown), 0),
                count=number(len(rows), 0),
            )
        )


def _part(place: int, row: Order, compared: ComparedOrders) -> None:
    pinned = {} if compared.after.id == frame.publication().id else {"p": compared.after.id}
    with st.container(gap=None, key=f"farol-moved-{place}"):
        text = f"{number(place, 0)}. {row.item_id} · {row.name}"
        if row.reason == "dropped":
            st.markdown(captions.literal(text))
        else:
            frame.link(
                "forecast.py",
                captions.literal(text),
                **pinned,
                item=row.item_id,
                location_id=compared.place,
                compare=compared.before.id,
            )
        lines = "".join(f"<p>{escape(line)}</p>" for line in _lines(row, compared.currency))
        st.html(f'<div class="farol-moved">{lines}</div>')


def _lines(row: Order, currency: str) -> list[str]:
    moved = amounts.from_to(_units(row, 0), _units(row, 1))
    if row.units_change is not None:
        moved = _("{change}: {ends}").format(
            change=amounts.signed_units(row.units_change), ends=moved
        )
    return [moved, _value(row, currency), *_why(row)]


def _units(row: Order, end: int) -> str:
    if row.order[end] is None:
        return _("not there") if row.is_known[end] else _("not known")
    return amounts.units(row.order[end], row.unit[end])


def _value(row: Order, currency: str) -> str:
    if row.left_out is LeftOut.UNIT:
        return _("Counted in another unit: no difference can be told.")
    if row.left_out is not None:
        return _("The value is not known.")
    ends = [amounts.told(cents, amounts.SumOf.VALUE, currency, decimals=2) for cents in row.cents]
    text = amounts.from_to(*ends)
    if row.cents_change is None:
        return text
    change = amounts.change((0, row.cents_change), amounts.SumOf.VALUE, currency, decimals=2)
    return _("{change}: {ends}").format(change=change, ends=text)


def _why(row: Order) -> list[str]:
    if row.cause is None:
        return []
    moved = row.shares or row.moved
    if row.cause not in moved:
        return [_sentence(cause_text(row.cause))]
    others = len(moved) - 1
    said = moved_text(row.cause, up=moved[row.cause] > 0)
    return [_sentence(_("above all, {cause}").format(cause=said) if others else said)]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


@st.fragment
def _taken_along(rows: Sequence[Order], compared: ComparedOrders) -> None:
    """Draw all of the parts as a table, a file, and the call that returns them, folded."""
    folded = st.expander(
        _("Table, files and call"),
        key="changes-parts-taken",
        icon=":material/table_rows:",
        on_change="rerun",
    )
    with folded:
        if folded.open:
            call = by_cause.call(compared, "orders", texts=_TEXTS)
            address = call.address("", csv_dialect())
            st.link_button(_("These rows (CSV)"), address, icon=":material/csv:")
            tables.draw(_told(rows, compared), _headings(), key="changes-parts")
            copied_calls.show_csv(call.address("", "rfc"), call.texts)
    captions.show(compared.after.provenance(()), of="changes-parts")
    captions.show_other(compared.before.provenance(()))


def _told(rows: Sequence[Order], compared: ComparedOrders) -> pa.Table:
    names = [name for name in _headings() if name != "cause"]
    if not compared.orders.is_valued:
        names = [name for name in names if not name.startswith("value")]
    table = order_change_rows.order_rows(rows).select(names)
    why = ["; ".join(_why(row)) or None for row in rows]
    return table.append_column("cause", pa.array(why, pa.string()))


def _headings() -> dict[str, str]:
    return {
        "item_id": _("Part"),
        "name": _("Name"),
        "order_before": _("Order before"),
        "order_after": _("Order after"),
        "order_change": _("Change"),
        "unit_after": _("Unit"),
        "value_before": _("Value before"),
        "value_after": _("Value after"),
        "value_change": _("Change in value"),
        "cause": _("Why"),
    }


def _write_sort() -> None:
    st.query_params[SORT] = st.session_state["farol-changes-sort"]
