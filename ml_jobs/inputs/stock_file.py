"""The stock file: what is on hand, on order and in repair, per item, location or lot."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.columns import series_columns
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.locations import NETWORK_ONLY, Hierarchy
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
from ml_jobs.panel import NETWORK, Panel

ORDERING = ("lead_time_sd_days", "minimum_order", "order_multiple")
COLUMNS = (
    TextColumn("location_id"),
    NumberColumn("current_stock", minimum=-LARGEST_NUMBER),
    NumberColumn("on_order"),
    NumberColumn("in_repair"),
    NumberColumn("service_level", 0.5, 0.9999),
    NumberColumn("lead_time_sd_days", maximum=5 * 365),
    NumberColumn("minimum_order"),
    NumberColumn("order_multiple"),
    DateColumn("as_of"),
)
SUMMED = ("current_stock", "on_order", "in_repair")  # of the others the highest value holds

NEGATIVE = "negative"  # whether the item has negative stock anywhere
HELD_HERE = "held_here"  # whether the file says what the very place has, not only those below it

_KEY = ("item_id", "location_id")
_TYPES = [
    ("item_id", pa.string()),
    *((column.name, column.type) for column in COLUMNS),
    (NEGATIVE, pa.bool_()),
]
_NO_ROWS = pa.schema(_TYPES).empty_table()


def read_stock(
    path: Path, reading: ReadingOptions = AS_FOUND, *, today: date | None = None
) -> MasterFile:
    """Read a stock file: ``item_id``, ``current_stock``, and optionally the others of `COLUMNS`.

    A row without a location stands for the whole network. Rows of one item and place, as of
    several lots, are put together: stock and orders are summed, of the rest the highest counts.
    The stock of an item with negative stock anywhere is not known: all its rows have none, and are
    marked in the column `NEGATIVE`. The rows are sorted by item. *today* is the day of the run:
    no stock can stand for a later one, give or take one.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    file = read_master(
        path,
        COLUMNS,
        reading,
        key=MasterKey(also={"location_id": NETWORK}, unique=False),
        required=("current_stock",),
        faults_of=lambda rows: _faults(rows, today),
    )
    table, aside = _without_negative(file.table)
    lots = _repeated(table)
    notes = (*_lot_notes(file, lots), *aside) if lots.num_rows else aside
    table = (_totals(table) if lots.num_rows else table).sort_by("item_id")
    return replace(file, table=table, notes=notes)


def days_apart(file: MasterFile, last: date, most: int) -> Iterator[str]:
    """Say where the stock stands for a day more than *most* days from the *last* of the demand."""
    rows = file.table.filter(pc.is_valid(file.table.column("as_of")))
    days = rows.column("as_of").to_numpy().astype("datetime64[D]")
    apart = np.abs((days - np.datetime64(last)).astype(np.int64))
    if (apart > most).any():
        items = len(pc.unique(rows.column("item_id").filter(pa.array(apart > most))))
        yield (
            f"{file.source.name}: the stock of {items:,} item(s) stands for a day far from the "
            f"last of the demand, {last}, the farthest {days[apart.argmax()]}; theirs are planned "
            "from that day, and what was used or came in between isn't counted"
        )


def not_coming_back(file: MasterFile, items: pa.Table) -> Iterator[str]:
    """Say of which of the *items* forecast units are in repair, and not how long that takes."""
    waiting = pc.fill_null(pc.greater(file.table.column("in_repair"), 0), False)
    named = pc.unique(file.table.column("item_id").filter(waiting))
    unsaid = items.filter(pc.is_null(items.column("repair_days"))).column("item_id")
    found = unsaid.filter(pc.is_in(unsaid, named)).to_pylist()
    if found:
        yield (
            f"{len(found):,} item(s) have units in repair and no repair_days in the item file, so "
            f"none of those is counted on: {samples(found)}"
        )


def untold_repairs(file: MasterFile, items: pa.Table) -> Iterator[str]:
    """Say of which of the *items* forecast that are repaired no row of the *file* has in_repair.

    What has to be there for them includes what lies in the workshop. Items that the file doesn't
    name aren't meant, as all of theirs is assumed, nor are those whose stock isn't known.
    """
    known = file.table.filter(pc.is_valid(file.table.column("current_stock")))
    told = known.filter(pc.is_valid(known.column("in_repair"))).column("item_id")
    comes_back = pc.and_(
        pc.is_valid(items.column("repair_days")),
        pc.fill_null(pc.less(items.column("condemnation"), 1.0), False),
    )
    repaired = items.filter(comes_back).column("item_id")
    untold = pc.and_(
        pc.is_in(repaired, pc.unique(known.column("item_id"))),
        pc.invert(pc.is_in(repaired, pc.unique(told))),
    )
    if found := repaired.filter(untold).to_pylist():
        yield (
            f"{len(found):,} item(s) are repaired and have no in_repair, so none is counted on and "
            f"as many are ordered instead: {samples(found)}"
        )


def stock_rows(file: MasterFile | None, panel: Panel, hierarchy: Hierarchy | None) -> pa.Table:
    """Return what *file* says of every series of *panel*, one row each; null where nothing.

    Without a *hierarchy* all locations hang under the network. The column `HELD_HERE` is added.
    """
    known = file.table if file else _NO_ROWS
    own = rows_of_items(known, panel.item_ids)
    rows = _every_level(own, hierarchy)
    series = pa.table(series_columns(panel, np.arange(len(panel.item_ids))))
    found = pc.index_in(_keys(series), _keys(rows))
    here = pc.fill_null(pc.less(found, own.num_rows), False)
    answer = rows.take(found)
    held = pc.and_(here, pc.is_valid(answer.column("current_stock")))
    return answer.append_column(HELD_HERE, held)


