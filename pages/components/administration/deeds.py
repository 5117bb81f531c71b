"""What a press on the Administration page does to accounts and keys, and how it is told after.

A password or key that was made is held until it is drawn, which is once: the run after has no
more of it than the portal, which keeps a hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    """

    text: str = ""
    secret: str = ""
    refusal: PortalError | None = None


def do(work: Callable[[Identity], str | None], text: str) -> None:
    """Do *work*, and keep *text*, or why it was refused, for the next run to tell.

    Args:
        work: Done as who is signed in now; returns a secret to be shown, if it made one.
        text: What was done then.
    """
    try:
        # Asked anew: since the button was drawn, its session may have been ended elsewhere.
        who = access.identity()
        who.require_administrator()
        secret = work(who)
    except PortalError as refusal:
        st.session_state[_DONE] = Deed(refusal=refusal)
    else:
        st.session_state[_DONE] = Deed(text, secret or "")


def tell() -> None:
    """Draw what the last press did, this once: over the page where it has to be read or copied."""
    deed: Deed | None = st.session_state.pop(_DONE, None)
    if deed is None:
        return
    if deed.refusal:
        st.dialog(_("Nothing was changed"))(_refusal)(deed.refusal)
    elif deed.secret:
        st.dialog(_("Copy it now"))(_secret)(deed)
    elif deed.text:
        st.success(captions.literal(deed.text), icon=":material/check_circle:")


def _refusal(refusal: PortalError) -> None:
    st.error(captions.literal(error_text(refusal)), icon=":material/error:")


def _secret(deed: Deed) -> None:
    st.success(captions.literal(deed.text), icon=":material/check_circle:")
    st.code(deed.secret, language=None, wrap_lines=True)
    st.warning(
        _("It is shown this once, kept nowhere, and gone when you close this."),
        icon=":material/visibility_off:",
    )
