"""The sections of the Administration page: which one is drawn stands in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from pages.components import frame
from pages.components.language import _

PARAMETER: Final = "section"
OTHERS: Final = ("audit", "accounts", "health")
"""Those that the page does not open with."""
_STAYS: Final = ("lang", "p")


def draw(sections: Mapping[str, Callable[[], None]]) -> None:
    """Draw the choice of a section, and the one of *sections* that is chosen; the first by default.

    Only what is looked at is read: a long log costs nothing on the way to a publication.
    """
    names = {
        "publications": _("Publications"),
        "audit": _("Audit trail"),
        "accounts": _("Accounts and keys"),
        "health": _("Proof and health"),
    }
    chosen = _of_address(tuple(sections))
    st.segmented_control(
        _("Section"),
        list(sections),
        default=chosen,
        required=True,
        # One widget per section drawn, so that the address always wins over what was pressed.
        key=_key(chosen),
        format_func=lambda section: names[section],
        on_change=_go,
        args=(chosen,),
        label_visibility="collapsed",
    )
    sections[chosen]()


def _of_address(sections: tuple[str, ...]) -> str:
    asked = st.query_params.get(PARAMETER, sections[0])
    if asked in sections:
        return asked
    expected = ", ".join(sections)
    frame.refuse(InvalidSelection(parameter=PARAMETER, found=ascii(asked[:80]), expected=expected))
    return sections[0]


def _key(chosen: str) -> str:
    return f"administration.{PARAMETER}.{chosen}"


def _go(left: str) -> None:
    """Go to the section pressed; what was asked of the one that is left belongs to it alone."""
    for name in [name for name in st.query_params if name not in _STAYS]:
        del st.query_params[name]
    st.query_params[PARAMETER] = st.session_state[_key(left)]
