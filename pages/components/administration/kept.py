"""The publications kept here: which they are, going back to one, and removing the oldest."""

from __future__ import annotations

import streamlit as st

from datalayer.runtime import portal
from pages.components import publication_admin, publication_report
from pages.components.administration import going_back
from pages.components.language import _


def show() -> None:
    """Show what is kept here, and offer to go back to it."""
    st.header(_("Kept publications"), anchor=False)
    active = publication_admin.active()
    active_id = active.id if active else None
    snapshots = portal().snapshots.all()
    publication_report.kept_publications(snapshots, active_id)
    with st.container(horizontal=True):
        going_back.button(snapshots, active_id)
        publication_admin.prune_button()
    going_back.choice(snapshots, active_id)
