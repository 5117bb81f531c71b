"""The largest changes of proposed orders, each with a picture of demand and both forecasts."""

from __future__ import annotations

from decimal import Decimal
from html import escape

import streamlit as st

from datalayer.portal import Effect, effect_model, proposals
from pages.components import captions, frame
from pages.components.administration import ends
from pages.components.language import _, quantity
from pages.components.units import amount
from pages.components.worklist.sparklines import sparkline_of_two

LargeChange = effect_model.LargeChange


def show(effect: Effect) -> None:
    """Draw them; a line where no order changes."""
    st.subheader(_("The largest changes"), anchor=False)
    if not effect.largest:
        st.markdown(_("No proposed order changes."))
        return
    st.markdown(
        _("Bars: demand. Dashed: forecast of the candidate, in its range. Dotted: forecast so far.")
    )
    with st.container(key="farol-large-changes", gap="small"):
        for change in effect.largest:
            _draw(change, effect)


def _draw(change: LargeChange, effect: Effect) -> None:
    order = change.order
    with st.container(key=f"farol-change-{order.item_id}", gap=None):
        name = captions.literal(" · ".join(filter(None, (order.item_id, order.name))))
        if order.item_id in effect.proposals.new_items:
            st.markdown(name)
        else:
            frame.link("forecast.py", name, item=order.item_id)
        # Periods that are not equally long are no neighbours in a picture.
        before = () if effect.periods_differ else change.periods_before
        picture = sparkline_of_two(change.periods_after or change.periods_before, before)
        text = escape(_text(change, effect)).replace(":", "&#58;")
        st.markdown(
            f'<div class="farol-change">{picture}<span>{text}</span></div>',
            unsafe_allow_html=True,
        )


def _text(change: LargeChange, effect: Effect) -> str:
    """Return the order before and after, and what the difference comes to."""
    order, currency = change.order, effect.proposals.after.currency
    text = _("Order: {before}, then {after}").format(
        before=_units(order.before, order.unit_before, is_there=order.reason != "new"),
        after=_units(order.after, order.unit_after, is_there=order.reason != "dropped"),
    )
    if order.value_change is None or not effect.proposals.same_currency:
        return text
    worth = proposals.whole(order.value_change)
    money = amount(abs(worth), "currency", currency=currency).strip()
    return f"{text} ({ends.sign(worth)}{money})"


def _units(value: Decimal | None, unit: str, *, is_there: bool) -> str:
    if not is_there:
        return _("no such part")
    if value is None:
        return _("not known")
    return quantity(float(value), unit)
