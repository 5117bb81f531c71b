"""Parquet files laid out as they are read: in key order, zstd, row groups of 122,880.

Numbers that hardly repeat are split by bytes; everything else has a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
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
    groups = _whole_groups(plain, batches)
    first = next(groups)
    split = _hardly_repeated(first.slice(0, ROW_GROUP_ROWS))
    repeated = [name for name in plain.names if name not in split]
    with pq.ParquetWriter(
        target, plain, compression="zstd", use_dictionary=repeated, use_byte_stream_split=split
    ) as writer:
        for group in chain([first], groups):
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)


def _whole_groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the rows of *batches* in whole row groups, and what is left over at the end."""
    held = schema.empty_table()
    for batch in batches:
        held = pa.concat_tables([held, pa.Table.from_batches([batch]).cast(schema)])
        if whole := held.num_rows - held.num_rows % ROW_GROUP_ROWS:
            yield held.slice(0, whole)
            held = held.slice(whole)
    yield held


def _hardly_repeated(rows: pa.Table) -> list[str]:
    """Name the numbers that a dictionary would only make larger.

    What they have in common is their first bytes, so those are written one after the other.
    """
    return [
        field.name
        for field in rows.schema
        if pa.types.is_floating(field.type)
        and 2 * pc.count_distinct(rows.column(field.name)).as_py() > rows.num_rows
    ]
