"""What all partitions of a run share: the calendar, the cutoffs and the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.class_budgets import ClassBudgets
from ml_jobs.fleet import Fleet
from ml_jobs.grain import Readable, length_of, readable_between
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.lanes import Lanes
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Dates, Frequency, Panel

LONGEST_HORIZON_YEARS = 5


@dataclass(frozen=True)
class Plan:
    """How every partition is worked on.

    Attributes:
        dates: First day of each period of the calendar, shape (T,).
        horizon: Periods ahead.
        longest_sum: Periods, at most, that demand is summed over for stock.
        farthest_sum: Periods, at most, that a sum which begins later reaches to.
        longest_lag: Periods before a week or month, at most, that one was ordered for it: the
            longest lead time in whole weeks or months.
        cutoffs: Numbers of periods seen at each past cutoff, the earliest first.
        warmups: How many of the cutoffs, from the first on, teach weights and are not judged.
        hierarchy: The places, from the whole network down.
        partitions: Number of partitions.
        fleet: Towers by contract, and the parts that they need.
        lanes: Ways between places.
        items: Number of items.
        class_budgets: What there is to spend on classes of parts; None where nobody says.
    """

    options: ForecastOptions
    frequency: Frequency
    dates: Dates
    horizon: int
    longest_sum: int
    farthest_sum: int
    longest_lag: int
    cutoffs: tuple[int, ...]
    warmups: int
    hierarchy: Hierarchy
    partitions: int
    fleet: Fleet = field(default_factory=Fleet)
    lanes: Lanes = field(default_factory=Lanes)
    items: int = 0
    class_budgets: ClassBudgets | None = None

    @property
    def future(self) -> int:
        """The cutoff of the forecast proper: all periods are seen."""
        return len(self.dates)

    @property
    def stops(self) -> tuple[int, ...]:
        """Every cutoff at which there is a forecast, the future's last."""
        return (*self.cutoffs, self.future)

    @property
    def looked_back(self) -> int:
        """First period of the last half year: its weeks or months are forecast a lead time ago."""
        return max(self.future - self.frequency.steps_per_year // 2, 0)

    @property
    def sum_stops(self) -> tuple[int, ...]:
        """Every cutoff at which sums are learnt: one before the half year looked back, and all."""
        first = self.looked_back - self.longest_lag - length_of(self.frequency)
        earliest = max(first, self.options.min_history_for(self.frequency))
        return (earliest, *self.stops) if earliest < self.stops[0] else self.stops

    @property
    def judged(self) -> tuple[int, ...]:
        """The cutoffs that measures are taken at."""
        return self.cutoffs[self.warmups :]

    def readable_ahead(self, cutoff: int) -> Readable:
        """Return the whole weeks or months ahead of *cutoff* whose sums are forecast."""
        last = cutoff + self.farthest_sum
        return readable_between(self.dates, self.frequency, cutoff, last)

    def eligible(self, panel: Panel, cutoff: int) -> BoolArray:
        """Return which series are forecast at *cutoff*, shape (S,).

        In the future all are. In the past, those of items that were observed long enough by then
        to be judged, in every place where there had been demand: places add up to the network.
        """
        if cutoff == self.future:
            return np.ones(len(panel.item_ids), dtype=bool)
        least = self.options.min_history_for(self.frequency)
        return (cutoff - first_starts(panel) >= least) & (panel.starts < cutoff)


def item_begins(panel: Panel) -> IntArray:
    """Return the first series of each item; series of one item follow each other."""
    codes = panel.item_ids
    return np.array([n for n in range(len(codes)) if n == 0 or codes[n] != codes[n - 1]], np.int64)


def first_starts(panel: Panel) -> IntArray:
    """Return for each series the first observed period of its item, anywhere, shape (S,)."""
    begins = item_begins(panel)
    if not begins.size:
        return panel.starts
    counts = np.diff(np.append(begins, len(panel.item_ids)))
    return np.repeat(np.minimum.reduceat(panel.starts, begins), counts)


def cutoffs_of(
    periods: int, *, horizon: int, frequency: Frequency, options: ForecastOptions
) -> tuple[tuple[int, ...], int]:
    """Return the past cutoffs, the earliest first, and how many of them are not judged.

    The last cutoff lies *horizon* periods before the end of the *periods* of the calendar, so that
    every forecast period is known; the others lie ``spacing`` periods apart before it. One at
    which no series has enough history yet is left out, the earliest first: what is judged goes
    before what is not. (The calendar begins with the series that began first.)
    """
    spacing = options.spacing_for(frequency)
    least = options.min_history_for(frequency)
    wanted = options.origins + (options.warmups if options.origins else 0)
    backwards = [periods - horizon - spacing * back for back in range(wanted)]
    possible = sorted(c for c in backwards if c > 0 and c >= least)
    return tuple(possible), max(len(possible) - options.origins, 0)


def refuse_long_horizon(frequency: Frequency, options: ForecastOptions) -> None:
    """Refuse a horizon that is absurdly long.

    Raises:
        InvalidSelection: More than `LONGEST_HORIZON_YEARS` are asked for.
    """
    most = LONGEST_HORIZON_YEARS * frequency.steps_per_year
    if options.horizon is not None and options.horizon > most:
        found = f"{options.horizon} periods of frequency {frequency.value}"
        expected = f"at most {most}, which is {LONGEST_HORIZON_YEARS} years"
        raise InvalidSelection(parameter="horizon", found=found, expected=expected)


def horizon_of(frequency: Frequency, lead_time_days: FloatArray, options: ForecastOptions) -> int:
    """Return the horizon asked for, else the default or the longest lead time, in periods.

    *lead_time_days* has one value per item, NaN where not known, shape (I,).
    """
    return options.horizon or max(
        frequency.default_horizon, _longest_periods(lead_time_days, frequency)
    )


def longest_sum_of(periods: int, frequency: Frequency, days: FloatArray) -> int:
    """Return how many periods, at most, totals are to be forecast for.

    That is what the longest of *days* takes, and no more than a third of the calendar: longer
    totals could not be learnt from it.
    """
    return max(min(_longest_periods(days, frequency), periods // 3), 1)


def farthest_sum_of(
    periods: int, frequency: Frequency, *, horizon: int, longest: int, lag: int
) -> int:
    """Return how many periods ahead, at most, a sum that begins later may reach to.

    That is the horizon, the *longest* sum that stock is planned for, or a week or month that
    begins *lag* periods later; beyond the longest sum no more than a third of the calendar.
    """
    length = length_of(frequency)
    most = max(length, periods // 3)
    return max(min(max(horizon, lag + length), most), longest)


def lags_of(days: FloatArray, frequency: Frequency) -> IntArray:
    """Return the periods of the whole weeks or months that hold *days*; 0 where not known."""
    length = length_of(frequency)
    periods = np.where(np.isfinite(days), days, 0.0) / frequency.days_per_step
    return (np.ceil(periods / length - 1e-9) * length).astype(np.int64)


def _longest_periods(days: FloatArray, frequency: Frequency) -> int:
    longest = np.nanmax(days, initial=0.0, where=np.isfinite(days))
    return int(np.ceil(longest / frequency.days_per_step))
