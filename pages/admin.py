"""Administration: is the new publication sound, what changes, and how to go back."""

from datetime import UTC, datetime

import streamlit as st

from datalayer.portal import ANYONE
from datalayer.runtime import portal
from pages.components import access, proof, publication_admin, publication_report, replicas
from pages.components.language import _

AUDIT_ENTRIES = 50


def sign_in() -> None:
    """Ask who it is."""
    st.write(_("Sign in to activate publications and to go back."))
    access.sign_in_form()


def candidate() -> None:
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


def kept_publications() -> None:
    """Show what is kept here, and offer to go back to it."""
    active = publication_admin.active()
    active_id = active.id if active else None
    snapshots = portal().snapshots.all()
    publication_report.kept_publications(snapshots, active_id)
    with st.container(horizontal=True):
        publication_admin.roll_back(snapshots, active_id)
        publication_admin.prune_button()


def administration() -> None:
    """Show everything an administrator has to see and to press."""
    under_way, newest = st.container(), st.container()
    st.header(_("Kept publications"), anchor=False)
    kept_publications()
    replicas.show()
    st.header(_("Audit trail"), anchor=False)
    publication_report.audit_trail(portal().audit.entries(AUDIT_ENTRIES))
    st.header(_("Proof and health"), anchor=False)
    publication_report.proof(portal().health(), datetime.now(UTC))
    proof.show()
    proving = st.container()
    with under_way:
        # After what is kept here is drawn: going back waits for nothing that is under way.
        publication_admin.watch()
    with newest:
        # Last: a store that does not answer keeps nobody from what is kept here.
        candidate()
    with proving:
        proof.watch()


st.title(_("Administration"), anchor=False)
if access.identity() == ANYONE:
    sign_in()
else:
    access.identity().require_administrator()
    administration()
