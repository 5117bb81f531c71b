"""Arrow columns from arrays, and arrays from Arrow columns; what is not known is null and NaN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial, reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.panel import Panel


def numbers(values: npt.NDArray[np.generic]) -> pa.Array:
    """Return *values* as an Arrow column, NaN and NaT as null."""
    return pa.array(values, from_pandas=True)


def six_digits(values: FloatArray) -> FloatArray:
    """Return *values* to six digits, half a millionth of each at most off, in the same order.

    They are rounded to 20 binary places, so that the bytes behind them are 0 and take no room in a
    file. NaN and what is infinite stay.
    """
    fraction, power = np.frexp(values)
    rounded: FloatArray = np.ldexp(np.rint(fraction * 2.0**21) / 2.0**21, power)
    return rounded


def series_columns(panel: Panel, series: IntArray) -> dict[str, pa.Array]:
    """Return item and location of each row, given the row's series."""
    rows = pa.array(series)
    return {
        "item_id": pa.array(panel.item_ids, pa.string()).take(rows),
        "location_id": pa.array(panel.location_ids, pa.string()).take(rows),
    }


def column_of(table: pa.Table, name: str) -> FloatArray:
    """Return a column of numbers, null as NaN, shape (rows,)."""
    values: FloatArray = table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def add_rows(parts: Iterable[pa.Table], keys: Sequence[str]) -> pa.Table:
    """Return the sums of all other columns by *keys*; no more than two parts are held at a time.

    Args:
        parts: At least one, all of one schema.
        keys: Names of the columns that tell rows apart.
    """
    return reduce(partial(_add_two, tuple(keys)), parts)


def _add_two(keys: tuple[str, ...], first: pa.Table, second: pa.Table) -> pa.Table:
    grouped = pa.concat_tables([first, second]).group_by(list(keys), use_threads=False)
    amounts = [name for name in first.column_names if name not in keys]
    summed = grouped.aggregate([(name, "sum") for name in amounts])
    columns = [summed.column(n if n in keys else f"{n}_sum") for n in first.column_names]
    return pa.table(columns, schema=first.schema)


def texts_of(table: pa.Table, name: str, *, otherwise: str) -> npt.NDArray[np.str_]:
    """Return a column of text, null as *otherwise*, shape (rows,)."""
    values = [value if value is not None else otherwise for value in table.column(name).to_pylist()]
    return np.array(values, dtype=np.str_)
