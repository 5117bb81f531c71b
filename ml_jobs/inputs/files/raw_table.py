"""A table as a file holds it, before anybody asks what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import IntArray


@dataclass(frozen=True)
class MalformedRow:
    """A row of a CSV whose number of fields is not the header's."""

    row: int
    found: int
    expected: int
    text: str


@dataclass(frozen=True)
class RawTable:
    """A table as a file holds it.

    Attributes:
        table: The rows that could be read; all text when the file is.
        lines: Where each row begins in the file, malformed ones too, as its line (in a workbook
            its row in the sheet), from 1, shape (rows,); None where a file has no lines.
        delimiter: Between cells of a text; None of any other file.
        notes: How the file is written, as far as that had to be found out, as sentences.
        heading_line: Where the headings stand, as lines are counted.
        half_numbers: Columns of a workbook with fractions beside texts that may be numbers, and
            an example of both; which mark these texts have can't be told by the numbers.
    """

    table: pa.Table
    lines: IntArray | None = None
    malformed: tuple[MalformedRow, ...] = ()
    notes: tuple[str, ...] = ()
    heading_line: int = 1
    half_numbers: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None

    @property
    def row_numbers(self) -> IntArray:
        """Where each row of the table stands among all rows, from 1."""
        return numbers_without(
            self.table.num_rows + len(self.malformed), [row.row for row in self.malformed]
        )


def numbers_without(rows: int, left_out: Sequence[int]) -> IntArray:
    """Return the numbers from 1 to *rows* but for those *left_out*."""
    kept = np.ones(rows, np.bool_)
    kept[np.array(left_out, np.int64) - 1] = False
    return np.flatnonzero(kept).astype(np.int64) + 1


def without_empty_columns(table: pa.Table, headings: tuple[str, ...]) -> pa.Table:
    """Return *table* without the columns that have neither a heading nor a value."""
    kept = [
        name
        for name, heading in zip(table.column_names, headings, strict=True)
        if heading.strip() or not _is_empty(table.column(name))
    ]
    return table.select(kept)


def _is_empty(values: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(values.type):
        return bool(values.null_count == len(values))
    filled: bool = pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py()
    return not filled
