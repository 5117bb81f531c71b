"""Parquet files laid out as they are read: in key order, zstd, row groups of 122,880."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 122_880
MEMORY_LIMIT = "1GiB"


def rewrite(source: Path, target: Path, *, key: Sequence[str]) -> None:
    """Write the Parquet file *source* to *target* in the order of *key*.

    Columns, types and rows stay as they are; the order of rows of equal keys is not defined. A
    file that lacks a column of the key keeps its order. Memory is bounded: what does not fit is
    sorted on disk, beside *target*.
    """
    with duckdb.connect() as connection, pq.ParquetFile(source) as file:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set temp_directory = ?", [str(target.parent / "spill")])
        connection.execute("set timezone = 'UTC'")
        batches = pa.RecordBatchReader.from_batches(
            file.schema_arrow, file.iter_batches(batch_size=ROW_GROUP_ROWS)
        )
        relation = connection.from_arrow(batches)
        if set(key) <= set(file.schema_arrow.names):
            relation = relation.sort(*(duckdb.ColumnExpression(name).asc() for name in key))
        reader = relation.to_arrow_reader(ROW_GROUP_ROWS)
        write_batches(reader.schema, reader, target)


def write_batches(schema: pa.Schema, batches: Iterable[pa.RecordBatch], target: Path) -> None:
    """Write *batches*, already in key order, to *target* in whole row groups."""
    plain = schema.remove_metadata()
    held = plain.empty_table()
    with pq.ParquetWriter(target, plain, compression="zstd") as writer:
        for batch in batches:
            held = pa.concat_tables([held, pa.Table.from_batches([batch]).cast(plain)])
            if whole := held.num_rows - held.num_rows % ROW_GROUP_ROWS:
                writer.write_table(held.slice(0, whole), row_group_size=ROW_GROUP_ROWS)
                held = held.slice(whole)
        writer.write_table(held, row_group_size=ROW_GROUP_ROWS)
