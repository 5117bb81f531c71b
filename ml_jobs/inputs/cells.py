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
from ml_jobs.inputs.code_spelling import plain_code
from ml_jobs.inputs.source_file import SourceFile
from ml_jobs.panel import Dates

_Value = TypeVar("_Value")
_Kind = TypeVar("_Kind", bound=np.generic)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](.*))?")
_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})(?: (.*))?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d+)?")
_PLAIN_COMMA = re.compile(r"[+-]?\d+(,\d+)?")


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


def numbers(source: SourceFile, column: str) -> FloatArray:
    """Return a column as numbers, NaN where there is none to be read.

    In a text column where any value has a comma, the comma is the decimal mark and full stops
    part groups of three digits (``1.234,5``); otherwise the full stop is the decimal mark.

    Raises:
        InputError: The column is neither of text nor of numbers.
    """
    values = source.table.column(column)
    if not _is_text(values.type):
        cast = _cast(source, column, pa.float64(), expected="a number")
        floats = pc.fill_null(cast, float("nan"))
        return np.asarray(floats.to_numpy(), dtype=np.float64)
    with_comma = bool(pc.any(pc.match_substring(values.cast(pa.string()), ",")).as_py())
    parse = _comma_number if with_comma else _number
    return _by_value(values, parse, np.dtype(np.float64))


def days(source: SourceFile, column: str) -> Dates:
    """Return a column as days, NaT where there is none to be read.

    Texts are read as ``YYYY-MM-DD`` or ``DD/MM/YYYY``; a time of day after it is dropped.

    Raises:
        InputError: The dates are evidently written month first.
    """
    values = source.table.column(column)
    if not _is_text(values.type):
        if not pa.types.is_temporal(values.type):
            raise InputError(
                file=source.name, problem=f"has {column} as {values.type}; it must be a date"
            )
        found = _cast(source, column, pa.date32(), expected="a date")
        return np.asarray(found.to_numpy()).astype("datetime64[D]")
    _refuse_month_first(source.name, column, values)
    return _by_value(values, _day, np.dtype("datetime64[D]"))


def raw_texts(source: SourceFile, column: str, rows: BoolArray) -> list[str]:
    """Return what stands in *rows* of a column, trimmed; null becomes the empty text."""
    values = source.table.column(column).filter(pa.array(rows)).to_pylist()
    return ["" if value is None else str(value).strip() for value in values]


def moments(source: SourceFile, column: str) -> IntArray:
    """Return microseconds that order the rows in time; without a time of day, its beginning."""
    values = source.table.column(column)
    if not _is_text(values.type):
        instants = pc.fill_null(values.cast(pa.timestamp("us"), safe=False), 0)
        return np.asarray(instants.cast(pa.int64()).to_numpy(), dtype=np.int64)
    return _by_value(values, _moment, np.dtype(np.int64))


def _encode(values: pa.ChunkedArray) -> tuple[list[str], IntArray]:
    """Return the distinct texts in no order, and the place of each row's among them."""
    encoded = pc.fill_null(values.cast(pa.string()), "").combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


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
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _by_value(
    values: pa.ChunkedArray, parse: Callable[[str], _Value], dtype: np.dtype[_Kind]
) -> npt.NDArray[_Kind]:
    """Parse each distinct text once; files repeat their dates and quantities endlessly."""
    distinct, places = _encode(values)
    parsed = np.asarray([parse(text.strip()) for text in distinct], dtype=dtype)
    found: npt.NDArray[_Kind] = parsed[places]
    return found


def _number(text: str) -> float:
    try:
        return float(text) if "_" not in text else float("nan")
    except ValueError:
        return float("nan")


def _comma_number(text: str) -> float:
    if _GROUPED.fullmatch(text) or _PLAIN_COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    return float("nan")


def _date_and_time(text: str) -> tuple[date, str] | None:
    """Return the day of *text* and what is written after it."""
    if match := _ISO.fullmatch(text):
        year, month, day, clock = match.groups()
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year, clock = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day)), clock or ""
    except ValueError:
        return None


def _day(text: str) -> np.datetime64:
    found = _date_and_time(text)
    return np.datetime64(found[0] if found else "NaT", "D")


def _moment(text: str) -> int:
    found = _date_and_time(text)
    if found is None:
        return 0
    day, clock = found
    try:
        at = time.fromisoformat(clock).replace(tzinfo=None)
    except ValueError:
        at = time()
    return int(np.datetime64(datetime.combine(day, at), "us").astype(np.int64))


def _refuse_month_first(file: str, column: str, values: pa.ChunkedArray) -> None:
    """A file of MM/DD/YYYY would be half misread and half set aside, so it is refused whole."""
    for text in pc.unique(values.cast(pa.string())).to_pylist():
        match = _DAY_FIRST.fullmatch((text or "").strip())
        if match and int(match.group(1)) <= 12 < int(match.group(2)) <= 31:
            raise InputError(
                file=file,
                problem=f"has {text} in {column}, so its dates seem to be month first; "
                "write them as YYYY-MM-DD or DD/MM/YYYY",
            )
