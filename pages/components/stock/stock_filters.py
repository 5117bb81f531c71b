"""What narrows the list: a place, a text, folded filters, and the chosen ones as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import NETWORK, Publication, questions
from pages.components import captions
from pages.components.language import _, label, ngettext, number
from pages.components.stock import stock_address, stock_words
from pages.components.stock.stock_address import FILTERS, AskedStock
from pages.components.value_words import value_label

_PLACE_KEY: Final = "farol-stock-place"
_TEXT_KEY: Final = "farol-stock-text"
_MOST_WORDS: Final = 12
_OF_PART: Final = ("abc_class", "demand_class", "category", "supplier")


def show(publication: Publication, asked: AskedStock) -> None:
    """Draw all that narrows the list."""
    with st.container(
        key="farol-stock-filters", horizontal=True, gap="small", vertical_alignment="bottom"
    ):
        _place(asked)
        _text(asked)
        _folded(publication, asked)
        _words(publication.registry, asked)


def clear(label_text: str, key: str) -> None:
    """Draw a button that takes all filters and the text away."""
    st.button(label_text, key=key, type="tertiary", on_click=_remove_all)


def _place(asked: AskedStock) -> None:
    """Draw the choice of a place, where there are several."""
    places = {str(row["location_id"]): row for row in asked.places}
    if len(places) < 2:
        return
    names = {
        code: ngettext("{place}: {count} part", "{place}: {count} parts", row["parts"]).format(
            place=stock_words.place_name(row), count=number(row["parts"], 0)
        )
        for code, row in places.items()
    }
    here = asked.wanted.location_id
    if st.session_state.get(_PLACE_KEY) != here:
        st.session_state[_PLACE_KEY] = here if here in names else None
    st.selectbox(
        _("Place"),
        list(names),
        index=0 if here in names else None,
        key=_PLACE_KEY,
        format_func=names.__getitem__,
        filter_mode=None,
        on_change=_choose_place,
        width=320,
    )


def _choose_place() -> None:
    chosen = st.session_state[_PLACE_KEY]
    stock_address.write(**{stock_address.PLACE: "" if chosen == NETWORK else chosen or ""})


def _text(asked: AskedStock) -> None:
    if st.session_state.get(_TEXT_KEY) != asked.wanted.text:
        st.session_state[_TEXT_KEY] = asked.wanted.text
    st.text_input(
        _("Only parts with"),
        key=_TEXT_KEY,
        type="search",
        max_chars=200,
        placeholder=_("Code, name, category or supplier"),
        on_change=_type,
        width=320,
    )


def _type() -> None:
    stock_address.write(**{stock_address.TEXT: (st.session_state[_TEXT_KEY] or "").strip()})


def _folded(publication: Publication, asked: AskedStock) -> None:
    control = st.popover(
        _("Filters"), icon=":material/filter_list:", key="farol-stock-folded", on_change="rerun"
    )
    if not control.open:
        return
    counts = _counts(publication, asked)
    with control:
        for name in FILTERS:
            options = list(dict.fromkeys((*asked.values(name), *counts.get(name, {}))))
            if len(options) > 1 or asked.values(name):
                _choice(publication.registry, asked, name, options, counts.get(name, {}))


def _counts(publication: Publication, asked: AskedStock) -> dict[str, dict[str, int]]:
    """Return how many positions each value of each filter would leave."""
    groups = {group: name for name, group in questions.inventory.CLASSES.items()}
    found: dict[str, dict[str, int]] = {}
    question = questions.inventory.facets(publication.registry, asked.wanted)
    for row in publication.table(question).table.to_pylist():
        if row["value"]:
            name = groups.get(row["filter"], row["filter"])
            found.setdefault(name, {})[row["value"]] = row["rows"]
    return found


def _choice(
    registry: Registry,
    asked: AskedStock,
    name: str,
    options: list[str],
    counts: Mapping[str, int],
) -> None:
    key = f"farol-stock-{name}"
    if st.session_state.get(key) != asked.values(name):
        st.session_state[key] = asked.values(name)
    st.multiselect(
        _heading(registry, name),
        options,
        format_func=lambda value: f"{value_text(name, value)} ({number(counts.get(value, 0), 0)})",
        key=key,
        on_change=_choose,
        args=(asked, name, key),
        placeholder=_("All"),
        select_all=False,
    )


def _choose(asked: AskedStock, name: str, key: str) -> None:
    others = tuple(pair for pair in asked.pairs if pair[0] != name)
    stock_address.write_filters((*others, *((name, each) for each in st.session_state[key])))


def _words(registry: Registry, asked: AskedStock) -> None:
    """Draw each chosen value as a word that a press takes away."""
    for place, (name, value) in enumerate(asked.pairs[:_MOST_WORDS]):
        text = _("{filter}: {value}").format(
            filter=_heading(registry, name), value=value_text(name, value)
        )
        st.button(
            captions.literal(text),
            key=f"farol-chosen-stock-{place}",
            type="tertiary",
            on_click=_remove,
            args=(asked, (name, value)),
        )
    if len(asked.pairs) > 1:
        clear(_("Remove all filters"), "farol-chosen-stock-all")


def _remove(asked: AskedStock, removed: tuple[str, str]) -> None:
    stock_address.write_filters(tuple(pair for pair in asked.pairs if pair != removed))


def _remove_all() -> None:
    stock_address.write_filters(())
    stock_address.write(**{stock_address.TEXT: ""})


def value_text(name: str, value: str) -> str:
    """Return the value of a filter as a planner says it."""
    if value == questions.inventory.UNCLASSIFIED and name in questions.inventory.CLASSES:
        return _("not known")
    return value_label("dim_item" if name in _OF_PART else "fact_inventory", name, value)


def _heading(registry: Registry, name: str) -> str:
    data_set = "dim_item" if name in _OF_PART else "fact_inventory"
    return label(registry.data_sets[data_set].column(name).label)
