"""Whether every line of the audit log follows the one before it, and which can't be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from datalayer.portal import AuditTrail, TrailState
from pages.components import captions
from pages.components.language import _, moment, ngettext, number, sentence_text

_MOST_NAMED: Final = 10


def show(trail: AuditTrail, known: TrailState) -> None:
    """Draw the state of the chain, and the button that walks along it anew."""
    chain = known.chain
    if chain.broken:
        st.error(
            captions.literal(
                _(
                    "The chain of the log is broken: {where}. Keep the file as it is, and compare "
                    "it with a back-up: an entry near that line may have been changed."
                ).format(where=sentence_text(chain.broken))
            ),
            icon=":material/link_off:",
        )
    elif known.lines:
        st.success(_whole(known), icon=":material/link:")
    if known.unreadable:
        st.warning(_unreadable(known.unreadable), icon=":material/warning:")
    st.button(
        _("Check every line again"),
        key="audit-check",
        icon=":material/fact_check:",
        on_click=trail.check_again,
    )


def _whole(known: TrailState) -> str:
    lines = ngettext("{count} line", "{count} lines", known.lines).format(
        count=number(known.lines, 0)
    )
    text = _("The chain of the log is whole: {lines}, every one read since {moment}.").format(
        lines=lines, moment=moment(known.checked_at)
    )
    begun = known.chain.chained_from
    if begun and begun > 1:
        text += " " + _("The lines before number {line} have no link and can't be proved.").format(
            line=number(begun, 0)
        )
    return captions.literal(text)


def _unreadable(lines: Sequence[int]) -> str:
    named = ", ".join(number(line, 0) for line in lines[:_MOST_NAMED])
    more = len(lines) - _MOST_NAMED
    if more > 0:
        named += " " + _("and {count} more").format(count=number(more, 0))
    return ngettext(
        "{count} line of the log can't be read (number {lines}): a crash has cut it, or it was "
        "changed. All others are shown.",
        "{count} lines of the log can't be read (numbers {lines}): a crash has cut them, or they "
        "were changed. All others are shown.",
        len(lines),
    ).format(count=number(len(lines), 0), lines=named)
