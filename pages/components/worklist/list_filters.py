"""Filters of the list: tiers as one row of choices, the others folded, the chosen as words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Publication, questions
from pages.components import captions
from pages.components.language import _, label, number
from pages.components.worklist import action_words, list_query
from pages.components.worklist.list_query import AskedList

ALL: Final = "all"
_CHOICES: Final = ("action", "location", *questions.listings.ITEM_FILTERS)
_SWITCHES: Final = ("has_check", "is_new", "is_changed", "put_aside")
_MOST_WORDS: Final = 12

Row = Mapping[str, Any]


def tiers(asked: AskedList, counted: Sequence[Row], known: Sequence[str]) -> None:
    """Draw the choice of a tier, each with the number of its actions.

    Args:
        asked: What the address asks for.
        counted: The rows of ``questions.actions.tiers``.
        known: All tiers, the most urgent first.
    """
    counts = {str(row["tier"]): int(row["actions"]) for row in counted}
    chosen = asked.values("tier")
    counts[ALL] = sum(counts.values())
    key = "farol-tier"
    shown = (chosen or [ALL])[0] if len(chosen) < 2 else None
    if st.session_state.get(key) != shown:
        st.session_state[key] = shown
    st.pills(
        _("What to show"),
        [ALL, *(name for name in known if counts.get(name) or name in chosen)],
        format_func=lambda name: f"{_tier_text(name)} **{number(counts.get(name, 0), 0)}**",
        required=shown is not None,
        key=key,
        on_change=_choose_tier,
        args=(asked, key),
        label_visibility="collapsed",
        wrap=True,
    )


def folded(publication: Publication, asked: AskedList) -> None:
    """Draw one control with all other filters in it, and the chosen ones as words to press away."""
    control = st.popover(
        _("Filters"), icon=":material/filter_list:", key="farol-filter", on_change="rerun"
    )
    if control.open:
        with control:
            _choices(publication, asked)
    _words(publication, asked)


def value_text(publication: Publication, name: str, value: str) -> str:
    """Return a filter's value as a planner says it."""
    words = _words_of(name, publication.registry)
    if name == "location":
        return _place_names(publication).get(value, value)
    return words.get(value, value)


def _choose_tier(asked: AskedList, key: str) -> None:
    chosen = st.session_state[key]
    others = tuple(pair for pair in asked.asked if pair[0] != "tier")
    list_query.write_filters(others if chosen == ALL else (*others, ("tier", chosen)))


def _choices(publication: Publication, asked: AskedList) -> None:
    """Draw a choice for each filter that would leave something, with the number it would leave."""
    counts = _counts(publication, asked)
    columns = questions.listings.filter_columns(publication.registry)
    with st.container(horizontal=True, gap="small"):
        for name in _SWITCHES:
            _switch(asked, name)
    for name in _CHOICES:
        options = list(dict.fromkeys((*asked.values(name), *counts.get(name, {}))))
        if len(options) > 1 or asked.values(name):
            text = _("Place") if name == "location" else label(columns[name].label)
            _choice(asked, name, options, text, _option_text(publication, name, counts))


def _option_text(
    publication: Publication, name: str, counts: Mapping[str, Mapping[str, int]]
) -> Callable[[str], str]:
    names = {value: value_text(publication, name, value) for value in counts.get(name, {})}
    return lambda value: _counted(names.get(value, value), counts.get(name, {}).get(value, 0))


def _counts(publication: Publication, asked: AskedList) -> dict[str, dict[str, int]]:
    """Return how many actions each value of each filter would leave."""
    found: dict[str, dict[str, int]] = {}
    for question in (
        questions.actions.facets(asked.wanted),
        questions.actions.action_facet(asked.wanted),
        questions.actions.location_facet(asked.wanted),
    ):
        for row in publication.table(question).table.to_pylist():
            name = "location" if row["filter"] == "location_id" else row["filter"]
            if row["value"]:
                found.setdefault(name, {})[row["value"]] = row["rows"]
    return found


