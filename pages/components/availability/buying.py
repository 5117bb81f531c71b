"""What to buy first: the budget, what it avoids, and the list with the budget drawn across."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions
from pages.components.availability import (
    asked_availability,
    buy_files,
    buy_table,
    buy_words,
    class_budgets,
    unmet_targets,
)
from pages.components.availability.asked_availability import (
    BUDGET,
    MAIN,
    MOVES,
    NO_BUDGET,
    PAGE,
    PLACE,
    AskedAvailability,
)
from pages.components.language import _
from pages.components.stock import stock_words

Row = Mapping[str, Any]

ON_A_PAGE: Final = 20
_BUDGET_KEY: Final = "farol-buys-budget"
_PAGE_KEY: Final = "farol-buys-page"
_STEP: Final = 10_000.0
_MOST: Final = 1e15


def show(publication: Publication, asked: AskedAvailability) -> None:
    """Draw the buy list as the address asks for it."""
    st.header(_("What to buy first"), anchor=False)
    if not asked.places:
        st.info(
            _("This publication lists nothing to buy: it knows no part of which more is worth it."),
            icon=":material/shopping_cart_off:",
        )
        return
    _choices(asked)
    wanted = questions.buy_list.buy_listing(publication.registry, asked.pairs(is_within=True))
    found = publication.table(questions.buy_list.budget_effect(wanted))
    effect = found.table.to_pylist()[0]
    told = buy_words.budget_sentence(
        effect, asked.budget, asked.currency, is_cut=bool(asked.class_budgets)
    )
    st.markdown(f"**{captions.literal(told)}**")
    for sentence in (
        class_budgets.sentence(publication.manifest, asked.currency),
        unmet_targets.sentence(publication.manifest, asked),
    ):
        if sentence:
            st.markdown(captions.literal(sentence))
    _list(publication, asked, wanted, effect)


def _choices(asked: AskedAvailability) -> None:
    with st.container(
        key="farol-buys-choices", horizontal=True, gap="small", vertical_alignment="bottom"
    ):
        _budget(asked)
        _choice(_("Place"), PLACE, asked.location_id, {"": _("All places"), **asked.places})
        mains = {"": _("All contracts"), **{code: asked.name(code) for code in asked.mains}}
        _choice(_("Contract that needs it most"), MAIN, asked.main, mains)


def _budget(asked: AskedAvailability) -> None:
    if _BUDGET_KEY not in st.session_state or st.session_state[_BUDGET_KEY] != asked.budget:
        st.session_state[_BUDGET_KEY] = asked.budget
    st.number_input(
        _("Budget"),
        min_value=0.0,
        max_value=_MOST,
        value=None,
        step=_STEP,
        format="%.0f",
        key=_BUDGET_KEY,
        placeholder=_("All of the list"),
        on_change=_write_budget,
        args=(asked.published_budget,),
        help=_told(asked),
        width=225,
    )


def _told(asked: AskedAvailability) -> str | None:
    """Return which budget the publication was made with, where it names one."""
    if asked.published_budget is None:
        return None
    budget = stock_words.money(asked.published_budget, asked.currency)
    return captions.literal(
        _("This publication was made with a budget of {budget}.").format(budget=budget)
    )


def _write_budget(published: float | None) -> None:
    chosen = st.session_state[_BUDGET_KEY]
    text = f"{chosen:.12g}" if chosen is not None else "" if published is None else NO_BUDGET
    asked_availability.write(**{BUDGET: text, PAGE: "", MOVES: ""})


def _choice(title: str, name: str, chosen: str, names: Mapping[str, str]) -> None:
    """Draw the choice of a filter, where there are several values beside all."""
    if len(names) < 3:
        return
    key = f"farol-buys-{name}"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    st.selectbox(
        title,
        list(names),
        key=key,
        format_func=names.__getitem__,
        filter_mode=None,
        on_change=_write,
        args=(name, key),
        width=225,
    )


def _write(name: str, key: str) -> None:
    asked_availability.write(**{name: st.session_state[key], PAGE: "", MOVES: ""})


def _list(
    publication: Publication,
    asked: AskedAvailability,
    wanted: questions.buy_list.BuyListing,
    effect: Row,
) -> None:
    every = questions.buy_list.bought_parts(wanted, limit=ON_A_PAGE)
    count = publication.count(every)
    if not count:
        return
    pages = -(-count // ON_A_PAGE)
    page = min(asked.page, pages)
    first = ON_A_PAGE * (page - 1)
    shown = questions.buy_list.bought_parts(wanted, limit=ON_A_PAGE, offset=first)
    result = publication.table(shown)
    rows = result.table.to_pylist()[:ON_A_PAGE]
    name = buy_words.rows_told(count, first + 1, first + len(rows))
    st.subheader(name, anchor=False)
    buy_table.draw(rows, asked, effect, name)
    _pages(page, pages)
    captions.show(result.provenance, of="buys")
    buy_files.show(publication, asked, effect)


def _pages(page: int, count: int) -> None:
    if count < 2:
        return
    if st.session_state.get(_PAGE_KEY, page) != page:
        st.session_state[_PAGE_KEY] = page
    st.pagination(count, default=page, key=_PAGE_KEY, on_change=_turn)


def _turn() -> None:
    page = st.session_state[_PAGE_KEY]
    asked_availability.write(**{PAGE: str(page) if page > 1 else ""})
