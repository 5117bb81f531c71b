"""Demand files: read, cleaned row by row, and laid out on a full calendar.

A demand file is long: one row per item and day with ``item_id``, ``date`` and ``quantity`` (or
``demand``), and ``location_id`` if there are several places. Rows of one item and day are
summed. Every row is either used or set aside with a reason; none is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml_jobs import cells
from ml_jobs.cells import Numbers, Texts
from ml_jobs.errors import InputError
from ml_jobs.panel import NETWORK, Dates, Frequency, Panel
from ml_jobs.reasons import Accounting, Reason, Reasons, account, first_by_reason
from ml_jobs.source_file import SourceFile, read_source

Mask = npt.NDArray[np.bool_]

LARGEST_QUANTITY = 1e12
EARLIEST = np.datetime64("1970-01-01", "D")
MINIMUM_PERIODS = 8
DEFAULT_MIN_SALE_DAYS: Mapping[Frequency, int] = {
    Frequency.DAILY: 10,
    Frequency.WEEKLY: 10,
    Frequency.MONTHLY: 3,
}


@dataclass(frozen=True)
class DemandRows:
    """The rows of a file as demand, each used or set aside; all arrays aligned with its table.

    Attributes:
        reasons: Why a row is set aside; the empty text where it is used.
        notes: What was done to the rows as a whole, as sentences.
    """

    source: SourceFile
    item_ids: Texts
    days: Dates
    quantities: Numbers
    reasons: Reasons
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> Mask:
        """Which rows are used."""
        return np.asarray(self.reasons == "", dtype=np.bool_)

    @property
    def accounting(self) -> Accounting:
        """Where the rows went."""
        return account(self.source, self.reasons)

    def setting_aside(self, reason: Reason, rows: Mask) -> DemandRows:
        """Return the same rows with those of *rows* that were still used set aside."""
        return replace(self, reasons=np.where(self.used & rows, str(reason), self.reasons))

    def noting(self, *notes: str) -> DemandRows:
        """Return the same rows with *notes* added."""
        return replace(self, notes=(*self.notes, *notes))


def read_demand(path: Path, *, today: date) -> DemandRows:
    """Read the long demand file *path*; dates after *today* are set aside.

    Raises:
        InputError: The file can't be read, lacks a column, or has no usable row.
    """
    source = read_source(path)
    if source.find("stock_code") and not source.find("item_id"):
        raise InputError(source.name, "seems to hold invoice lines; read it with --invoices")
    item, day, quantity = source.require(["item_id"], ["date"], ["quantity", "demand"])
    rows = DemandRows(
        source,
        item_ids=cells.texts(source, item),
        days=cells.days(source, day),
        quantities=cells.numbers(source, quantity),
        reasons=np.full(source.table.num_rows, "", dtype=np.object_),
    )
    rows = _clean(rows, today)
    refuse_unusable(rows)
    return rows.noting(*_notes(rows))


def without_bad_cells(rows: DemandRows, today: date) -> DemandRows:
    """Set aside rows without item, without a plausible date or without a finite quantity."""
    for reason, bad in (
        (Reason.MISSING_ITEM, rows.item_ids == ""),
        (Reason.BAD_DATE, np.isnat(rows.days)),
        (Reason.DATE_OUT_OF_RANGE, (rows.days < EARLIEST) | (rows.days > np.datetime64(today))),
        (Reason.BAD_QUANTITY, ~np.isfinite(rows.quantities)),
    ):
        rows = rows.setting_aside(reason, np.asarray(bad, dtype=np.bool_))
    return rows


def numbered(codes: Texts) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Return the distinct codes, sorted by UTF-8 bytes, and the place of each code among them."""
    encoded = pa.array(codes, pa.string()).dictionary_encode()
    distinct = np.asarray(encoded.dictionary.to_pylist(), dtype=np.object_)
    order = np.argsort(distinct, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return tuple(distinct[order].tolist()), place[encoded.indices.to_numpy()]


def refuse_unusable(rows: DemandRows) -> None:
    """Refuse a file of which no row can be used.

    Raises:
        InputError: No row is used; the reasons are named, each with its count and a sample.
    """
    if not rows.used.any():
        raise InputError(rows.source.name, f"has no usable row: {_described(rows)}")


def _described(rows: DemandRows) -> str:
    """Return the rows set aside by reason, each with the first of them, as one phrase."""
    samples = first_by_reason(rows.source, rows.reasons)
    return ", ".join(
        f"{count} {reason} ({reason.sentence}; such as {samples[reason]})"
        for reason, count in rows.accounting.set_aside.items()
    )


def infer_frequency(rows: DemandRows) -> Frequency:
    """Return the longest period of which all used dates are first days."""
    days = np.unique(rows.days[rows.used])
    for frequency in (Frequency.MONTHLY, Frequency.WEEKLY):
        if len(days) > 1 and (frequency.first_days(days) == days).all():
            return frequency
    return Frequency.DAILY


def build_panel(
    rows: DemandRows, frequency: Frequency, *, min_sale_days: int, today: date
) -> tuple[Panel, DemandRows]:
    """Lay the used rows out on the full calendar of *frequency*.

    The calendar ends with the last period that the file covers, whichever items are kept. A last
    week or month that is not over is left out, since its total would read as a slump. Items with
    fewer than *min_sale_days* days of demand above zero are left out. Both are set aside.

    Returns:
        The panel, and the rows with what was left out set aside.

    Raises:
        InputError: Nothing or too short a calendar is left.
    """
    rows = _without_incomplete_period(rows, frequency, today)
    refuse_unusable(rows)
    last = frequency.first_days(rows.days[rows.used]).max()
    rows = _without_rare_items(rows, min_sale_days)
    refuse_unusable(rows)
    return _lay_out(rows, frequency, last), rows


def _clean(rows: DemandRows, today: date) -> DemandRows:
    rows = without_bad_cells(rows, today)
    with np.errstate(invalid="ignore"):
        rows = rows.setting_aside(Reason.QUANTITY_OUT_OF_RANGE, rows.quantities > LARGEST_QUANTITY)
        return rows.setting_aside(Reason.NEGATIVE_QUANTITY, rows.quantities < 0)


def _notes(rows: DemandRows) -> list[str]:
    notes = []
    used = int(rows.used.sum())
    location = rows.source.find("location_id")
    places = np.zeros(used, dtype=np.int64)
    if location:
        codes, places = numbered(cells.texts(rows.source, location)[rows.used])
        notes.append(
            f"{len(codes)} location(s) were summed to the whole network: "
            "this version forecasts at network level only"
        )
    _, series = numbered(rows.item_ids[rows.used])
    triples = np.stack([series, rows.days[rows.used].astype(np.int64), places])
    if repeated := used - np.unique(triples, axis=1).shape[1]:
        notes.append(f"{repeated} row(s) repeat an item and day; their quantities were summed")
    return notes


def _without_incomplete_period(rows: DemandRows, frequency: Frequency, today: date) -> DemandRows:
    days = rows.days[rows.used]
    first_days = frequency.first_days(days)
    last = first_days.max()
    # Rows that all stand on first days are whole periods; the last one may still be running.
    covered = np.datetime64(today) if (first_days == days).all() else days.max()
    if covered >= frequency.last_day(last):
        return rows
    return rows.setting_aside(Reason.INCOMPLETE_PERIOD, frequency.first_days(rows.days) == last)


def _without_rare_items(rows: DemandRows, min_sale_days: int) -> DemandRows:
    sold = rows.used & (rows.quantities > 0)
    codes, series = numbered(rows.item_ids)
    pairs = np.unique(np.stack([series[sold], rows.days[sold].astype(np.int64)]), axis=1)
    sale_days = np.bincount(pairs[0], minlength=len(codes))
    return rows.setting_aside(Reason.TOO_FEW_SALE_DAYS, sale_days[series] < max(min_sale_days, 1))


def _lay_out(rows: DemandRows, frequency: Frequency, last: np.datetime64) -> Panel:
    items, series = numbered(rows.item_ids[rows.used])
    periods = frequency.first_days(rows.days[rows.used])
    dates = _calendar(frequency, periods.min(), last)
    if len(dates) < MINIMUM_PERIODS:
        raise InputError(
            rows.source.name,
            f"covers {len(dates)} period(s) of frequency {frequency.value}; "
            f"at least {MINIMUM_PERIODS} are needed to forecast",
        )
    column = np.searchsorted(dates, periods)
    starts = np.full(len(items), len(dates), dtype=np.int64)
    np.minimum.at(starts, series, column)
    shape = (len(items), len(dates))
    cell = series * shape[1] + column
    totals = np.bincount(cell, rows.quantities[rows.used], shape[0] * shape[1])
    demand = totals.astype(np.float64).reshape(shape)
    demand[np.arange(shape[1]) < starts[:, None]] = np.nan
    return Panel(items, (NETWORK,) * shape[0], dates, demand, starts, frequency)


def _calendar(frequency: Frequency, first: np.datetime64, last: np.datetime64) -> Dates:
    spans = int((last - first) / np.timedelta64(1, "D")) + 1
    dates = frequency.calendar(first, int(spans / frequency.days_per_step) + 2)
    return dates[dates <= last]
