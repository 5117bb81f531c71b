"""The file of open orders: what is ordered and not delivered, line by line, with its due days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import FloatArray
from ml_jobs.columns import column_of
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions, columns_argument
from ml_jobs.inputs.files.usual_headings import usual_columns
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.inputs.master_file import (
    LARGEST_NUMBER,
    DateColumn,
    MasterFile,
    MasterKey,
    NumberColumn,
    TextColumn,
    read_master,
    samples,
)
from ml_jobs.inputs.stock_file import rows_of_items
from ml_jobs.inputs.styles.code_spelling import LONGEST_CODE, is_code
from ml_jobs.panel import NETWORK, OpenOrders, Panel

COLUMNS = (
    TextColumn("order_id", codes=True),
    TextColumn("line", codes=True),
    TextColumn("location_id"),
    TextColumn("supplier"),
    NumberColumn("quantity"),
    NumberColumn("received"),
    NumberColumn("open_quantity", minimum=-LARGEST_NUMBER),
    DateColumn("due", open=True),
)
WITHOUT_LINE = "-"
EARLIEST = date(2000, 1, 1)
FARTHEST_YEARS = 10

_COLUMNS = ["item_id", "location_id", "order_id", "line", "supplier", "quantity", "due"]
TextObjects = npt.NDArray[np.object_]

_TOLERANCE = 1e-6  # of a quantity: what programs lose in rounding


def read_orders(path: Path, today: date, reading: ReadingOptions = AS_FOUND) -> MasterFile:
    """Read a file of orders; return its open lines, sorted by item, order and line.

    A row has ``item_id``, ``order_id``, and ``quantity`` or ``open_quantity``; the others of
    `COLUMNS` may be left out. Where there is no ``line``, the rows of each order are numbered as
    they stand; a row without a location is for the whole network. The table has what is open of
    each line as ``quantity``, more than 0, and ``due``, null where no day is known.

    Args:
        path: The file.
        today: The day of the forecast: what was due before it is late.
        reading: How the file is to be read.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    file = read_master(
        path,
        COLUMNS,
        reading,
        key=MasterKey(also={"location_id": NETWORK}, unique=False),
        required=("order_id", ("open_quantity", "quantity")),
        faults_of=lambda rows: _faults(_numbered(rows), today),
    )
    rows = _numbered(file.table)
    left = _left(rows)
    notes = [*_notes(rows, left, today), *_notes_of_columns(file)]
    lines = rows.set_column(rows.schema.get_field_index("quantity"), "quantity", pa.array(left))
    order = [(name, "ascending") for name in ("item_id", "order_id", "line")]
    return replace(file, table=lines.filter(left > 0).sort_by(order), notes=tuple(notes))


def open_lines(file: MasterFile, item_ids: Sequence[str], hierarchy: Hierarchy) -> pa.Table:
    """Return the open lines for *item_ids*, as ``fact_open_order`` has them, sorted by item.

    Those for a place that is not known are for the whole network.
    """
    forecast = pc.is_in(file.table.column("item_id"), pa.array(item_ids, pa.string()))
    rows = file.table.filter(forecast).select(_COLUMNS)
    places = rows.column("location_id")
    known = pc.is_in(places, pa.array(hierarchy.location_ids, pa.string()))
    at = rows.schema.get_field_index("location_id")
    return rows.set_column(at, "location_id", pc.if_else(known, places, NETWORK))


def orders_of(lines: pa.Table, panel: Panel, hierarchy: Hierarchy) -> OpenOrders:
    """Return what of *lines*, as `open_lines` returns them, is for the series of *panel*.

    A line for a place is also one for every place above it, up to the network.
    """
    above = {place.location_id: place.parent_location_id for place in hierarchy.locations}
    keys = zip(panel.item_ids, panel.location_ids, strict=True)
    series_at = {key: row for row, key in enumerate(keys)}
    found = []
    for line in rows_of_items(lines, panel.item_ids).to_pylist():
        place: str | None = line["location_id"]
        ref = f"{line['order_id']}/{line['line']}"
        while place is not None:
            series = series_at.get((line["item_id"], place))
            if series is not None:
                due = line["due"] or date.max
                here = place == line["location_id"]
                found.append((series, due, ref, line["quantity"], here, line["due"]))
            place = above[place]
    found.sort()
    return OpenOrders(
        np.array([row[0] for row in found], np.int64),
        np.array([row[2] for row in found], np.str_),
        np.array([row[3] for row in found], np.float64),
        np.array([row[5] for row in found], "datetime64[D]"),
        np.array([row[4] for row in found], np.bool_),
    )


def _numbered(rows: pa.Table) -> pa.Table:
    """Return *rows* with a line in each: where none has one, numbers of those of each order."""
    given = rows.column("line")
    if given.null_count < rows.num_rows:
        lines = given.fill_null(WITHOUT_LINE)
    else:
        seen: Counter[str] = Counter()
        numbers = []
        for order in rows.column("order_id").to_pylist():
            seen[order] += 1
            numbers.append(str(seen[order]))
        lines = pa.array(numbers, pa.string())
    return rows.set_column(rows.schema.get_field_index("line"), "line", lines)


