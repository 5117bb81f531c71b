"""What the page says of a publication that has no availability."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import frame
from pages.components.availability import left_out
from pages.components.language import _


def show(publication: Publication) -> None:
    """Say what is missing, which parts were left out for want of it, and which files have it."""
    st.info(
        _(
            "This publication tells no availability: it knows no part with its cost, its stock and "
            "the towers that it keeps up."
        ),
        icon=":material/cell_tower:",
    )
    st.markdown(
        _(
            "A run works it out where it is given:\n\n"
            "1. what each part costs (`unit_cost` of the items) and its criticality;\n"
            "2. the stock, with lead times;\n"
            "3. the contracts, with their towers and targets (`--contracts`), and which parts are "
            "installed where (`--installed`). Without contracts, the towers down of the whole "
            "network are told, and no percentage."
        )
    )
    if publication.table(questions.availability.left_out()).table.num_rows:
        left_out.show(publication)
    with st.container(horizontal=True, gap="small"):
        frame.link("inventory.py", _("The stock of this publication"))
        frame.link("data.py", _("What this publication holds"))
        frame.link("guide.py", _("Guide"))
