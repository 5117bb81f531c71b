"""Who looks at the page: streamlit-authenticator over the portal's own accounts.

The library keeps the session's state and carries its token in a cookie. Names, passwords,
throttle and revocation are ``datalayer.accounts``'s; its e-mail and two-factor paths, which post
to another host, are never reached.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from datalayer.accounts import SESSION_COOKIE, TOKEN_LIFETIME, Accounts, Session
from datalayer.errors import PortalError
from datalayer.identity import ANYONE, Identity
from datalayer.settings import load_settings
from pages.components.language import _, error_text

if TYPE_CHECKING:
    from streamlit_authenticator.models import AuthenticationModel

# The library is imported where it is used: its import draws warnings outside of a page's run, and
# who only reads never needs it.

_BEGAN = "signed_in_at"
_REFUSAL = "sign_in_refusal"
_COOKIE_DUE = "cookie_due"
_SET, _DELETE = "set", "delete"  # also the keys under which the library's component answers


def identity() -> Identity:
    """Return who is signed in, asked of the accounts on every run; ANYONE if nobody is.

    Draws nothing, so that it can come before everything else.
    """
    if st.session_state.get("authentication_status"):
        return _still_signed_in()
    token = st.context.cookies.get(SESSION_COOKIE)
    session = _accounts().session_from_token(token) if token else None
    if session is None:
        return ANYONE
    _begin(session)
    return session.identity


def sign_in_form() -> None:
    """Draw the form to sign in with, and why the last attempt was refused."""
    # The hint on the Enter key knows English only.
    st.html("<style>[data-testid='InputInstructions'] { display: none; }</style>")
    with st.form("sign_in", width=420):
        st.text_input(_("User name"), key="sign_in_name", autocomplete="username")
        st.text_input(
            _("Password"),
            key="sign_in_password",
            type="password",
            autocomplete="current-password",
        )
        st.form_submit_button(_("Sign in"), type="primary", on_click=_sign_in)
    refusal: PortalError | None = st.session_state.pop(_REFUSAL, None)
    if refusal is not None:
        st.error(error_text(refusal), icon=":material/error:", width=420)


def sign_out_button() -> None:
    """Draw the button that ends every session of who is signed in."""
    st.button(
        _("Sign out"),
        key="sign_out",
        icon=":material/logout:",
        help=_("Ends your sessions in every browser"),
        on_click=_sign_out,
    )


def deliver_cookie() -> None:
    """Hand the browser the cookie that is due after signing in or out, until it has answered.

    The component that writes it lives in the page: gone from the next run, it would be gone
    before it has run. So it is drawn again until its answer arrives.
    """
    due = st.session_state.get(_COOKIE_DUE)
    if due is None:
        return
    if st.session_state.get(due):
        del st.session_state[_COOKIE_DUE]
        return
    from streamlit_authenticator.controllers import CookieController

    cookies = CookieController(
        SESSION_COOKIE, _accounts().cookie_key(), TOKEN_LIFETIME.total_seconds() / 86_400
    )
    if due == _SET:
        cookies.set_cookie()
        return
    with suppress(KeyError):  # raised when the browser has not listed its cookies yet; no matter
        cookies.cookie_model.cookie_manager.delete(SESSION_COOKIE)


def _still_signed_in() -> Identity:
    found = _accounts().identity_of(
        st.session_state["username"], since=st.session_state.get(_BEGAN, 0.0)
    )
    if found is None:
        _library().logout()
        return ANYONE
    return found


def _sign_in() -> None:
    began = time.time()
    try:
        signed_in = _accounts().authenticate(
            st.session_state["sign_in_name"], st.session_state["sign_in_password"]
        )
    except PortalError as refusal:
        st.session_state[_REFUSAL] = refusal
        return
    _begin(Session(signed_in, began))
    st.session_state[_COOKIE_DUE] = _SET


def _sign_out() -> None:
    signed_in = identity()
    _library().logout()
    if signed_in != ANYONE:
        _accounts().sign_out_everywhere(signed_in.name)
    st.session_state[_COOKIE_DUE] = _DELETE


def _begin(session: Session) -> None:
    _library().login("", "", token={"username": session.identity.name})
    st.session_state[_BEGAN] = session.began


def _library() -> AuthenticationModel:
    from streamlit_authenticator.models import AuthenticationModel

    accounts = _accounts()
    users = {
        user.name: {"name": user.name, "roles": [user.role.value], "password": user.password}
        for user in accounts.users().values()
    }
    return AuthenticationModel(
        {"usernames": users}, auto_hash=False, secret_key=accounts.cookie_key()
    )


def _accounts() -> Accounts:
    return _accounts_in(load_settings().state)


@lru_cache
def _accounts_in(state: Path) -> Accounts:
    return Accounts(state)
