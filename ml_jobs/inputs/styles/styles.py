"""How a file writes its numbers and its dates: the evidence of both, held against each other."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.date_style import (
    DateEvidence,
    DateStyle,
    date_evidence,
    date_style,
    day_comes_first,
)
from ml_jobs.inputs.styles.marks import is_number
from ml_jobs.inputs.styles.number_style import (
    NumberEvidence,
    NumberStyle,
    Surroundings,
    Trait,
    number_evidence,
    number_style,
)
from ml_jobs.inputs.styles.week_numbers import refuse_week_numbers
from ml_jobs.inputs.styles.written import WrittenColumn

# Columns of codes, which may look like numbers.
_CODES = (
    *("item_id", "stock_code", "sku", "location_id", "parent_location_id", "invoice_no"),
    *("order_id", "line", "supplied_from"),
)


@dataclass(frozen=True)
class Styles:
    """How the numbers and the dates of a file are read, and in words why so."""

    numbers: NumberStyle
    dates: DateStyle
    words: str


@dataclass(frozen=True)
class StyleEvidence:
    """What a file, or several of one folder, show of how they are written.

    Attributes:
        delimiter: Between cells; of several files, the first one's.
        unread: Numbers of columns that nothing is read from, where those read leave doubts.
    """

    numbers: NumberEvidence
    dates: DateEvidence
    delimiter: str | None
    unread: NumberEvidence

    def __or__(self, later: StyleEvidence) -> StyleEvidence:
        """Return the evidence of both."""
        return StyleEvidence(
            self.numbers | later.numbers,
            self.dates | later.dates,
            self.delimiter,
            self.unread | later.unread,
        )


def evidence_of(
    source: SourceFile, *, numbers: Sequence[str] = (), dates: Sequence[str] = ()
) -> StyleEvidence:
    """Return what the columns of *numbers* and of *dates* show.

    Raises:
        InvalidSelection: The options that *source* was read with contradict each other.
    """
    amounts = (cells.written(source, c) for c in numbers if cells.is_text(source, c))
    days = (cells.written(source, c) for c in dates if cells.is_written(source, c))
    found = number_evidence(amounts, source.reading)
    others = _unread_numbers(source, {*numbers, *dates}) if found.is_doubtful else ()
    unread = number_evidence(others, source.reading)
    return StyleEvidence(found, date_evidence(days), source.delimiter, unread)


def _unread_numbers(source: SourceFile, read: Container[str]) -> Iterator[WrittenColumn]:
    """Yield the columns of texts, besides those *read* and codes, in which all are numbers."""
    codes = [source.find(name) for name in _CODES]
    for column in source.table.column_names:
        if column in read or column in codes or not cells.is_text(source, column):
            continue
        found = cells.written(source, column)
        if all(is_number(text) for text in found.texts if text):
            yield found


def styles_of(
    evidence: StyleEvidence, reading: ReadingOptions, *, file: str, today: date | None = None
) -> Styles:
    """Decide how the numbers and dates of *file* are read.

    Numbers tell of dates, and dates of numbers, as far as each is certain by itself.

    Raises:
        InputError: Two readings are possible, or rows contradict each other; both are named.
        InvalidSelection: The options contradict each other.
    """
    asked = {"day-first": True, "month-first": False}.get(reading.dates or "")
    day_first = day_comes_first(evidence.dates) if asked is None else asked
    around = Surroundings(evidence.delimiter, day_first, evidence.unread)
    numbers = number_style(evidence.numbers, reading, around, file=file)
    commas = evidence.numbers.first(Trait.ONLY_COMMA) is not None and numbers.marks.decimal == ","
    brazilian = evidence.delimiter == ";" and commas
    refuse_week_numbers(evidence.dates, file)
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
