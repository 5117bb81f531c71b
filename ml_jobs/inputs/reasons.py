"""Why a row of an input file is set aside, and the file that the rows set aside are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ml_jobs.inputs.source_file import SourceFile

LONGEST_SAMPLE = 120

Reasons = npt.NDArray[np.int8]
USED = 0


class Reason(StrEnum):
    """A reason for setting a row aside."""

    MALFORMED_ROW = "malformed_row"
    MISSING_ITEM = "missing_item"
    MISSING_LOCATION = "missing_location"
    BAD_DATE = "bad_date"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    BAD_QUANTITY = "bad_quantity"
    QUANTITY_OUT_OF_RANGE = "quantity_out_of_range"
    NEGATIVE_QUANTITY = "negative_quantity"
    INCOMPLETE_PERIOD = "incomplete_period"
    TOO_FEW_SALE_DAYS = "too_few_sale_days"
    NON_STOCK_CODE = "non_stock_code"
    MISSING_DESCRIPTION = "missing_description"
    NON_POSITIVE_PRICE = "non_positive_price"
    NON_POSITIVE_QUANTITY = "non_positive_quantity"
    CANCELLED_SALE = "cancelled_sale"
    CANCELLATION = "cancellation"
    UNMATCHED_CANCELLATION = "unmatched_cancellation"

    @property
    def number(self) -> int:
        """The reason among all, from 1; 0 stands for a row that is used."""
        return _NUMBERS[self]

    @property
    def sentence(self) -> str:
        """What was found, and what would be right."""
        return _SENTENCES[self]


_SENTENCES: Mapping[Reason, str] = {
    Reason.MALFORMED_ROW: "the row has another number of fields than the header",
    Reason.MISSING_ITEM: "the row names no item; a code is needed",
    Reason.MISSING_LOCATION: "the row names no location; a code is needed in every row or in none",
    Reason.BAD_DATE: "the date is missing or none; YYYY-MM-DD or DD/MM/YYYY is needed",
    Reason.DATE_OUT_OF_RANGE: "the date lies before 1970 or after the day of this forecast",
    Reason.BAD_QUANTITY: "the quantity is missing or not a finite number",
    Reason.QUANTITY_OUT_OF_RANGE: "the quantity is larger than 1e12, which no demand is",
    Reason.NEGATIVE_QUANTITY: "the quantity is negative; demand is 0 or more",
    Reason.INCOMPLETE_PERIOD: "the last week or month of the file is not over in it",
    Reason.TOO_FEW_SALE_DAYS: (
        "the item has too few days with demand to be forecast; --min-sale-days says how many"
    ),
    Reason.NON_STOCK_CODE: "the code stands for a charge or a voucher, not for a stocked item",
    Reason.MISSING_DESCRIPTION: "the line has no description, as only stock corrections do",
    Reason.NON_POSITIVE_PRICE: "the price is missing, zero or negative, so nothing was sold",
    Reason.NON_POSITIVE_QUANTITY: "the quantity is zero or negative outside a cancellation",
    Reason.CANCELLED_SALE: "the sale was cancelled later by a line of the same item and quantity",
    Reason.CANCELLATION: "the cancellation was netted against an earlier sale",
    Reason.UNMATCHED_CANCELLATION: "no earlier sale of this item has the quantity cancelled",
}

_NUMBERS: Mapping[Reason, int] = {reason: number for number, reason in enumerate(Reason, start=1)}
_NAMES = ("", *Reason)


def names(reasons: Reasons) -> list[str]:
    """Return the reason of each row by its name, the empty text where the row is used."""
    return [_NAMES[number] for number in reasons.tolist()]


@dataclass(frozen=True)
class Accounting:
    """Where the rows of an input file went; rows read are rows used plus rows set aside.

    Attributes:
        set_aside: Rows by reason, the most frequent reason first.
    """

    read: int
    used: int
    set_aside: Mapping[Reason, int]

    def __post_init__(self) -> None:
        lost = self.read - self.used - sum(self.set_aside.values())
        if lost:
            raise RuntimeError(f"{lost} rows are neither used nor set aside")


def account(source: SourceFile, reasons: Reasons) -> Accounting:
    """Count the rows of *source*; *reasons* is aligned with its table, 0 where used."""
    counts = np.bincount(reasons, minlength=len(_NAMES)).tolist()
    found = {reason: counts[reason.number] for reason in Reason if counts[reason.number]}
    if source.malformed:
        found[Reason.MALFORMED_ROW] = len(source.malformed)
    ordered = dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
    return Accounting(source.rows, counts[USED], ordered)


def first_by_reason(source: SourceFile, reasons: Reasons) -> dict[Reason, str]:
    """Return, for each reason, the first row that was set aside for it, as it came."""
    samples = {}
    numbers, places = np.unique(reasons, return_index=True)
    for number, place in zip(numbers.tolist(), places.tolist(), strict=True):
        if number != USED:
            (row,) = source.table.slice(place, 1).to_pylist()
            samples[Reason(_NAMES[number])] = _sample(
                source.row_numbers[place], ", ".join(f"{n}={v}" for n, v in row.items())
            )
    if source.malformed:
        first = source.malformed[0]
        samples[Reason.MALFORMED_ROW] = _sample(first.row, first.text)
    return samples


def rejected_rows(source: SourceFile, reasons: Reasons) -> pa.Table:
    """Return the rows set aside: row number, reason, sentence, then the columns as they came."""
    aside = np.flatnonzero(reasons != USED)
    kept = source.table.take(pa.array(aside, pa.int64()))
    columns = {name: _as_text(kept.column(name)) for name in kept.column_names}
    table = _with_reason(source.row_numbers[aside].tolist(), names(reasons[aside]), columns)
    if not source.malformed:
        return table
    broken = _with_reason(
        [row.row for row in source.malformed],
        [Reason.MALFORMED_ROW] * len(source.malformed),
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


def _sample(row: int, text: str) -> str:
    shown = text if len(text) <= LONGEST_SAMPLE else f"{text[:LONGEST_SAMPLE]}..."
    return f"row {row}: {shown}"


def _with_reason(
    rows: list[int], reasons: list[str], columns: Mapping[str, pa.ChunkedArray | pa.Array]
) -> pa.Table:
    heads = {
        "row": pa.array(rows, pa.int64()),
        "reason": pa.array([str(reason) for reason in reasons], pa.string()),
        "explanation": pa.array([Reason(r).sentence for r in reasons], pa.string()),
    }
    clashes = {name: f"{name}_in_file" if name in heads else name for name in columns}
    return pa.table(heads | {clashes[name]: values for name, values in columns.items()})
