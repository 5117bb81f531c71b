"""Which replicas there are, and which of them serve what was activated."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.portal import Presence
from datalayer.runtime import portal
from pages.components import tables
from pages.components.language import _

_LOOK_EVERY_S: Final = 5.0


@st.fragment(run_every=_LOOK_EVERY_S)
def show() -> None:
    """Draw what each replica said last that it serves; nothing where this one is alone."""
    replicas = portal().announcements.replicas.all
    if len(replicas) < 2:
        return
    st.header(_("Replicas"), anchor=False)
    own = replicas[0]
    rows = [
        {
            _("Replica"): _("{name} (this one)").format(name=each.name)
            if each is own
            else each.name,
            _("Publication"): each.publication_id,
            _("State"): _state(each, own),
        }
        for each in replicas
    ]
    tables.draw(pa.Table.from_pylist(rows), key="replicas")


def _state(replica: Presence, own: Presence) -> str:
    if replica.problem:
        return "✗ " + _("can't serve what was activated: {problem}").format(problem=replica.problem)
    if replica.publication_id == own.publication_id:
        return "✓ " + _("serves the same")
    return "… " + _("serves another one")
