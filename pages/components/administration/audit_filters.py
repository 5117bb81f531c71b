"""What the audit trail is filtered by, as controls; the address keeps what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import streamlit as st

from datalayer.portal import TrailState
from pages.components.administration import asked_audit
from pages.components.administration.asked_audit import FIRST_DAY, LAST_DAY, AskedAudit
from pages.components.language import _, date_picker_format
from pages.components.words import action_text, outcome_text, who_text

_CONTROL_WIDTH: Final = 168


def show(asked: AskedAudit, known: TrailState) -> None:
    """Draw the controls, each with what the address asks for."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        _choice("who", _("Who"), known.who, who_text, asked.who)
        _choice("did", _("What was done"), known.actions, action_text, asked.action)
        _choice("ended", _("How it ended"), known.outcomes, outcome_text, asked.outcome)
        _day("from", _("From day"), asked.first)
        _day("to", _("To day"), asked.last)
        _text(asked.text)
        if any(name in st.query_params for name in asked_audit.FILTERS):
            st.button(
                _("Without filters"),
                key="audit-clear",
                icon=":material/filter_list_off:",
                on_click=_clear,
            )


def _choice(
    name: str, label: str, among: Sequence[str], text: Callable[[str], str], chosen: str | None
) -> None:
    st.session_state[_key(name)] = chosen
    texts = {value: text(value) for value in among}
    st.selectbox(
        label,
        sorted(texts, key=lambda value: texts[value].casefold()),
        format_func=texts.__getitem__,
        placeholder=_("all"),
        key=_key(name),
        on_change=_write,
        args=(name,),
        width=_CONTROL_WIDTH,
    )


def _day(name: str, label: str, chosen: date | None) -> None:
    st.session_state[_key(name)] = chosen
    st.date_input(
        label,
        value=None,
        min_value=FIRST_DAY,
        max_value=LAST_DAY,
        format=date_picker_format(),
        key=_key(name),
        on_change=_write,
        args=(name,),
        width=_CONTROL_WIDTH,
    )


def _text(typed: str) -> None:
    st.session_state[_key("text")] = typed
    st.text_input(
        _("Text or publication"),
        key=_key("text"),
        max_chars=asked_audit.LONGEST_TEXT,
        help=_("Part of anything that an entry says: a publication, a name, a reason"),
        on_change=_write,
        args=("text",),
        width=_CONTROL_WIDTH,
    )


def _key(name: str) -> str:
    return f"audit-{name}"


def _write(name: str) -> None:
    value = st.session_state[_key(name)]
    asked_audit.write(name, value.isoformat() if isinstance(value, date) else value)


def _clear() -> None:
    for name in (*asked_audit.FILTERS, asked_audit.PAGE):
        st.query_params.pop(name, None)
