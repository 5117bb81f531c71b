"""A file of rows and the calls that return them, folded."""

from __future__ import annotations

import streamlit as st

from pages.components import captions, copied_calls
from pages.components.charts import ApiCall
from pages.components.language import _, csv_dialect


@st.fragment
def show(call: ApiCall, *, of: str, key: str, publication_id: str = "") -> None:
    """Draw the file and the calls of *call*, folded.

    Args:
        call: Returns rows.
        of: What they are, said on the fold.
        key: Names the element.
        publication_id: What is read, where the call doesn't name it.
    """
    text = _("File and call: {name}").format(name=of)
    folded = st.expander(
        captions.literal(text), key=f"{key}-taken", icon=":material/csv:", on_change="rerun"
    )
    with folded:
        if folded.open:
            address = call.address(publication_id, csv_dialect())
            st.link_button(_("These rows (CSV)"), address, icon=":material/csv:")
            copied_calls.show_csv(call.address(publication_id, "rfc"), call.texts)
