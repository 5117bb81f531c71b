"""How often rows of a file come: by day, week or month, judged from nearly all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.panel import Dates, Frequency

NEARLY_ALL = 0.95
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PERIODS = {Frequency.WEEKLY: "week", Frequency.MONTHLY: "month"}


@dataclass(frozen=True)
class Strays:
    """Rows that stand on other days than nearly all of them."""

    rows: int
    days: int
    first: str


@dataclass(frozen=True)
class Rhythm:
    """What nearly all rows have in common: each period is named by the same day of it.

    Attributes:
        stamp: That day, such as ``the last day of the month``; empty where rows are days.
        is_first: Whether it is the period's first day, by which Farol names it.
        strays: Rows on other days; None where there are none.
    """

    frequency: Frequency
    stamp: str = ""
    is_first: bool = True
    strays: Strays | None = None

    def notes(self) -> tuple[str, ...]:
        """Return sentences about rows that don't stand on first days of periods."""
        if not self.stamp:
            return ()
        period = _PERIODS[self.frequency]
        said = []
        if not self.is_first:
            said.append(
                f"nearly all rows stand on {self.stamp}, so they are read as {period}s, each in "
                "the one that holds its date (--frequency goes first)"
            )
        if found := self.strays:
            said.append(
                f"{found.rows:,} row(s) stand on {found.days:,} other day(s) than {self.stamp}, "
                f"such as {found.first}; each is counted in its {period}"
            )
        return tuple(said)


DAYS = Rhythm(Frequency.DAILY)


@dataclass(frozen=True)
class _Stamp:
    """A day by which periods may be named, and which of the days are such."""

    frequency: Frequency
    name: str
    holds: BoolArray
    is_first: bool
    least_days: int


def rhythm_of(days: Dates, rows: IntArray) -> Rhythm:
    """Return the rhythm of *days*, sorted and distinct, on each of which so many *rows* stand.

    Months go before weeks, and the day by which Farol itself names a period before others.
    """
    for stamp in _stamps(days, rows):
        astray = ~stamp.holds
        few = astray.sum() <= max(1, (1 - NEARLY_ALL) * len(days))
        few_rows = rows[astray].sum() <= (1 - NEARLY_ALL) * rows.sum()
        if few and few_rows and stamp.holds.sum() >= stamp.least_days:
            strays = None
            if astray.any():
                first = str(days[astray][0])
                strays = Strays(int(rows[astray].sum()), int(astray.sum()), first)
            return Rhythm(stamp.frequency, stamp.name, stamp.is_first, strays)
    return DAYS


def _stamps(days: Dates, rows: IntArray) -> Iterator[_Stamp]:
    if not days.size:
        return
    months = days.astype("datetime64[M]")
    first, following = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    place, last = (days - first).astype(np.int64) + 1, (following - first).astype(np.int64)
    usual = int(np.bincount(place, rows).argmax())
    working = np.busday_offset(first, 0, roll="forward"), np.busday_offset(following, -1, "forward")
    yield _Stamp(Frequency.MONTHLY, "the first day of the month", place == 1, True, 2)
    for name, holds in (
        ("the last day of the month", place == last),
        (f"day {usual} of the month", place == np.minimum(usual, last)),
        ("the first working day of the month", days == working[0]),
        ("the last working day of the month", days == working[1]),
    ):
        yield _Stamp(Frequency.MONTHLY, name, holds, False, 3)
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    common = int(np.bincount(weekday, rows).argmax())
    monday = common == 0
    yield _Stamp(Frequency.WEEKLY, _WEEKDAYS[common], weekday == common, monday, 2 if monday else 4)
