"""The orders on the page: what they come to, each with its quantity, by supplier and date."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import streamlit as st

from datalayer.portal import OrderLine, Publication, sum_of
from pages.components import captions, frame, policy_followed
from pages.components.language import _, ngettext, number
from pages.components.orders import asked_orders, order_rows, order_words, planned_orders, taking
from pages.components.orders.asked_orders import AskedOrders
from pages.components.orders.planned_orders import PlannedOrders
from pages.components.orders.printed_orders import printed
from pages.components.worklist import list_address, quiet_list

PAGE_ROWS: Final = 50


@st.fragment
def show(publication: Publication, asked: AskedOrders) -> None:
    """Draw the orders that the address asks for; a change runs nothing else of the page."""
    with frame.guard("orders"):
        _left_behind(publication)
        planned = planned_orders.of_session(publication.id)
        lines = planned.lines(asked)
        if not lines:
            if quiet_list.knows_no_stock(publication):
                st.warning(quiet_list.no_stock(), icon=":material/inventory_2:")
            else:
                st.info(asked_orders.nothing_text(asked), icon=":material/inbox:")
            frame.link("monday.py", _("Go to the list of what to do"))
            return
        currency = str(publication.manifest.lineage.get("currency", ""))
        wanted = planned.wanted(lines)
        st.caption(captions.literal(asked_orders.shown_text(asked)))
        _sum(lines, wanted, currency)
        policy_followed.show(publication)
        taking.show(publication, planned, wanted)
        _suppliers(lines, planned, currency)
        st.html(printed(wanted, publication.id, currency))


def _left_behind(publication: Publication) -> None:
    """Say where the quantities are that were changed in the list of another publication."""
    for other in planned_orders.left_behind(publication.id):
        count = other.changes
        text = ngettext(
            "You changed {count} order of publication {id}. It is kept there until you close the "
            "page, and does not hold here.",
            "You changed {count} orders of publication {id}. They are kept there until you close "
            "the page, and do not hold here.",
            count,
        ).format(count=number(count, 0), id=other.publication_id)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/edit_note: {captions.literal(text)}", width="content")
            frame.link("orders.py", _("Go back to them"), p=other.publication_id)


def _sum(lines: Sequence[OrderLine], wanted: Sequence[OrderLine], currency: str) -> None:
    said = [order_words.sum_text(sum_of(wanted), currency, decimals=0)]
    late = sum(line.card["tier"] == "late" for line in wanted)
    if late:
        text = ngettext("{count} of these orders is late", "{count} of these orders are late", late)
        said.append(text.format(count=number(late, 0)))
    if changed := sum(line.is_changed for line in wanted):
        text = ngettext(
            "the quantity of {count} is changed", "the quantities of {count} are changed", changed
        )
        said.append(text.format(count=number(changed, 0)))
    if out := len(lines) - len(wanted):
        text = ngettext("{count} is left out", "{count} are left out", out)
        said.append(text.format(count=number(out, 0)))
    st.markdown(f"**{said[0]}**" + "".join(f"; {each}" for each in said[1:]))


def _suppliers(lines: Sequence[OrderLine], planned: PlannedOrders, currency: str) -> None:
    pages = -(-len(lines) // PAGE_ROWS)
    body = st.container(gap="small", key="farol-orders")
    place = st.container(key="farol-pages")
    page = place.pagination(pages, key="orders-page") if pages > 1 else 1
    first = (page - 1) * PAGE_ROWS
    shown = {line.rank for line in lines[first : first + PAGE_ROWS]}
    filters = list_address.carried(st.query_params)
    with body:
        for name, group in groupby(lines, key=lambda line: line.card["supplier"]):
            of_supplier = list(group)
            here = [line for line in of_supplier if line.rank in shown]
            if here:
                _heading(name, of_supplier, planned, currency)
                for line in here:
                    order_rows.show(line, planned, currency, filters)
    if pages > 1:
        place.caption(
            _("Orders {first} to {last} of {count}; the file has those of all pages.").format(
                first=number(first + 1, 0),
                last=number(first + len(shown), 0),
                count=number(len(lines), 0),
            )
        )


def _heading(
    name: str | None, lines: Sequence[OrderLine], planned: PlannedOrders, currency: str
) -> None:
    wanted = planned.wanted(lines)
    ranks = [line.rank for line in lines]
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"farol-supplier-{ranks[0]}"
    ):
        st.header(order_words.literal_supplier(name), anchor=False, width="content")
        st.markdown(order_words.sum_text(sum_of(wanted), currency, decimals=0), width="content")
        st.button(
            _("Leave all out") if wanted else _("Take all"),
            key=f"order-all-{planned.publication_id}-{ranks[0]}",
            type="tertiary",
            on_click=planned.leave_out,
            args=(ranks,),
            kwargs={"out": bool(wanted)},
        )
