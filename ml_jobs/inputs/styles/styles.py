"""How a file writes its numbers and its dates: the evidence of both, held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ml_jobs.inputs.files.reading import Reading
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.date_style import (
    DateEvidence,
    DateStyle,
    date_evidence,
    date_style,
    day_comes_first,
)
from ml_jobs.inputs.styles.number_style import (
    NumberEvidence,
    NumberStyle,
    Surroundings,
    Trait,
    number_evidence,
    number_style,
)


@dataclass(frozen=True)
class Styles:
    """How the numbers and the dates of a file are read, and in words why so."""

    numbers: NumberStyle
    dates: DateStyle
    words: str


@dataclass(frozen=True)
class Evidence:
    """What a file, or several of one folder, show of how they are written.

    Attributes:
        delimiter: Between cells; of several files, the first one's.
    """

    numbers: NumberEvidence
    dates: DateEvidence
    delimiter: str | None

    def __or__(self, later: Evidence) -> Evidence:
        """Return the evidence of both."""
        return Evidence(self.numbers | later.numbers, self.dates | later.dates, self.delimiter)


def evidence_of(
    source: SourceFile, *, numbers: Sequence[str] = (), dates: Sequence[str] = ()
) -> Evidence:
    """Return what the columns of *numbers* and of *dates* show.

    Raises:
        InvalidSelection: The options that *source* was read with contradict each other.
    """
    amounts = (cells.written(source, c) for c in numbers if cells.is_text(source, c))
    days = (cells.written(source, c) for c in dates if cells.is_written(source, c))
    return Evidence(number_evidence(amounts, source.reading), date_evidence(days), source.delimiter)


def styles_of(
    evidence: Evidence, reading: Reading, *, file: str, today: date | None = None
) -> Styles:
    """Decide how the numbers and dates of *file* are read.

    Numbers tell of dates, and dates of numbers, as far as each is certain by itself.

    Raises:
        InputError: Two readings are possible, or rows contradict each other; both are named.
        InvalidSelection: The options contradict each other.
    """
    asked = {"day-first": True, "month-first": False}.get(reading.dates or "")
    day_first = day_comes_first(evidence.dates) if asked is None else asked
    around = Surroundings(evidence.delimiter, day_first)
    numbers = number_style(evidence.numbers, reading, around, file=file)
    commas = evidence.numbers.first(Trait.ONLY_COMMA) is not None and numbers.marks.decimal == ","
    brazilian = evidence.delimiter == ";" and commas
    dates = date_style(evidence.dates, reading, brazilian=brazilian, today=today, file=file)
    said = []
    if evidence.numbers.columns:
        said.append(f"numbers {numbers.evidence}")
    if evidence.dates.seen:
        said.append(f"dates {dates.evidence}")
    return Styles(numbers, dates, "; ".join(said) or "as it is stored")


def styled(
    source: SourceFile,
    *,
    numbers: Sequence[str] = (),
    dates: Sequence[str] = (),
    today: date | None = None,
    styles: Styles | None = None,
) -> tuple[SourceFile, Styles]:
    """Return *source* with words that say how its numbers and dates are read, and that itself.

    Where several files share one way of writing, *styles* is theirs.

    Raises:
        InputError: Two readings are possible, or rows contradict each other; both are named.
        InvalidSelection: The options contradict each other.
    """
    if styles is None:
        found = evidence_of(source, numbers=numbers, dates=dates)
        styles = styles_of(found, source.reading, file=source.name, today=today)
    return replace(source, read_as=styles.words), styles
