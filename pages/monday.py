"""Monday: what there is to do, most urgent first, and why."""

from __future__ import annotations

import streamlit as st

from datalayer.kernel.errors import NothingToMark
from datalayer.portal import questions
from pages.components import captions, exceptions, frame, search
from pages.components.language import _, error_text
from pages.components.worklist import action_list
from pages.envelope import week_file

publication = frame.publication()
frame.header(_("What to do"))
try:
    action_list.show(publication)
    week_file.show(publication)
except NothingToMark as problem:
    st.info(captions.literal(error_text(problem)), icon=":material/info:")
    search.box({}, shows_label=False)
    st.header(_("What needs you first"), anchor=False)
    first = publication.table(questions.exceptions.first(exceptions.SHOWN_FIRST))
    exceptions.show(first, registry=publication.registry, manifest=publication.manifest)
