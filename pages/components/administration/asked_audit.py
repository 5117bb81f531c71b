"""Which entries of the audit trail an address asks for; what it has wrong is named and left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import AuditFilter, TrailState
from pages.components import frame, language

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2999, 12, 31)
"""Days that a filter may name: those that every zone can reckon with."""
LONGEST_TEXT: Final = 200
FILTERS: Final = ("who", "did", "ended", "from", "to", "text")
PAGE: Final = "page"

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class AskedAudit:
    """What the address asks for, as far as it can be used.

    Attributes:
        first: The first day, in the reader's zone; None for no bound. Likewise ``last``.
        page: From 1.
    """

    who: str | None
    action: str | None
    outcome: str | None
    first: date | None
    last: date | None
    text: str
    page: int

    @property
    def wanted(self) -> AuditFilter:
        """The entries that are looked for."""
        last = self.last and self.last + timedelta(days=1)
        return AuditFilter(
            who=self.who,
            action=self.action,
            outcome=self.outcome,
            since=language.midnight(self.first) if self.first else None,
            until=language.midnight(last) if last else None,
            text=self.text,
            language=language.current() if self.text else "",
        )


def of_address(known: TrailState) -> AskedAudit:
    """Return what the address asks for; *known* says what the log names at all."""
    first, last = _day("from"), _day("to")
    if first and last and last < first:
        _refuse("to", last.isoformat(), Sentence("no day before {day:s}", day=first.isoformat()))
        last = None
    return AskedAudit(
        who=_known("who", known.who, Sentence("somebody whom the log names")),
        action=_known("did", known.actions, Sentence("something that the log names")),
        outcome=_known("ended", known.outcomes, Sentence("an end that the log names")),
        first=first,
        last=last,
        text=_text(),
        page=_page(),
    )


def write(name: str, value: str | None) -> None:
    """Keep a filter in the address, and begin at the first page again."""
    st.query_params.pop(PAGE, None)
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _known(name: str, among: Sequence[str], expected: str) -> str | None:
    return _read(name, expected, lambda text: text if text in among else None)


def _day(name: str) -> date | None:
    def parse(text: str) -> date | None:
        day = date.fromisoformat(text)
        return day if FIRST_DAY <= day <= LAST_DAY else None

    expected = Sentence("a day from {first} to {last}", first=f"{FIRST_DAY}", last=f"{LAST_DAY}")
    return _read(name, expected, parse)


def _text() -> str:
    def parse(text: str) -> str | None:
        return text if len(text) <= LONGEST_TEXT and text.isprintable() else None

    expected = Sentence("a text of up to {count} characters in one line", count=LONGEST_TEXT)
    return _read("text", expected, parse) or ""


def _page() -> int:
    def parse(text: str) -> int | None:
        return int(text) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else None

    return _read(PAGE, Sentence("a number from 1 on"), parse) or 1


def _read(name: str, expected: str, parse: Callable[[str], _Value | None]) -> _Value | None:
    """Return a value of the address; None where there is none or it can't be used."""
    text = st.query_params.get(name, "")
    if not text:
        return None
    try:
        value = parse(text)
    except ValueError:
        value = None
    if value is None:
        _refuse(name, text, expected)
    return value


def _refuse(name: str, found: str, expected: str) -> None:
    frame.refuse(InvalidSelection(parameter=name, found=ascii(found[:80]), expected=expected))


def refuse_page(page: int, pages: int) -> None:
    """Say that there are fewer pages than the address asks for; the last one is drawn."""
    _refuse(PAGE, str(page), Sentence("a number from 1 to {last}", last=pages))
