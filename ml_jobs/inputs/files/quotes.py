"""Quotation marks of a CSV held against its lines, so that one that is not closed eats no rows.

A cell in quotation marks may have line breaks, and a quotation mark within a cell is an inch sign.
What is which shows in the lines. A cell that is closed as it should, over lines of which none looks
like a row by itself, goes on over them; any other line is a row of its own. Where its cells can't
be told either, since the mark may begin a cell that was broken off, it is no row that is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import BoolArray

MOST_LINES_OF_A_CELL = 1000


@dataclass(frozen=True)
class QuotedLines:
    """Which lines begin a row, and which have quotation marks that CSV has not.

    Attributes:
        begins: Whether a row begins on a line, shape (lines,).
        stray: The cells of the lines with such marks, by the place of the line; one cell, the
            whole line, where they can't be told.
    """

    begins: BoolArray
    stray: Mapping[int, Sequence[str]]


@dataclass(frozen=True)
class QuoteRules:
    """How cells are parted and quoted.

    Attributes:
        delimiters_in_row: How many delimiters a row of the table has.
    """

    delimiter: str
    delimiters_in_row: int

    @cached_property
    def _quoted(self) -> re.Pattern[str]:
        return re.compile(r'"(?:[^"\n]|"")*"(?=' + re.escape(self.delimiter) + r"|\n|\Z)")

    @property
    def _well_formed(self) -> str:
        """A line every cell of which is as CSV has it."""
        part = re.escape(self.delimiter)
        cell = rf'(?:"(?:[^"\n]|"")*"|[^"{part}\n][^{part}\n]*|)'
        return rf"^{cell}(?:{part}{cell})*\n?$"

    def rows_of(self, lines: pa.Array) -> QuotedLines:
        """Return the rows that *lines*, each with its line break, make."""
        begins = np.ones(len(lines), np.bool_)
        quoted = np.flatnonzero(pc.match_substring(lines, '"'))
        well = pc.match_substring_regex(lines.take(pa.array(quoted)), self._well_formed)
        suspect = quoted[~np.asarray(well)]
        stray: dict[int, Sequence[str]] = {}
        after = 0
        for place in suspect.tolist():
            if place < after:
                continue
            end = self._end_of_row(lines, place)
            if end is None:
                stray[place] = self._taken_apart(lines, place)
            else:
                begins[place + 1 : end + 1] = False
                after = end + 1
        return QuotedLines(begins, stray)

    def _taken_apart(self, lines: pa.Array, place: int) -> Sequence[str]:
        """Return the cells of a line whose quotation marks are signs like any other."""
        line = _text(lines[place])
        scan = self._scan(line, inside=False)
        if scan and scan.inner and not self._is_row(lines, place + 1):
            return (line.rstrip("\n"),)
        return [self._unquoted(cell) for cell in line.rstrip("\n").split(self.delimiter)]

    def _is_row(self, lines: pa.Array, place: int) -> bool:
        """Return whether there is a line at *place* that is a row by itself."""
        if place >= len(lines):
            return False
        line = _text(lines[place])
        if line.count(self.delimiter) == self.delimiters_in_row:
            return True
        scan = self._scan(line, inside=False)
        return bool(scan and not scan.stays_open and scan.outer == self.delimiters_in_row)

    def _unquoted(self, cell: str) -> str:
        if len(cell) > 1 and cell.startswith('"') and cell.endswith('"'):
            return cell[1:-1].replace('""', '"')
        return cell

    def _end_of_row(self, lines: pa.Array, begin: int) -> int | None:
        """Return the line on which the row that begins on *begin* ends; None for a stray mark."""
        inside, outer = False, 0
        for place in range(begin, min(begin + MOST_LINES_OF_A_CELL, len(lines))):
            scan = self._scan(_text(lines[place]), inside=inside)
            if scan is None or (self._looks_like_a_row(scan) and (inside or not scan.outer)):
                return None
            inside, outer = scan.stays_open, outer + scan.outer
            if not inside:
                return place if outer == self.delimiters_in_row else None
        return None

    def _looks_like_a_row(self, scan: _Scan) -> bool:
        return scan.inner > 0 and scan.outer + scan.inner == self.delimiters_in_row

    def _scan(self, line: str, *, inside: bool) -> _Scan | None:
        """Follow the quotation marks of *line*; None where one closes in the middle of a cell."""
        place = outer = inner = 0
        text = line if not inside else f'"{line}'
        while True:
            if not text.startswith('"', place):
                end = text.find(self.delimiter, place)
                if end < 0:
                    return _Scan(stays_open=False, outer=outer, inner=inner)
            elif closed := self._quoted.match(text, place):
                end = closed.end()
                if inside and not place:
                    inner += closed.group().count(self.delimiter)
                if not text.startswith(self.delimiter, end):
                    return _Scan(stays_open=False, outer=outer, inner=inner)
            elif self._is_open(text, place):
                inner += text.count(self.delimiter, place)
                return _Scan(stays_open=True, outer=outer, inner=inner)
            else:
                return None
            outer += 1
            place = end + 1

    def _is_open(self, text: str, place: int) -> bool:
        return re.fullmatch(r'"(?:[^"]|"")*', text[place:]) is not None


@dataclass(frozen=True)
class _Scan:
    """What a line's quotation marks make of it.

    Attributes:
        outer: Delimiters between cells.
        inner: Delimiters in cells that began on a line before, or go on to the next.
    """

    stays_open: bool
    outer: int
    inner: int


def _text(line: pa.Scalar) -> str:
    text: str = line.as_py().decode()
    return text
