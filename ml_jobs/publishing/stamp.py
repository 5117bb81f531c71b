"""Tables as the contract wants them: where rows come from, columns, types and row order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Column, ColumnType, DataSet
from datalayer.kernel.errors import ContentError

ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
}


class MissingColumnError(ContentError):
    """The contract asks for a column that the job does not make."""

    template = "The job makes no column {column} for {data_set}, which the contract requires"


@dataclass(frozen=True)
class Stamp:
    """Where all rows of a run come from: data, time (with its zone), models and settings."""

    dataset_id: str
    generated_at: datetime
    model_version: str


def stamp_table(table: pa.Table, data_set: DataSet, stamp: Stamp) -> pa.Table:
    """Return *table* with the columns of *data_set*, in the order of its key.

    A table without rows gets all of them.

    Raises:
        MissingColumnError: The contract requires a column that the table lacks.
    """
    columns = {column.name: _column(table, data_set, column, stamp) for column in data_set.columns}
    whole = pa.table(columns)
    # Arrow compares text by its UTF-8 bytes, as the contract orders keys.
    order = pc.sort_indices(whole, [(name, "ascending") for name in data_set.key]).to_numpy()
    in_order = bool((np.diff(order.astype(np.int64)) > 0).all())
    return whole if in_order else whole.take(pa.array(order))


def _column(
    table: pa.Table, data_set: DataSet, column: Column, stamp: Stamp
) -> pa.ChunkedArray | pa.Array:
    arrow_type = ARROW_TYPES[column.type]
    if column.name in vars(stamp):
        return pa.repeat(pa.scalar(vars(stamp)[column.name], arrow_type), table.num_rows)
    if column.name in table.column_names:
        return table.column(column.name).cast(arrow_type)
    if column.required and table.num_rows:
        raise MissingColumnError(data_set=data_set.name, column=column.name)
    return pa.nulls(table.num_rows, arrow_type)
