"""A file of rows and the calls that return them, folded."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.portal import MOST_ROWS
from pages.components import captions, copied_calls
from pages.components.charts import ApiCall
from pages.components.language import _, current, number

_DIALECTS: Final = {"pt_BR": "excel-br", "en": "rfc"}


@st.fragment
def show(
    call: ApiCall, *, of: str, key: str, publication_id: str = "", rows: int | None = None
) -> None:
    """Draw the file and the calls of *call*, folded.

    Args:
        call: Returns rows.
        of: What they are, said on the fold.
        key: Names the element.
        publication_id: What is read, where the call doesn't name it.
        rows: How many there are, where there may be more than one page has.
    """
    text = _("File and call: {name}").format(name=of)
    folded = st.expander(
        captions.literal(text), key=f"{key}-taken", icon=":material/csv:", on_change="rerun"
    )
    with folded:
        if folded.open:
            address = call.address(publication_id, _DIALECTS[current()])
            st.link_button(_("These rows (CSV)"), address, icon=":material/csv:")
            say_cut(rows or 0)
            copied_calls.show_csv(call.address(publication_id, "rfc"), call.texts)


def say_cut(rows: int) -> None:
    """Say that a file of one page hasn't all of so many *rows*, where it hasn't."""
    if rows > MOST_ROWS:
        text = _(
            "The file has the first {most} of {count} rows. Choose a category or a class, or "
            "follow the address in the answer's header Link for the rest."
        )
        st.caption(text.format(most=number(MOST_ROWS, 0), count=number(rows, 0)))
