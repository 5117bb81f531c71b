"""Where a part stands in the list that it was opened from: previous, next, and back to it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.kernel.errors import NothingToMark
from datalayer.portal import Publication, questions
from pages.components import frame
from pages.components.language import _, number
from pages.components.worklist import list_address, list_query

Listing = questions.listings.Listing
Neighbours = questions.actions.Neighbours

_KEPT: Final = ("span",)


def wanted(publication: Publication) -> Listing | None:
    """Return the list that the address tells of; None where the publication has no list.

    A filter that can't be used is said and left out, as on the list itself.
    """
    try:
        asked = list_query.of_address(publication)
    except NothingToMark:
        return None
    for problem in asked.problems:
        frame.refuse(problem)
    return asked.wanted


def show(
    publication: Publication,
    listing: Listing | None,
    item_id: str,
    location_id: str,
) -> None:
    """Draw where the part stands, links to those before and behind it, and the way back."""
    if listing is None:
        return
    ranks = publication.table(questions.actions.ranks(listing)).table
    here = questions.actions.neighbours(ranks, item_id, location_id)
    kept = list_address.parameters_of(list_address.asked(st.query_params))
    with st.container(key="part-neighbours", horizontal=True, gap="small"):
        frame.link("monday.py", _("Back to the list"), **kept, **_page(here))
        if here is None:
            st.markdown(_("This part is not in the list."), width="content")
            return
        _to(here.previous, _("‹ Previous"), kept)
        place = _("{position} of {count}")
        shown = place.format(position=number(here.position, 0), count=number(here.total, 0))
        st.markdown(shown, width="content")
        _to(here.following, _("Next ›"), kept)


def _page(here: Neighbours | None) -> dict[str, str]:
    """Return the page of the list that has the part; the one it was opened from where none has."""
    if here is None:
        page = st.query_params.get(list_address.PAGE, "")
        return {list_address.PAGE: page} if page else {}
    return {list_address.PAGE: str((here.position - 1) // list_query.ON_A_PAGE + 1)}


def _to(there: tuple[str, str] | None, text: str, kept: dict[str, str]) -> None:
    if there is None:
        return
    item_id, location_id = there
    span = {name: st.query_params[name] for name in _KEPT if name in st.query_params}
    frame.link("forecast.py", text, item=item_id, location_id=location_id, **kept, **span)
