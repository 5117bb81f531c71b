"""Marking rows of the list: who marks, what is said of them, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import streamlit as st

from datalayer.kernel.errors import (
    InvalidSelection,
    MarkedMeanwhile,
    NotAllowed,
    PortalError,
    SignInRequired,
    StateError,
)
from datalayer.portal import (
    ANYONE,
    CARRIED_OUT,
    Mark,
    MarkKind,
    Publication,
    RowKey,
    Statement,
    carried_out,
)
from datalayer.runtime import portal
from pages.components import access
from pages.components.language import _, error_text, moment

_NAME: Final = "farol.marked_by"
_FOR_EVERY_ROW: Final = (InvalidSelection, NotAllowed, SignInRequired, StateError)
"""Faults that the next row would meet as well."""

Row = Mapping[str, Any]
"""A row of ``questions.actions.cards``, or what it has of it: item_id, location_id, action, ref,
and number, that of the last mark which the planner has seen (None or left out for none)."""


@dataclass(frozen=True)
class RefusedRow:
    """A row that nothing was written of, and why."""

    key: RowKey
    problem: PortalError


@dataclass(frozen=True)
class Marking:
    """What came of marking some rows.

    Attributes:
        marks: One for each row that was marked.
        refused: The other rows.
    """

    marks: tuple[Mark, ...]
    refused: tuple[RefusedRow, ...]


def name_field() -> str:
    """Draw the name of who marks, and return it; nothing is drawn for who signed in.

    It is kept for the session. Once a run: two fields would be one.
    """
    if access.identity() != ANYONE:
        return ""
    typed = st.text_input(
        _("Your name"), key=_NAME, autocomplete="name", max_chars=64, persist_state="session"
    )
    return typed or ""


def mark(publication: Publication, rows: Iterable[Row], said: Statement) -> Marking:
    """Say the same of each of *rows*, see ``mark_each``.

    That they were acted on is said of each in its own word: orders are ordered, the rest is done.
    """
    acted = said.kind in CARRIED_OUT
    return mark_each(
        publication,
        [(row, replace(said, kind=carried_out(row["action"])) if acted else said) for row in rows],
    )


def mark_each(publication: Publication, said: Iterable[tuple[Row, Statement]]) -> Marking:
    """Say something of each of some rows, in the name of who signed in or of ``name_field``.

    What is wrong with one row leaves the others alone; what would be wrong with all of them ends
    it, and they are all refused. The session is not read after the first mark: Streamlit ends a
    run there when the planner does something else, and the rest would be left undone.
    """
    marks, identity, name = portal().marks, access.identity(), _name()

    def write(each: tuple[Row, Statement]) -> Mark:
        row, statement = each
        seen = int(row.get("number") or 0)
        return marks.mark(identity, publication, row_key(row), statement, seen=seen, name=name)

    return _each([(row_key(row), (row, statement)) for row, statement in said], write)


def undo(publication: Publication, rows: Iterable[Row]) -> Marking:
    """Take the last mark of each of *rows* back, if it is the one that the planner has seen."""
    marks, identity, name = portal().marks, access.identity(), _name()

    def write(row: Row) -> Mark:
        seen = int(row.get("number") or 0)
        return marks.undo(identity, publication, row_key(row), seen=seen, name=name)

    return _each([(row_key(row), row) for row in rows], write)


def row_key(row: Row) -> RowKey:
    """Return the key of *row*."""
    return RowKey(row["item_id"], row["location_id"], row["action"], row["ref"])


def row_of(made: Mark) -> Row:
    """Return the row that was marked, as whoever marked it has seen it."""
    return {**vars(made.row.key), "number": made.number}


def refusal(problem: PortalError) -> str:
    """Return why a row was refused, in the user's language."""
    if isinstance(problem, SignInRequired):
        return _("Your sign-in has ended. Sign in again; nothing that you wrote was saved.")
    if isinstance(problem, InvalidSelection) and problem.parameter == "name" and not _name():
        return _("Who says so? Enter your name.")
    if not isinstance(problem, MarkedMeanwhile):
        return error_text(problem)
    return _(
        "Meanwhile {name} marked it ({mark}, {moment}). Look at it again; mark it if that is "
        "still right."
    ).format(
        name=problem.actor,
        mark=kind_text(MarkKind(problem.kind)),
        moment=moment(datetime.fromisoformat(problem.at)),
    )


def kind_text(kind: MarkKind) -> str:
    """Return what was said of a row, in a word."""
    return {
        MarkKind.SEEN: _("seen"),
        MarkKind.ORDERED: _("ordered"),
        MarkKind.DONE: _("done"),
        MarkKind.SNOOZED: _("snoozed"),
        MarkKind.DISAGREED: _("disagreed"),
        MarkKind.COMMENT: _("comment"),
        MarkKind.UNDO: _("undone"),
    }[kind]


def _name() -> str:
    return str(st.session_state.get(_NAME) or "")


def _each(rows: Sequence[tuple[RowKey, Any]], write: Callable[[Any], Mark]) -> Marking:
    made: list[Mark] = []
    refused: list[RefusedRow] = []
    for place, (key, row) in enumerate(rows):
        try:
            made.append(write(row))
        except _FOR_EVERY_ROW as problem:
            refused += [RefusedRow(key, problem) for key, _row in rows[place:]]
            break
        except PortalError as problem:
            refused.append(RefusedRow(key, problem))
    return Marking(tuple(made), tuple(refused))
