"""Data: what each data set holds, how fresh it is, and whole files to take away."""

import streamlit as st

from datalayer.portal import Result, questions
from pages.components import captions, copied_calls, data_sets, frame, tables
from pages.components.language import _, label

frame.header(_("Data"))
publication = frame.publication()
data_sets.states(publication)
captions.show(publication.provenance(tuple(publication.registry.data_sets)))

chosen = data_sets.choose(publication.registry)
st.header(label(chosen.label), anchor=False)
st.write(label(chosen.description))
data_sets.downloads(publication, chosen)
copied_calls.show(publication, chosen)

st.subheader(_("Columns"), anchor=False)
data_sets.columns(chosen)

st.subheader(_("First rows"), anchor=False)
first = publication.table(questions.data_sets.rows(chosen, limit=data_sets.PREVIEW_ROWS))
tables.show(
    # Of the data set, not of the sources that happen to come first.
    Result(first.table, publication.provenance((chosen.name,))),
    [column.name for column in chosen.columns],
    key=f"preview-{chosen.name}",
    registry=publication.registry,
)
