"""The tabs of the page Data; the address says which one is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import Publication
from pages.components import frame
from pages.components.data import builder, descriptions, dictionary, freshness, lineage
from pages.components.language import _, current

TAB: Final = "tab"

_DRAWN: Final[Mapping[str, Callable[[Publication], None]]] = {
    "build": builder.show,
    "dictionary": dictionary.show,
    "freshness": freshness.show,
    "lineage": lineage.show,
    "descriptions": descriptions.show,
}


def show(publication: Publication) -> None:
    """Draw the tabs, and what stands in the open one."""
    asked = st.query_params.get(TAB, "build")
    if asked not in _DRAWN:
        expected = " / ".join(_DRAWN)
        frame.refuse(InvalidSelection(parameter=TAB, found=ascii(asked[:80]), expected=expected))
        asked = "build"
    texts = _texts()
    # A language has words of its own, and a key of its own for what they choose.
    key = f"farol-data-tabs-{current()}"
    if st.session_state.get(key) != texts[asked]:
        st.session_state[key] = texts[asked]
    tabs = st.tabs(list(texts.values()), key=key, on_change=_keep, args=(key,))
    for name, tab in zip(texts, tabs, strict=True):
        if tab.open:
            with tab:
                _DRAWN[name](publication)


def _texts() -> dict[str, str]:
    return {
        "build": _("Build an extract"),
        "dictionary": _("Dictionary"),
        "freshness": _("Freshness"),
        "lineage": _("Lineage"),
        "descriptions": _("Open descriptions"),
    }


def _keep(key: str) -> None:
    names = {text: name for name, text in _texts().items()}
    st.query_params[TAB] = names.get(st.session_state[key], "build")
