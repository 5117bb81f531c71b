"""Administration: judge and activate publications; who did what, who may, and is all well."""

import streamlit as st

from datalayer.portal import ANYONE
from pages.components import access, publication_admin
from pages.components.administration import (
    accounts_section,
    audit_section,
    candidate,
    going_back,
    health_section,
    kept,
    sections,
    upload_section,
)
from pages.components.language import _


def sign_in() -> None:
    """Ask who it is."""
    st.write(_("Sign in to activate publications and to go back."))
    access.sign_in_form()


def publications() -> None:
    """Show the store's latest publication against the active one, and those kept here."""
    under_way, lately, newest = st.container(), st.container(), st.container()
    kept.show()
    upload_section.show()
    with lately:
        going_back.undo()
    with under_way:
        # After what is kept here is drawn: going back waits for nothing that is under way.
        publication_admin.watch()
    with newest:
        # Last: a store that does not answer keeps nobody from what is kept here.
        candidate.show()


st.title(_("Administration"), anchor=False)
if access.identity() == ANYONE:
    sign_in()
else:
    access.identity().require_administrator()
    sections.draw(
        {
            "publications": publications,
            "audit": audit_section.show,
            "accounts": accounts_section.show,
            "health": health_section.show,
        }
    )
