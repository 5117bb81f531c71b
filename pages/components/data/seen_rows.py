"""The rows of an extract before they are taken: every page of them, as the file has them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection, QueryTooLarge, QueryTooLong
from datalayer.kernel.sentences import Sentence
from datalayer.portal import previews
from pages.components import captions, frame, tables
from pages.components.data.extract_address import PAGE, AskedExtract
from pages.components.language import _, error_text, label, number

PAGE_ROWS: Final = 50


def show(wanted: AskedExtract) -> None:
    """Draw the page of rows that the address asks for, and the way to all others."""
    publication, request = wanted.publication, wanted.asked.request
    count = previews.rows_counted(publication, request)
    pages = max(1, -(-count // PAGE_ROWS))
    page = _page_asked(pages)
    if not count:
        return
    try:
        seen = previews.rows_seen(publication, request, page=page, page_rows=PAGE_ROWS)
    except (QueryTooLong, QueryTooLarge) as error:
        # Far into an order of its own; the way back to other pages stays.
        st.error(captions.literal(error_text(error)), icon=":material/hourglass_disabled:")
        _page_choice(page, pages)
        return
    labels = {column.name: label(column.label) for column in wanted.data_set.columns}
    with st.container(key="farol-extract-rows"):
        tables.exact(seen.table, labels, alt=_("Rows of the extract"))
    first = (page - 1) * PAGE_ROWS + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        text = _("Rows {first} to {last} of {count}").format(
            first=number(first, 0),
            last=number(first + seen.table.num_rows - 1, 0),
            count=number(count, 0),
        )
        st.caption(text, width="content")
        _page_choice(page, pages)
    captions.show(seen.provenance)


def _page_asked(pages: int) -> int:
    asked = st.query_params.get(PAGE, "1")
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= 12
    if is_number and 1 <= int(asked) <= pages:
        return int(asked)
    expected = Sentence("a whole number from 1 to {pages}", pages=pages)
    frame.refuse(InvalidSelection(parameter=PAGE, found=ascii(asked[:80]), expected=expected))
    return 1


def _page_choice(page: int, pages: int) -> None:
    """Draw the way to other pages, where there are some."""
    if pages < 2:
        return
    key = "farol-extract-page"
    if st.session_state.get(key, page) != page:
        st.session_state[key] = page
    st.pagination(pages, default=page, key=key, on_change=_turn, args=(key,))


def _turn(key: str) -> None:
    page = st.session_state[key]
    if page == 1:
        st.query_params.pop(PAGE, None)
    else:
        st.query_params[PAGE] = str(page)
