"""How a file writes its dates, decided from all of them: the order of day, month and year.

A date of three numbers can be read day first and month first where both are at most 12. One that
can be read in one order only (``25/01/2026``) decides for the whole file. Where none does, the
dates must stand for it together: points between the numbers, months or weeks that come out regular
in one order, days in the future in all others. Else the file is refused with both readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ml_jobs.arrays import IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.styles.rhythm import rhythm_of
from ml_jobs.inputs.styles.written import Example, WrittenColumn
from ml_jobs.inputs.styles.written_dates import (
    DateOrder,
    Shape,
    WrittenDate,
    split_clock,
    written_date,
)
from ml_jobs.panel import Dates, Frequency

FUTURE_SHARE = 0.02
LEAST_MONTHS = 6
LEAST_EXCHANGED = 3
_MONTHS = 12
_DAYS = (Shape.DAY, Shape.PARTS, Shape.SHORT)
_PERIODS = (Shape.MONTH, Shape.WEEK)
_FORMS = {
    DateOrder.DAY_FIRST: "the day first",
    DateOrder.MONTH_FIRST: "the month first",
    DateOrder.YEAR_FIRST: "the year first",
}


@dataclass(frozen=True)
class Seen:
    """A date as it was written in some rows, the first of which is the example."""

    rows: int
    example: Example


@dataclass(frozen=True)
class DateEvidence:
    """What date columns show: every date as it is written, without its time of day."""

    seen: Mapping[WrittenDate, Seen]

    def __or__(self, later: DateEvidence) -> DateEvidence:
        """Return the evidence of both, the examples of this one first."""
        both = dict(self.seen)
        for written, seen in later.seen.items():
            first = both.get(written, Seen(0, seen.example))
            both[written] = Seen(first.rows + seen.rows, first.example)
        return DateEvidence(both)

    def rows(self, *shapes: Shape) -> int:
        """Return how many rows have a date of one of *shapes*."""
        return sum(seen.rows for written, seen in self.seen.items() if written.shape in shapes)

    def of(self, *shapes: Shape) -> dict[WrittenDate, Seen]:
        """Return the dates of *shapes*."""
        return {written: seen for written, seen in self.seen.items() if written.shape in shapes}


@dataclass(frozen=True)
class DateStyle:
    """How dates are read, and why so, as words that follow "dates".

    Attributes:
        shapes: Ways of writing that are read at all.
    """

    order: DateOrder
    shapes: tuple[Shape, ...]
    evidence: str

    def day(self, text: str) -> date | None:
        """Return the day that *text*, without a time of day, is; None where it is none."""
        written = written_date(text)
        return written.day(self.order) if written and written.shape in self.shapes else None


def date_evidence(columns: Iterable[WrittenColumn]) -> DateEvidence:
    """Return what the texts of date columns tell."""
    seen: dict[WrittenDate, Seen] = {}
    for column in columns:
        firsts: dict[str, int] = {}
        rows: Counter[str] = Counter()
        for number, text in enumerate(column.texts):
            day, _ = split_clock(text)
            firsts.setdefault(day, number)
            rows[day] += column.rows[number]
        for day, number in firsts.items():
            if written := written_date(day):
                before = seen.get(written) or Seen(0, column.example(number))
                seen[written] = Seen(before.rows + rows[day], before.example)
    return DateEvidence(seen)


def day_comes_first(evidence: DateEvidence) -> bool | None:
    """Return whether the day, or the month, is sure to come first; None where neither is."""
    parts = evidence.of(Shape.PARTS, Shape.SHORT)
    excluded = _excluded(parts, (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST))
    if len(excluded) == 1:
        return DateOrder.MONTH_FIRST in excluded
    dotted = bool(parts) and all(written.separator == "." for written in parts)
    return True if dotted and not excluded else None


def date_style(
    evidence: DateEvidence,
    reading: ReadingOptions,
    *,
    brazilian: bool,
    today: date | None,
    file: str,
) -> DateStyle:
    """Decide how the dates of *file* are read; the option of *reading* goes first.

    *brazilian* says whether cells and numbers of the file are written as in Brazil. After *today*
    lies the future; it is None where the file may name such days.

    Raises:
        InputError: Two readings are possible, or rows contradict each other; both are named.
    """
    shapes = _shapes_read(evidence)
    parts = evidence.of(Shape.PARTS, Shape.SHORT)
    if not parts:
        return DateStyle(DateOrder.DAY_FIRST, shapes, _certain(evidence, shapes, file))
    if reading.dates:
        order = DateOrder(reading.dates)
        return DateStyle(order, shapes, f"with {_FORMS[order]}, as was asked for")
    _refuse_exchanged(evidence, file)
    order, shown = _order_of(parts, brazilian=brazilian, today=today, file=file)
    return DateStyle(order, shapes, f"with {_FORMS[order]}{shown}")


def _refuse_exchanged(evidence: DateEvidence, file: str) -> None:
    """Refuse what a spreadsheet leaves that takes dates for those of another country.

    Those that made sense with day and month exchanged became dates, wrong ones, and are saved year
    first; the others stayed the texts that they were.
    """
    whole, parts = evidence.of(Shape.DAY), evidence.of(Shape.PARTS)
    if min(len(whole), len(parts)) < LEAST_EXCHANGED:
        return
    (_, _, latest) = max(whole, key=lambda written: written.parts[2]).parts
    if latest <= _MONTHS and all(max(written.parts[:2]) > _MONTHS for written in parts):
        one, other = (next(iter(dates.values())).example for dates in (whole, parts))
        problem = (
            f"has {one.sentence(file)} and {other.sentence(file)}: all days of the one form are at "
            "most 12, and none of the other, as when day and month were exchanged on opening a "
            "file in a spreadsheet; export it anew, or say --dates day-first or --dates "
            "month-first if that is how it should be"
        )
        raise InputError(file=file, problem=problem)


def _shapes_read(evidence: DateEvidence) -> tuple[Shape, ...]:
    """Return the ways of writing that are read: days, and what stands for whole periods.

    A month in a file of days, or a number in one of dates, is rather a slip than a date.
    """
    if not evidence.rows(*_DAYS, *_PERIODS):
        return (Shape.SERIAL,)
    return (*_DAYS, *_PERIODS) if evidence.rows(*_PERIODS) > evidence.rows(*_DAYS) else _DAYS


def _certain(evidence: DateEvidence, shapes: Sequence[Shape], file: str) -> str:
    """Return how dates are written whose order is certain."""
    found = evidence.of(*shapes)
    if not found:
        return "of any form"
    written, seen = next(iter(found.items()))
    form = {
        Shape.DAY: "by day",
        Shape.MONTH: "by month",
        Shape.WEEK: "by ISO week",
        Shape.SERIAL: "by a spreadsheet's number of days",
    }[written.shape]
    return f"{form}, as in {seen.example.brief(file)}"


def _order_of(
    parts: Mapping[WrittenDate, Seen], *, brazilian: bool, today: date | None, file: str
) -> tuple[DateOrder, str]:
    """Return the order of day, month and year, and by what it is seen."""
    orders = [DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST]
    if all(written.shape is Shape.SHORT for written in parts):
        orders.append(DateOrder.YEAR_FIRST)
    excluded = _excluded(parts, orders)
    left = [order for order in orders if order not in excluded]
    if not left:
        raise InputError(file=file, problem=_contradiction(excluded, file))
    if len(left) == 1:
        (shown, *_) = (example.brief(file) for example in excluded.values())
        return left[0], f", as in {shown}"
    if all(len({written.day(order) for order in left}) == 1 for written in parts):
        return left[0], " or last, which is the same in all of them"
    votes = list(_votes(parts, left, brazilian=brazilian, today=today))
    if len({order for order, _ in votes}) == 1:
        return votes[0][0], f", by {' and '.join(why for _, why in votes)}"
    raise InputError(file=file, problem=_undecided(parts, left, file))


def _excluded(
    parts: Mapping[WrittenDate, Seen], orders: Sequence[DateOrder]
) -> dict[DateOrder, Example]:
    """Return the orders that some date can't be read in though it can in another; and that date."""
    excluded: dict[DateOrder, Example] = {}
    for written, seen in parts.items():
        readable = {order for order in orders if written.day(order)}
        if readable:
            for order in orders:
                if order not in readable:
                    excluded.setdefault(order, seen.example)
    return excluded


