"""The choices above the accuracy: forecasts, category, class of demand, place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from datalayer.portal import NETWORK
from pages.components import captions
from pages.components.accuracy import accuracy_words, asked_accuracy
from pages.components.accuracy.asked_accuracy import MEASURE, AskedAccuracy
from pages.components.language import _, number


def show(asked: AskedAccuracy) -> None:
    """Draw one choice for each filter that has several values."""
    names = {
        "source": (_("Forecasts"), captions.source_name),
        "category": (_("Category"), accuracy_words.category_name),
        "demand_class": (_("Demand class"), accuracy_words.class_name),
    }
    with st.container(horizontal=True, gap="small", key="accuracy-filters"):
        for name, (title, named) in names.items():
            _choice(asked, name, title, _counted(asked, name, named))
        _places(asked)


def measure(asked: AskedAccuracy) -> None:
    """Draw the choice of what amounts are told in, where there are several."""
    known = asked_accuracy.measures(asked.units)
    if len(known) < 2:
        return
    _draw(
        MEASURE,
        _("Amounts in"),
        known,
        asked.measure,
        lambda each: accuracy_words.measure_name(each, asked.currency),
        usual=asked_accuracy.usual_measure(asked.units),
    )


def _choice(asked: AskedAccuracy, name: str, title: str, told: Callable[[str], str]) -> None:
    known = list(asked.known[name])
    if len(known) > 1 or asked.value(name):
        _draw(name, title, ["", *known], asked.value(name), told)


def _places(asked: AskedAccuracy) -> None:
    if len(asked.places) > 1:
        _draw(
            "location",
            _("Place"),
            list(asked.places),
            asked.parts.location_id,
            asked.places.__getitem__,
            usual=NETWORK,
        )


def _counted(asked: AskedAccuracy, name: str, named: Callable[[str], str]) -> Callable[[str], str]:
    every = _("In use") if name == "source" else _("All")
    counts = asked.known[name]
    return lambda value: f"{named(value)} ({number(counts[value], 0)})" if value else every


def _draw(
    name: str,
    title: str,
    values: Sequence[str],
    chosen: str,
    told: Callable[[str], str],
    usual: str = "",
) -> None:
    key = f"accuracy-{name}"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    # In the language of this run, whenever the choice is asked how it is called.
    labels = {value: told(value) for value in values}
    st.selectbox(
        title,
        values,
        key=key,
        format_func=labels.__getitem__,
        filter_mode=None,
        on_change=_write,
        args=(name, key, usual),
        width=225,
    )


def _write(name: str, key: str, usual: str) -> None:
    chosen = st.session_state[key]
    asked_accuracy.write(name, "" if chosen == usual else chosen)
