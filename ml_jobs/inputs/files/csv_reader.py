"""Arrow's reader of CSV, told which of its rows are malformed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ml_jobs.arrays import BoolArray
from ml_jobs.errors import InputError

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class CsvReader:
    """Arrow's reader of CSV, for lines every quotation mark of which is as CSV has it.

    Attributes:
        begins: Whether a row begins on a line, shape (lines,).
    """

    file: str
    delimiter: str
    names: tuple[str, ...]
    begins: BoolArray

    def read(self, lines: pa.Array) -> tuple[pa.Table, dict[int, int]]:
        """Return the rows of *lines*, and the cells of each malformed one by its number."""
        malformed: dict[int, int] = {}

        def keep_malformed(row: pa_csv.InvalidRow) -> str:
            malformed[row.number] = row.actual_columns
            return "skip"

        types = dict.fromkeys(self.names, pa.string())
        if not len(lines):
            return pa.schema(types).empty_table(), malformed
        content, longest = _content(lines, self.begins)
        has_quotes = bool(pc.any(pc.match_substring(lines, '"')).as_py())
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(content),
                # Threads would leave the numbers of malformed rows unknown.
                read_options=pa_csv.ReadOptions(
                    column_names=list(self.names),
                    use_threads=False,
                    block_size=max(_BLOCK_BYTES, 2 * longest),
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char='"' if has_quotes else False,
                    newlines_in_values=not self.begins.all(),
                    invalid_row_handler=keep_malformed,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=types, strings_can_be_null=False
                ),
            )
        except pa.ArrowException as error:
            raise InputError(file=self.file, problem=f"is not readable CSV: {error}") from error
        return table, malformed


def _content(lines: pa.Array, begins: BoolArray) -> tuple[pa.Buffer, int]:
    """Return the bytes of *lines* in one piece, and how many the longest row has."""
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, np.int64)[lines.offset : lines.offset + len(lines) + 1]
    rows = np.append(ends[:-1][begins], ends[-1])
    return data.slice(int(ends[0]), int(ends[-1] - ends[0])), int(np.diff(rows).max(initial=0))