def _refs(rows: pa.Table) -> list[str]:
    orders, lines = rows.column("order_id").to_pylist(), rows.column("line").to_pylist()
    return [f"{order}/{line}" for order, line in zip(orders, lines, strict=True)]


def _left(rows: pa.Table) -> FloatArray:
    """What is still to be received of each line, units; 0 where more came than was ordered."""
    ordered, received = column_of(rows, "quantity"), np.nan_to_num(column_of(rows, "received"))
    stated = column_of(rows, "open_quantity")
    left: FloatArray = np.maximum(np.where(np.isfinite(stated), stated, ordered - received), 0.0)
    return np.where(left > _TOLERANCE * np.nan_to_num(ordered), left, 0.0)


def _faults(rows: pa.Table, today: date) -> Iterator[str]:
    refs = np.array(_refs(rows), np.object_)
    if missing := rows.column("order_id").null_count:
        yield f"order_id is missing in {missing} row(s)"
    named = pc.is_valid(rows.column("order_id")).to_numpy(zero_copy_only=False)
    counts = Counter(refs[named].tolist())
    if twice := sorted(ref for ref, count in counts.items() if count > 1):
        yield f"order_id and line must be unique; found more than once: {samples(twice)}"
    if strange := sorted(ref for ref in counts if not is_code(ref)):
        most = f"an order and its line must be codes of {LONGEST_CODE} characters together at most"
        yield f"{most}; found {samples(strange)}"
    yield from _quantity_faults(rows, refs)
    due = rows.column("due").to_numpy().astype("datetime64[D]")
    latest = _years_after(today, FARTHEST_YEARS)
    far = (due < np.datetime64(EARLIEST)) | (due > np.datetime64(latest))
    if far.any():
        shown = [f"{day} of {ref}" for day, ref in sorted(zip(due[far], refs[far], strict=True))]
        yield (
            f"due must lie from {EARLIEST} to {latest}, {FARTHEST_YEARS} years after the day of "
            f"the forecast, or be left empty; found {samples(shown)}"
        )


def _quantity_faults(rows: pa.Table, refs: TextObjects) -> Iterator[str]:
    ordered, stated = column_of(rows, "quantity"), column_of(rows, "open_quantity")
    received = column_of(rows, "received")
    if missing := int((np.isnan(ordered) & np.isnan(stated)).sum()):
        yield f"quantity is missing in {missing} row(s)"
    tolerance = _TOLERANCE * np.maximum(ordered, 1.0)
    still, rest = np.maximum(stated, 0.0), np.maximum(ordered - received, 0.0)
    # Nothing said to be received may be nothing received, or nothing said.
    with np.errstate(invalid="ignore"):
        wrong = (np.abs(still - rest) > tolerance) | (still > ordered + tolerance)
    if wrong.any():
        shown = sorted(
            f"{ref} ({still_open:g} open of {of:g}, {came:g} received)"
            for ref, still_open, of, came in zip(
                refs[wrong],
                stated[wrong],
                ordered[wrong],
                np.nan_to_num(received)[wrong],
                strict=True,
            )
        )
        yield f"open_quantity must be quantity less received; found {samples(shown)}"


def _notes(rows: pa.Table, left: FloatArray, today: date) -> Iterator[str]:
    """What was done to lines as they are, as sentences."""
    refs = np.array(_refs(rows), np.object_)
    ordered, received = column_of(rows, "quantity"), column_of(rows, "received")
    with np.errstate(invalid="ignore"):
        more = received > ordered * (1 + _TOLERANCE)
    if more.any():
        shown = sorted(
            f"{ref} ({came:g} of {of:g})"
            for ref, came, of in zip(refs[more], received[more], ordered[more], strict=True)
        )
        yield (
            f"{len(shown)} line(s) received more than was ordered, so nothing of them is open: "
            f"{samples(shown)}"
        )
    if done := int(((left <= 0) & ~more).sum()):
        yield f"{done} line(s) have nothing left to receive and were left out"
    due = rows.column("due").to_numpy().astype("datetime64[D]")
    if late := int(((left > 0) & (due < np.datetime64(today))).sum()):
        # NaT is sorted last.
        oldest = int(np.argsort(np.where(left > 0, due, np.datetime64("NaT")))[0])
        yield (
            f"{late} open line(s) were due before the day of the forecast; "
            f"the oldest is '{refs[oldest]}' of {due[oldest]}"
        )
    if undated := int(((left > 0) & np.isnat(due)).sum()):
        yield f"{undated} open line(s) have no due day and count as due after the lead time"


def _notes_of_columns(file: MasterFile) -> Iterator[str]:
    """Name what usually is the due day, where no column is called so."""
    if file.source.find("due") is None:
        usual = usual_columns([("due",)], file.source.table.column_names)
        hint = f"; if {usual['due']} is it, give {columns_argument(usual)}" if usual else ""
        yield f"no column is called due{hint}"


def _years_after(day: date, years: int) -> date:
    month_end = day.month == 2 and day.day == 29
    return day.replace(year=day.year + years, day=28 if month_end else day.day)
