"""Files of master data (items, stock, locations): rows named by codes, every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile, read_source
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.code_spelling import CODE, is_code
from ml_jobs.inputs.styles.styles import Styles, styled

MOST_SAMPLES = 5
_MOST_FAULTS = 10
LARGEST_NUMBER = 1e12
OTHERWISE_READ = ("location_id",)
_UNTOLD = ("", "nan")
_NO_DATE = "0./- "  # programs write an open date as 00.00.0000 or as the marks alone
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "sim", "s", "verdadeiro", "v"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "não", "nao", "falso"), False),
}


@dataclass(frozen=True)
class TextColumn:
    """A column of texts: of those *allowed* by name, of codes, or else of any."""

    name: str
    allowed: tuple[str, ...] = ()
    codes: bool = False
    type = pa.string()

    @property
    def expected(self) -> str:
        """What a value must be, to be read after "must be"."""
        return f"one of {', '.join(self.allowed)}" if self.allowed else CODE

    def read(self, source: SourceFile, column: str, _: Styles) -> tuple[pa.Array, set[str]]:
        """Return the values, null where the file says nothing, and the texts that make none."""
        texts = cells.codes(source, column).texts.tolist()
        wrong = set(texts) - {"", *self.allowed} if self.allowed else set()
        if self.codes:
            wrong |= {text for text in set(texts) if not is_code(text)}
        return pa.array([text or None for text in texts], self.type), wrong


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers from *minimum* to *maximum*, of which *example* is one, in words."""

    name: str
    minimum: float = 0.0
    maximum: float = LARGEST_NUMBER
    example: str = ""
    type = pa.float64()

    @property
    def expected(self) -> str:
        """What a value must be, to be read after "must be"."""
        example = f", such as {self.example}" if self.example else ""
        return f"a number from {self.minimum:g} to {self.maximum:g}{example}"

    def read(self, source: SourceFile, column: str, styles: Styles) -> tuple[pa.Array, set[str]]:
        """Return the values, null where the file says nothing, and the texts that make none."""
        numbers = cells.numbers(source, column, styles.numbers)
        with np.errstate(invalid="ignore"):
            inside = (numbers >= self.minimum) & (numbers <= self.maximum)
        wrong = {text for text in cells.raw_texts(source, column, ~inside) if text not in _UNTOLD}
        return pa.array(numbers, self.type, from_pandas=True), wrong


@dataclass(frozen=True)
class TruthColumn:
    """A column that says yes or no, as people and programs write it."""

    name: str
    type = pa.bool_()

    @property
    def expected(self) -> str:
        """What a value must be, to be read after "must be"."""
        return "true or false, yes or no, sim or não, 1 or 0"

    def read(self, source: SourceFile, column: str, _: Styles) -> tuple[pa.Array, set[str]]:
        """Return the values, null where the file says nothing, and the texts that make none."""
        texts = cells.raw_texts(source, column, _every_row(source))
        values = [_TRUTHS.get(text.casefold().removesuffix(".0")) for text in texts]
        pairs = zip(texts, values, strict=True)
        wrong = {text for text, value in pairs if value is None and text not in _UNTOLD}
        return pa.array(values, self.type), wrong


@dataclass(frozen=True)
class DateColumn:
    """A column with a date in every row, or also without where it may be *open*."""

    name: str
    open: bool = False
    type = pa.date32()

    @property
    def expected(self) -> str:
        """What a value must be, to be read after "must be"."""
        return f"a date such as 2026-11-20{', or nothing' if self.open else ' in every row'}"

    def read(self, source: SourceFile, column: str, styles: Styles) -> tuple[pa.Array, set[str]]:
        """Return the values, null where there is none, and the texts that are no date."""
        days = cells.days(source, column, styles.dates)
        wrong = set(cells.raw_texts(source, column, np.isnat(days)))
        if self.open:
            wrong = {text for text in wrong if text.strip(_NO_DATE)}
        return pa.array(days, self.type), wrong


WantedColumn: TypeAlias = TextColumn | NumberColumn | TruthColumn | DateColumn


@dataclass(frozen=True)
class MasterKey:
    """What names the rows of a master file.

    Attributes:
        code: The column of codes, which must be there.
        also: Columns that tell rows of one code apart, each with the value that stands for none.
        unique: Whether one code, or one with the others, may stand in one row only.
    """

    code: str = "item_id"
    also: Mapping[str, str] = field(default_factory=dict)
    unique: bool = True


@dataclass(frozen=True)
class MasterFile:
    """A master file, read.

    Attributes:
        table: The code of each row, then the columns wanted; null where the file says nothing.
        notes: What was done to the rows as a whole, as sentences.
    """

    source: SourceFile
    table: pa.Table
    notes: tuple[str, ...] = ()

    def codes(self, column: str) -> frozenset[str]:
        """Return the distinct texts of *column*."""
        return frozenset(self.table.column(column).drop_null().to_pylist())

    def unread(self) -> tuple[str, ...]:
        """Return the file's columns that nothing is read from, as they are spelt there."""
        known = {*OTHERWISE_READ, *self.table.column_names}
        names = self.source.table.column_names
        return tuple(c for c in names if self.source.name_of(c).lower() not in known)

    def unread_note(self) -> Iterator[str]:
        """Say which columns nothing is read from; nothing where there are none."""
        if unread := self.unread():
            yield f"{self.source.name} has columns that are not read: {', '.join(unread)}"

    def refuse(self, faults: Iterable[str]) -> None:
        """Refuse the file for *faults*, each with its row; the first of many are told.

        Raises:
            InputError: There are any.
        """
        if found := list(faults):
            more = ("and more",) if found[_MOST_FAULTS:] else ()
            told = "; ".join((*found[:_MOST_FAULTS], *more))
            problem = f"has {len(found):,} fault(s): {told}"
            raise InputError(file=self.source.name, problem=problem)

    def unknown_to(self, item_ids: tuple[str, ...]) -> list[str]:
        """Return the codes of the file that are not among *item_ids*, in order."""
        return sorted(set(self.table.column(0).to_pylist()) - set(item_ids))


