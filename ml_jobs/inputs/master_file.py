"""Files of master data (items, stock, locations): rows named by codes, every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml_jobs.errors import InputError
from ml_jobs.inputs import cells
from ml_jobs.inputs.catalogue import Value
from ml_jobs.inputs.cells import Texts
from ml_jobs.inputs.source_file import SourceFile, read_source

MOST_SAMPLES = 5
LARGEST_NUMBER = 1e12
OTHERWISE_READ = ("location_id",)


@dataclass(frozen=True)
class NumberColumn:
    """A numeric column and the values that it may have."""

    name: str
    minimum: float = 0.0
    maximum: float = LARGEST_NUMBER

    @property
    def expected(self) -> str:
        """What a value must be."""
        return f"a number from {self.minimum:g} to {self.maximum:g}"


@dataclass(frozen=True)
class MasterFile:
    """A master file, read.

    Attributes:
        codes: What names each row, in the file's order.
        columns: By column, the value of each code that has one.
        code: The column that names the rows.
    """

    source: SourceFile
    codes: Texts
    columns: Mapping[str, Mapping[str, Value]]
    code: str = "item_id"

    @property
    def item_ids(self) -> Texts:
        """The codes of a file whose rows are named by items."""
        return self.codes

    def unread(self) -> tuple[str, ...]:
        """Return the file's columns that nothing is read from, as they are spelt there."""
        known = {self.code, *OTHERWISE_READ, *self.columns}
        return tuple(c for c in self.source.table.column_names if c.strip().lower() not in known)

    def unknown_to(self, item_ids: tuple[str, ...]) -> int:
        """Return how many items of the file are not among *item_ids*."""
        return len(set(self.item_ids) - set(item_ids))


def read_master(
    path: Path,
    *,
    code: str = "item_id",
    text_columns: Mapping[str, tuple[str, ...]],
    number_columns: tuple[NumberColumn, ...],
    required: tuple[str, ...] = (),
    unique: bool = True,
) -> MasterFile:
    """Read *path*, whose rows are named by the column *code*.

    Args:
        path: A CSV or Parquet file.
        code: The column that names the rows; it must be there.
        text_columns: The text columns wanted, each with the only values allowed, or none if any is.
        number_columns: The numeric columns wanted.
        required: Columns that must be there.
        unique: Whether a code may stand in one row only.

    Raises:
        InputError: The file can't be read, or has faults; every fault is named with samples.
    """
    source = read_source(path)
    codes = cells.texts(source, source.require([code], *([n] for n in required))[0])
    faults = [*_code_faults(code, codes, unique=unique), *_malformed_faults(source)]
    columns: dict[str, dict[str, Value]] = {}
    for name, allowed in text_columns.items():
        if column := source.find(name):
            values = cells.texts(source, column)
            faults += _text_faults(name, values, allowed)
            columns[name] = {c: v for c, v in zip(codes, values, strict=True) if v != ""}
    for wanted in number_columns:
        if column := source.find(wanted.name):
            numbers, faulty = _numbers(source, column, wanted)
            faults += faulty
            columns[wanted.name] = {
                c: float(v) for c, v in zip(codes, numbers, strict=True) if np.isfinite(v)
            }
    if faults:
        raise InputError(source.name, f"has {len(faults)} fault(s): {'; '.join(faults)}")
    return MasterFile(source, codes, columns, code)


def _code_faults(name: str, codes: Texts, *, unique: bool) -> Iterator[str]:
    counts = Counter(codes)
    if missing := counts.pop("", 0):
        yield f"{name} is missing in {missing} row(s)"
    twice = sorted(code for code, rows in counts.items() if rows > 1)
    if unique and twice:
        yield f"{name} must be unique; found more than once: {samples(twice)}"


def _malformed_faults(source: SourceFile) -> Iterator[str]:
    for row in source.malformed[:MOST_SAMPLES]:
        yield f"row {row.row} has {row.found} fields; the header has {row.expected}"


def _text_faults(name: str, values: Texts, allowed: tuple[str, ...]) -> Iterator[str]:
    wrong = sorted(set(values) - {"", *allowed}) if allowed else []
    if wrong:
        yield f"{name} has {samples(wrong)}; it must be one of {', '.join(allowed)}"


def _numbers(
    source: SourceFile, column: str, wanted: NumberColumn
) -> tuple[cells.Numbers, list[str]]:
    numbers = cells.numbers(source, column)
    texts = np.asarray(
        ["" if value is None else str(value) for value in source.table.column(column).to_pylist()],
        dtype=np.object_,
    )
    with np.errstate(invalid="ignore"):
        inside = (numbers >= wanted.minimum) & (numbers <= wanted.maximum) & np.isfinite(numbers)
    wrong = sorted({text for text in texts[~inside] if text.strip() not in ("", "nan")})
    if not wrong:
        return numbers, []
    return numbers, [f"{wanted.name} has {samples(wrong)}; it must be {wanted.expected}"]


def samples(values: Sequence[str]) -> str:
    """Return the first of *values*, and how many more there are."""
    shown = ", ".join(repr(value) for value in values[:MOST_SAMPLES])
    return f"{shown} and {len(values) - MOST_SAMPLES} more" if values[MOST_SAMPLES:] else shown
