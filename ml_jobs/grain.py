"""The grain that demand is read at: whole weeks of days, else the weeks or months that it is in.

Weeks begin on Monday. A week that has begun and isn't over counts neither as seen nor as ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import IntArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Dates, Frequency

WEEK, MONTH = "week", "month"
NAIVE = "naive"  # the source that all others are held against


@dataclass(frozen=True)
class Readable:
    """W whole weeks or months of a calendar.

    Attributes:
        begins: Number of each one's first period in the calendar, ascending, shape (W,).
        dates: First day of each, shape (W,).
        length: Periods of the calendar in one.
    """

    begins: IntArray
    dates: Dates
    length: int

    @property
    def ends(self) -> IntArray:
        """Number of the first period after each, shape (W,)."""
        return self.begins + self.length


@dataclass(frozen=True)
class ReadableForecasts:
    """What is forecast of W weeks or months by the champion of each series, and by naive.

    Attributes:
        shown: The weeks or months, of the past and ahead.
        cutoffs: Periods known when each is forecast, shape (S, W); 0 where none is.
        champion: Units; mean, excess and least mean of shape (S, W); NaN where none is.
        naive: The same.
    """

    shown: Readable
    cutoffs: IntArray
    champion: NegativeBinomial
    naive: NegativeBinomial


def grain_of(frequency: Frequency) -> str:
    """Return what demand of *frequency* is read in: ``week``, or ``month`` where it is monthly."""
    return MONTH if frequency is Frequency.MONTHLY else WEEK


def length_of(frequency: Frequency) -> int:
    """Return the periods in a whole week or month: 7 days, else the period itself."""
    return 7 if frequency is Frequency.DAILY else 1


def readable_between(dates: Dates, frequency: Frequency, first: int, last: int) -> Readable:
    """Return the whole weeks or months that lie in the periods numbered *first* to *last* - 1.

    *dates* are the first days of the calendar's periods; it goes on beyond them.
    """
    length = length_of(frequency)
    calendar = frequency.calendar(dates[0], max(last, 1))
    inside = np.arange(max(first, 0), max(last - length + 1, 0))
    # Day 0 of the epoch, 1970-01-01, was a Thursday.
    is_monday = (calendar[inside].astype(np.int64) + 3) % 7 == 0
    begins = inside[is_monday] if frequency is Frequency.DAILY else inside
    return Readable(begins, calendar[begins], length)
