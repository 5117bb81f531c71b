"""One page of an answer, as JSON text made by DuckDB while it reads, or as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.reading.question import Position

Rows = TypeVar("Rows", bytes, pa.Table)


@dataclass(frozen=True)
class Page(Generic[Rows]):
    """One page of the answer to a question.

    Attributes:
        rows: A table; or text, no row of which has passed through Python: JSON objects with commas
            between, UTF-8, without brackets; dates ISO 8601, times UTC with a Z.
        count: How many rows there are.
        sources: The forecast sources among the rows.
        more: Whether rows follow beyond the page.
        last: Where a page after this one begins, if the question has an order.
        total: All rows of the answer, page or not; None where nobody counts.
    """

    rows: Rows
    count: int
    sources: tuple[str, ...]
    more: bool
    last: Position
    total: int | None


def text_bytes(texts: pa.Array) -> memoryview:
    """Return the values of *texts*, UTF-8, one behind the other: Arrow holds them so.

    Nothing is copied; the view keeps what it shows alive.

    Args:
        texts: Of Arrow's type ``string``, which DuckDB makes; nulls are empty.
    """
    _, offsets, text = texts.buffers()
    if text is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("i")
    return memoryview(text)[ends[texts.offset] : ends[texts.offset + len(texts)]]


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
