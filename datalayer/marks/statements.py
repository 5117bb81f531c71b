"""What a planner may say of a row: checked before it is written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.marks.marking import PUTS_ASIDE, MarkKind

LONGEST_COMMENT: Final = 500
LONGEST_NAME: Final = 64
LONGEST_PAUSE: Final = timedelta(days=731)
"""Two years, with a leap day."""

_KINDS: Final = tuple(each.value for each in MarkKind if each is not MarkKind.UNDO)


@dataclass(frozen=True)
class Statement:
    """What is said of a row.

    Attributes:
        kind: seen, ordered (of an order), done (of anything else), snoozed, disagreed, or comment.
        until: First day on which the row is on the list again; needed for snoozed, allowed for
            ordered and done.
        comment: One line of at most 500 characters; needed for the kind comment.
    """

    kind: str
    until: date | None = None
    comment: str = ""


def checked_statement(said: Statement, today: date) -> Statement:
    """Return *said* with its comment as it is written down.

    Args:
        said: What a planner says.
        today: The present day, UTC.

    Raises:
        InvalidSelection: Something of it can't be used, or does not fit the rest.
    """
    if said.kind not in _KINDS:
        expected = Sentence("one of {values:s}", values=tuple(_KINDS))
        raise InvalidSelection(parameter="kind", found=ascii(said.kind[:80]), expected=expected)
    chosen = MarkKind(said.kind)
    _require_until(chosen, said.until, today)
    text = _one_line("comment", said.comment, LONGEST_COMMENT)
    if chosen is MarkKind.COMMENT and not text:
        expected = Sentence("1 to {most} characters in one line", most=LONGEST_COMMENT)
        raise InvalidSelection(parameter="comment", found=Sentence("empty"), expected=expected)
    return Statement(chosen, said.until, text)


def checked_name(name: str) -> str:
    """Return the name that somebody gives who has not signed in.

    Raises:
        InvalidSelection: It can't be one.
    """
    text = _one_line("name", name, LONGEST_NAME)
    if not text:
        expected = Sentence("1 to {most} characters in one line, or a sign-in", most=LONGEST_NAME)
        raise InvalidSelection(parameter="name", found=Sentence("empty"), expected=expected)
    return text


def _require_until(kind: MarkKind, until: date | None, today: date) -> None:
    if until is None:
        if kind is MarkKind.SNOOZED:
            expected = Sentence("the day on which the row is on the list again")
            raise InvalidSelection(parameter="until", found=Sentence("left out"), expected=expected)
        return
    if kind not in PUTS_ASIDE:
        expected = Sentence("left out: only what is ordered, done or snoozed has a day")
        raise InvalidSelection(parameter="until", found=until.isoformat(), expected=expected)
    first, last = today + timedelta(days=1), today + LONGEST_PAUSE
    if not first <= until <= last:
        expected = Sentence("a day from {first} to {last}", first=str(first), last=str(last))
        raise InvalidSelection(parameter="until", found=until.isoformat(), expected=expected)


def _one_line(parameter: str, text: str, longest: int) -> str:
    """Return *text* without spaces around it, its letters composed, if it is one short line."""
    # Cut, so that a text of megabytes is never normalised.
    line = unicodedata.normalize("NFC", text[: 4 * longest]).strip()
    if len(line) > longest or len(text) > 4 * longest:
        raise InvalidSelection(
            parameter=parameter,
            found=Sentence("{count} characters long", count=len(text)),
            expected=Sentence("at most {count} characters long", count=longest),
        )
    if not line.isprintable():
        found = ascii(next(each for each in line if not each.isprintable()))
        expected = Sentence("one line of printable characters")
        found = Sentence("with {found}", found=found)
        raise InvalidSelection(parameter=parameter, found=found, expected=expected)
    return line