def read_master(
    path: Path,
    columns: Sequence[WantedColumn],
    reading: ReadingOptions = AS_FOUND,
    *,
    key: MasterKey = MasterKey(),
    required: tuple[str | tuple[str, ...], ...] = (),
    faults_of: Callable[[pa.Table], Iterable[str]] = lambda _: (),
) -> MasterFile:
    """Read *path*, whose rows are named by *key*.

    Its column of codes and those *required* must be there, of several names at least one.
    *faults_of* finds what else is wrong with the rows read.

    Raises:
        InputError: The file can't be read, or has faults; every fault is named with samples.
    """
    alternatives = [(names,) if isinstance(names, str) else names for names in required]
    needed = ((key.code,), *alternatives)
    source = read_source(path, reading, required=needed)
    singly = [names for names in needed if len(names) == 1 or source.find(*names) is None]
    (found, *_) = source.require(*singly, useful=[wanted.name for wanted in columns])
    source, styles = styled(
        source,
        numbers=_present(source, columns, NumberColumn),
        dates=_present(source, columns, DateColumn),
    )
    values = {key.code: pa.array(cells.codes(source, found).texts, pa.string())}
    faults = []
    for wanted in columns:
        values[wanted.name] = pa.nulls(source.table.num_rows, wanted.type)
        if column := source.find(wanted.name):
            values[wanted.name], wrong = wanted.read(source, column, styles)
            if wrong:
                problem = f"has {samples(sorted(wrong))}; it must be {wanted.expected}"
                faults.append(f"{wanted.name} {problem}{_rows_with(source, column, wrong)}")
    for name, otherwise in key.also.items():
        values[name] = values[name].fill_null(otherwise)
    table = pa.table(values)
    malformed = [
        f"{source.place(row.row)} has {row.found} fields; the header has {row.expected}"
        for row in source.malformed[:MOST_SAMPLES]
    ]
    keys = table.select([key.code, *key.also])
    faults = [*_key_faults(source, keys, unique=key.unique), *malformed, *faults, *faults_of(table)]
    if faults:
        raise InputError(
            file=source.name, problem=f"has {len(faults):,} fault(s): {'; '.join(faults)}"
        )
    return MasterFile(source, table)


def _rows_with(source: SourceFile, column: str, wrong: Collection[str]) -> str:
    """Say in which rows of *column* one of the *wrong* texts stands, in brackets."""
    texts = cells.raw_texts(source, column, _every_row(source))
    rows = source.row_numbers.tolist()
    return _in_brackets(
        [source.place(row) for row, text in zip(rows, texts, strict=True) if text in wrong]
    )


def _in_brackets(places: Sequence[str]) -> str:
    more = f" and {len(places) - MOST_SAMPLES:,} more" if places[MOST_SAMPLES:] else ""
    return f" ({', '.join(places[:MOST_SAMPLES])}{more})" if places else ""


def _every_row(source: SourceFile) -> BoolArray:
    return np.ones(source.table.num_rows, np.bool_)


def _present(
    source: SourceFile, columns: Sequence[WantedColumn], kind: type[NumberColumn | DateColumn]
) -> list[str]:
    """Return the file's columns for those of *columns* that are of *kind*."""
    found = (source.find(column.name) for column in columns if isinstance(column, kind))
    return [column for column in found if column is not None]


def _key_faults(source: SourceFile, keys: pa.Table, *, unique: bool) -> Iterator[str]:
    every = list(zip(*keys.to_pydict().values(), strict=True))
    rows = Counter(every)
    if missing := sum(count for (code, *_), count in rows.items() if not code):
        yield f"{keys.column_names[0]} is missing in {missing} row(s)"
    codes = {code for key in rows for code in key}
    if strange := sorted(code for code in codes if not is_code(code)):
        yield f"a code is too long or holds what can't be seen: {samples(strange)}"
    if not unique:
        return
    twice = sorted({code for (code, *_), count in rows.items() if code and count > 1})
    if twice:
        names = " and ".join(keys.column_names)
        places = zip(source.row_numbers.tolist(), every, strict=True)
        where = [source.place(row) for row, key in places if key[0] and rows[key] > 1]
        yield f"{names} must be unique; found more than once: {samples(twice)}{_in_brackets(where)}"


def samples(values: Sequence[str]) -> str:
    """Return the first of *values*, and how many more there are."""
    shown = ", ".join(repr(value) for value in values[:MOST_SAMPLES])
    return f"{shown} and {len(values) - MOST_SAMPLES:,} more" if values[MOST_SAMPLES:] else shown
