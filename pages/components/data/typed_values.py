"""Values that are typed into a filter: read as the user's language writes them, and told so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

import streamlit as st

from datalayer.kernel.contract.registry import Column, ColumnType
from pages.components.data.extract_address import write
from pages.components.language import _, current, day

_UNREAD: Final = "farol-filter-unread"
_NUMBER: Final = re.compile(r"-?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?", re.ASCII)
_INTEGER: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def read(column: Column, name: str, text: str) -> None:
    """Write what is typed for the filter *name* on *column* to the address.

    A thousands mark is never guessed: in Portuguese 1.234 may be meant as 1234, so that a number
    with the other language's mark is left out and told.
    """
    text = text.strip()
    value = _api_value(column, text)
    write({name: [value] if value else []})
    unread = st.session_state.setdefault(_UNREAD, {})
    if text and value is None:
        unread[name] = text
    else:
        unread.pop(name, None)


def unread(name: str) -> str:
    """Return what was typed last for the filter *name* and can't be used; an empty text if none."""
    return str(st.session_state.get(_UNREAD, {}).get(name, ""))


def forget(names: Iterable[str] | None = None) -> None:
    """Forget what could not be used for *names*, for all if None."""
    known = st.session_state.get(_UNREAD, {})
    for name in list(known) if names is None else names:
        known.pop(name, None)


def written(column: Column, value: str) -> str:
    """Return a *value* of the API as the user's language writes it in a filter of *column*."""
    return value.replace(".", ",") if _is_decimal(column) and current() == "pt_BR" else value


def told(column: Column, value: str) -> str:
    """Return a *value* of the API as the user's language tells it."""
    return (
        day(date.fromisoformat(value)) if column.type is ColumnType.DATE else written(column, value)
    )


def example(column: Column) -> str:
    """Return a value as it may be typed."""
    if column.type is ColumnType.TIMESTAMP:
        return "2026-11-21T06:00:00Z"
    return "12" if column.type is ColumnType.INTEGER else written(column, "12.5")


def expected(column: Column) -> str:
    """Return what may be typed, to be read after "write"."""
    if column.type is ColumnType.TIMESTAMP:
        return _("a time with its zone, such as {example}").format(example=example(column))
    if column.type is ColumnType.INTEGER:
        return _("a whole number, such as {example}, without thousands marks").format(
            example=example(column)
        )
    return _("a number, such as {example}, without thousands marks").format(example=example(column))


def _api_value(column: Column, text: str) -> str | None:
    if column.type is ColumnType.TIMESTAMP:
        return text if _TIME.fullmatch(text) else None
    if column.type is ColumnType.INTEGER:
        return text if _INTEGER.fullmatch(text) and abs(int(text)) < 2**63 else None
    if current() == "pt_BR":
        text = "" if "." in text else text.replace(",", ".")
    return text if _NUMBER.fullmatch(text) and abs(float(text)) < float("inf") else None


def _is_decimal(column: Column) -> bool:
    return column.type is ColumnType.DOUBLE
