"""Order list: the orders taken along from the list of what to do, as files."""

from __future__ import annotations

import streamlit as st

from pages.components import captions, frame
from pages.components.language import _
from pages.components.orders import asked_orders, order_list, other_actions, taken_orders

publication = frame.publication()
frame.header(_("Order list"))
if "fact_action" not in publication.registry.data_sets:
    st.info(
        _(
            "This publication is from before there was a list of what to do, so it has no orders. "
            "Publish the forecasts again to get one."
        ),
        icon=":material/history_toggle_off:",
    )
    st.stop()
asked = asked_orders.of_address(publication)
if asked.problem:
    st.error(captions.literal(asked.problem), icon=":material/error:")
    if asked.unpinned:
        text = _("The same places in the list of publication {id}").format(id=publication.id)
        frame.link("orders.py", text, p=publication.id, rows=asked.unpinned)
    frame.link("orders.py", _("Orders that are late or due this week"))
taken_orders.show_file(publication)
if asked.left or asked.taken or asked.others or not asked.problem:
    order_list.show(publication, asked)
other_actions.show(publication, asked)
taken_orders.show_earlier(publication, asked)
