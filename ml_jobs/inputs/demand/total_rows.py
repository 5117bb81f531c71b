"""Rows of a report that are the sum of its other rows, dated like them."""

from __future__ import annotations

import re

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.inputs.demand.demand_rows import DemandRows

LEAST_SUMMED = 10  # rows that must make up a sum that no name says to be one
TOLERANCE = 1e-6  # share of a sum; totals are often rounded

# As a word by itself, in Portuguese, English, Spanish and German.
_TOTAL = re.compile(
    r"\b(sub|grand[ -]?)?tota(l|is|les)\b|\b(soma|sum|suma|summe|gesamt\w*)\b", re.IGNORECASE
)


def total_rows(rows: DemandRows) -> BoolArray:
    """Return which used rows are totals: the sum of all others, or of those of their day.

    One of a day must also be called a total: small numbers add up by chance.
    """
    used = rows.used
    found = np.zeros_like(used)
    quantities = np.where(used, rows.quantities, 0.0)
    counts = np.bincount(rows.items.places[used], minlength=len(rows.items.values))
    single = used & (counts[rows.items.places] == 1)
    if used.sum() > LEAST_SUMMED:
        found |= single & _is_rest(quantities, quantities.sum())
    named = used & rows.items.where(_TOTAL.search)
    if named.any():
        days, of = np.unique(rows.days, return_inverse=True)
        of_day = np.bincount(of, quantities, len(days))[of]
        by_item = np.bincount(
            rows.items.places, named & ~_is_rest(quantities, of_day), len(rows.items.values)
        )
        found |= named & (by_item == 0)[rows.items.places]
    return found & (quantities > 0)


def _is_rest(quantities: np.ndarray, total: np.ndarray | np.floating) -> BoolArray:
    rest = total - quantities
    same: BoolArray = np.abs(quantities - rest) <= TOLERANCE * np.abs(rest)
    return same
