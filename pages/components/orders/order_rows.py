"""One order on the page: take it or not, which part, why, how much, by when."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from datalayer.portal import OrderLine
from datalayer.runtime import portal
from pages.components import captions, frame
from pages.components.language import _
from pages.components.orders import order_words
from pages.components.orders.planned_orders import PlannedOrders
from pages.components.worklist import action_words


def show(
    line: OrderLine, planned: PlannedOrders, currency: str, filters: Mapping[str, str]
) -> None:
    """Draw an order; what is typed into it stays in the session.

    Args:
        line: The order.
        planned: What was changed of the orders.
        currency: ISO code; empty where none is known.
        filters: Those of the list, which the link to the part carries along.
    """
    card, rank = line.card, line.rank
    out = rank in planned.left_out
    with st.container(key=f"farol-order-{rank}{'-out' if out else ''}", gap=None):
        _tick(line, planned, out=out)
        frame.link(
            "forecast.py",
            captions.literal(order_words.part(card)),
            **filters,
            item=card["item_id"],
            location_id=card["location_id"],
        )
        st.html(_about(line))
        _quantity(line, planned)
        st.html(_comes_to(line, currency))
        if line.is_changed:
            _changed(line, planned)


def _tick(line: OrderLine, planned: PlannedOrders, *, out: bool) -> None:
    key = planned.tick_key(line.rank)
    st.session_state.setdefault(key, not out)
    st.checkbox(
        _("Take along: {order}").format(order=captions.literal(order_words.subject(line.card))),
        key=key,
        on_change=planned.take_ticked,
        args=(line.rank,),
        label_visibility="collapsed",
    )


def _quantity(line: OrderLine, planned: PlannedOrders) -> None:
    key = planned.quantity_key(line.rank)
    st.session_state.setdefault(key, line.quantity)
    step = line.card["order_multiple"] or line.card["lot"] or 1.0
    st.number_input(
        _("Quantity: {order}").format(order=captions.literal(order_words.subject(line.card))),
        key=key,
        step=float(step),
        format="%g",
        on_change=planned.take_typed,
        args=(line,),
        label_visibility="collapsed",
    )


def _about(line: OrderLine) -> str:
    """Return place, reason and what to check first."""
    card = line.card
    check = action_words.check_first(card, portal().registry)
    noted = f'<p class="farol-check">{escape(check)}</p>' if check else ""
    return (
        f'<p><span class="farol-place">{escape(str(card["place"]))}</span>'
        f" · {escape(order_words.short_why(card))}</p>{noted}"
    )


def _comes_to(line: OrderLine, currency: str) -> str:
    """Return unit, cost and value, and the days to order by and of arrival."""
    card = line.card
    cost = order_words.money(card["unit_cost"], currency)
    late = ' class="farol-late"' if card["tier"] == "late" else ""
    return (
        '<div class="farol-comes-to">'
        f"<p>{escape(str(card['unit'] or ''))} × {escape(cost)}<br>"
        f"<strong>{escape(order_words.money(line.value, currency))}</strong></p>"
        f"<p><strong{late}>{escape(order_words.order_by(card))}</strong><br>"
        f"{escape(order_words.arrives(card))}</p></div>"
    )


def _changed(line: OrderLine, planned: PlannedOrders) -> None:
    """Draw what is proposed beside what is wanted, and what would be right if that can't be."""
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"farol-order-note-{line.rank}"
    ):
        if not line.is_orderable:
            said = captions.literal(order_words.not_orderable(line))
            st.markdown(f":material/error: **{said}**", width="content")
        if not line.is_orderable and line.orderable != line.proposed:
            st.button(
                _("Order {quantity}").format(quantity=order_words.units(line.orderable)),
                key=f"order-round-{planned.publication_id}-{line.rank}",
                on_click=planned.set_quantity,
                args=(line, line.orderable),
            )
        proposed = order_words.units(line.proposed)
        st.markdown(_("Proposed: {quantity}").format(quantity=proposed), width="content")
        st.button(
            _("Back to {quantity}").format(quantity=proposed),
            key=f"order-reset-{planned.publication_id}-{line.rank}",
            type="tertiary",
            on_click=planned.set_quantity,
            args=(line, None),
        )
