"""The store's latest publication: against the active one, checked, and what can be done."""

from __future__ import annotations

import streamlit as st

from datalayer.runtime import portal
from pages.components import publication_admin, publication_report
from pages.components.language import _


def show() -> None:
    """Show the store's latest publication against the active one, and what can be done."""
    active = publication_admin.active()
    state = publication_admin.store_state()
    publication_report.store(state)
    publication_report.side_by_side(active, state.latest)
    if state.latest is None:
        publication_admin.look_again_button()
        return
    is_active = active is not None and active.manifest == state.latest
    publication_admin.candidate_buttons(state.latest, is_active=is_active)
    if found := publication_admin.check_result(state.latest):
        publication_report.verdict(found)
    if not is_active:
        st.header(_("What changes"), anchor=False)
        publication_report.row_counts(portal().compare(state.latest))
