"""Data: what each data set holds, how fresh it is, and whole files to take away."""

import streamlit as st

from pages.components import captions, copied_calls, data_sets, frame, tables
from pages.components.language import _, label

frame.header(_("Data"))
view = frame.view()
data_sets.states(view)
captions.show(view.provenance(tuple(view.registry.data_sets)))

chosen = data_sets.choose(view.registry)
st.header(label(chosen.label))
st.write(label(chosen.description))
data_sets.downloads(view, chosen)
copied_calls.show(view, chosen)

st.subheader(_("Columns"))
data_sets.columns(chosen)

st.subheader(_("First rows"))
tables.show(
    view.rows(chosen.name, limit=data_sets.PREVIEW_ROWS),
    [column.name for column in chosen.columns],
    key=f"preview-{chosen.name}",
    registry=view.registry,
)
