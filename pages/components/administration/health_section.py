"""Proof and health on the Administration page: is all well here, and what shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from datalayer.runtime import portal
from pages.components import proof, publication_report, replicas
from pages.components.language import _


def show() -> None:
    """Draw the health of this deployment, its last proof, and the replicas."""
    st.header(_("Proof and health"), anchor=False)
    publication_report.proof(portal().health(), datetime.now(UTC))
    proof.show()
    proving = st.container()
    replicas.show()
    with proving:
        proof.watch()
