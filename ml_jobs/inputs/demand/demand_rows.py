"""Rows of demand, each of them used or set aside with a reason; none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.reasons import (
    USED,
    Accounting,
    Reasons,
    RejectReason,
    account,
    reasons_in_words,
)
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.styles.cells import Codes
from ml_jobs.inputs.styles.code_spelling import is_code
from ml_jobs.panel import Dates

MOST_DAYS = 1 << 22  # more than there are from 1970 to the year 9999
EARLIEST = np.datetime64("1970-01-01", "D")

Value = str | float | None


@dataclass(frozen=True)
class Catalogue:
    """What a demand file itself tells about its items.

    Attributes:
        columns: By column name of ``dim_item``, the value of each item that has one.
        assumed: The columns that were derived by a rule rather than read.
        rules: Those rules, as sentences.
    """

    columns: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    rules: tuple[Bilingual, ...] = ()


@dataclass(frozen=True)
class DemandRows:
    """The rows of a file as demand, each used or set aside; all arrays aligned with its table.

    Attributes:
        reasons: Why a row is set aside, by the reason's number; 0 where it is used.
        locations: Where the demand arose; None where the file has no such column.
        location_names: Names of locations that the file tells besides their codes.
        notes: What was done to the rows as a whole, as sentences.
    """

    source: SourceFile
    items: Codes
    days: Dates
    quantities: FloatArray
    reasons: Reasons
    locations: Codes | None = None
    location_names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    catalogue: Catalogue = Catalogue()

    @property
    def used(self) -> BoolArray:
        """Which rows are used."""
        return np.asarray(self.reasons == USED, dtype=np.bool_)

    @property
    def accounting(self) -> Accounting:
        """Where the rows went."""
        return account(self.source, self.reasons)

    def set_aside(self, why: Mapping[RejectReason, BoolArray]) -> DemandRows:
        """Return the same rows, those that are still used set aside by the first reason met."""
        reasons = self.reasons.copy()
        for reason, rows in why.items():
            reasons[(reasons == USED) & rows] = reason.number
        return replace(self, reasons=reasons)


def series_of(rows: DemandRows) -> IntArray:
    """Return numbers of the rows that those of one item and place share, shape (rows,)."""
    if rows.locations is None:
        return rows.items.places
    return rows.items.places * len(rows.locations.values) + rows.locations.places


def series_days(rows: DemandRows) -> IntArray:
    """Return numbers of the rows that those of one item, place and day share, shape (rows,)."""
    return series_of(rows) * MOST_DAYS + rows.days.astype(np.int64)


def without_bad_cells(rows: DemandRows, today: date) -> DemandRows:
    """Set aside rows without item or place, a plausible date or a finite quantity."""
    days = rows.days
    missing = {RejectReason.MISSING_ITEM: rows.items.missing}
    unusable = rows.items.where(lambda code: not is_code(code))
    if rows.locations:
        missing[RejectReason.MISSING_LOCATION] = rows.locations.missing
        unusable = unusable | rows.locations.where(lambda code: not is_code(code))
    return rows.set_aside(
        {
            **missing,
            RejectReason.UNUSABLE_CODE: unusable,
            RejectReason.BAD_DATE: np.isnat(days),
            RejectReason.DATE_OUT_OF_RANGE: (days < EARLIEST) | (days > np.datetime64(today)),
            RejectReason.BAD_QUANTITY: ~np.isfinite(rows.quantities),
        }
    )


def refuse_unusable(rows: DemandRows) -> None:
    """Refuse a file of which no row can be used.

    Raises:
        InputError: No row is used; the reasons are named, each with its count and a sample.
    """
    if not rows.used.any():
        listed = reasons_in_words(rows.source, rows.reasons, rows.accounting.set_aside)
        raise InputError(file=rows.source.name, problem=f"has no usable row: {listed}")
