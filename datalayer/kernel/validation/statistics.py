"""What a Parquet file says of its own values, compared with them.

Least and greatest values, and numbers of nulls, stand in a file for each row group. They are a
claim of its writer, and readers pass over row groups by it: where it is wrong, rows that are
there are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from datalayer.kernel.validation import statements

_SAID = "statistics said"
_BLOCKS = "statistics blocks"


def misleading_columns(
    connection: duckdb.DuckDBPyConnection, path: Path, types: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    """Yield each column whose values lie outside of what its file says of them.

    Args:
        connection: Where *path* may be read.
        path: A Parquet file of which every value can be read.
        types: DuckDB's type of each column that is looked at.

    Yields:
        The column's name, and of how many row groups something wrong is said.
    """
    connection.execute(statements.said_by_row_group(_SAID, path))
    connection.execute(statements.row_group_blocks(_BLOCKS, path))
    try:
        counts = _counts(connection, statements.misleading_groups(_SAID, _BLOCKS, path, types))
    finally:
        for table in (_SAID, _BLOCKS):
            connection.execute(statements.drop_table(table))
    yield from ((name, count) for name, count in zip(types, counts, strict=True) if count)


def _counts(connection: duckdb.DuckDBPyConnection, statement: str) -> Sequence[int]:
    row = connection.execute(statement).fetchone()
    return [int(count) for count in row or ()]
