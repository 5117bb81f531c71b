"""What data sets are called, how fresh they are and how large, and the choice of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import UnknownDataSet
from datalayer.portal import FreshnessState
from pages.components.language import _, label, number

_CHOSEN: Final = "dataset"


def choose(registry: Registry, *, on_change: Callable[[Registry, str], None]) -> DataSet:
    """Draw the chooser of data sets, which the address keeps as ``?dataset=``; return the choice.

    Args:
        registry: That of the publication shown.
        on_change: Is told of another choice, after the address.

    Raises:
        UnknownDataSet: The address names none of the registry; carries those there are.
    """
    known = {
        name: f"{label(data_set.label)} ({name})" for name, data_set in registry.data_sets.items()
    }
    asked = st.query_params.get(_CHOSEN, next(iter(known)))
    st.session_state[_CHOSEN] = asked if asked in known else None
    st.selectbox(
        _("Data set"),
        list(known),
        index=None,
        key=_CHOSEN,
        format_func=lambda name: known[name],
        placeholder=_("Choose a data set"),
        on_change=_keep_in_address,
        args=(registry, on_change),
    )
    if asked not in known:
        raise UnknownDataSet(name=asked[:80], known=tuple(known))
    return registry.data_sets[asked]


def _keep_in_address(registry: Registry, on_change: Callable[[Registry, str], None]) -> None:
    if chosen := st.session_state[_CHOSEN]:
        st.query_params[_CHOSEN] = chosen
        on_change(registry, chosen)


def freshness_text(state: FreshnessState) -> str:
    """Return a state as a symbol and a word; neither needs its colour."""
    return {
        FreshnessState.FRESH: "✓ " + _("Up to date"),
        FreshnessState.DUE: "◔ " + _("Update due"),
        FreshnessState.STALE: "⚠ " + _("Out of date"),
        FreshnessState.UNKNOWN: "? " + _("Age unknown"),
    }[state]


def size_text(size_bytes: int) -> str:
    """Return a number of bytes in the unit that suits its size."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{number(size_bytes / factor, 1)} {unit}"
    return f"{number(size_bytes, 0)} B"
