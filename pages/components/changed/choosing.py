"""What is compared, chosen and kept in the address: two publications, place, parts, and of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow.compute as pc
import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import NETWORK, Publication, changed_orders, changes, questions
from pages.components import frame
from pages.components.changed import asked_pair
from pages.components.changed.asked_pair import AskedPair
from pages.components.language import _
from pages.components.value_words import value_word
from pages.components.worklist import list_address

SumOf = changed_orders.SumOf

LOCATION: Final = "location"
MEASURE: Final = "measure"
FILTERS: Final = ("category", "demand_class")
_UNCLASSIFIED: Final = "unclassified"
_MOST_NAMED: Final = 12


@dataclass(frozen=True)
class Places:
    """Where two publications may be compared: names by code, and which of the two have each."""

    names: dict[str, str]
    before: frozenset[str]
    after: frozenset[str]

    def only_in(self, place: str) -> str:
        """Return which end alone has a place: before or after; empty where both do."""
        if place not in self.after:
            return asked_pair.BEFORE
        return "" if place in self.before else asked_pair.AFTER


def publications(pair: AskedPair) -> None:
    """Draw the choice of both publications, and a press that turns them round."""
    names = {each: asked_pair.name_of(each) for each in asked_pair.kept()}
    st.query_params.update({asked_pair.BEFORE: pair.before.id, asked_pair.AFTER: pair.after.id})
    texts = {asked_pair.BEFORE: _("Before"), asked_pair.AFTER: _("After")}
    chosen = {asked_pair.BEFORE: pair.before.id, asked_pair.AFTER: pair.after.id}
    with st.container(horizontal=True, vertical_alignment="bottom", key="farol-compared"):
        for name, text in texts.items():
            others = [each for each in names if each not in chosen.values()]
            key = f"farol-changes-{name}"
            if st.session_state.get(key) != chosen[name]:
                st.session_state[key] = chosen[name]
            st.selectbox(
                text,
                sorted([chosen[name], *others], reverse=True),
                key=key,
                format_func=names.__getitem__,
                filter_mode=None,
                on_change=_write,
                args=(name, key),
                width=300,
            )
        st.button(
            _("The other way round"),
            key="farol-changes-turn",
            icon=":material/swap_horiz:",
            on_click=_turn,
            args=(pair.before.id, pair.after.id),
        )


def places(pair: AskedPair) -> Places:
    """Return the places that either publication has, the network first."""
    found = [_places_of(each) for each in (pair.before, pair.after)]
    names = {NETWORK: _("Network"), **found[0], **found[1]}
    return Places(names, frozenset(found[0]) | {NETWORK}, frozenset(found[1]) | {NETWORK})


def place(known: Places) -> str:
    """Draw the choice of a place where there are several; one that there is not is told."""
    asked = st.query_params.get(LOCATION) or NETWORK
    if asked not in known.names:
        expected = ", ".join(list(known.names)[:_MOST_NAMED])
        frame.refuse(
            InvalidSelection(parameter=LOCATION, found=ascii(asked[:80]), expected=expected)
        )
        asked = NETWORK
    if len(known.names) > 1:
        key = "farol-changes-place"
        if st.session_state.get(key) != asked:
            st.session_state[key] = asked
        st.selectbox(
            _("Place"),
            list(known.names),
            key=key,
            format_func=known.names.__getitem__,
            filter_mode=None,
            on_change=_write,
            args=(LOCATION, key),
            width=300,
        )
    return asked


def parts(found: changes.Changes) -> dict[str, list[str]]:
    """Draw the choice of categories and demand classes, and return the values chosen by column."""
    texts = {"category": _("Category"), "demand_class": _("Demand class")}
    asked = list_address.asked(st.query_params)
    kept = {}
    for name in FILTERS:
        known = sorted(pc.unique(found.parts[name]).to_pylist())
        wanted = [value for each, value in asked if each == name]
        kept[name] = [value for value in wanted if value in known]
        for value in wanted:
            if value not in known:
                _refuse_part(name, value, known)
        if len(known) > 1:
            _choice(name, texts[name], known, kept[name])
    return kept


def measure() -> SumOf:
    """Draw the choice of what adds up, and return it; one that there is not is told."""
    known = [str(each) for each in SumOf]
    asked = st.query_params.get(MEASURE) or known[0]
    if asked not in known:
        frame.refuse(
            InvalidSelection(parameter=MEASURE, found=ascii(asked[:80]), expected=" / ".join(known))
        )
        asked = known[0]
    key = "farol-changes-measure"
    if st.session_state.get(key) != asked:
        st.session_state[key] = asked
    names = {"value": _("Value of the orders"), "orders": _("Number of orders")}
    st.pills(
        _("What adds up"),
        known,
        key=key,
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_write,
        args=(MEASURE, key),
    )
    return SumOf(asked)


def _choice(name: str, text: str, known: Sequence[str], chosen: list[str]) -> None:
    key = f"farol-changes-{name}"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    names = {value: _named(value) for value in known}
    st.multiselect(
        text,
        known,
        key=key,
        format_func=names.__getitem__,
        placeholder=_("All"),
        select_all=False,
        on_change=_write_values,
        args=(name, key),
        width=300,
    )


def _named(value: str) -> str:
    if value == _UNCLASSIFIED:
        return _("not classified")
    return value_word("dim_item", "demand_class", value)


def _refuse_part(name: str, value: str, known: Sequence[str]) -> None:
    expected = ", ".join(known[:_MOST_NAMED])
    frame.refuse(InvalidSelection(parameter=name, found=ascii(value[:80]), expected=expected))


def _places_of(publication: Publication) -> dict[str, str]:
    tree = publication.table(questions.orders.location_tree()).table
    rows = zip(tree["location_id"].to_pylist(), tree["name"].to_pylist(), strict=True)
    return {code: name for code, name in rows if code != NETWORK}


def _write(name: str, key: str) -> None:
    st.query_params[name] = st.session_state[key]


def _write_values(name: str, key: str) -> None:
    values = list_address.parameters_of((name, value) for value in st.session_state[key])
    if values:
        st.query_params.update(values)
    else:
        st.query_params.pop(name, None)


def _turn(before: str, after: str) -> None:
    st.query_params.update({asked_pair.BEFORE: after, asked_pair.AFTER: before})
