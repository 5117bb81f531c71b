"""What demand files cover: items, days and places, so that several files share one calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ml_jobs.arrays import distinct
from ml_jobs.inputs.demand_rows import DemandRows
from ml_jobs.panel import NETWORK, Dates, Frequency


@dataclass(frozen=True)
class Coverage:
    """What the used rows of a file, or of several, cover.

    Attributes:
        item_ids: The distinct items, sorted by bytes.
        days: The distinct days, sorted.
        location_ids: The distinct places, sorted; ``network`` where the rows name none.
        location_names: Names of places that the file tells besides their codes.
    """

    file: str
    item_ids: tuple[str, ...]
    days: Dates
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


def scan(rows: DemandRows) -> Coverage:
    """Return what the used rows of one file cover; at least one must be used."""
    used = rows.used
    items = rows.items.of(used).values
    places = (NETWORK,) if rows.locations is None else rows.locations.of(used).values
    days = distinct(rows.days[used].astype(np.int64)).astype("datetime64[D]")
    return Coverage(rows.source.name, items, days, places, rows.location_names)


def merge_coverage(scans: Sequence[Coverage]) -> Coverage:
    """Return what files cover together; there must be one at least."""
    names: dict[str, str] = {}
    for part in reversed(scans):
        names |= part.location_names
    return Coverage(
        scans[0].file if len(scans) == 1 else f"{len(scans)} files",
        tuple(sorted({item for part in scans for item in part.item_ids})),
        np.unique(np.concatenate([part.days for part in scans])),
        tuple(sorted({place for part in scans for place in part.location_ids})),
        names,
    )


def frequency_of(coverage: Coverage) -> Frequency:
    """Return the longest period of which all days are first days."""
    days = coverage.days
    for frequency in (Frequency.MONTHLY, Frequency.WEEKLY):
        if len(days) > 1 and (frequency.first_days(days) == days).all():
            return frequency
    return Frequency.DAILY


def span_of(coverage: Coverage, frequency: Frequency, *, today: date) -> Span:
    """Return the periods from the first day covered to the last period that is over.

    A last week or month that is not over is left out, since its total would read as a slump.
    Where there is none but it, the span ends before it begins and holds nothing.
    """
    days = coverage.days
    periods = np.unique(frequency.first_days(days))
    # Rows that all stand on first days are whole periods; the last one may still be running.
    on_first_days = np.isin(days, periods).all()
    covered = np.datetime64(today) if on_first_days else days[-1]
    if covered >= frequency.last_day(periods[-1]):
        return Span(periods[0], periods[-1])
    last = periods[-2] if len(periods) > 1 else periods[0] - np.timedelta64(1, "D")
    return Span(periods[0], last)
