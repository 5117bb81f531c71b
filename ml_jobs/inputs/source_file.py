"""Input files as they come: CSV of several dialects or Parquet, read whole into one table.

A CSV is read as text throughout; what its columns mean is decided where it is known what they
are for. Delimiters ``;``, ``,``, tab and ``|`` are recognised from the header line, encodings
UTF-8 (with or without byte order mark) and Windows-1252, which includes Latin-1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from datalayer.kernel.storage.digest import file_sha256
from ml_jobs.errors import InputError
from ml_jobs.inputs.reading import AS_FOUND, Reading

DELIMITERS = (";", ",", "\t", "|")

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class MalformedRow:
    """A row of a CSV whose number of fields is not the header's."""

    row: int
    found: int
    expected: int
    text: str


@dataclass(frozen=True)
class SourceFile:
    """An input file, read whole.

    Attributes:
        name: Without the folder.
        table: The rows that could be read; all text when the file is a CSV.
        row_numbers: Where each row of *table* stands in the file, from 1, header not counted.
        reading: How the file was asked to be read.
        notes: What was found out about how the file is written, as sentences.
    """

    name: str
    sha256: str
    table: pa.Table
    row_numbers: npt.NDArray[np.int64]
    malformed: tuple[MalformedRow, ...]
    reading: Reading = AS_FOUND
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows in the file, readable or not."""
        return len(self.row_numbers) + len(self.malformed)

    def find(self, *names: str) -> str | None:
        """Return the first column that stands for one of *names*; None if there is none."""
        return next(iter(self._columns(names)), None)

    def name_of(self, column: str) -> str:
        """Return what *column* is read as: the name that was asked for it, else its own."""
        given = self.reading.headings.items()
        return next((n for n, heading in given if _same(heading, column)), column.strip())

    def _columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns that were given for *names*, else those that are called so."""
        there = self.table.column_names
        given = [heading for n, heading in self.reading.headings.items() if n in names]
        mapped = [column for column in there if any(_same(column, each) for each in given)]
        return mapped or [column for column in there if column.strip().lower() in names]

    def require(self, *alternatives: Sequence[str]) -> tuple[str, ...]:
        """Return one column for each group of alternative names.

        Raises:
            InputError: Some group has no column, or more than one.
        """
        found, missing = [], []
        for names in alternatives:
            columns = self._columns(names)
            if len(columns) > 1:
                raise InputError(
                    file=self.name, problem=f"has {' and '.join(columns)}; keep one of them"
                )
            if not columns:
                missing.append(" or ".join(names))
            found += columns
        if missing:
            there = ", ".join(self.table.column_names)
            raise InputError(
                file=self.name, problem=f"has no column {', '.join(missing)}; it has {there}"
            )
        return tuple(found)


def _same(heading: str, other: str) -> bool:
    return heading.strip().casefold() == other.strip().casefold()


def read_source(path: Path, reading: Reading = AS_FOUND) -> SourceFile:
    """Read *path*, a CSV or Parquet file.

    Raises:
        InputError: The file is missing, empty, in an unknown encoding or not readable.
    """
    try:
        digest = file_sha256(path)
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1" or path.suffix == ".parquet"
    except OSError as error:
        raise InputError(file=path.name, problem=f"can't be read: {error.strerror}") from error
    table, malformed = (_read_parquet(path), ()) if is_parquet else _read_csv(path)
    if table.num_rows + len(malformed) == 0:
        raise InputError(
            file=path.name, problem="has no rows; at least one row of demand is needed"
        )
    every = np.arange(1, table.num_rows + len(malformed) + 1, dtype=np.int64)
    readable = np.setdiff1d(every, [row.row for row in malformed])
    return SourceFile(path.name, digest, table, readable, malformed, reading)


def _read_parquet(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path)
        table.validate(full=True)  # texts that are no UTF-8 would fail wherever they are used
        return table
    except (pa.ArrowException, OSError) as error:
        problem = str(error).splitlines()[0]
        raise InputError(file=path.name, problem=f"is not readable Parquet: {problem}") from error


def _read_csv(path: Path) -> tuple[pa.Table, tuple[MalformedRow, ...]]:
    encoding = _encoding(path)
    delimiter, names = _header(path, encoding)
    malformed: list[MalformedRow] = []

    def keep_malformed(row: pa_csv.InvalidRow) -> str:
        # Row numbers of the reader count the header line as 1.
        malformed.append(
            MalformedRow(row.number - 1, row.actual_columns, row.expected_columns, row.text)
        )
        return "skip"

    try:
        table = pa_csv.read_csv(
            path,
            # Threads would leave the numbers of malformed rows unknown.
            read_options=pa_csv.ReadOptions(encoding=encoding, use_threads=False),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep_malformed
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException as error:
        raise InputError(file=path.name, problem=f"is not readable CSV: {error}") from error
    return table, tuple(malformed)


def _header(path: Path, encoding: str) -> tuple[str, list[str]]:
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open(encoding=codec, newline="") as file:
        line = file.readline()
    if not line.strip():
        raise InputError(
            file=path.name, problem="is empty; a header line with column names is needed"
        )
    delimiter = max(DELIMITERS, key=line.count)
    names = next(csv.reader(io.StringIO(line), delimiter=delimiter))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            file=path.name, problem=f"names a column more than once: {', '.join(twice)}"
        )
    return delimiter, names


def _encoding(path: Path) -> str:
    """Return the encoding in which every byte of the file makes sense."""
    content = path.read_bytes()
    if control := _CONTROL.search(content):
        raise InputError(
            file=path.name,
            problem=(
                f"is no text or in an unknown encoding: the byte at offset {control.start()} is a "
                "control character, as in UTF-16 or a damaged file; save it as UTF-8"
            ),
        )
    for encoding in ("utf-8", "cp1252"):
        try:
            content.decode(encoding)
            return encoding
        except UnicodeDecodeError as error:
            offset = error.start
    raise InputError(
        file=path.name,
        problem=(
            f"is in an unknown encoding: the byte at offset {offset} makes sense neither in UTF-8 "
            "nor in Windows-1252 (Latin-1); save it as UTF-8"
        ),
    )
