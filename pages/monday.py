"""Monday: what there is to do, most urgent first, and why."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import questions
from pages.components import exceptions, frame
from pages.components.language import _

publication = frame.publication()
frame.header(_("What to do"))
registry, manifest = publication.registry, publication.manifest

st.header(_("What needs you first"), anchor=False)
first = publication.table(questions.exceptions.first(exceptions.SHOWN_FIRST))
exceptions.show(first, registry=registry, manifest=manifest)
