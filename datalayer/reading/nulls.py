"""What lies in Arrow's memory under a null: nothing that should leave the process."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_WIDTHS = {pa.date32(): pa.int32()}
"""Types that no number becomes directly, with one of the same width that does."""


def zero_nulls(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return *batch* with a zero in the place of every null.

    What lies there counts for nothing and is whatever the memory held: the same rows would come
    as other bytes the next time, and who reads them would see what is none of their business.
    """
    return pa.RecordBatch.from_arrays(
        [_zero_column(column) for column in batch.columns], schema=batch.schema
    )


def _zero_column(column: pa.Array) -> pa.Array:
    if not column.null_count or pa.types.is_string(column.type):
        return column
    zero = pa.array([0], pa.int64()).cast(_WIDTHS.get(column.type, column.type)).view(column.type)
    filled = pc.fill_null(column, zero[0])
    return pc.if_else(pc.is_valid(column), filled, pa.scalar(None, column.type))
