"""Ticked rows that are no orders: what to do about each, and that it is done."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import MarkKind, Publication, Statement
from pages.components import captions, frame, marking
from pages.components.language import _, ngettext, number
from pages.components.orders import order_words, planned_orders
from pages.components.orders.asked_orders import AskedOrders, Card
from pages.components.worklist import action_words

_REFUSED = "farol.orders.others_refused"


def show(publication: Publication, asked: AskedOrders) -> None:
    """Draw what is no order, each with what to do and why, and the button that says it is done."""
    left = [card for card in asked.others if card["state"] != "put_aside"]
    if not left:
        return
    with st.container(key="farol-others"):
        _others(publication, asked, left)
    for problem in st.session_state.pop(_REFUSED, ()):
        st.error(captions.literal(problem), icon=":material/error:")


def _others(publication: Publication, asked: AskedOrders, left: list[Card]) -> None:
    st.header(_("Not orders"), anchor=False)
    st.markdown(_("These were chosen as well. They are in no file of orders."))
    frequency = str(publication.manifest.lineage.get("frequency", "D"))
    for card in left:
        frame.link(
            "forecast.py",
            captions.literal(order_words.subject(card)),
            item=card["item_id"],
            location_id=card["location_id"],
        )
        why = action_words.why(card, publication.registry, frequency=frequency)
        headline = captions.literal(action_words.headline(card))
        st.markdown(f"**{headline}.** {captions.literal(why)}")
    # The name is asked above where there are orders to take, for the first time or once more.
    if not planned_orders.of_session(publication.id).lines(asked):
        marking.name_field()
    text = ngettext("Mark {count} as done", "Mark {count} as done", len(left))
    st.button(
        text.format(count=number(len(left), 0)),
        key="orders-others-done",
        icon=":material/done_all:",
        on_click=_done,
        args=(publication, left),
    )


def _done(publication: Publication, cards: list[Card]) -> None:
    outcome = marking.mark(publication, cards, Statement(MarkKind.DONE))
    problems = (marking.refusal(each.problem) for each in outcome.refused)
    st.session_state[_REFUSED] = list(dict.fromkeys(problems))
