"""What demand files cover: items, days and places, so that several files share one calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.outlying import outlying
from ml_jobs.inputs.styles.rhythm import Rhythm, rhythm_of
from ml_jobs.panel import NETWORK, Dates, Frequency

_PERIODS = {Frequency.WEEKLY: "weeks", Frequency.MONTHLY: "months"}
SPARSE = 0.1
LONG_DAYS = 100


@dataclass(frozen=True)
class Coverage:
    """What the used rows of a file, or of several, cover.

    Attributes:
        item_ids: The distinct items, sorted by bytes.
        days: The distinct days, sorted.
        rows_by_day: How many rows stand on each of them.
        location_ids: The distinct places, sorted; ``network`` where the rows name none.
        location_names: Names of places that the file tells besides their codes.
    """

    file: str
    item_ids: tuple[str, ...]
    days: Dates
    rows_by_day: IntArray
    location_ids: tuple[str, ...]
    location_names: Mapping[str, str]


@dataclass(frozen=True)
class Span:
    """The periods that a calendar has, by the first day of the first and of the last one."""

    first: np.datetime64
    last: np.datetime64

    def calendar(self, frequency: Frequency) -> Dates:
        """Return the first days of all periods, shape (T,)."""
        days = int((self.last - self.first) / np.timedelta64(1, "D")) + 1
        periods = max(int(days / frequency.days_per_step) + 2, 0)
        dates = frequency.calendar(self.first, periods)
        return dates[dates <= self.last]

    def is_far(self, days: Dates, frequency: Frequency) -> BoolArray:
        """Return which *days* lie outside, and not in the running period that follows."""
        running = frequency.last_day(frequency.following(self.last, 1)[0])
        far: BoolArray = (frequency.first_days(days) < self.first) | (days > running)
        return far


def scan(rows: DemandRows) -> Coverage:
    """Return what the used rows of one file cover; at least one must be used."""
    used = rows.used
    items = rows.items.of(used).values
    places = (NETWORK,) if rows.locations is None else rows.locations.of(used).values
    days, rows_by_day = _counted(rows.days[used], np.ones(int(used.sum()), np.int64))
    return Coverage(rows.source.name, items, days, rows_by_day, places, rows.location_names)


def merge_coverage(scans: Sequence[Coverage]) -> Coverage:
    """Return what files cover together; there must be one at least."""
    names: dict[str, str] = {}
    for part in reversed(scans):
        names |= part.location_names
    days, rows_by_day = _counted(
        np.concatenate([part.days for part in scans]),
        np.concatenate([part.rows_by_day for part in scans]),
    )
    return Coverage(
        scans[0].file if len(scans) == 1 else f"{len(scans):,} files",
        tuple(sorted({item for part in scans for item in part.item_ids})),
        days,
        rows_by_day,
        tuple(sorted({place for part in scans for place in part.location_ids})),
        names,
    )


def rhythm_in(coverage: Coverage) -> Rhythm:
    """Return how often rows come, judged from nearly all of them."""
    near = ~outlying(coverage.days, coverage.rows_by_day)
    return rhythm_of(coverage.days[near], coverage.rows_by_day[near])


def calendar_notes(coverage: Coverage, rhythm: Rhythm, frequency: Frequency) -> tuple[str, ...]:
    """Return sentences about rows that the calendar of *frequency* does not tell of."""
    found = rhythm.notes() if rhythm.frequency is frequency else ()
    days = coverage.days[~outlying(coverage.days, coverage.rows_by_day)]
    covered = int((days[-1] - days[0]).astype(np.int64)) + 1
    if frequency is Frequency.DAILY and len(days) < SPARSE * covered and covered >= LONG_DAYS:
        said = (
            f"the rows stand on {len(days):,} of {covered:,} days; if they are totals of weeks or "
        )
        return (*found, f"{said}months, say --frequency W or --frequency MS")
    if frequency is not Frequency.DAILY:
        first, last = frequency.first_days(days[[0, -1]])
        periods = len(Span(first, last).calendar(frequency))
        filled = len(np.unique(frequency.first_days(days)))
        if 2 * filled <= periods:
            said = f"the rows stand in {filled} of {periods} {_PERIODS[frequency]}"
            return (*found, f"{said}; the others count as periods without demand")
    return found


def span_of(coverage: Coverage, frequency: Frequency, *, today: date) -> Span:
    """Return the periods from the first day covered to the last period that is over.

    Days that lie far from all others are left out of it. So is a last week or month that is not
    over, since its total would read as a slump. Where there is none but it, the span ends before
    it begins and holds nothing.
    """
    days = coverage.days[~outlying(coverage.days, coverage.rows_by_day)]
    first, last = frequency.first_days(days[[0, -1]])
    # Rows that name their period are whole periods; the last one may still be running.
    names_periods = rhythm_in(coverage).frequency is frequency
    covered = np.datetime64(today) if names_periods else days[-1]
    if covered < frequency.last_day(last):
        last = frequency.first_days(np.array([last - np.timedelta64(1, "D")]))[0]
    return Span(first, last)


def _counted(days: Dates, rows: IntArray) -> tuple[Dates, IntArray]:
    """Return the distinct *days*, sorted, and the sum of *rows* on each; there must be one."""
    numbers = days.astype(np.int64)
    first = numbers.min()
    sums = np.bincount(numbers - first, rows).astype(np.int64)
    (there,) = np.nonzero(sums)
    return (there + first).astype("datetime64[D]"), sums[there]
