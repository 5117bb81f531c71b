"""What demand files cover: items, days and places, so that several files share one calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.demand_rows import DemandRows
from ml_jobs.inputs.outlying import outlying
from ml_jobs.inputs.rhythm import Rhythm, rhythm_of
from ml_jobs.panel import NETWORK, Dates, Frequency

SPARSE = 0.1
LONG_DAYS = 100
SUFFIXES = (".csv", ".parquet", ".txt")


@dataclass(frozen=True)
class Coverage:
    """What the used rows of a file, or of several, cover; the items from first to last by bytes.

    Attributes:
        days: The distinct days, sorted.
        rows_by_day: How many rows stand on each of them.
        location_ids: The distinct places, sorted; ``network`` where the rows name none.
        location_names: Names of places that the file tells besides their codes.
    """

    file: str
    first_item: str
    last_item: str
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


def demand_files(path: Path) -> tuple[Path, ...]:
    """Return *path* itself, or the demand files of the folder that it is, sorted by name.

    Raises:
        InputError: The folder has no such file.
    """
    if not path.is_dir():
        return (path,)
    files = [file for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
    found = sorted(file for file in files if file.suffix.lower() in SUFFIXES)
    if not found:
        raise InputError(
            file=path.name, problem=f"is a folder without a file of {', '.join(SUFFIXES)}"
        )
    return tuple(found)


def scan(rows: DemandRows) -> Coverage:
    """Return what the used rows of one file cover; at least one must be used."""
    used = rows.used
    items = rows.items.of(used).values
    places = (NETWORK,) if rows.locations is None else rows.locations.of(used).values
    days, rows_by_day = np.unique(rows.days[used], return_counts=True)
    return Coverage(
        rows.source.name, items[0], items[-1], days, rows_by_day, places, rows.location_names
    )


def in_item_order(scans: Sequence[Coverage]) -> tuple[int, ...]:
    """Return the places of files in the order of their items.

    Raises:
        InputError: The items of two files overlap.
    """
    order = sorted(range(len(scans)), key=lambda place: scans[place].first_item)
    for one, other in pairwise([scans[place] for place in order]):
        if other.first_item <= one.last_item:
            raise InputError(
                file=other.file,
                problem=f"begins with item {other.first_item!r}, and {one.file} goes from "
                f"{one.first_item!r} to {one.last_item!r}; each file of a folder must hold whole "
                "items, and all of them before or after those of any other (sort rows by item "
                "before they are parted)",
            )
    return tuple(order)


def merge_coverage(scans: Sequence[Coverage]) -> Coverage:
    """Return what files cover together; there must be one at least."""
    names: dict[str, str] = {}
    for part in reversed(scans):
        names |= part.location_names
    days = np.concatenate([part.days for part in scans])
    rows_by_day = np.concatenate([part.rows_by_day for part in scans])
    every, place = np.unique(days, return_inverse=True)
    return Coverage(
        scans[0].file if len(scans) == 1 else f"{len(scans)} files",
        min(part.first_item for part in scans),
        max(part.last_item for part in scans),
        every,
        np.bincount(place, rows_by_day).astype(np.int64),
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
        said = f"the rows stand on {len(days)} of {covered} days; if they are totals of weeks or "
        return (*found, f"{said}months, say --frequency W or --frequency MS")
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
