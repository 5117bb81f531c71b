"""What changed: the proposed orders of two kept publications, by cause and by part."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import changed_orders, changes
from pages.components import frame
from pages.components.changed import (
    accuracy,
    asked_pair,
    by_cause,
    choosing,
    finding,
    forecasts,
    moved_parts,
)
from pages.components.changed.comparison import ComparedOrders
from pages.components.language import _

publication = frame.publication()
frame.header(_("What changed"))
pair = asked_pair.of_address(publication)
finding.problems(pair.problems)
if isinstance(pair, asked_pair.NoPair):
    finding.nothing_to_compare(publication, others_failed=len(asked_pair.kept()) > 1)
    st.stop()

opening = st.container()
choosing.publications(pair)
with st.container(horizontal=True, key="farol-changes-filters"):
    places = choosing.places(pair)
    place = choosing.place(places)
    found = changes.compare(pair.before, pair.after, place)
    kept = choosing.parts(found)
compared = ComparedOrders(
    before=pair.before,
    after=pair.after,
    place=place,
    kept=kept,
    found=found,
    orders=changed_orders.changed_orders(pair.before, pair.after, found, kept),
    asked=choosing.measure(),
)
with opening:
    finding.show(compared)
    finding.differences(compared, places, looks_back=pair.looks_back)
by_cause.show(compared)
moved_parts.show(compared)
forecasts.show(compared)
accuracy.show(compared)
