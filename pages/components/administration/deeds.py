"""What a press on the Administration page does to accounts and keys, and how it is told after.

A password or key that was made is held, in the memory of this one visit, until who made it says
that it was copied: then there is no more of it than the portal's hash. No double click, no click
beside and no run that something else brings about takes it away before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import streamlit as st

from datalayer.kernel.errors import PortalError
from datalayer.portal import Identity
from pages.components import access, captions
from pages.components.language import _, error_text

_DONE: Final = "administration.done"


@dataclass(frozen=True)
class Deed:
    """What came of a press.

    Attributes:
        text: What was done; empty where it was refused.
        secret: To be shown this once; empty if there is none.
        by: Name of who pressed; nobody else is shown the secret.
    """

    text: str = ""
    secret: str = ""
    by: str = ""
    refusal: PortalError | None = None


@dataclass
class _Told:
    """What waits to be told in one visit, and the lock under which it changes.

    Streamlit begins the run of a second click while that of the first is still at work.
    """

    deed: Deed = Deed()
    lock: Lock = field(default_factory=Lock)

    def holds_secret(self) -> bool:
        """Whether a secret waits to be copied by who is signed in now."""
        return bool(self.deed.secret) and self.deed.by == access.identity().name


def do(work: Callable[[Identity], str | None], text: str) -> None:
    """Do *work*, and keep *text*, or why it was refused, for the next run to tell.

    Nothing is done while a secret waits to be copied: it lies over the page, so such a press is the
    second of a double click.

    Args:
        work: Done as who is signed in now; returns a secret to be shown, if it made one.
        text: What was done then.
    """
    told = _told()
    with told.lock:
        if told.holds_secret():
            return
        try:
            # Asked anew: since the button was drawn, its session may have been ended elsewhere.
            who = access.identity()
            who.require_administrator()
            # From here on the session's state is not touched: where another click waits, that ends
            # the run, and nobody would be told what was made.
            secret = work(who)
        except PortalError as refusal:
            told.deed = Deed(refusal=refusal)
        else:
            told.deed = Deed(text, secret or "", who.name)


def tell() -> None:
    """Draw what the last press did: over the page where it has to be read or copied."""
    told = _told()
    if told.holds_secret():
        st.dialog(_("Copy it now"), dismissible=False)(_secret)(told)
        return
    deed, told.deed = told.deed, Deed()
    if deed.refusal:
        st.dialog(_("Nothing was changed"))(_refusal)(deed.refusal)
    elif deed.text and not deed.secret:
        st.success(captions.literal(deed.text), icon=":material/check_circle:")


def _told() -> _Told:
    told: _Told = st.session_state.setdefault(_DONE, _Told())
    return told


def _refusal(refusal: PortalError) -> None:
    st.error(captions.literal(error_text(refusal)), icon=":material/error:")


def _secret(told: _Told) -> None:
    st.success(captions.literal(told.deed.text), icon=":material/check_circle:")
    st.code(told.deed.secret, language=None, wrap_lines=True)
    st.warning(
        _("It is shown this once, kept nowhere, and gone when you close this."),
        icon=":material/visibility_off:",
    )
    if st.button(_("I have copied it"), type="primary", key="deed-copied"):
        told.deed = Deed()
        st.rerun()
