"""Which part is shown where the address names none: the first of the list, which is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import NothingToMark
from datalayer.portal import Publication, questions
from pages.components.language import _
from pages.components.worklist import list_query

_SHOWN: Final = "farol.first"


def write(publication: Publication) -> None:
    """Write the part that comes first, and its place, into an address that names no part."""
    if st.query_params.get("item"):
        return
    for rows, said in _rows(publication):
        for row in rows.slice(0, 1).to_pylist():
            place = {"location_id": row["location_id"]} if "location_id" in row else {}
            st.query_params.update({"item": row["item_id"], **place})
            st.session_state[_SHOWN] = (row["item_id"], said)
            return


def say(item_id: str) -> None:
    """Say that *item_id* is shown for want of another, until another is."""
    shown, said = st.session_state.get(_SHOWN, ("", ""))
    if shown == item_id:
        st.caption(said)
    else:
        st.session_state.pop(_SHOWN, None)


def _rows(publication: Publication) -> Iterator[tuple[pa.Table, str]]:
    """Return rows of which the first is taken, if there is any, and what is said of it."""
    try:
        asked = list_query.of_address(publication)
    except NothingToMark:
        text = _("No part is named in the address: this is the first that needs attention.")
        yield publication.table(questions.exceptions.first(1)).table, text
    else:
        text = _("No part is named in the address: this is the first of the list.")
        if asked.asked:
            text = _("No part is named in the address: this is the first of the filtered list.")
        yield publication.table(questions.actions.ranks(asked.wanted)).table, text
    text = _("No part is named in the address: this is the first.")
    yield publication.table(questions.search.parts("", 1)).table, text
