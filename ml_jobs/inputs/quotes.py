"""Quotation marks of a CSV held against its lines, so that one that is not closed eats no rows.

A cell in quotation marks may have line breaks, and a quotation mark within a cell is an inch sign.
What is which shows in the lines: a cell that is closed as it should, over lines of which none looks
like a row by itself, goes on over them. Any other line is a row of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import BoolArray, IntArray

MOST_LINES_OF_A_CELL = 1000


@dataclass(frozen=True)
class QuotedLines:
    """Which lines begin a row, and which have quotation marks that CSV has not.

    Attributes:
        begins: Whether a row begins on a line, shape (lines,).
        stray: Places of the lines with such marks, ascending.
    """

    begins: BoolArray
    stray: IntArray


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
        stray, after = [], 0
        for place in suspect.tolist():
            if place < after:
                continue
            end = self._end_of_row(lines, place)
            if end is None:
                stray.append(place)
            else:
                begins[place + 1 : end + 1] = False
                after = end + 1
        return QuotedLines(begins, np.array(stray, np.int64))

    def taken_apart(self, line: str) -> list[str]:
        """Return the cells of a *line* whose quotation marks are signs like any other."""
        return [self._unquoted(cell) for cell in line.rstrip("\n").split(self.delimiter)]

    def _unquoted(self, cell: str) -> str:
        if len(cell) > 1 and cell.startswith('"') and cell.endswith('"'):
            return cell[1:-1].replace('""', '"')
        return cell

    def _end_of_row(self, lines: pa.Array, begin: int) -> int | None:
        """Return the line on which the row that begins on *begin* ends; None for a stray mark."""
        inside, outer = False, 0
        for place in range(begin, min(begin + MOST_LINES_OF_A_CELL, len(lines))):
            scan = self._scan(lines[place].as_py().decode(), inside=inside)
            if scan is None or self._looks_like_a_row(scan):
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
