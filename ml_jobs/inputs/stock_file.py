"""The stock file: what is on hand and on order, per item or per item and location."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import FloatArray
from ml_jobs.errors import InputError
from ml_jobs.inputs import cells
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.inputs.master_file import MasterFile, NumberColumn, read_master
from ml_jobs.panel import NETWORK, Dates, Panel

ORDERING = ("lead_time_sd_days", "minimum_order", "order_multiple")
NUMBER_COLUMNS = (
    NumberColumn("current_stock"),
    NumberColumn("on_order"),
    NumberColumn("service_level", 0.5, 0.9999),
    NumberColumn("lead_time_sd_days", maximum=5 * 365),
    NumberColumn("minimum_order"),
    NumberColumn("order_multiple"),
)
SUMMED = ("current_stock", "on_order")  # of the others the highest value holds

_KEY = ("item_id", "location_id")


@dataclass(frozen=True)
class StockFile(MasterFile):
    """A stock file, read.

    Attributes:
        rows: item_id, location_id (``network`` where the file names none), the numbers of
            ``NUMBER_COLUMNS`` and as_of; null where the file says nothing; sorted by item.
    """

    rows: pa.Table = field(kw_only=True)

    def of(self, item_ids: Sequence[str]) -> pa.Table:
        """Return the rows from the first to the last of *item_ids*, which are sorted."""
        if not item_ids:
            return self.rows.slice(0, 0)
        items, count = self.rows.column("item_id").combine_chunks(), self.rows.num_rows
        begin = bisect_left(range(count), item_ids[0], key=lambda row: items[row].as_py())
        end = bisect_right(range(count), item_ids[-1], key=lambda row: items[row].as_py())
        return self.rows.slice(begin, end - begin)


@dataclass(frozen=True)
class Told:
    """What the file says of each series, shape (S,) each; NaN and NaT where nothing."""

    numbers: Mapping[str, FloatArray]
    as_of: Dates


def read_stock(path: Path) -> StockFile:
    """Read a stock file: ``item_id``, ``current_stock``, and optionally the others.

    The others are ``location_id``, ``as_of``, ``on_order``, ``service_level``,
    ``lead_time_sd_days``, ``minimum_order`` and ``order_multiple``. A row without a location
    stands for the whole network.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    file = read_master(
        path,
        text_columns={},
        number_columns=NUMBER_COLUMNS,
        required=("current_stock",),
        unique=False,
    )
    places = _places(file)
    _refuse_repeated(file, places)
    columns = {
        "item_id": pa.array(file.item_ids.tolist(), pa.string()),
        "location_id": pa.array(places, pa.string()),
        **{wanted.name: _numbers(file, wanted.name) for wanted in NUMBER_COLUMNS},
        "as_of": pa.array(_as_of(file), pa.date32()),
    }
    read = dict(file.columns)
    if file.source.find("as_of"):
        read["as_of"] = {}
    rows = pa.table(columns).sort_by("item_id")
    return StockFile(file.source, file.codes, read, file.code, rows=rows)


def told(file: StockFile | None, panel: Panel, hierarchy: Hierarchy | None) -> Told:
    """Look up what *file* says of every series of *panel*.

    Args:
        file: None says nothing.
        panel: S series.
        hierarchy: Which locations hang under which; None for the network and all others.
    """
    rows = _every_level(file.of(panel.item_ids), hierarchy) if file else _nothing()
    found = pc.index_in(_keys(panel.item_ids, panel.location_ids), _keys(*_columns(rows)))
    taken = rows.take(found)
    return Told(
        {
            wanted.name: taken.column(wanted.name).to_numpy(zero_copy_only=False)
            for wanted in NUMBER_COLUMNS
        },
        taken.column("as_of").to_numpy(zero_copy_only=False).astype("datetime64[D]"),
    )


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
    own = pc.is_in(_keys(*_columns(totals)), _keys(*_columns(rows)))
    return pa.concat_tables([rows, totals.filter(pc.invert(own))])


def _parents(places: pa.ChunkedArray, hierarchy: Hierarchy | None) -> pa.Array:
    """The place above each; none for the network; the network for a place that is not known."""
    known = hierarchy.location_ids if hierarchy else (NETWORK,)
    above = [
        known[parent] if parent >= 0 else None
        for parent in (hierarchy.parents.tolist() if hierarchy else [-1])
    ]
    at = pc.index_in(places.combine_chunks(), pa.array(known, pa.string()))
    parents = pa.array(above, pa.string()).take(at)
    return pc.if_else(pc.is_null(at), NETWORK, parents)


def _totals(rows: pa.Table) -> pa.Table:
    merged = [(name, "sum" if name in SUMMED else "max") for name in rows.column_names[2:]]
    options = pc.ScalarAggregateOptions(min_count=1)
    grouped = rows.group_by(list(_KEY), use_threads=False).aggregate(
        [(name, how, options if how == "sum" else None) for name, how in merged]
    )
    plain = grouped.select([*_KEY, *(f"{name}_{how}" for name, how in merged)])
    return plain.rename_columns(rows.column_names).cast(rows.schema)


def _keys(item_ids: object, location_ids: object) -> pa.Array:
    """One text for each item and location; codes hold no control characters."""
    items, places = pa.array(item_ids, pa.string()), pa.array(location_ids, pa.string())
    return pc.binary_join_element_wise(items, places, "\x1f")


def _columns(rows: pa.Table) -> tuple[pa.Array, pa.Array]:
    item_ids, location_ids = (rows.column(name).combine_chunks() for name in _KEY)
    return item_ids, location_ids


def _nothing() -> pa.Table:
    text = [(name, pa.string()) for name in _KEY]
    numbers = [(wanted.name, pa.float64()) for wanted in NUMBER_COLUMNS]
    return pa.schema([*text, *numbers, ("as_of", pa.date32())]).empty_table()


def _places(file: MasterFile) -> list[str]:
    column = file.source.find("location_id")
    if column is None:
        return [NETWORK] * len(file.item_ids)
    return [str(place) or NETWORK for place in cells.texts(file.source, column)]


def _refuse_repeated(file: MasterFile, places: list[str]) -> None:
    pairs = Counter(zip(file.item_ids, places, strict=True))
    twice = sorted({item for (item, _), rows in pairs.items() if rows > 1})[:5]
    if twice:
        raise InputError(file.source.name, f"names items more than once: {', '.join(twice)}")


def _numbers(file: MasterFile, name: str) -> pa.Array:
    column = file.source.find(name)
    if column is None:
        return pa.nulls(len(file.item_ids), pa.float64())
    return pa.array(cells.numbers(file.source, column), pa.float64(), from_pandas=True)


def _as_of(file: MasterFile) -> Dates:
    column = file.source.find("as_of")
    if column is None:
        return np.full(len(file.item_ids), np.datetime64("NaT", "D"))
    days = cells.days(file.source, column)
    if bad := int(np.isnat(days).sum()):
        raise InputError(file.source.name, f"has {bad} as_of that are no date such as 2026-11-20")
    return days
