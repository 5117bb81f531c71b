"""Rows of a report that are the sum of its other rows, dated like them."""

from __future__ import annotations

import re

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.inputs.demand.demand_rows import DemandRows, series_of
from ml_jobs.inputs.demand.reasons import first_sample

LEAST_SUMMED = 10  # rows that must make up a sum that no name says to be one
TOLERANCE = 1e-6  # share of a sum; totals are often rounded

# As a word by itself, in Portuguese, English, Spanish and German.
_TOTAL = re.compile(
    r"\b(sub|grand[ -]?)?tota(l|is|les)\b|\b(soma|sum|suma|summe|gesamt\w*)\b", re.IGNORECASE
)


def total_rows(rows: DemandRows) -> BoolArray:
    """Return which used rows are totals: the sum of all others, or of others of their day.

    One of a day must also be called a total, as its item or as its place, and all of that item and
    place must be sums: small numbers add up by chance.
    """
    used = rows.used
    found = np.zeros_like(used)
    quantities = np.where(used, rows.quantities, 0.0)
    counts = np.bincount(rows.items.places[used], minlength=len(rows.items.values))
    single = used & (counts[rows.items.places] == 1) & (quantities > 0)
    if used.sum() > LEAST_SUMMED:
        found |= single & _is_sum(quantities, quantities.sum() - quantities)
    named = _called_totals(rows)
    if named.any():
        of, first = np.unique(series_of(rows)[named], return_inverse=True)
        wrong = np.bincount(first, ~_are_sums_of_days(rows)[named], len(of)) > 0
        units = np.bincount(first, quantities[named], len(of))
        found[named] |= (~wrong & (units > 0))[first]
    return found


def total_notes(rows: DemandRows) -> tuple[str, ...]:
    """Return a sentence about used rows that are called totals, but are no sums of other rows."""
    named = _called_totals(rows)
    if not named.any():
        return ()
    said = f"{int(named.sum())} row(s) are called totals, but are no sums of rows of their day, and"
    return (f"{said} count as demand (such as {first_sample(rows.source, named)})",)


def _called_totals(rows: DemandRows) -> BoolArray:
    called = rows.items.where(_TOTAL.search)
    if rows.locations:
        called = called | rows.locations.where(_TOTAL.search)
    return rows.used & called


def _are_sums_of_days(rows: DemandRows) -> BoolArray:
    """Return which rows are the sum of what they stand for, of all rows that are no totals.

    A total of places is of its item, one of items is of its place or of all, both is of all.
    """
    plain = np.where(rows.used & ~_called_totals(rows), rows.quantities, 0.0)
    quantities, items = rows.quantities, rows.items.where(_TOTAL.search)
    day = np.unique(rows.days, return_inverse=True)[1]
    same: BoolArray = items & _is_sum(quantities, _summed(plain, day))
    if rows.locations:
        places = rows.locations.where(_TOTAL.search)
        of_place = day * len(rows.locations.values) + rows.locations.places
        of_item = day * len(rows.items.values) + rows.items.places
        same |= items & ~places & _is_sum(quantities, _summed(plain, of_place))
        same |= places & ~items & _is_sum(quantities, _summed(plain, of_item))
    return same


def _summed(quantities: FloatArray, of: IntArray) -> FloatArray:
    """Return, for each row, the sum of the *quantities* of all rows with its number in *of*."""
    group = np.unique(of, return_inverse=True)[1]
    return np.asarray(np.bincount(group, quantities), np.float64)[group]


def _is_sum(quantities: FloatArray, others: FloatArray) -> BoolArray:
    same: BoolArray = np.abs(quantities - others) <= TOLERANCE * np.abs(others)
    return same
