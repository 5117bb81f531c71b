"""Input files as they come, text, workbooks or Parquet, read whole into one table.

A CSV is read as text throughout; what its columns mean is decided where it is known what they
are for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datalayer.kernel.storage.digest import file_sha256
from ml_jobs.arrays import IntArray
from ml_jobs.errors import InputError, NoRowsError
from ml_jobs.inputs.files.headings import Wanted, columns_for, normal
from ml_jobs.inputs.files.packed_file import FileKind, unpacked
from ml_jobs.inputs.files.raw_table import MalformedRow, RawTable
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions, columns_argument
from ml_jobs.inputs.files.text_table import read_text
from ml_jobs.inputs.files.usual_headings import usual_columns
from ml_jobs.inputs.files.workbook import read_workbook

_MOST_SHOWN = 40


@dataclass(frozen=True)
class SourceFile:
    """An input file, read whole.

    Attributes:
        name: Without the folder.
        table: The rows that could be read; all text when the file is a CSV.
        row_numbers: Where each row of *table* stands in the file, from 1, header not counted.
        lines: The line that each row of the file begins on, malformed ones too (in a workbook its
            row of the sheet), from 1, shape (rows,); None where a file has no lines.
        heading_line: Where the headings stand, as lines are counted.
        half_numbers: Columns in which only some numbers are numbers, with an example of both.
        reading: How the file was asked to be read.
        notes: What was found out about how the file is written, as sentences that name it.
        delimiter: Between its cells; None where it is no text file.
        read_as: How its numbers and dates were read, and why so; empty until that is decided.
    """

    name: str
    sha256: str
    table: pa.Table
    row_numbers: IntArray
    malformed: tuple[MalformedRow, ...]
    reading: ReadingOptions = AS_FOUND
    notes: tuple[str, ...] = ()
    lines: IntArray | None = None
    heading_line: int = 1
    half_numbers: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    read_as: str = ""

    @property
    def rows(self) -> int:
        """Rows in the file, readable or not."""
        return len(self.row_numbers) + len(self.malformed)

    def place(self, row: int) -> str:
        """Return where *row*, by its number, stands, such as "row 3".

        Its line is named too where that is another than a header of one line makes it.
        """
        line = row + 1 if self.lines is None else int(self.lines[row - 1])
        return f"row {row}" if line == row + 1 else f"row {row} (line {line})"

    def find(self, *names: str) -> str | None:
        """Return the first column that stands for one of *names*; None if there is none."""
        return next(iter(columns_for(names, self.table.column_names, self.reading)), None)

    def name_of(self, column: str) -> str:
        """Return what *column* is read as: the name that was asked for it, else its own."""
        given = self.reading.headings.items()
        found = (name for name, heading in given if normal(heading) == normal(column))
        return next(found, column.strip())

    def require(self, *alternatives: Sequence[str], useful: Sequence[str] = ()) -> tuple[str, ...]:
        """Return one column for each group of alternative names.

        Where one is missing, headings are proposed for it, and for the names that are *useful*.

        Raises:
            InputError: Some group has no column, or more than one.
        """
        found, missing = [], []
        for names in alternatives:
            columns = columns_for(names, self.table.column_names, self.reading)
            if len(columns) > 1:
                raise InputError(
                    file=self.name, problem=f"has {' and '.join(columns)}; keep one of them"
                )
            if not columns:
                missing.append(names)
            found += columns
        if missing:
            raise InputError(file=self.name, problem=self._lacking(missing, useful))
        return tuple(found)

    def _lacking(self, missing: Sequence[Sequence[str]], useful: Sequence[str]) -> str:
        """Say which columns are not there, and what may stand for them."""
        there = [name.strip() for name in self.table.column_names]
        shown = ", ".join(f'"{name}"' if "," in name else name for name in there[:_MOST_SHOWN])
        more = f" and {len(there) - _MOST_SHOWN} more" if there[_MOST_SHOWN:] else ""
        problem = f"has no column {', '.join(' or '.join(names) for names in missing)}"
        problem += f"; it has {shown}{more}"
        if len(there) == 1 and re.search(r"[;,\t|]", there[0]):
            problem += ", in one cell; cells are parted by ; , tab or |, outside quotation marks"
        if self.heading_line > 1:
            problem += f" (line {self.heading_line} was taken for the headings)"
        given = self.reading.headings
        for name in (name for names in missing for name in names if name in given):
            near = get_close_matches(given[name], there, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            problem += f"; --columns takes {name} from {given[name]}, which is not there{hint}"
        lacked = {name for names in missing for name in names}
        others = [(n,) for n in useful if n not in lacked and not self.find(n)]
        if usual := usual_columns([*missing, *others], there):
            known = {name: h for name, h in given.items() if normal(h) in map(normal, there)}
            problem += f"; if they are these, give {columns_argument({**known, **usual})}"
        return problem


def read_source(
    path: Path, reading: ReadingOptions = AS_FOUND, *, required: Sequence[Sequence[str]] = ()
) -> SourceFile:
    """Read *path*, a file of text, a workbook or Parquet, packed or not.

    Of each group of names in *required* a column must be there. They tell the headings from
    titles above them, the delimiter, and the sheet of a workbook; `SourceFile.require` refuses a
    file that lacks one.

    Raises:
        NoRowsError: It has the columns, and no rows.
        InputError: It is missing, empty, in an unknown encoding or not readable.
    """
    wanted = Wanted(reading, tuple(map(tuple, required)))
    try:
        digest = file_sha256(path)
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1" or path.suffix == ".parquet"
        raw = _read_parquet(path.name, path) if is_parquet else _read_content(path, wanted)
    except OSError as error:
        raise InputError(file=path.name, problem=f"can't be read: {error.strerror}") from error
    source = SourceFile(
        path.name,
        digest,
        raw.table,
        raw.row_numbers,
        raw.malformed,
        reading,
        tuple(f"{path.name}: {note}" for note in raw.notes),
        raw.lines,
        raw.heading_line,
        raw.half_numbers,
        raw.delimiter,
    )
    if not source.rows:
        source.require(*required)
        raise NoRowsError(file=path.name, problem="has no rows; at least one is needed")
    return source


def _read_content(path: Path, wanted: Wanted) -> RawTable:
    kind, content = unpacked(path.name, path.read_bytes())
    match kind:
        case FileKind.PARQUET:
            return _read_parquet(path.name, pa.BufferReader(content))
        case FileKind.WORKBOOK:
            return read_workbook(path.name, content, wanted)
        case FileKind.TEXT:
            return read_text(path.name, content, wanted)


def _read_parquet(file: str, content: Path | pa.NativeFile) -> RawTable:
    try:
        table = pq.read_table(content)
        table.validate(full=True)  # texts that are no UTF-8 would fail wherever they are used
        return RawTable(table)
    except (pa.ArrowException, OSError, ValueError) as error:
        problem = str(error).splitlines()[0]
        raise InputError(file=file, problem=f"is not readable Parquet: {problem}") from error
