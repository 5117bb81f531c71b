"""The stock file: what is on hand and on order, per item or per item and location."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.columns import series_columns
from ml_jobs.inputs.locations import NETWORK_ONLY, Hierarchy
from ml_jobs.inputs.master_file import (
    DateColumn,
    MasterFile,
    NumberColumn,
    TextColumn,
    read_master,
)
from ml_jobs.inputs.reading import AS_FOUND, Reading
from ml_jobs.panel import NETWORK, Panel

ORDERING = ("lead_time_sd_days", "minimum_order", "order_multiple")
COLUMNS = (
    TextColumn("location_id"),
    NumberColumn("current_stock"),
    NumberColumn("on_order"),
    NumberColumn("service_level", 0.5, 0.9999),
    NumberColumn("lead_time_sd_days", maximum=5 * 365),
    NumberColumn("minimum_order"),
    NumberColumn("order_multiple"),
    DateColumn("as_of"),
)
SUMMED = ("current_stock", "on_order")  # of the others the highest value holds

_KEY = ("item_id", "location_id")
_TYPES = [("item_id", pa.string()), *((column.name, column.type) for column in COLUMNS)]
_NO_ROWS = pa.schema(_TYPES).empty_table()


def read_stock(path: Path, reading: Reading = AS_FOUND) -> MasterFile:
    """Read a stock file: ``item_id``, ``current_stock``, and optionally the others of `COLUMNS`.

    A row without a location stands for the whole network. The rows are sorted by item.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    file = read_master(
        path, COLUMNS, reading, also_key={"location_id": NETWORK}, required=("current_stock",)
    )
    return replace(file, table=file.table.sort_by("item_id"))


def stock_rows(file: MasterFile | None, panel: Panel, hierarchy: Hierarchy | None) -> pa.Table:
    """Return what *file* says of every series of *panel*, one row each; null where nothing.

    Without a *hierarchy* all locations hang under the network.
    """
    known = file.table if file else _NO_ROWS
    rows = _every_level(_rows_of(known, panel.item_ids), hierarchy)
    series = pa.table(series_columns(panel, np.arange(len(panel.item_ids))))
    found = pc.index_in(_keys(series), _keys(rows))
    return rows.take(found)


def _rows_of(rows: pa.Table, item_ids: Sequence[str]) -> pa.Table:
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
