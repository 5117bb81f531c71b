"""The filtered entries of the audit trail as a file, every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from datalayer.kernel.contract.registry import Language
from datalayer.portal import AuditEntry, AuditFilter, AuditTrail, csv_of_texts, dialect_of
from pages.components import language
from pages.components.administration import audit_words
from pages.components.language import _, ngettext, number
from pages.components.words import action_text, outcome_text, role_text, who_text


def button(trail: AuditTrail, wanted: AuditFilter, count: int) -> None:
    """Draw the button that takes along what is *wanted*; the file is made when it is pressed."""
    spoken = language.current()
    text = ngettext("Download {count} entry as CSV", "Download {count} entries as CSV", count)
    st.download_button(
        text.format(count=number(count, 0)),
        lambda: content(trail, wanted, spoken),
        file_name=f"farol_audit_{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv",
        mime="text/csv",
        icon=":material/download:",
        key="audit-download",
        on_click="ignore",
    )


def content(trail: AuditTrail, wanted: AuditFilter, spoken: Language) -> bytes:
    """Return the file, in the dialect of the reader's language; times are UTC and say so."""
    # Made outside of the page's run, which fixed the language.
    language.speak(spoken)
    headings = (
        _("When (UTC)"),
        _("Who"),
        _("Role"),
        _("What was done"),
        _("How it ended"),
        _("Publication"),
        _("Details"),
    )
    rows = map(_cells, trail.entries(wanted, audit_words.told))
    return b"".join(csv_of_texts(dialect_of(spoken), headings, rows))


def _cells(entry: AuditEntry) -> Sequence[str | datetime | None]:
    return (
        entry.at,
        who_text(entry.actor),
        None if entry.role == "-" else role_text(entry.role),
        action_text(entry.action),
        outcome_text(entry.outcome),
        entry.publication_id,
        audit_words.details_text(entry.details) or None,
    )