def _choice(
    asked: AskedList, name: str, options: list[str], text: str, shown: Callable[[str], str]
) -> None:
    key = f"farol-filter-{name}"
    if st.session_state.get(key) != asked.values(name):
        st.session_state[key] = asked.values(name)
    st.multiselect(
        text,
        options,
        format_func=shown,
        key=key,
        on_change=_choose,
        args=(asked, name, key),
        placeholder=_("All"),
        select_all=False,
    )


def _switch(asked: AskedList, name: str) -> None:
    key = f"farol-filter-{name}"
    on = asked.values(name) == ["true"]
    if st.session_state.get(key) != on:
        st.session_state[key] = on
    st.checkbox(_switch_text(name), key=key, on_change=_choose, args=(asked, name, key))


def _choose(asked: AskedList, name: str, key: str) -> None:
    chosen = st.session_state[key]
    values = chosen if isinstance(chosen, list) else ["true"] if chosen else []
    others = tuple(pair for pair in asked.asked if pair[0] != name)
    list_query.write_filters((*others, *((name, value) for value in values)))


def _words(publication: Publication, asked: AskedList) -> None:
    """Draw each chosen value as a word that a press takes away."""
    chosen = [pair for pair in asked.asked if pair[0] != "tier" or len(asked.values("tier")) > 1]
    for place, pair in enumerate(chosen[:_MOST_WORDS]):
        st.button(
            captions.literal(_word(publication, *pair)),
            key=f"farol-chosen-{place}",
            type="tertiary",
            on_click=_remove,
            args=(asked, pair),
        )
    if len(chosen) > 1:
        st.button(
            _("Remove all filters"), key="farol-chosen-all", type="tertiary", on_click=_remove_all
        )


def _remove(asked: AskedList, removed: tuple[str, str]) -> None:
    list_query.write_filters(tuple(pair for pair in asked.asked if pair != removed))


def _remove_all() -> None:
    list_query.write_filters(())


def _word(publication: Publication, name: str, value: str) -> str:
    if name in _SWITCHES:
        text = _switch_text(name)
        return text if value == "true" else _("not: {filter}").format(filter=text)
    if name == "tier":
        return action_words.tier(value)
    columns = questions.listings.filter_columns(publication.registry)
    named = {"location": _("Place"), "state": _("Marks")}.get(name) or label(columns[name].label)
    return _("{filter}: {value}").format(filter=named, value=value_text(publication, name, value))


def _words_of(name: str, registry: Registry) -> Mapping[str, str]:
    if name == "check_first":
        return {each.name: label(each.label) for each in registry.check_reasons.values()}
    return {
        "action": {
            "order": _("Order"),
            "expedite": _("Expedite an order"),
            "defer": _("Defer an order"),
            "cancel": _("Cancel an order"),
            "move": _("Move from another place"),
            "check": _("Check"),
        },
        **{name: _contract_words(registry, name) for name in ("criticality", "demand_class")},
        "state": {
            "open": _("on the list"),
            "put_aside": _("put aside"),
            "came_back": _("came back"),
        },
    }.get(name, {})


def _contract_words(registry: Registry, column: str) -> Mapping[str, str]:
    labels = registry.data_sets["dim_item"].column(column).value_labels
    return {value: label(text).lower() for value, text in labels.items()}


def _place_names(publication: Publication) -> dict[str, str]:
    tree = publication.table(questions.orders.location_tree()).table
    return dict(zip(tree["location_id"].to_pylist(), tree["name"].to_pylist(), strict=True))


def _switch_text(name: str) -> str:
    return {
        "has_check": _("To check first"),
        "is_new": _("New"),
        "is_changed": _("Changed"),
        "put_aside": _("What is put aside"),
    }[name]


def _tier_text(name: str) -> str:
    return _("All") if name == ALL else action_words.tier(name)


def _counted(text: str, count: int) -> str:
    return f"{text} ({number(count, 0)})"
