"""Accounts and API keys on the Administration page: who may come in, as whom, and until when."""

from __future__ import annotations

import streamlit as st

from datalayer.runtime import portal
from pages.components.administration import deeds, keys_list, users_list
from pages.components.language import _


def show() -> None:
    """Draw what accounts are for here, the users, and the API keys."""
    st.header(_("Accounts and keys"), anchor=False)
    st.markdown(_what_for())
    deeds.tell()
    st.subheader(_("Users"), anchor=False)
    users_list.show()
    st.subheader(_("API keys"), anchor=False)
    keys_list.show()


def _what_for() -> str:
    if portal().members_only:
        return _(
            "This portal is for its members: pages and reads take a sign-in of any role or an "
            "API key. Whole extracts take an analyst, this page an administrator."
        )
    return _(
        "This portal is open: everybody on the network reads it without an account. "
        "Accounts are for this page, and for marks that are to stand under a name that was proved; "
        "keys are for scripts that activate publications."
    )
