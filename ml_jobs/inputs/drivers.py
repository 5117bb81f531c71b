"""Drivers of demand that are known ahead, read from a file: announced prices, campaigns, closures.

The file is CSV or Parquet with a column ``date`` and one column of numbers per driver. Its rows
are days, weeks or months, one each without gaps, from the first period of the demand to the last
one of the horizon; a week or month is named by the same day of it throughout, such as the first.
Rows of days serve any demand: their mean over a period is the period's value. A driver may begin
later or end earlier than the file, with empty cells, as long as history and horizon are covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.headings import is_unnamed
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile, read_source
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.number_style import NumberStyle
from ml_jobs.inputs.styles.rhythm import rhythm_of
from ml_jobs.inputs.styles.styles import styled
from ml_jobs.panel import Dates, Drivers, Frequency

_PERIOD = {Frequency.DAILY: "day", Frequency.WEEKLY: "week", Frequency.MONTHLY: "month"}


@dataclass(frozen=True)
class DriverFile:
    """A file of drivers of which every cell makes sense.

    Attributes:
        frequency: What a row is: a day, a week or a month.
        names: One per driver, in the file's order; length K.
        dates: First days of the rows' periods, ascending without gaps, shape (D,).
        values: NaN before a driver begins and after it ends, finite between, shape (D, K).
    """

    source: SourceFile
    frequency: Frequency
    names: tuple[str, ...]
    dates: Dates
    values: FloatArray


def read_drivers(path: Path, reading: ReadingOptions = AS_FOUND) -> DriverFile:
    """Read a file of drivers, as the module describes it.

    Raises:
        InputError: The file can't be read, or a column, a date or a cell of it makes no sense.
    """
    source = read_source(path, reading, required=(("date",),))
    if source.malformed:
        row = source.malformed[0]
        problem = f"has {row.found} cells in {source.place(row.row)}; its header has {row.expected}"
        raise InputError(file=source.name, problem=problem)
    (date,) = source.require(["date"])
    names = _driver_columns(source, date)
    source, styles = styled(source, numbers=names, dates=[date])
    days = cells.days(source, date, styles.dates)
    _refuse_cells(source, date, np.isnat(days), "dates are such as YYYY-MM-DD or DD/MM/YYYY")
    values = np.column_stack([_numbers(source, name, styles.numbers) for name in names])
    order = np.argsort(days, kind="stable")
    days, values = days[order], values[order]
    frequency, periods = _periods_of(source, days)
    _refuse_holes(source.name, names, days, values)
    drivers = tuple(source.name_of(name) for name in names)
    return DriverFile(source, frequency, drivers, periods, values)


def drivers_for(file: DriverFile, dates: Dates, *, horizon: int, frequency: Frequency) -> Drivers:
    """Return the drivers over *dates*, the first days of T periods, and *horizon* (>= 1) after.

    Raises:
        InputError: The file's rows don't fit the panel's periods, or a driver is not known for
            all of history and horizon.
    """
    wanted = np.concatenate([dates, frequency.following(dates[-1], horizon)])
    known, values = _by_period(file, frequency)
    for name, column in zip(file.names, values.T, strict=True):
        _refuse_unknown(file.source.name, name, known[np.isfinite(column)], wanted)
    return Drivers(file.names, wanted, values[np.searchsorted(known, wanted)])


def _by_period(file: DriverFile, frequency: Frequency) -> tuple[Dates, FloatArray]:
    """Return the periods that the file touches and the drivers' means, NaN where incomplete."""
    if file.frequency is frequency:
        return file.dates, file.values
    if file.frequency is not Frequency.DAILY:
        row, period = _PERIOD[file.frequency], _PERIOD[frequency]
        raise InputError(
            file=file.source.name,
            problem=f"has a row per {row}; it needs one per {period} or per day",
        )
    periods, place = np.unique(frequency.first_days(file.dates), return_inverse=True)
    ends = np.append(periods[1:], frequency.following(periods[-1], 1))
    length = (ends - periods).astype(np.float64)
    # An unknown day makes its whole period unknown, as do days outside the file.
    sums = np.column_stack([np.bincount(place, weights=column) for column in file.values.T])
    complete = np.bincount(place) == length
    return periods, np.where(complete[:, None], sums / length[:, None], np.nan)


def _refuse_unknown(file: str, driver: str, known: Dates, wanted: Dates) -> None:
    """Values between the first and the last known one are complete, so the ends tell all."""
    if not known.size:
        raise InputError(file=file, problem=f"has no value of {driver} for a whole period")
    if known[-1] < wanted[-1]:
        problem = f"has {driver} up to {known[-1]}; the horizon needs it up to {wanted[-1]}"
        raise InputError(file=file, problem=problem)
    if known[0] > wanted[0]:
        problem = f"has {driver} from {known[0]} on; the history needs it from {wanted[0]} on"
        raise InputError(file=file, problem=problem)


def _driver_columns(source: SourceFile, date: str) -> tuple[str, ...]:
    names = tuple(name for name in source.table.column_names if name != date)
    if not names:
        raise InputError(
            file=source.name, problem=f"has only {date}; each driver needs a column of numbers"
        )
    if any(is_unnamed(name) for name in names):
        raise InputError(
            file=source.name, problem="has a column without a name; each driver needs one"
        )
    return names


def _numbers(source: SourceFile, name: str, style: NumberStyle) -> FloatArray:
    values = cells.numbers(source, name, style)
    is_floating = pa.types.is_floating(source.table.column(name).type)
    unknown = np.isnan(values) if is_floating else cells.codes(source, name).missing
    wrong = ~np.isfinite(values) & ~unknown
    _refuse_cells(source, name, wrong, "a driver is a number or not known (empty)")
    return values


def _refuse_cells(source: SourceFile, name: str, wrong: BoolArray, right: str) -> None:
    for place in np.flatnonzero(wrong):
        written = source.table.column(name)[int(place)].as_py() or "nothing"
        problem = (
            f"has {written} as {name} in {source.place(int(source.row_numbers[place]))}; {right}"
        )
        raise InputError(file=source.name, problem=problem)


def _periods_of(source: SourceFile, days: Dates) -> tuple[Frequency, Dates]:
    """Return what a row of the file is, and the first day of each row's; *days* ascend."""
    frequency = rhythm_of(*np.unique(days, return_counts=True)).frequency
    periods = frequency.first_days(days)
    again = periods[1:][periods[1:] == periods[:-1]]
    if again.size:
        raise InputError(
            file=source.name, problem=f"has more than one row of {again[0]}; one is needed"
        )
    expected = frequency.calendar(periods[0], len(periods))
    wrong = np.flatnonzero(periods != expected)
    if wrong.size:
        problem = f"has {days[wrong[0]]} where {expected[wrong[0]]} should stand"
        row = _PERIOD[frequency]
        raise InputError(file=source.name, problem=f"{problem}; it needs one row per {row}")
    return frequency, periods


def _refuse_holes(file: str, names: tuple[str, ...], days: Dates, values: FloatArray) -> None:
    for name, column in zip(names, values.T, strict=True):
        known = np.flatnonzero(np.isfinite(column))
        holes = np.setdiff1d(np.arange(known[0], known[-1] + 1), known) if known.size else known
        if holes.size:
            problem = f"has no value of {name} on {days[holes[0]]}, between others; fill it in"
            raise InputError(file=file, problem=problem)