def _votes(
    parts: Mapping[WrittenDate, Seen],
    orders: Sequence[DateOrder],
    *,
    brazilian: bool,
    today: date | None,
) -> Iterator[tuple[DateOrder, str]]:
    """Yield what speaks for one of *orders*, all of which read every date."""
    if all(written.separator == "." for written in parts):
        yield DateOrder.DAY_FIRST, "the points between the numbers"
    if brazilian:
        yield DateOrder.DAY_FIRST, "semicolons between cells and decimal commas"
    days = {order: _days_of(parts, order) for order in orders}
    regular = [order for order, found in days.items() if _is_regular(*found)]
    if len(regular) == 1:
        yield regular[0], "the months that come out regular so alone"
    if today is None:
        return
    future = {order: _future_rows(*found, today) for order, found in days.items()}
    sane = [order for order, rows in future.items() if not rows]
    total = sum(seen.rows for seen in parts.values())
    others = [rows for rows in future.values() if rows]
    if len(sane) == 1 and min(others) >= max(2, FUTURE_SHARE * total):
        yield sane[0], f"{min(others)} row(s) that would lie in the future otherwise"


def _days_of(parts: Mapping[WrittenDate, Seen], order: DateOrder) -> tuple[Dates, IntArray]:
    """Return the distinct days in *order*, sorted, and how many rows stand on each."""
    rows: dict[date, int] = {}
    for written, seen in parts.items():
        if day := written.day(order):
            rows[day] = rows.get(day, 0) + seen.rows
    days = sorted(rows)
    counts = np.array([rows[day] for day in days], np.int64)
    return np.array(days, "datetime64[D]"), counts


