"""One page of an answer, as JSON text made by DuckDB while it reads, or as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.reading.arrow_text import text_bytes
from datalayer.reading.question import Position
from datalayer.reading.results import Result


@dataclass(frozen=True)
class JsonRows:
    """One page as text; no row of it has passed through Python.

    Attributes:
        data: The rows as JSON objects with commas between, UTF-8, without brackets; dates ISO
            8601, times UTC with a Z.
        rows: How many there are.
        more: Whether rows follow beyond the page.
        last: Where a page after this one begins, if the question has an order.
        sources: The forecast sources among the rows.
        total: All rows of the answer, page or not; None where nobody counts.
    """

    data: bytes
    rows: int
    more: bool
    last: Position
    sources: tuple[str, ...]
    total: int | None


@dataclass(frozen=True)
class TablePage:
    """One page as a table; ``more``, ``last`` and ``total`` as in ``JsonRows``."""

    result: Result
    more: bool
    last: Position
    total: int | None


def join_rows(rows: pa.ChunkedArray) -> bytes:
    """Return texts that end with a comma one behind the other, without the last comma."""
    views = [text_bytes(chunk) for chunk in rows.chunks if len(chunk)]
    return b"".join([*views[:-1], *(view[:-1] for view in views[-1:])])


def last_position(table: pa.Table, order: tuple[str, ...]) -> Position:
    """Return the last row's values in the columns of *order*, dates as ISO text."""
    if not (order and table.num_rows):
        return ()
    values = (table.column(name)[-1].as_py() for name in order)
    return tuple(v.isoformat() if isinstance(v, date | datetime) else v for v in values)


def sources_in(table: pa.Table) -> tuple[str, ...]:
    """Return the different values of the column ``source``, without nulls; none without it."""
    if "source" not in table.column_names:
        return ()
    return tuple(pc.unique(table.column("source")).drop_null().to_pylist())
