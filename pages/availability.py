"""Availability: towers that stand still for want of a part, and what to buy first against it."""

from __future__ import annotations

import streamlit as st

from pages.components import captions, frame
from pages.components.availability import (
    asked_availability,
    buying,
    curve_section,
    first_sentence,
    kept,
    left_out,
    moves,
    unpublished,
)
from pages.components.language import _

publication = frame.publication()
frame.header(_("Availability"))
asked = None
if "agg_availability" in publication.registry.data_sets:
    asked = asked_availability.of_address(publication)
if asked is None:
    unpublished.show(publication)
    st.stop()
for problem in asked.problems:
    frame.refuse(problem)
missing = asked_availability.missing_for_target(publication, asked)
sentence = first_sentence.first_sentence(asked.curve, asked.currency, missing)
st.markdown(f"**{captions.literal(sentence)}**")
curve_section.choose_contract(asked)
curve_section.show(asked)
moves.show(publication, asked)
buying.show(publication, asked)
left_out.show(publication)
kept.show(publication, asked)
