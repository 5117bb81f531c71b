"""Why a row of an input file is set aside, and the file that the rows set aside are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ml_jobs.arrays import BoolArray
from ml_jobs.inputs.files.source_file import SourceFile

LONGEST_SAMPLE = 120

Reasons = npt.NDArray[np.int8]
USED = 0


@unique
class RejectReason(Enum):
    """A reason for setting a row aside: what was found, and what would be right."""

    MALFORMED_ROW = "the row has another number of fields than the header"
    MISSING_ITEM = "the row names no item; a code is needed"
    MISSING_LOCATION = "the row names no location; a code is needed in every row or in none"
    UNUSABLE_CODE = (
        "the code holds characters that can't be seen, is longer than 200, or is a dot or two, "
        "an error of a spreadsheet or a number that one has shortened (7,89E+12)"
    )
    BAD_DATE = "the date is missing or none; YYYY-MM-DD or DD/MM/YYYY is needed"
    DATE_OUT_OF_RANGE = "the date lies before 1970 or after the day of this forecast"
    FAR_DATE = "the date lies years away from nearly all others, as a mistyped year does"
    BAD_QUANTITY = "the quantity is missing or not a finite number"
    QUANTITY_OUT_OF_RANGE = "the quantity is larger than 1e12, which no demand is"
    NEGATIVE_QUANTITY = "the quantity is negative, and --returns ignore sets such rows aside"
    RETURNED = "the quantity is negative and was taken from earlier demand of the item and place"
    UNMATCHED_RETURN = (
        "the quantity is negative, and the item had too little earlier demand at the place to be "
        "taken from"
    )
    TOTAL_ROW = "the row is the sum of other rows, not demand of an item"
    INCOMPLETE_PERIOD = "the last week or month of the file is not over in it"
    TOO_FEW_SALE_DAYS = (
        "the item has too few days with demand to be forecast; --min-sale-days says how many"
    )
    NON_STOCK_CODE = "the code stands for a charge or a voucher, not for a stocked item"
    MISSING_DESCRIPTION = "the line has no description, as only stock corrections do"
    NON_POSITIVE_PRICE = "the price is missing, zero or negative, so nothing was sold"
    NON_POSITIVE_QUANTITY = "the quantity is zero or negative outside a cancellation"
    CANCELLED_SALE = "the sale was cancelled later by a line of the same item and quantity"
    CANCELLATION = "the cancellation was netted against an earlier sale"
    UNMATCHED_CANCELLATION = "no earlier sale of this item has the quantity cancelled"

    def __str__(self) -> str:
        """Return the name that files and lineage have."""
        return self.name.lower()

    @property
    def number(self) -> int:
        """The reason among all, from 1; 0 stands for a row that is used."""
        return _REASONS.index(self) + 1


_REASONS = tuple(RejectReason)


@dataclass(frozen=True)
class Accounting:
    """Where the rows of an input file went; rows read are rows used plus rows set aside.

    Attributes:
        set_aside: Rows by reason, the most frequent reason first.
    """

    read: int
    used: int
    set_aside: Mapping[RejectReason, int]

    def __post_init__(self) -> None:
        lost = self.read - self.used - sum(self.set_aside.values())
        if lost:
            raise RuntimeError(f"{lost} rows are neither used nor set aside")


def account(source: SourceFile, reasons: Reasons) -> Accounting:
    """Count the rows of *source*; *reasons* is aligned with its table, 0 where used."""
    counts = np.bincount(reasons, minlength=len(_REASONS) + 1).tolist()
    found = {reason: counts[reason.number] for reason in RejectReason if counts[reason.number]}
    if source.malformed:
        found[RejectReason.MALFORMED_ROW] = len(source.malformed)
    ordered = dict(sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0]))))
    return Accounting(source.rows, counts[USED], ordered)


def first_by_reason(source: SourceFile, reasons: Reasons) -> dict[RejectReason, str]:
    """Return, for each reason, the first row that was set aside for it, as it came."""
    samples = {}
    numbers = np.unique(reasons)
    for number in numbers[numbers != USED].tolist():
        samples[_REASONS[number - 1]] = first_sample(source, reasons == number)
    if source.malformed:
        first = source.malformed[0]
        samples[RejectReason.MALFORMED_ROW] = _sample(source.place(first.row), first.text)
    return samples


def first_sample(source: SourceFile, rows: BoolArray) -> str:
    """Return the first of *rows*, as it came; there must be one."""
    place = int(np.argmax(rows))
    (row,) = source.table.slice(place, 1).to_pylist()
    where = source.place(int(source.row_numbers[place]))
    return _sample(where, ", ".join(f"{n}={v}" for n, v in row.items()))


def reasons_in_words(
    source: SourceFile, reasons: Reasons, counts: Mapping[RejectReason, int]
) -> str:
    """Return the reasons of *counts*, each with its count, its sentence and a row that it met."""
    shown = first_by_reason(source, reasons)
    return ", ".join(
        f"{count:,} {reason} ({reason.value}; such as {shown[reason]})"
        for reason, count in counts.items()
    )


def rejected_rows(source: SourceFile, reasons: Reasons) -> pa.Table:
    """Return the rows set aside: row number, reason, sentence, then the columns as they came."""
    aside = np.flatnonzero(reasons != USED)
    kept = source.table.take(pa.array(aside, pa.int64()))
    columns = {name: _as_text(kept.column(name)) for name in kept.column_names}
    why = [_REASONS[number - 1] for number in reasons[aside].tolist()]
    table = _with_reason(source.row_numbers[aside].tolist(), why, columns)
    if not source.malformed:
        return table
    broken = _with_reason(
        [row.row for row in source.malformed],
        [RejectReason.MALFORMED_ROW] * len(source.malformed),
        {"text": pa.array([row.text for row in source.malformed], pa.string())},
    )
    return pa.concat_tables([table, broken], promote_options="default").sort_by("row")


def write_rejected(source: SourceFile, reasons: Reasons, target: Path) -> None:
    """Write the rows set aside to the Parquet file *target*, also when there are none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rejected_rows(source, reasons), target, compression="zstd")


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    try:
        return values.cast(pa.string())
    except pa.ArrowException:  # lists, structs and bytes have no text of their own
        shown = [None if value is None else str(value) for value in values.to_pylist()]
        return pa.array(shown, pa.string())


def _sample(place: str, text: str) -> str:
    shown = text if len(text) <= LONGEST_SAMPLE else f"{text[:LONGEST_SAMPLE]}..."
    return f"{place}: {shown}"


def _with_reason(
    rows: list[int], reasons: list[RejectReason], columns: Mapping[str, pa.ChunkedArray | pa.Array]
) -> pa.Table:
    heads = {
        "row": pa.array(rows, pa.int64()),
        "reason": pa.array(map(str, reasons), pa.string()),
        "explanation": pa.array([reason.value for reason in reasons], pa.string()),
    }
    clashes = {name: f"{name}_in_file" if name in heads else name for name in columns}
    return pa.table(heads | {clashes[name]: values for name, values in columns.items()})
