"""The audit trail on the Administration page: filtered, page by page to its first line, as CSV."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.portal import AuditEntry, AuditTrail
from datalayer.runtime import portal
from pages.components import access, tables
from pages.components.administration import (
    asked_audit,
    audit_chain,
    audit_file,
    audit_filters,
    audit_words,
)
from pages.components.language import _, ngettext, number

PAGE_ROWS: Final = 50
_PAGE_KEY: Final = "audit-page"


def show() -> None:
    """Draw who did what, when, and how it ended; newest first."""
    trail = portal().audit_trail(access.identity())
    st.header(_("Audit trail"), anchor=False)
    with st.spinner(_("Reading the log")):
        known = trail.state()
    asked = asked_audit.of_address(known)
    audit_filters.show(asked, known)
    count = trail.count(asked.wanted, audit_words.told)
    _entries(trail, asked, count)
    if count:
        audit_file.button(trail, asked.wanted, count)
    audit_chain.show(trail, known)


def _entries(trail: AuditTrail, asked: asked_audit.AskedAudit, count: int) -> None:
    """Draw one page of what is looked for, in three columns, which a phone has room for."""
    pages = max(1, -(-count // PAGE_ROWS))
    page = min(asked.page, pages)
    if page != asked.page:
        asked_audit.refuse_page(asked.page, pages)
    first = (page - 1) * PAGE_ROWS
    found = trail.entries(asked.wanted, audit_words.told, skip=first, limit=PAGE_ROWS)
    rows = [_row(entry) for entry in found]
    if not rows:
        st.info(_("No entry of the log is like that."), icon=":material/search_off:")
        return
    text = ngettext("{count} entry", "{count} entries", count).format(count=number(count, 0))
    st.caption(
        _("{first} to {last} of {entries}, the newest first").format(
            first=number(first + 1, 0), last=number(first + len(rows), 0), entries=text
        )
    )
    tables.draw(pa.Table.from_pylist(rows), key="audit")
    _turner(page, pages)


def _row(entry: AuditEntry) -> dict[str, object]:
    return {
        _("When"): entry.at,
        _("What happened"): audit_words.happened(entry),
        _("Publication and details"): audit_words.about(entry) or None,
    }


def _turner(page: int, pages: int) -> None:
    if pages < 2:
        return
    if st.session_state.get(_PAGE_KEY, page) != page:
        st.session_state[_PAGE_KEY] = page
    st.pagination(pages, default=page, key=_PAGE_KEY, on_change=_turn)


def _turn() -> None:
    st.query_params[asked_audit.PAGE] = str(st.session_state[_PAGE_KEY])
