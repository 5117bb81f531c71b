"""The list of what to do: what it comes to in one line, tiers, filters, ten cards, and its foot."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import Publication, questions
from datalayer.runtime import portal
from pages.components import captions, frame, policy_followed, search
from pages.components.language import _, ngettext, number
from pages.components.worklist import (
    cards,
    list_filters,
    list_foot,
    list_query,
    quiet_list,
    ticks,
)
from pages.components.worklist.list_query import ON_A_PAGE, AskedList
from pages.components.worklist.list_summary import summary_line


def show(publication: Publication) -> None:
    """Draw the list of *publication* as the address asks for it.

    Raises:
        NothingToMark: It has no list of actions.
        PortalError: Marks or rows can't be read.
    """
    asked = list_query.of_address(publication)
    problems = [*asked.problems, *_adopted(publication)]
    rows = publication.table(questions.actions.ranks(asked.wanted)).table
    count = -(-rows.num_rows // ON_A_PAGE)
    page, problem = list_query.page_of_address(count)
    for each in (*problems, *([problem] if problem else [])):
        frame.refuse(each)
    _above(publication, asked)
    with st.container(key="farol-list", gap="xsmall"):
        _page(publication, asked, rows, page, count)
    policy_followed.show(publication)
    captions.show(publication.provenance(("fact_action",)))
    list_foot.printed(publication)


def _adopted(publication: Publication) -> list[InvalidSelection]:
    """Take the ticks of the address over; return what is wrong with them."""
    try:
        ticks.adopt(publication)
    except InvalidSelection as problem:
        return [problem]
    ticks.write(publication.id)
    return []


def _above(publication: Publication, asked: AskedList) -> None:
    counted = publication.table(questions.actions.tiers(asked.wanted)).table.to_pylist()
    if not asked.put_aside and quiet_list.knows_no_stock(publication):
        st.warning(quiet_list.no_stock(), icon=":material/inventory_2:")
    elif not asked.put_aside:
        st.markdown(_summary(publication, asked, counted))
    known = publication.registry.data_sets["fact_action"].column("tier").allowed
    list_filters.tiers(asked, counted, known)
    with st.container(key="farol-filters", horizontal=True, gap="small", vertical_alignment="top"):
        search.box({}, shows_label=False)
        list_filters.folded(publication, asked)


def _summary(publication: Publication, asked: AskedList, counted: list[dict[str, Any]]) -> str:
    registry, manifest = publication.registry, publication.manifest
    due = publication.table(questions.actions.orders_due(registry, asked.wanted)).table
    line = summary_line(
        due.to_pylist()[0],
        counted,
        novelty=portal().novelty(publication),
        data_through=manifest.data_through,
        currency=str(manifest.lineage.get("currency", "")),
    )
    return f"**{captions.literal(line[:1].upper() + line[1:])}.**"


def _page(
    publication: Publication, asked: AskedList, rows: pa.Table, page: int, count: int
) -> None:
    ticked = () if asked.put_aside else ticks.of(publication, asked.wanted.standing)
    shown = rows.slice(ON_A_PAGE * (page - 1), ON_A_PAGE)
    cards.say_gone(publication, shown, asked.wanted.standing)
    if not shown.num_rows:
        quiet_list.show(publication, asked)
    else:
        _top(publication, asked, shown, (page, rows.num_rows), ticked)
        cards.show(publication, shown, asked, ticked)
        list_foot.pages(page, count)
        list_foot.keys()
    list_foot.bar(publication, asked, ticked)


def _top(
    publication: Publication,
    asked: AskedList,
    shown: pa.Table,
    place: tuple[int, int],
    ticked: tuple[int, ...],
) -> None:
    """Draw which rows these are, and one tick for all of them."""
    page, total = place
    first = ON_A_PAGE * (page - 1) + 1
    text = ngettext(
        "{first} to {last} of {total} action", "{first} to {last} of {total} actions", total
    ).format(
        first=number(first, 0),
        last=number(first + shown.num_rows - 1, 0),
        total=number(total, 0),
    )
    with st.container(key="farol-list-top", horizontal=True, vertical_alignment="center"):
        st.header(text, anchor=False, width="stretch")
        if not asked.put_aside:
            _tick_page(publication.id, shown["rank"].to_pylist(), ticked)


def _tick_page(publication_id: str, shown: list[int], ticked: tuple[int, ...]) -> None:
    # One for each page: a press meant for this one must not find the last one's still ticked.
    key = f"farol-tick-page-{shown[0]}"
    on = set(shown) <= set(ticked)
    if st.session_state.get(key) != on:
        st.session_state[key] = on
    st.checkbox(
        _("Tick this page"), key=key, on_change=_tick_all, args=(publication_id, shown, key)
    )


def _tick_all(publication_id: str, shown: list[int], key: str) -> None:
    ticks.change(publication_id, shown, on=st.session_state[key])
