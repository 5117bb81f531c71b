"""Text files of cells: CSV in its dialects, read into a table whose rows are those of its lines.

Every line that is not empty belongs to a row, and every row is in the table or malformed: what the
reader finds is counted against the lines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.encodings import decode
from ml_jobs.inputs.headings import (
    MOST_TITLE_LINES,
    HeadingLine,
    Wanted,
    column_names,
    heading_line,
    title_note,
)
from ml_jobs.inputs.quotes import QuoteRules
from ml_jobs.inputs.raw_table import MalformedRow, RawTable, without_empty_columns

DELIMITERS = (";", ",", "\t", "|")

_SEP_LINE = re.compile(r'"?sep=([^"\n])"?[;,\t]*\n?', re.IGNORECASE)
_BLOCK_BYTES = 1 << 20
_MOST_SAMPLES = 5
_MOST_HEADING_LINES = 20  # a heading in quotation marks may have line breaks


@dataclass(frozen=True)
class _Header:
    """The headings of a text.

    Attributes:
        begin, end: Places of its first line and of the line after its last one.
        titles: Lines above it that are not empty.
    """

    begin: int
    end: int
    delimiter: str
    names: tuple[str, ...]
    titles: int


def read_text(file: str, content: bytes, wanted: Wanted) -> RawTable:
    """Read the text *content* of *file*.

    Raises:
        InputError: It is in an unknown encoding, or is no table.
    """
    decoded = decode(file, content, wanted.reading.encoding)
    lines = _lines(decoded.content)
    header = _header(file, lines, wanted)
    table = _Body(file, header, lines.slice(header.end)).read()
    above = title_note(header.titles, header.begin + 1)
    return replace(table, notes=(*decoded.notes, *above, *table.notes))


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


def _header(file: str, lines: pa.Array, wanted: Wanted) -> _Header:
    head = [line.as_py().decode() for line in lines.slice(0, 2 * MOST_TITLE_LINES)]
    first = next((place for place, line in enumerate(head) if line.strip()), None)
    if first is None:
        raise InputError(file=file, problem="is empty; a header line with column names is needed")
    delimiters: Sequence[str] = DELIMITERS
    if separator := _SEP_LINE.fullmatch(head[first]):
        delimiters, first = (separator.group(1),), first + 1
    found = list(_candidates(head, first, delimiters))
    if not found:
        raise InputError(file=file, problem="is empty; a header line with column names is needed")
    rows = [HeadingLine(header.begin + 1, header.names) for header in found]
    return found[heading_line(rows, wanted)]


def _candidates(head: Sequence[str], first: int, delimiters: Sequence[str]) -> Iterator[_Header]:
    """Yield what each line would be as headings, with most cells first where delimiters differ."""
    titles = 0
    for begin in range(first, min(first + MOST_TITLE_LINES, len(head))):
        if not head[begin].strip():
            continue
        parsed = [_parsed(head, begin, delimiter, titles) for delimiter in delimiters]
        yield from sorted(parsed, key=lambda header: len(header.names), reverse=True)
        titles += 1


def _parsed(head: Sequence[str], begin: int, delimiter: str, titles: int) -> _Header:
    reader = csv.reader(head[begin : begin + _MOST_HEADING_LINES], delimiter=delimiter)
    try:
        names = next(reader)
    except csv.Error:  # a cell longer than headings are
        return _Header(begin, begin + 1, delimiter, (head[begin],), titles)
    return _Header(begin, begin + reader.line_num, delimiter, tuple(names), titles)


@dataclass(frozen=True)
class _Body:
    """The lines below the headings."""

    file: str
    header: _Header
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
        cells = {place: rules.taken_apart(self._line(place)) for place in rows.stray.tolist()}
        empty = rows.begins & self._empty()
        held = self._texts(rows.begins, empty)
        reader = _Reader(self.file, self.header.delimiter, names, rows.begins[~empty])
        lines = self._rewritten(cells)
        table, malformed = reader.read(_filtered(lines, ~empty))
        whole = {
            held.place(number): mended
            for number in malformed
            if (mended := self._mended(held.text(number), len(names))) is not None
        }
        if whole:
            table, malformed = reader.read(_filtered(self._rewritten(cells | whole), ~empty))
        self._refuse_other_rows(len(held.begins), table.num_rows + len(malformed))
        first = self.header.end + 1
        return RawTable(
            without_empty_columns(table, headings),
            held.begins + first,
            tuple(
                MalformedRow(number, found, len(self.header.names), held.text(number))
                for number, found in malformed.items()
            ),
            self._notes(rows.stray + first),
            delimiter=self.header.delimiter,
        )

    def _headings(self) -> tuple[str, ...]:
        """Return the headings, and empty ones for empty cells that the first row has beyond."""
        names = self.header.names
        first = next((text for text in map(_text_of, self.lines) if text.strip()), "")
        cells = _cells(first, self.header.delimiter)[len(names) :]
        return names if any(cell.strip() for cell in cells) else (*names, *("" for _ in cells))

    def _line(self, place: int) -> str:
        return _text_of(self.lines[place])

    def _texts(self, begins: BoolArray, empty: BoolArray) -> _HeldRows:
        (places,) = np.nonzero(begins)
        ends = np.append(places[1:], len(self.lines))
        filled = ~empty[places]
        return _HeldRows(self.lines, places[filled], ends[filled])

    def _empty(self) -> BoolArray:
        """Return which lines have no filled cell; they are no rows."""
        part = re.escape(self.header.delimiter)
        return np.asarray(pc.match_substring_regex(self.lines, rf'^(?:[ \t{part}]|"")*\n$'))

    def _mended(self, text: str, columns: int) -> list[str] | None:
        """Return the cells of a row that has more or fewer empty ones at its end than it should."""
        named = max(place for place, name in enumerate(self.header.names, 1) if name.strip())
        cells = [] if "\n" in text else _cells(text, self.header.delimiter)
        if len(cells) < named or any(cell.strip() for cell in cells[named:]):
            return None
        return [*cells[:named], *[""] * (columns - named)]

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

    def _notes(self, stray: IntArray) -> tuple[str, ...]:
        if not len(stray):
            return ()
        shown = ", ".join(map(str, stray[:_MOST_SAMPLES]))
        more = f" and {len(stray) - _MOST_SAMPLES} more" if len(stray) > _MOST_SAMPLES else ""
        apart = "have a quotation mark that closes no cell, and were read as rows of their own"
        return (f"{len(stray)} line(s) {apart}: line {shown}{more}",)


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


@dataclass(frozen=True)
class _Reader:
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
