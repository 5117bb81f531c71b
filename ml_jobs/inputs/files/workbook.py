"""Workbooks of Excel and LibreOffice: one sheet of them read as a table, cells with their types."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cached_property
from typing import TypeAlias, cast

import numpy as np
import pyarrow as pa

from ml_jobs.errors import InputError
from ml_jobs.inputs.files import workbook_process
from ml_jobs.inputs.files.headings import (
    MOST_TITLE_LINES,
    Wanted,
    column_names,
    heading_line,
    title_note,
)
from ml_jobs.inputs.files.raw_table import RawTable, without_empty_columns
from ml_jobs.inputs.files.workbook_process import FoundCells

Cell: TypeAlias = object
Rows: TypeAlias = tuple[tuple[int, tuple[Cell, ...]], ...]

_MARKED = re.compile(r"[-+(R$\s]*\d[\d.,'\s]*[.,][\d.,'\s]*[-)]?\s*")
# Excel keeps fifteen digits of a number: a longer code was spoilt before it came here.
_MOST_EXACT = 10**15


@dataclass(frozen=True)
class _Sheet:
    """The filled rows of a sheet, and which of them has the headings.

    Attributes:
        rows: By the number that the row has in the sheet, from 1.
        header: Place among *rows*.
    """

    name: str
    rows: Rows
    header: int

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings as texts."""
        return _texts(self.rows[self.header][1]) if self.rows else ()

    @cached_property
    def columns(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells below each heading."""
        rows = [cells for _, cells in self.rows[self.header + 1 :]]
        return tuple(zip(*rows, strict=True)) if rows else ((),) * len(self.headings)


def read_workbook(file: str, content: bytes, wanted: Wanted) -> RawTable:
    """Read the sheet that was asked for, else the only one that has the columns wanted.

    Raises:
        InputError: It can't be read, or which sheet to read can't be told.
    """
    found = _found_cells(file, content, wanted.reading.sheet or ())
    sheets = [_sheet(name, rows, wanted) for name, rows in found.sheets]
    sheet = _only_one(file, sheets, wanted)
    lines = np.array([number for number, _ in sheet.rows[sheet.header + 1 :]], np.int64)
    heading_line = sheet.rows[sheet.header][0]
    above = title_note(sheet.header, heading_line)
    notes = (f"the sheet {sheet.name} was read", *above, *_twofold_codes(sheet))
    return RawTable(
        _table(file, sheet),
        lines,
        notes=notes,
        heading_line=heading_line,
        half_numbers=dict(_half_numbers(file, sheet)),
    )


def _found_cells(file: str, content: bytes, asked: Sequence[str]) -> FoundCells:
    program = [sys.executable, "-I", workbook_process.__file__, *asked]
    done = subprocess.run(  # noqa: S603 - our own program, and names that are no options to it
        program, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        problem = "is a damaged workbook, or has cells far outside its table; save it anew as .xlsx"
        raise InputError(file=file, problem=f"{problem} or CSV UTF-8")
    found = FoundCells(*pickle.loads(done.stdout))  # noqa: S301 - made by our own program
    if found.problem:
        raise InputError(file=file, problem=found.problem)
    if asked and not found.sheets:
        near = get_close_matches(asked[0], found.names, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        there = ", ".join(found.names)
        problem = f"has no sheet {' or '.join(asked)} (--sheet); it has {there}{hint}"
        raise InputError(file=file, problem=problem)
    return found


def _sheet(name: str, rows: Rows, wanted: Wanted) -> _Sheet:
    candidates = [_texts(cells) for _, cells in rows[:MOST_TITLE_LINES]]
    return _Sheet(name, rows, heading_line(candidates, wanted) if candidates else 0)


def _only_one(file: str, sheets: Sequence[_Sheet], wanted: Wanted) -> _Sheet:
    filled = [sheet for sheet in sheets if sheet.rows]
    fitting = [sheet for sheet in filled if wanted.is_met(sheet.headings)]
    if len(fitting) > 1:
        names = ", ".join(sheet.name for sheet in fitting)
        problem = f"has the columns in {len(fitting)} sheets: {names}; say which with --sheet"
        raise InputError(file=file, problem=problem)
    if not filled:
        raise InputError(file=file, problem="is empty; a row of headings is needed")
    if fitting:
        return fitting[0]
    return max(filled, key=lambda sheet: wanted.likeness(sheet.headings))


def _table(file: str, sheet: _Sheet) -> pa.Table:
    names = column_names(file, sheet.headings)
    whole = pa.table([_column(cells) for cells in sheet.columns], list(names))
    return without_empty_columns(whole, sheet.headings)


def _twofold_codes(sheet: _Sheet) -> Iterator[str]:
    """Yield a note of each column with a code both as a number and as a text with zeros."""
    for heading, cells in zip(sheet.headings, sheet.columns, strict=True):
        numbers = {_text(cell) for cell in cells if _kind(cell) == "number"}
        texts = {cell.strip() for cell in cells if isinstance(cell, str)}
        twice = sorted(t for t in texts if t.lstrip("0") in numbers and t not in numbers)
        if twice:
            number = twice[0].lstrip("0")
            yield f"{heading} has {number} as a number and {twice[0]!r} as a text: two codes"


def _half_numbers(file: str, sheet: _Sheet) -> Iterator[tuple[str, str]]:
    """Yield each column with fractions beside texts with a mark, and an example of both."""
    names = column_names(file, sheet.headings)
    below = sheet.rows[sheet.header + 1 :]
    for name, cells in zip(names, sheet.columns, strict=True):
        parts = [n for n, cell in enumerate(cells) if isinstance(cell, float) and cell % 1]
        texts = [n for n, cell in enumerate(cells) if _is_marked_number(cell)]
        if parts and texts:
            number, text = parts[0], texts[0]
            has = f"row {below[number][0]} of the sheet has {_text(cells[number])}"
            yield name, f"{has}, and row {below[text][0]} the text {cells[text]!r}"


def _is_marked_number(cell: Cell) -> bool:
    return isinstance(cell, str) and _MARKED.fullmatch(cell) is not None


def _kind(cell: Cell) -> str:
    match cell:
        case bool():
            return "text"
        case int() | float():
            return "number"
        case date():
            return "date"
    return "text"


def _moment(cell: Cell) -> datetime:
    return cell if isinstance(cell, datetime) else datetime.combine(cast(date, cell), time())


def _text(cell: Cell) -> str:
    """Return *cell* as text; a fraction never with three digits, which may be read as thousands."""
    match cell:
        case bool() | str():
            return str(cell)
        case float() if cell.is_integer() and abs(cell) < _MOST_EXACT:
            return str(int(cell))
        case float():
            text = repr(cell)
            return f"{text}0" if re.search(r"\.\d{3}\Z", text) else text
        case datetime():
            return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    return str(cell)


def _is_filled(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _texts(cells: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(_text(cell) for cell in cells)


def _column(cells: Sequence[Cell]) -> pa.Array:
    """Return *cells* as the numbers or dates that all of them are, else as texts."""
    kinds = {_kind(cell) for cell in cells if _is_filled(cell)}
    values = [cell if _is_filled(cell) else None for cell in cells]
    if kinds == {"number"}:
        numbers = np.array([np.nan if v is None else float(str(v)) for v in values], np.float64)
        known = numbers[~np.isnan(numbers)]
        whole = (known == np.floor(known)).all() and (np.abs(known) < _MOST_EXACT).all()
        floats = pa.array(numbers, from_pandas=True)
        return floats.cast(pa.int64()) if whole else floats
    if kinds == {"date"}:
        return pa.array([None if v is None else _moment(v) for v in values], pa.timestamp("us"))
    return pa.array(["" if v is None else _text(v) for v in values], pa.string())
