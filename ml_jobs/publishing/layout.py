"""Parquet files laid out as they are read: in key order, zstd, row groups of 122,880.

Columns whose values repeat have a dictionary; numbers that hardly do are split by bytes.
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

REPEATED = 0.5
"""Share of values that differ up to which a dictionary makes a column of fractions smaller."""

UNREPEATED = 0.9
"""Share beyond which it is smaller split: what values share are their first bytes."""


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
    different = _different_values(first.slice(0, ROW_GROUP_ROWS))
    repeated = [name for name in plain.names if different.get(name, 0.0) <= REPEATED]
    split = [name for name, share in different.items() if share > UNREPEATED]
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


def _different_values(rows: pa.Table) -> dict[str, float]:
    """Share of the known values of each column of fractions that differ from all before them."""
    shares = {}
    for field in rows.schema:
        if pa.types.is_floating(field.type):
            column = rows.column(field.name)
            known = max(rows.num_rows - column.null_count, 1)
            shares[field.name] = pc.count_distinct(column).as_py() / known
    return shares
