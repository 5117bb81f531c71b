"""Who looks at the page: streamlit-authenticator over the portal's own accounts.

The library keeps the session's state and carries its token in a cookie. Names, passwords,
throttle, tokens and when they end are the portal's; the library's e-mail and
two-factor paths, which post to another host, are never reached.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from datalayer.kernel.errors import PortalError
from datalayer.portal import ANYONE, Identity
from datalayer.runtime import (
    SESSION_COOKIE,
    accounts,
    cookie_path,
    known_browser_cookie,
    visitor_address,
)
from pages.components.language import _, error_text

if TYPE_CHECKING:
    from streamlit_authenticator.models import AuthenticationModel

# The library is imported where it is used: its import draws warnings outside of a page's run, and
# who only reads never needs it.

_TOKEN = "session_token"  # noqa: S105 - the key under which a session keeps it, no secret
_ENDS = "session_ends"
_REFUSAL = "sign_in_refusal"
_COOKIE_DUE = "cookie_due"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_KNOWN, _KNOWN_DUE = "known_browsers", "known_browser_due"
# Also the keys under which the library's component answers.
_SET, _SET_KNOWN, _DELETE = "set", "set_known", "delete"
_ANSWERS = {_SET: (_SET, _SET_KNOWN), _DELETE: (_DELETE,)}
_KNOWN_FOR = timedelta(days=90)


def identity() -> Identity:
    """Return who is signed in, asked of the accounts on every run; ANYONE if nobody is.

    Draws nothing, so that it can come before everything else.
    """
    token = st.session_state.get(_TOKEN) or st.context.cookies.get(SESSION_COOKIE)
    found = accounts().identity_from_token(token) if token else None
    if found is None:
        _forget()
        return ANYONE
    if st.session_state.get(_TOKEN) is None:
        _begin(found, token)
    return found


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
    _show_refusal()


def sign_out_button() -> None:
    """Draw the button that ends this session, and why the last try to end it failed."""
    st.button(
        _("Sign out"),
        key="sign_out",
        icon=":material/logout:",
        help=_("Ends your session in this browser"),
        on_click=_sign_out,
    )
    _show_refusal()


def deliver_cookie() -> None:
    """Hand the browser the cookie that is due after signing in or out, until it has answered.

    The component that writes it lives in the page: gone from the next run, it would be gone
    before it has run. So it is drawn again until its answer arrives.
    """
    due = st.session_state.get(_COOKIE_DUE)
    if due is None:
        return
    if all(st.session_state.get(answer) for answer in _ANSWERS[due]):
        del st.session_state[_COOKIE_DUE]
        return
    from streamlit_authenticator.controllers import CookieController

    model = CookieController(SESSION_COOKIE, accounts().cookie_key()).cookie_model
    token = st.session_state.get(_TOKEN)
    if due == _SET and token:
        # Not the library's own way: it writes a token of its own, which no session stands behind.
        secure = (st.context.url or "").startswith("https:")
        write = partial(model.cookie_manager.set, secure=secure, path=cookie_path())
        write(SESSION_COOKIE, token, key=_SET, expires_at=st.session_state[_ENDS])
        cookie = st.session_state[_KNOWN_DUE]
        until = datetime.now(UTC) + _KNOWN_FOR
        write(cookie, st.session_state[_KNOWN][cookie], key=_SET_KNOWN, expires_at=until)
        return
    # Its own way of deleting knows no path but the root.
    model.cookie_manager.set(
        SESSION_COOKIE, "", key=_DELETE, expires_at=_LONG_AGO, path=cookie_path()
    )


def _sign_in() -> None:
    name = st.session_state["sign_in_name"]
    try:
        signed_in = accounts().sign_in(
            name,
            st.session_state["sign_in_password"],
            address=_address(),
            known_browser=_known_browser(known_browser_cookie(name)),
        )
    except PortalError as refusal:
        st.session_state[_REFUSAL] = refusal
        return
    _begin(signed_in.identity, signed_in.token)
    st.session_state[_ENDS] = signed_in.ends
    cookie = known_browser_cookie(signed_in.identity.name)
    st.session_state.setdefault(_KNOWN, {})[cookie] = signed_in.known_browser
    st.session_state[_KNOWN_DUE] = cookie
    st.session_state[_COOKIE_DUE] = _SET


def _show_refusal() -> None:
    refusal: PortalError | None = st.session_state.pop(_REFUSAL, None)
    if refusal is not None:
        st.error(error_text(refusal), icon=":material/error:", width=420)


def _sign_out() -> None:
    token = st.session_state.get(_TOKEN)
    try:
        if token is not None:
            accounts().sign_out(token)
    except PortalError as refusal:
        # Still signed in: whoever reads otherwise would leave the browser to the next one.
        st.session_state[_REFUSAL] = refusal
        return
    _forget()
    st.session_state[_COOKIE_DUE] = _DELETE


def _begin(who: Identity, token: str) -> None:
    _library().login("", "", token={"username": who.name})
    st.session_state[_TOKEN] = token


def _forget() -> None:
    if st.session_state.pop(_TOKEN, None) is not None:
        _library().logout()


def _known_browser(cookie: str) -> str:
    """Return the token by which this browser is known for a user; empty if there is none."""
    known: dict[str, str] = st.session_state.get(_KNOWN, {})
    # The browser's cookies are those of the moment when the page was opened.
    return known.get(cookie) or st.context.cookies.get(cookie) or ""


def _address() -> str:
    # Streamlit gives None for this very host.
    forwarded_for = ", ".join(st.context.headers.get_all("X-Forwarded-For"))
    return visitor_address(st.context.ip_address or "127.0.0.1", forwarded_for)


def _library() -> AuthenticationModel:
    from streamlit_authenticator.models import AuthenticationModel

    known = accounts()
    users = {
        user.name: {"name": user.name, "roles": [user.role.value], "password": user.password}
        for user in known.users().values()
    }
    return AuthenticationModel({"usernames": users}, auto_hash=False, secret_key=known.cookie_key())
