"""Which figures of the curve the past supports, and why the others can't be promised.

A point is held against every past cutoff by itself: an average lets one bad month be outweighed by
good ones, and a customer lives through the bad one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray
from ml_jobs.options import MONEY
from ml_jobs.stocking.availability.curve import TODAY, read_sums

NO_PART = "no_part"
"""Why a contract has no figure: no part that its towers need is in any."""

NO_HISTORY, NOT_KEPT, FEW_CUTOFFS = "no_history", "not_kept", "few_cutoffs"
TWO_LEVELS, TAIL_NOT_SEEN = "two_levels", "tail_not_seen"
LESS_NOT_SUPPORTED = "less_not_supported"
"""Why a figure of the curve can't be promised; of several the first."""

LEAST_SUPPORTED = 0.5
"""Share of what stands still that has to rest on chances which were counted in the past."""

MOST_OVER_PROMISE = 1.5
"""Times what was promised that may have stood still at any past cutoff."""

LEAST_CUTOFFS = 3
"""Past cutoffs that a promise has to have been kept at: after n of them, the next one is worse than
all with a chance of one in n + 1."""

Key = tuple[str, int, str]
"""Policy, point and contract."""


@dataclass(frozen=True)
class Record:
    """What was promised at the past cutoffs and what happened, of R rows of the curve; (R,) each.

    Attributes:
        promised, happened: Towers down, on average over the cutoffs; NaN without any.
        most_over: What happened over the promise, at the cutoff where that was the most; infinite
            where nothing was to stand still and something did.
        cutoffs: How many there are.
    """

    promised: FloatArray
    happened: FloatArray
    most_over: FloatArray
    cutoffs: IntArray


def row_keys(sums: pa.Table) -> list[Key]:
    """Return policy, point and contract of each row of the curve's *sums*."""
    columns = (sums.column(name).to_pylist() for name in ("policy", "point", "contract_id"))
    return list(zip(*columns, strict=True))


def record_of(past: pa.Table, keys: Sequence[Key]) -> Record:
    """Return what the sums of *past* cutoffs say of each of *keys*."""
    down, happened = read_sums(past, "down"), read_sums(past, "happened")
    found: dict[Key, list[tuple[float, float]]] = {}
    for place, key in enumerate(row_keys(past)):
        found.setdefault(key, []).append((down[place], happened[place]))
    rows = [_record_of_one(np.array(found.get(key, [])).reshape(-1, 2)) for key in keys]
    columns = np.array(rows).reshape(-1, 4).T
    return Record(columns[0], columns[1], columns[2], columns[3].astype(np.int64))


def reasons_against(
    keys: Sequence[Key],
    record: Record,
    *,
    down: FloatArray,
    counted: FloatArray,
    two_levels: FloatArray,
) -> TextArray:
    """Return why each row of the curve can't be promised, empty where it can, shape (R,).

    Nothing with more stock than a point that isn't supported is, either. What is in stock today was
    at no cutoff: it can be promised where the next point of the curve can that leaves no more
    towers down.

    Args:
        keys: Of R rows; of one contract and policy the point with the least stock first.
        record: Of the same.
        down: Towers that stand still on average, shape (R,).
        counted: Of these, what rests on chances that were counted, shape (R,).
        two_levels: Of these, what hangs on parts weighed at two levels, which no past window shows,
            shape (R,).
    """
    policies = np.array([policy for policy, _, _ in keys])
    contracts = np.array([contract for _, _, contract in keys])
    tested = policies != TODAY
    never_seen = two_levels > (1.0 - LEAST_SUPPORTED) * down
    reasons: TextArray = np.select(
        [
            tested & (record.cutoffs == 0) & never_seen,
            tested & (record.cutoffs == 0),
            tested & (record.most_over > MOST_OVER_PROMISE),
            tested & (record.cutoffs < LEAST_CUTOFFS),
            never_seen,
            counted < LEAST_SUPPORTED * down,
        ],
        [TWO_LEVELS, NO_HISTORY, NOT_KEPT, FEW_CUTOFFS, TWO_LEVELS, TAIL_NOT_SEEN],
        "",
    ).astype(object)
    for contract in np.unique(contracts):
        points = np.flatnonzero((contracts == contract) & (policies == MONEY))
        reasons[points] = _nothing_behind(reasons[points])
        today = np.flatnonzero((contracts == contract) & (policies == TODAY))
        for row in today[reasons[today] == ""] if points.size else ():
            beside = np.flatnonzero(down[points] <= down[row])
            reasons[row] = reasons[points[beside[0] if beside.size else -1]]
    return reasons


def _record_of_one(pairs: FloatArray) -> tuple[float, float, float, float]:
    """Promised, happened, the most over and the count of *pairs* of both, shape (cutoffs, 2)."""
    if not len(pairs):
        return np.nan, np.nan, np.nan, 0.0
    promised, happened = pairs.T
    none = np.where(happened > 0, np.inf, 0.0)
    over = np.where(promised > 0, happened / np.where(promised > 0, promised, 1.0), none)
    return float(promised.mean()), float(happened.mean()), float(over.max()), float(len(pairs))


def _nothing_behind(reasons: TextArray) -> TextArray:
    """Support nothing behind the first point that isn't, shape (N,), the least stock first."""
    is_behind: BoolArray = np.logical_or.accumulate(reasons != "")
    return np.where(is_behind & (reasons == ""), LESS_NOT_SUPPORTED, reasons)
