"""The guide of each kind of reader, from ``docs/guide``; its pictures are static files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from pages.components import frame, language
from pages.components.language import _

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs/guide"
READERS: Final = ("planner", "admin", "analyst")
PARAMETER: Final = "for"

_PICTURES: Final = "../../pages/static/"
_OTHER_GUIDE: Final = re.compile(r"\((planner|admin|analyst)\.(?:en|pt_BR)\.md\)")


def choose() -> str:
    """Draw the choice of a guide; return which one the address asks for, the planner's if none."""
    asked = st.query_params.get(PARAMETER, READERS[0])
    if asked not in READERS:
        known = " / ".join(READERS)
        frame.refuse(InvalidSelection(parameter=PARAMETER, found=ascii(asked[:40]), expected=known))
        asked = READERS[0]
    names = {
        "planner": _("For planners"),
        "admin": _("For administrators"),
        "analyst": _("For analysts"),
    }
    # One widget per reader shown, so that the address always wins over what was chosen.
    key = f"farol-guide-{asked}"
    st.segmented_control(
        _("Guide"),
        READERS,
        key=key,
        default=asked,
        required=True,
        format_func=names.__getitem__,
        on_change=_turn,
        args=(key,),
        label_visibility="collapsed",
    )
    return asked


def show(reader: str) -> None:
    """Draw the guide of *reader* in the language of this run."""
    file = FOLDER / f"{reader}.{language.current()}.md"
    title, _rest, text = file.read_text(encoding="utf-8").removeprefix("# ").partition("\n")
    st.title(title, anchor=False)
    text = _OTHER_GUIDE.sub(rf"(guide?{PARAMETER}=\1)", text)
    # The browser asks the portal for them, from below whatever path it is served under.
    text = text.replace(_PICTURES, "./app/static/")
    with st.container(key="farol-guide"):
        st.markdown(text, anchors=False)


def _turn(key: str) -> None:
    st.query_params[PARAMETER] = st.session_state[key]