def _is_regular(days: Dates, rows: IntArray) -> bool:
    """Return whether *days* are months of several years, most of them there.

    Twelve first days of one year may be twelve days of a January in another order.
    """
    if len(days) < LEAST_MONTHS or len(np.unique(days.astype("datetime64[Y]"))) < 2:
        return False
    first, last = days[[0, -1]].astype("datetime64[M]").astype(np.int64)
    dense = last - first < 2 * len(days)
    return bool(dense) and rhythm_of(days, rows).frequency is Frequency.MONTHLY


def _future_rows(days: Dates, rows: IntArray, today: date) -> int:
    return int(rows[days > np.datetime64(today)].sum())


def _contradiction(excluded: Mapping[DateOrder, Example], file: str) -> str:
    shown = [
        f"{example.sentence(file)}, which can't have {_FORMS[order]}"
        for order, example in excluded.items()
    ]
    return (
        f"has {' and '.join(shown)}; write all dates alike, as YYYY-MM-DD, or say --dates "
        f"{' or --dates '.join(sorted(excluded))} to have the others taken for no dates"
    )


def _undecided(parts: Mapping[WrittenDate, Seen], orders: Sequence[DateOrder], file: str) -> str:
    written, seen = next(
        (written, seen)
        for written, seen in parts.items()
        if len({written.day(order) for order in orders}) > 1
    )
    readings = " and ".join(f"{written.day(order)} with {_FORMS[order]}" for order in orders)
    return (
        f"has {seen.example.sentence(file)}, which is {readings}, and its dates don't tell which; "
        f"say --dates {' or --dates '.join(orders)}"
    )
