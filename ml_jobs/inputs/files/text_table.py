"""Text files of cells: CSV in its dialects, read into a table whose rows are those of its lines.

Every line that is not empty belongs to a row, and every row is in the table or malformed: what the
reader finds is counted against the lines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.csv_reader import CsvReader
from ml_jobs.inputs.files.encodings import decode
from ml_jobs.inputs.files.headings import Wanted, column_names, title_note
from ml_jobs.inputs.files.quotes import QuoteRules
from ml_jobs.inputs.files.raw_table import (
    MalformedRow,
    RawTable,
    numbers_without,
    without_empty_columns,
)
from ml_jobs.inputs.files.text_header import TextHeader, text_header

_MOST_SAMPLES = 5


def read_text(file: str, content: bytes, wanted: Wanted) -> RawTable:
    """Read the text *content* of *file*.

    Raises:
        InputError: It is in an unknown encoding, or is no table.
    """
    decoded = decode(file, content, wanted.reading.encoding)
    lines = _lines(decoded.content)
    header = text_header(file, lines, wanted)
    table = _Body(file, header, lines.slice(header.end)).read()
    above = title_note(header.titles, header.begin + 1)
    notes = (*decoded.notes, *above, *table.notes)
    return replace(table, notes=notes, heading_line=header.begin + 1)


def _lines(content: bytes) -> pa.Array:
    """Return the lines of *content*, each with one line feed at its end."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not content.endswith(b"\n"):
        content += b"\n"
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n")) + 1
    offsets = np.concatenate([np.zeros(1, np.int64), ends])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.large_binary(), len(ends), buffers)


