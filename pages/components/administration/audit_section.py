"""The audit trail on the Administration page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.runtime import portal
from pages.components import publication_report
from pages.components.language import _

AUDIT_ENTRIES: Final = 50


def show() -> None:
    """Draw who did what, when, and how it ended."""
    st.header(_("Audit trail"), anchor=False)
    publication_report.audit_trail(portal().audit.entries(AUDIT_ENTRIES))