def _faults(rows: pa.Table, today: date | None) -> Iterator[str]:
    """Days that have not come."""
    if today is None:
        return
    latest = today + timedelta(days=1)  # somewhere it is a day later than here
    later = rows.filter(pc.fill_null(pc.greater(rows.column("as_of"), latest), False))
    if later.num_rows:
        shown = [f"{row['as_of']} of {row['item_id']}" for row in later.to_pylist()]
        yield (
            f"as_of must not lie after {today}, the day of the forecast, or be left empty; found "
            f"{samples(shown)}"
        )


def _without_negative(rows: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """Return *rows* marked, without the stock of items with negative stock; name those."""
    below = pc.fill_null(pc.less(rows.column("current_stock"), 0), False)
    found = rows.filter(below)
    marks = pc.is_in(rows.column("item_id"), found.column("item_id").combine_chunks())
    none = pa.scalar(None, pa.float64())
    at = rows.schema.get_field_index("current_stock")
    stock = pc.if_else(marks, none, rows.column("current_stock"))
    marked = rows.set_column(at, "current_stock", stock).append_column(NEGATIVE, marks)
    if not found.num_rows:
        return marked, ()
    shown = [f"{row['item_id']} ({row['current_stock']:g})" for row in found.to_pylist()]
    count = len(set(found.column("item_id").to_pylist()))
    return marked, (
        f"{count:,} item(s) have negative stock, so theirs counts as not known: {samples(shown)}",
    )


def _repeated(rows: pa.Table) -> pa.Table:
    """Return the items and places that several rows name, and how many do."""
    counts = rows.group_by(list(_KEY), use_threads=False).aggregate([([], "count_all")])
    return counts.filter(pc.greater(counts.column("count_all"), 1)).sort_by(
        [(name, "ascending") for name in _KEY]
    )


def _lot_notes(file: MasterFile, lots: pa.Table) -> Iterator[str]:
    shown = [
        f"{row['item_id']} ({row['count_all']} rows)"
        if row["location_id"] == NETWORK
        else f"{row['item_id']} at {row['location_id']} ({row['count_all']} rows)"
        for row in lots.to_pylist()
    ]
    yield (
        f"{lots.num_rows:,} item(s) and place(s) stand in several rows, as of lots; their stock "
        f"and orders were summed: {samples(shown)}"
    )
    names = [column.name for column in COLUMNS if column.name not in (*_KEY, *SUMMED)]
    ranges = file.table.group_by(list(_KEY), use_threads=False).aggregate(
        [(name, how) for name in names for how in ("min", "max")]
    )
    for name in names:
        differ = pc.fill_null(
            pc.not_equal(ranges.column(f"{name}_min"), ranges.column(f"{name}_max")), False
        )
        items = sorted(set(ranges.filter(differ).column("item_id").to_pylist()))
        if items:
            yield f"{name} differs among the rows of {samples(items)}; the highest counts"


def rows_of_items(rows: pa.Table, item_ids: Sequence[str]) -> pa.Table:
    """Return the rows from the first to the last of *item_ids*; both are sorted."""
    if not item_ids:
        return rows.slice(0, 0)
    items, places = rows.column("item_id").combine_chunks(), range(rows.num_rows)
    begin = bisect_left(places, item_ids[0], key=lambda row: items[row].as_py())
    end = bisect_right(places, item_ids[-1], key=lambda row: items[row].as_py())
    return rows.slice(begin, end - begin)


def _every_level(rows: pa.Table, hierarchy: Hierarchy | None) -> pa.Table:
    """The rows, and for the places above them that have none of their own, their totals."""
    above = rows
    parts = []
    while above.num_rows:
        parents = _parents(above.column("location_id"), hierarchy)
        at = above.schema.get_field_index("location_id")
        above = above.set_column(at, "location_id", parents).filter(pc.is_valid(parents))
        parts.append(above)
    totals = _totals(pa.concat_tables(parts)) if parts else rows
    own = pc.is_in(_keys(totals), _keys(rows))
    return pa.concat_tables([rows, totals.filter(pc.invert(own))])


def _parents(places: pa.ChunkedArray, hierarchy: Hierarchy | None) -> pa.Array:
    """The place above each; none for the network; the network for a place that is not known."""
    known = (hierarchy or NETWORK_ONLY).locations
    above = {location.location_id: location.parent_location_id for location in known}
    return pa.array([above.get(place, NETWORK) for place in places.to_pylist()], pa.string())


def _totals(rows: pa.Table) -> pa.Table:
    merged = [(name, "sum" if name in SUMMED else "max") for name in rows.column_names[2:]]
    options = pc.ScalarAggregateOptions(min_count=1)
    grouped = rows.group_by(list(_KEY), use_threads=False).aggregate(
        [(name, how, options if how == "sum" else None) for name, how in merged]
    )
    plain = grouped.select([*_KEY, *(f"{name}_{how}" for name, how in merged)])
    return plain.rename_columns(rows.column_names).cast(rows.schema)


def _keys(rows: pa.Table) -> pa.Array:
    """One text for each item and location; codes hold no control characters."""
    return pc.binary_join_element_wise(*rows.select(_KEY).combine_chunks().columns, "\x1f")
