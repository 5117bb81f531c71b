"""Ticked rows: of one publication, whatever is filtered, in the session and in the address.

Ranks mean rows of one publication only. So with the first tick the address names the publication,
and the session stays with it until the last tick is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Publication, RowState, questions
from pages.components import frame
from pages.components.worklist import ranks

TICKED: Final = "ticked"
_TICKS: Final = "farol.ticks"
_KEY: Final = ("item_id", "location_id", "action", "ref")


def adopt(publication: Publication) -> None:
    """Take the ticks over that the address has.

    Raises:
        InvalidSelection: They can't be read, or belong to no publication or to another; the
            session's stay as they are.
    """
    text = st.query_params.get(TICKED)
    if text is None:
        return
    if st.query_params.get("p") != publication.id:
        raise InvalidSelection(
            parameter=TICKED,
            found=Sentence("given without a publication"),
            expected=Sentence("given together with p, the publication that the rows are of"),
        )
    found = ranks.read(text, TICKED)
    known = publication.table(questions.actions.decisions()).table["rank"]
    if found and not pc.all(pc.is_in(pa.array(found, known.type), known)).as_py():
        raise InvalidSelection(
            parameter=TICKED, found=ascii(text[:60]), expected=Sentence("places that the list has")
        )
    st.session_state[_TICKS] = (publication.id, frozenset(found))


def of(publication: Publication, standing: pa.Table) -> tuple[int, ...]:
    """Return the ranks that are ticked; what was put aside meanwhile loses its tick."""
    ticked = _ticked(publication.id)
    if not ticked:
        return ()
    found = rows(publication, ticked, standing)
    gone = [row["rank"] for row in found if row["state"] == RowState.PUT_ASIDE]
    if gone:
        change(publication.id, gone, on=False)
    return tuple(sorted(_ticked(publication.id)))


def rows(
    publication: Publication, ticked: Collection[int], standing: pa.Table
) -> list[dict[str, Any]]:
    """Return the rows that are *ticked*: rank and key, and state and number of their marks."""
    known = publication.table(questions.actions.decisions()).table
    chosen = pc.is_in(known["rank"], pa.array(sorted(ticked), known["rank"].type))
    keys = known.filter(chosen).select(["rank", *_KEY])
    marks = standing.select([*_KEY, "state", "number"])
    found: list[dict[str, Any]] = keys.join(marks, list(_KEY)).sort_by("rank").to_pylist()
    return found


def change(publication_id: str, changed: Iterable[int], *, on: bool) -> None:
    """Tick rows, or take their ticks away."""
    ticked = _ticked(publication_id)
    now = ticked | set(changed) if on else ticked - set(changed)
    st.session_state[_TICKS] = (publication_id, frozenset(now))
    write(publication_id)


def write(publication_id: str) -> None:
    """Write the ticks of the session into the address, with the publication that they are of."""
    text = ranks.written(_ticked(publication_id))
    if text:
        frame.pin(publication_id)
        if st.query_params.get(TICKED) != text:
            st.query_params[TICKED] = text
    elif TICKED in st.query_params:
        st.query_params.pop(TICKED, None)
        frame.unpin(chosen=False)


def _ticked(publication_id: str) -> frozenset[int]:
    of_publication, ticked = st.session_state.get(_TICKS, ("", frozenset()))
    return ticked if of_publication == publication_id else frozenset()
