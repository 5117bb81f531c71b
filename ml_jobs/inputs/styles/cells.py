"""Columns of an input file turned into texts, numbers and days; what fails becomes NaN or NaT."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.styles.code_spelling import plain_code
from ml_jobs.inputs.styles.date_style import DateStyle
from ml_jobs.inputs.styles.number_style import NumberStyle
from ml_jobs.inputs.styles.written import WrittenColumn
from ml_jobs.inputs.styles.written_dates import split_clock
from ml_jobs.panel import Dates

_Value = TypeVar("_Value")
_Kind = TypeVar("_Kind", bound=np.generic)
_FIRST_DAY = date(1970, 1, 1).toordinal()
_NO_DAY = int(np.datetime64("NaT").astype(np.int64))
_TEXT_FORMULA = re.compile(r'=\s*"((?:[^"]|"")*)"')
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?[.,0-9]*\s*"
    r"(?:(?P<half>[AaPp])\.?[Mm])?"
)


@dataclass(frozen=True)
class Codes:
    """A column of texts that repeat: each distinct one once, and where each row's stands.

    Attributes:
        values: The distinct texts, sorted by their UTF-8 bytes; also some that no row has.
        places: Place of each row's text among *values*, shape (rows,).
    """

    values: tuple[str, ...]
    places: IntArray

    @property
    def texts(self) -> npt.NDArray[np.object_]:
        """The text of each row."""
        return np.asarray(self.values, dtype=np.object_)[self.places]

    @property
    def missing(self) -> BoolArray:
        """Which rows have the empty text."""
        return self.where(lambda value: value == "")

    def where(self, holds: Callable[[str], object]) -> BoolArray:
        """Return the rows of whose text *holds* is true, asking once for each distinct text."""
        found = np.fromiter((bool(holds(value)) for value in self.values), np.bool_)
        rows: BoolArray = found[self.places]
        return rows

    def respell(self, spelling: Callable[[str], str]) -> Codes:
        """Return the codes with *spelling* applied to each text."""
        return _sorted_codes([spelling(value) for value in self.values], self.places)

    def of(self, rows: BoolArray) -> Codes:
        """Return the codes of those *rows* only, without the texts that none of them has."""
        places = self.places[rows]
        present = np.bincount(places, minlength=len(self.values)) > 0
        kept = tuple(self.values[place] for place in np.flatnonzero(present).tolist())
        return Codes(kept, (np.cumsum(present) - 1)[places])


def codes(source: SourceFile, column: str) -> Codes:
    """Return a column as texts, spelt as `plain_code` does; null becomes the empty text.

    Raises:
        InputError: The column holds floating point numbers, which have no one spelling, or
            what can't be written as text.
    """
    found = source.table.column(column).type
    if pa.types.is_floating(found):
        raise InputError(
            file=source.name, problem=f"has codes in {column} as {found}; write them as text"
        )
    values, places = _encode(_cast(source, column, pa.string(), expected="text"))
    return _sorted_codes([plain_code(value) for value in values], places)


def written(source: SourceFile, column: str) -> WrittenColumn:
    """Return the distinct texts of a column; whole numbers may be dates (``20260105``) too."""
    distinct, places = _encode(source.table.column(column))
    counts = np.bincount(places, minlength=len(distinct)).tolist()
    # Codes are given in the order of first rows, so a first row is where the highest one grows.
    firsts = np.flatnonzero(np.diff(np.maximum.accumulate(places), prepend=-1))

    def place_of(number: int) -> str:
        return source.place(int(source.row_numbers[firsts[number]]))

    return WrittenColumn(source.name, column, [t.strip() for t in distinct], counts, place_of)


def is_text(source: SourceFile, column: str) -> bool:
    """Return whether a column holds texts."""
    return _is_text(source.table.column(column).type)


def is_written(source: SourceFile, column: str) -> bool:
    """Return whether a column holds texts, or numbers that may be dates written without marks."""
    kind = source.table.column(column).type
    return _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)


def numbers(source: SourceFile, column: str, style: NumberStyle) -> FloatArray:
    """Return a column as numbers, texts read in *style*; NaN where there is none to be read.

    Raises:
        InputError: The column is neither of text nor of numbers.
    """
    values = source.table.column(column)
    if not _is_text(values.type):
        cast = _cast(source, column, pa.float64(), expected="a number")
        floats = pc.fill_null(cast, float("nan"))
        return np.asarray(floats.to_numpy(), dtype=np.float64)
    if example := source.half_numbers.get(column):
        problem = f"has numbers and texts of numbers in {column}: {example}"
        raise InputError(file=source.name, problem=f"{problem}; make all of them numbers")
    return _by_value(values, style.marks.value, np.dtype(np.float64))


def days(source: SourceFile, column: str, style: DateStyle) -> Dates:
    """Return a column as days, NaT where there is none to be read.

    Texts and numbers are read in *style*; a time of day after a date is dropped.

    Raises:
        InputError: The column is of another kind.
    """
    values = source.table.column(column)
    if is_written(source, column):
        known: dict[str, int] = {}
        found = _by_value(values, lambda text: _day(text, style, known), np.dtype(np.int64))
        return found.view("datetime64[D]")
    if not pa.types.is_temporal(values.type):
        raise InputError(
            file=source.name, problem=f"has {column} as {values.type}; it must be a date"
        )
    stored = _cast(source, column, pa.date32(), expected="a date")
    return np.asarray(stored.to_numpy()).astype("datetime64[D]")


def raw_texts(source: SourceFile, column: str, rows: BoolArray) -> list[str]:
    """Return what stands in *rows* of a column, trimmed; null becomes the empty text."""
    values = source.table.column(column).filter(pa.array(rows)).to_pylist()
    return ["" if value is None else str(value).strip() for value in values]


def moments(source: SourceFile, column: str, style: DateStyle) -> IntArray:
    """Return microseconds that order the rows in time; without a time of day, its beginning."""
    values = source.table.column(column)
    if is_written(source, column):
        return _by_value(values, lambda text: _moment(text, style), np.dtype(np.int64))
    instants = pc.fill_null(values.cast(pa.timestamp("us"), safe=False), 0)
    return np.asarray(instants.cast(pa.int64()).to_numpy(), dtype=np.int64)


def _encode(values: pa.ChunkedArray) -> tuple[list[str], IntArray]:
    """Return the distinct texts in no order, and the place of each row's among them.

    Of a text that was written as a formula, to be kept as it is by a spreadsheet (``="00123"``),
    it is the text itself.
    """
    encoded = pc.fill_null(values.cast(pa.string()), "").combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    places = encoded.indices.to_numpy().astype(np.int64)
    if not any(text.startswith("=") for text in texts):
        return texts, places
    plain = [_without_formula(text) for text in texts]
    distinct = list(dict.fromkeys(plain))
    place = {text: number for number, text in enumerate(distinct)}
    return distinct, np.array([place[text] for text in plain], np.int64)[places]


def _without_formula(text: str) -> str:
    match = _TEXT_FORMULA.fullmatch(text)
    return match[1].replace('""', '"') if match else text


def _sorted_codes(values: Sequence[str], places: IntArray) -> Codes:
    # Python orders texts by code points, which is the order of their UTF-8 bytes.
    distinct = sorted(set(values))
    place = {value: number for number, value in enumerate(distinct)}
    moved = np.fromiter((place[value] for value in values), np.int64, len(values))
    return Codes(tuple(distinct), moved[places])


def _cast(source: SourceFile, column: str, kind: pa.DataType, *, expected: str) -> pa.ChunkedArray:
    values = source.table.column(column)
    try:
        return values.cast(kind)
    except pa.ArrowException as error:
        problem = f"has {column} as {values.type}; it must be {expected}"
        raise InputError(file=source.name, problem=problem) from error


def _is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(
        check(inner)
        for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def _by_value(
    values: pa.ChunkedArray, parse: Callable[[str], _Value], dtype: np.dtype[_Kind]
) -> npt.NDArray[_Kind]:
    """Parse each distinct text once; files repeat their dates and quantities endlessly."""
    distinct, places = _encode(values)
    parsed = np.asarray([parse(text.strip()) for text in distinct], dtype=dtype)
    found: npt.NDArray[_Kind] = parsed[places]
    return found


def _day(text: str, style: DateStyle, known: dict[str, int]) -> int:
    """Return the days since 1970 of a date, looked up in *known*, which files repeat endlessly."""
    written, _ = split_clock(text)
    if written not in known:
        day = style.day(written)
        known[written] = _NO_DAY if day is None else day.toordinal() - _FIRST_DAY
    return known[written]


def _moment(text: str, style: DateStyle) -> int:
    written, clock = split_clock(text)
    day = style.day(written)
    if day is None:
        return 0
    return int(np.datetime64(datetime.combine(day, _time(clock)), "us").astype(np.int64))


def _time(clock: str) -> time:
    """Return a time of day such as ``8:26``, ``08:26:00Z`` or ``8:26 PM``; else midnight."""
    match = _CLOCK.match(clock)
    if match is None:
        return time()
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if half := match["half"]:
        hour = hour % 12 + (12 if half.upper() == "P" else 0)
    return time(hour, minute, second) if hour < 24 and max(minute, second) < 60 else time()
