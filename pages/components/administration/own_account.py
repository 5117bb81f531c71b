"""What administrators change about their own account: its password, and where it is signed in."""

from __future__ import annotations

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Identity
from datalayer.runtime import User, accounts
from pages.components.administration import deeds
from pages.components.language import _, ngettext, number

_FIRST, _AGAIN = "own-password", "own-password-again"


def show(user: User, sessions: int) -> None:
    """Draw the changes; *sessions* of the user go on, this one among them."""
    st.markdown(
        _(
            "Another administrator disables your account or gives it another role: so nobody locks "
            "themself out by a slip."
        )
    )
    with st.form("own-password-form", clear_on_submit=True, border=False):
        # The hint on the Enter key stands in the way of a narrow form.
        st.text_input(_("New password"), key=_FIRST, type="password", autocomplete="new-password")
        st.text_input(
            _("The new password again"), key=_AGAIN, type="password", autocomplete="new-password"
        )
        st.markdown(_("You are signed out everywhere, here too, and sign in with the new one."))
        st.form_submit_button(_("Set my password"), on_click=_set, args=(user.name,))
    text = ngettext(
        "{count} session ends at once, this one.",
        "{count} sessions end at once, this one among them.",
        sessions,
    )
    st.markdown(text.format(count=number(sessions, 0)))
    st.button(
        _("Sign me out everywhere"),
        key="own-sessions",
        icon=":material/logout:",
        on_click=deeds.do,
        args=(lambda who: accounts().end_sessions(user.name, by=who), ""),
    )


def _set(name: str) -> None:
    # Taken out of the session at once: nothing keeps a password longer than it takes to hash it.
    first, again = st.session_state.pop(_FIRST), st.session_state.pop(_AGAIN)

    def work(who: Identity) -> None:
        if first != again:
            raise InvalidSelection(
                parameter=Sentence("the password"),
                found=Sentence("different the second time"),
                expected=Sentence("the same both times"),
            )
        accounts().set_password(name, first, by=who)

    deeds.do(work, "")
