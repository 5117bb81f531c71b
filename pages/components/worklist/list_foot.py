"""The foot of the list: pages, what was done last, and the ticked rows taken along or put aside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from datalayer.portal import Mark, Publication
from pages.components import captions, frame, marking
from pages.components.language import _, moment, ngettext, number
from pages.components.worklist import list_address, list_query, mark_dialog, ranks, ticks
from pages.components.worklist.list_query import AskedList

_PAGE_KEY = "farol-page"


def pages(page: int, count: int) -> None:
    """Draw the choice of a page, where there are several."""
    if count < 2:
        return
    if st.session_state.get(_PAGE_KEY, page) != page:
        st.session_state[_PAGE_KEY] = page
    st.pagination(count, default=page, key=_PAGE_KEY, on_change=_turn)


def bar(publication: Publication, asked: AskedList, ticked: Sequence[int]) -> None:
    """Draw what was done last, and what can be done with all rows that are *ticked*."""
    with st.container(key="farol-bar", gap="small"):
        _done(publication)
        with st.container(
            key="farol-ticked", horizontal=True, gap="small", vertical_alignment="center"
        ):
            if ticked:
                _of_ticked(publication, asked, ticked)
            elif not asked.put_aside:
                _of_tier(asked)


def keys() -> None:
    """Draw which keys work in the list."""
    told = (
        ("j k", _("next, previous")),
        ("x", _("tick and go on")),
        ("Shift+X", _("tick the page")),
        ("n p", _("turn the page")),
        ("o", _("open the part")),
        ("s", _("decide")),
        ("Shift+S", _("decide on the ticked")),
        ("t", _("take the ticked along")),
    )
    keys_told = " · ".join(
        f"{' '.join(f'<kbd>{key}</kbd>' for key in names.split())} {text}" for names, text in told
    )
    text = _("Keys, while the focus is in the list:")
    st.html(f'<p class="farol-keys">{text} {keys_told}</p>')


def printed(publication: Publication) -> None:
    """Draw what stands under the list on paper: which publication it is of, and of when."""
    text = _("Publication {id}, generated {moment}").format(
        id=publication.id, moment=moment(publication.manifest.generated_at)
    )
    st.html(f'<p class="farol-printed">{text}</p>')


def _turn() -> None:
    list_query.write_page(st.session_state[_PAGE_KEY])


def _of_ticked(publication: Publication, asked: AskedList, ticked: Sequence[int]) -> None:
    count = len(ticked)
    text = ngettext("{count} ticked", "{count} ticked", count)
    st.markdown(f"**{text.format(count=number(count, 0))}**", width="content")
    take = ngettext(
        "Take it to the order list", "Take the {count} to the order list", count
    ).format(count=number(count, 0))
    with st.container(key="farol-take", width="content"):
        frame.link("orders.py", take, p=publication.id, rows=ranks.written(ticked))
    aside = ngettext("Decide on it", "Decide on the {count}", count).format(count=number(count, 0))
    if st.button(aside, key="farol-mark-ticked"):
        rows = ticks.rows(publication, ticked, asked.wanted.standing)
        mark_dialog.open_for(publication, rows, aside)
    st.button(
        _("Untick all"),
        key="farol-untick",
        type="tertiary",
        on_click=ticks.change,
        args=(publication.id, ticked),
        kwargs={"on": False},
    )


def _of_tier(asked: AskedList) -> None:
    """Draw a link to all orders of the list as it is filtered; those of this week of all tiers."""
    tiers = asked.values("tier")
    text = _("All orders of this tier") if tiers else _("All orders of this week, and late ones")
    orders = {"late", "this_week", "will_run_out"}
    if not tiers or orders & set(tiers):
        frame.link("orders.py", text, **list_address.parameters_of(asked.asked))


def _done(publication: Publication) -> None:
    made = mark_dialog.done(publication)
    if not made:
        return
    with st.container(key="farol-done", horizontal=True, gap="small", vertical_alignment="center"):
        if made.marks:
            text = mark_dialog.done_text(made.marks)
            st.html(f'<p class="farol-said">{escape(text)}</p>', width="content")
        if made.marks and made.marks[0].undoes is None:
            st.button(_("Undo"), key="farol-undo", on_click=_undo, args=(publication, made.marks))
        for text in mark_dialog.refusals(made):
            st.warning(captions.literal(text), icon=":material/error:")


def _undo(publication: Publication, marks: Sequence[Mark]) -> None:
    rows = [marking.row_of(each) for each in marks]
    mark_dialog.keep_done(publication, lambda: marking.undo(publication, rows))