@dataclass(frozen=True)
class _Body:
    """The lines below the headings."""

    file: str
    header: TextHeader
    lines: pa.Array

    def read(self) -> RawTable:
        """Read the lines as rows.

        Raises:
            InputError: The reader finds other rows than the lines hold.
        """
        headings = self._headings()
        names = column_names(self.file, headings)
        rules = QuoteRules(self.header.delimiter, len(names) - 1)
        rows = rules.rows_of(self.lines)
        empty = rows.begins & self._empty()
        held = self._texts(rows.begins, empty)
        reader = CsvReader(self.file, self.header.delimiter, names, rows.begins[~empty])
        table, malformed = reader.read(_filtered(self._rewritten(rows.stray), ~empty))
        if whole := self._mended_rows(held, malformed, rows.stray, len(names)):
            lines = self._rewritten({**rows.stray, **whole})
            table, malformed = reader.read(_filtered(lines, ~empty))
        table, malformed = self._without_spilt(table, malformed)
        self._refuse_other_rows(len(held.begins), table.num_rows + len(malformed))
        first = self.header.end + 1
        return RawTable(
            without_empty_columns(table, headings),
            held.begins + first,
            tuple(
                MalformedRow(number, found, self._expected(found), held.text(number))
                for number, found in malformed.items()
            ),
            self._notes([place + first for place in rows.stray]),
            delimiter=self.header.delimiter,
        )

    def _headings(self) -> tuple[str, ...]:
        """Return the headings, and empty ones for empty cells that the first row has beyond."""
        names = self.header.names
        first = next((text for text in map(_text_of, self.lines) if text.strip()), "")
        cells = _cells(first, self.header.delimiter)[len(names) :]
        return names if any(cell.strip() for cell in cells) else (*names, *("" for _ in cells))

    def _texts(self, begins: BoolArray, empty: BoolArray) -> _HeldRows:
        (places,) = np.nonzero(begins)
        ends = np.append(places[1:], len(self.lines))
        filled = ~empty[places]
        return _HeldRows(self.lines, places[filled], ends[filled])

    def _empty(self) -> BoolArray:
        """Return which lines have no filled cell; they are no rows."""
        part = self.header.delimiter
        _, offsets, data = self.lines.buffers()
        first = np.frombuffer(offsets, np.int64)[self.lines.offset :][: len(self.lines)]
        begins = np.frombuffer(data, np.uint8)[first]
        (maybe,) = np.nonzero(np.isin(begins, np.frombuffer(f' \t\n"{part}'.encode(), np.uint8)))
        lines = self.lines.take(pa.array(maybe))
        empty = np.zeros(len(self.lines), np.bool_)
        pattern = rf'^(?:[ \t{re.escape(part)}]|"")*\n$'
        empty[maybe] = np.asarray(pc.match_substring_regex(lines, pattern))
        return empty

    def _mended_rows(
        self, held: _HeldRows, numbers: Iterable[int], stray: Container[int], columns: int
    ) -> dict[int, Sequence[str]]:
        """Return the cells of those malformed rows that can be mended, by the place of the line."""
        found = ((held.place(n), self._mended(held.text(n), columns)) for n in numbers)
        return {place: cells for place, cells in found if cells and place not in stray}

    def _mended(self, text: str, columns: int) -> list[str] | None:
        """Return the cells of a row that has more or fewer empty ones at its end than it should."""
        named = self._named
        cells = [] if "\n" in text else _cells(text, self.header.delimiter)
        if len(cells) < named or any(cell.strip() for cell in cells[named:]):
            return None
        return [*cells[:named], *[""] * (columns - named)]

    def _without_spilt(
        self, table: pa.Table, malformed: Mapping[int, int]
    ) -> tuple[pa.Table, dict[int, int]]:
        """Set aside rows with a filled cell beyond the headings: they have one too many.

        Where commas part the cells, a number below an empty heading is the rest of one with a
        decimal comma.
        """
        own = len(self.header.names)
        spilt = np.zeros(table.num_rows, np.bool_)
        for place, name in enumerate(table.column_names):
            if place >= own:
                spilt |= np.asarray(pc.not_equal(table.column(name), ""))
            elif place >= self._named and self.header.delimiter == ",":
                spilt |= np.asarray(pc.match_substring_regex(table.column(name), r"^\s*\d+\s*$"))
        if not spilt.any():
            return table, dict(malformed)
        read = numbers_without(table.num_rows + len(malformed), list(malformed))
        numbers = read[spilt].tolist()
        whole = {**malformed, **dict.fromkeys(numbers, table.num_columns)}
        return table.filter(pa.array(~spilt)), dict(sorted(whole.items()))

    def _expected(self, found: int) -> int:
        """Return how many cells a row with so many should have had."""
        return len(self.header.names) if found != len(self.header.names) else self._named

    @property
    def _named(self) -> int:
        """How many columns there are up to the last one with a heading."""
        return max(place for place, name in enumerate(self.header.names, 1) if name.strip())

    def _rewritten(self, cells: Mapping[int, Sequence[str]]) -> pa.Array:
        """Return the lines, those at the places of *cells* written anew with these."""
        if not cells:
            return self.lines
        mask = np.zeros(len(self.lines), np.bool_)
        mask[list(cells)] = True
        texts = [self._written(cells[place]) for place in sorted(cells)]
        anew = pa.array([text.encode() for text in texts], pa.large_binary())
        return pc.replace_with_mask(self.lines, pa.array(mask), anew)

    def _written(self, cells: Sequence[str]) -> str:
        quoted = ('"' + cell.replace('"', '""') + '"' for cell in cells)
        return self.header.delimiter.join(quoted) + "\n"

    def _refuse_other_rows(self, held: int, read: int) -> None:
        if held != read:
            problem = f"has {held} rows by its lines and {read} by its quotation marks"
            raise InputError(file=self.file, problem=f"{problem}; save it anew as CSV UTF-8")

    def _notes(self, stray: Sequence[int]) -> tuple[str, ...]:
        if not stray:
            return ()
        shown = ", ".join(map(str, stray[:_MOST_SAMPLES]))
        more = f" and {len(stray) - _MOST_SAMPLES:,} more" if len(stray) > _MOST_SAMPLES else ""
        apart = "have a quotation mark that closes no cell, and were read as rows of their own"
        return (f"{len(stray):,} line(s) {apart}: line {shown}{more}",)


@dataclass(frozen=True)
class _HeldRows:
    """The rows that lines hold.

    Attributes:
        begins, ends: Places of the first line of each, and of the line after its last one.
    """

    lines: pa.Array
    begins: IntArray
    ends: IntArray

    def place(self, number: int) -> int:
        """Return the place of the first line of the row *number*, from 1."""
        return int(self.begins[number - 1])

    def text(self, number: int) -> str:
        """Return the row *number*, from 1, as it stands in the file."""
        begin, end = self.place(number), int(self.ends[number - 1])
        return "".join(map(_text_of, self.lines.slice(begin, end - begin))).rstrip("\n")


def _filtered(lines: pa.Array, kept: BoolArray) -> pa.Array:
    return lines if kept.all() else lines.filter(pa.array(kept))


def _text_of(line: pa.Scalar) -> str:
    text: str = line.as_py().decode()
    return text


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell longer than any that is mended
        return []
