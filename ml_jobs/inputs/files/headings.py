"""The headings of a table: which line has them, and which column stands for which name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.files.usual_headings import usual_columns

MOST_TITLE_LINES = 50
_WITHOUT_HEADING = " without heading"


@dataclass(frozen=True)
class Wanted:
    """What a file is read for.

    Attributes:
        required: Groups of names; of each group one column must be there.
    """

    reading: ReadingOptions = AS_FOUND
    required: tuple[tuple[str, ...], ...] = ()

    def is_met(self, headings: Sequence[str]) -> bool:
        """Return whether *headings* have a column for each group."""
        return all(columns_for(group, headings, self.reading) for group in self.required)

    def likeness(self, headings: Sequence[str]) -> int:
        """Return how much *headings* look like those wanted: 2 a group, 1 by a usual heading."""
        missing = [g for g in self.required if not columns_for(g, headings, self.reading)]
        return 2 * (len(self.required) - len(missing)) + len(usual_columns(missing, headings))


def normal(heading: str) -> str:
    """Return *heading* as it is compared: without letter case and spare blanks."""
    return " ".join(unicodedata.normalize("NFC", heading).casefold().split())


def columns_for(
    names: Sequence[str], headings: Sequence[str], reading: ReadingOptions
) -> list[str]:
    """Return the *headings* that were given for *names*, else those that are called so."""
    given = {normal(heading) for name, heading in reading.headings.items() if name in names}
    mapped = [heading for heading in headings if normal(heading) in given]
    return mapped or [heading for heading in headings if normal(heading) in names]


def heading_line(candidates: Sequence[Sequence[str]], wanted: Wanted) -> int:
    """Return the place of the first candidate, a line of cells, that has all columns wanted.

    Where none has, it is the one that looks most like it, of equal ones the first.
    """
    for place, candidate in enumerate(candidates):
        if wanted.required and wanted.is_met(candidate):
            return place
    likeness = [wanted.likeness(candidate) for candidate in candidates]
    return likeness.index(max(likeness))


def column_names(file: str, headings: Sequence[str]) -> tuple[str, ...]:
    """Return a name for each column: its heading, or its place where it has none.

    Raises:
        InputError: Two columns have the same heading.
    """
    twice = sorted({name for name in headings if name.strip() and headings.count(name) > 1})
    if twice:
        raise InputError(file=file, problem=f"names a column more than once: {', '.join(twice)}")
    return tuple(
        name if name.strip() else unnamed(place) for place, name in enumerate(headings, start=1)
    )


def unnamed(place: int) -> str:
    """Return what the column at *place*, from 1, is called where it has no heading."""
    return f"column {place}{_WITHOUT_HEADING}"


def is_unnamed(column: str) -> bool:
    """Return whether *column* is one without a heading."""
    return not column.strip() or column.endswith(_WITHOUT_HEADING)


def title_note(above: int, line: int) -> tuple[str, ...]:
    """Return a note of the lines *above* the headings, which stand on *line*; none if none."""
    if not above:
        return ()
    return (f"the headings stand on line {line}; {above} line(s) above them were not read",)
