"""Where a part stands in the list that it was opened from: previous, next, and back to it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection, NothingToMark
from datalayer.portal import Publication, questions
from datalayer.reading.questions.actions import Listing
from datalayer.runtime import portal
from pages.components import captions, frame
from pages.components.language import _, error_text, number

PAGE_ROWS: Final = 10
_KEPT: Final = ("span",)


def wanted(publication: Publication) -> Listing | None:
    """Return the list that the address tells of; None where the publication has no list.

    A filter that can't be used is said, and the whole list is taken.
    """
    if "fact_action" not in publication.registry.data_sets:
        return None
    try:
        return portal().listing(publication, _asked(publication))
    except InvalidSelection as error:
        st.warning(captions.literal(error_text(error)), icon=":material/filter_alt_off:")
    except NothingToMark:
        return None
    return portal().listing(publication)


def show(publication: Publication, listing: Listing | None, item_id: str, location_id: str) -> None:
    """Draw where the part stands, links to those before and behind it, and the way back."""
    if listing is None:
        return
    found = publication.table(questions.actions.neighbours(listing, item_id, location_id))
    row = next(iter(found.table.to_pylist()), None)
    kept = _filters(publication)
    with st.container(key="part-neighbours", horizontal=True, gap="small"):
        page = {"page": str((row["position"] - 1) // PAGE_ROWS + 1)} if row else {}
        frame.link("monday.py", _("Back to the list"), **kept, **page)
        if row is None:
            st.markdown(_("This part is not in the list."), width="content")
            return
        _to(row["previous_item_id"], row["previous_location_id"], _("‹ Previous"), kept)
        place = _("{position} of {count}")
        shown = place.format(position=number(row["position"], 0), count=number(row["total"], 0))
        st.markdown(shown, width="content")
        _to(row["next_item_id"], row["next_location_id"], _("Next ›"), kept)


def _to(item_id: str | None, location_id: str, text: str, kept: dict[str, str]) -> None:
    if item_id is None:
        return
    span = {name: st.query_params[name] for name in _KEPT if name in st.query_params}
    frame.link("forecast.py", text, item=item_id, location_id=location_id, **kept, **span)


def _asked(publication: Publication) -> list[tuple[str, str]]:
    return [
        (name, text)
        for name, texts in _filters(publication).items()
        for text in texts.split(",")
    ]


def _filters(publication: Publication) -> dict[str, str]:
    """Return the list's filters that stand in the address, several values parted by commas."""
    known = questions.actions.filter_columns(publication.registry)
    return {name: st.query_params[name] for name in known if st.query_params.get(name)}
