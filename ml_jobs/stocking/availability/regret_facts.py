"""The ledger of past orders: what each rule would have cost by group, and what may be chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import stats

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.columns import numbers
from ml_jobs.stocking.availability.regret import (
    AMOUNTS,
    BUCKETS,
    KEY,
    read_amounts,
    under_caps,
)

CONFIDENCE = 0.95

NO_CAPS: Mapping[str, float] = MappingProxyType({})

_MEASURES = {"cost": "cost", "down_hours": "hours"}
_SUMMED = {
    "holding_cost": "holding",
    "penalty_cost": "penalty",
    "cost": "cost",
    "down_hours": "hours",
    "unpriced_hours": "unpriced_hours",
}
_ENDS = ("low", "high", "more", "more_low", "more_high")
_PRICED = ("penalty_cost", "cost", *(f"cost_{end}" for end in _ENDS))
_COUNTED = ("n_cutoffs", "n_series", "n_windows")
_NUMBERS = (*_SUMMED, *(f"{name}_{end}" for name in _MEASURES for end in _ENDS))


@dataclass(frozen=True)
class Cells:
    """What one rule came to for one group, by bucket of items and cutoff, shape (B, C) each.

    Attributes:
        amounts: Of each of ``AMOUNTS``, and of both costs together.
        windows: How many were counted.
        series: How many series they were of.
    """

    amounts: dict[str, FloatArray]
    windows: IntArray
    series: int


def agg_regret(
    sums: pa.Table,
    *,
    followed: str,
    is_priced: bool,
    source: str,
    caps: Mapping[str, float] = NO_CAPS,
) -> pa.Table:
    """Return what each rule would have cost a month by group, on average over the cutoffs.

    Args:
        sums: What `add_regrets` returned.
        followed: The rule that proposals are made by; the others are held against it.
        is_priced: Whether any contract names a price of a tower-hour; without one no cost of what
            waited is known, and so none of the whole.
        source: The source that demand was forecast with.
        caps: The most that a month's hours cost, currency, of the contracts that say so.
    """
    cutoffs = sorted(set(sums.column("cutoff").to_pylist()))
    found = _cells_of(sums, cutoffs, under_caps(sums, caps))
    rows = [
        {
            **dict(zip(KEY[:3], key, strict=True)),
            "n_cutoffs": len(cutoffs),
            **_row(cells, None if key[2] == followed else found[(*key[:2], followed)]),
        }
        for key, cells in sorted(found.items(), key=lambda pair: pair[0])
    ]
    if not is_priced:
        rows = [row | dict.fromkeys(_PRICED) for row in rows]
    texts = {name: pa.array([row[name] for row in rows], pa.string()) for name in KEY[:3]}
    counts = {name: pa.array([row[name] for row in rows], pa.int64()) for name in _COUNTED}
    values = {name: np.array([row[name] for row in rows], np.float64) for name in _NUMBERS}
    return pa.table(
        {
            **texts,
            "is_followed": pa.array([row["rule"] == followed for row in rows], pa.bool_()),
            **counts,
            **{name: numbers(each) for name, each in values.items()},
            "source": pa.repeat(pa.scalar(source), len(rows)),
        }
    )


def interval(values: FloatArray, windows: IntArray) -> tuple[float, float]:
    """Return the ends of the 95 % interval of the sum of *values*; NaN where they can't be told.

    What is left of each window's mean is taken as dependent within a bucket of items, over all
    cutoffs, and within a cutoff, over all items: the variance is the sum of both ways less that of
    the single cells, and never below either. Student's t has a degree of freedom less than there
    are buckets or cutoffs, whichever are fewer; with one of either, nothing can be told.

    Args:
        values: Sums by bucket and cutoff, shape (B, C).
        windows: What each is the sum of, shape (B, C).

    Source: Cameron, Gelbach and Miller 2011, "Robust Inference with Multiway Clustering", Journal
    of Business and Economic Statistics 29(2).
    """
    total = float(values.sum())
    fewest = min(int((windows.sum(axis=axis) > 0).sum()) for axis in (0, 1))
    if fewest < 2:
        return np.nan, np.nan
    rest = values - windows * (total / windows.sum())
    of_items = _variance(rest.sum(axis=1), windows.sum(axis=1))
    of_cutoffs = _variance(rest.sum(axis=0), windows.sum(axis=0))
    both = of_items + of_cutoffs - _variance(rest.ravel(), windows.ravel())
    deviation = np.sqrt(max(both, of_items, of_cutoffs))
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, fewest - 1) * deviation)
    return total - reach, total + reach


def _variance(rest: FloatArray, windows: IntArray) -> float:
    """The variance of the sum of clusters' residuals, of those that have any window."""
    clusters = int((windows > 0).sum())
    return clusters / max(clusters - 1, 1) * float(np.sum(rest**2))


def _row(cells: Cells, followed: Cells | None) -> dict[str, object]:
    """What a rule came to, a month, and how much more than what was *followed*, if another."""
    count = cells.windows.shape[1]
    row: dict[str, object] = {
        "n_series": cells.series,
        "n_windows": int(cells.windows.sum()),
        **{name: float(cells.amounts[of].sum()) / count for name, of in _SUMMED.items()},
    }
    for name, of in _MEASURES.items():
        values = cells.amounts[of]
        low, high = (end / count for end in interval(values, cells.windows))
        row |= {f"{name}_low": max(low, 0.0), f"{name}_high": high}
        if followed is None:
            row |= dict.fromkeys((f"{name}_more", f"{name}_more_low", f"{name}_more_high"))
            continue
        more = values - followed.amounts[of]
        low, high = (end / count for end in interval(more, cells.windows))
        row |= {f"{name}_more": float(more.sum()) / count}
        row |= {f"{name}_more_low": low, f"{name}_more_high": high}
    return row


def _cells_of(
    sums: pa.Table, cutoffs: list[int], penalty: FloatArray
) -> dict[tuple[str, str, str], Cells]:
    """The sums of each group and rule, with that *penalty*, laid out by bucket and cutoff."""
    amounts = {name: read_amounts(sums, name) for name in AMOUNTS} | {"penalty": penalty}
    amounts |= {"cost": amounts["holding"] + amounts["penalty"]}
    windows = sums.column("windows").to_numpy()
    columns = np.searchsorted(cutoffs, sums.column("cutoff").to_numpy())
    buckets = sums.column("bucket").to_numpy()
    series = sums.column("series").to_numpy()
    shape = (BUCKETS, len(cutoffs))

    def laid_out(values: npt.NDArray[np.generic], rows: list[int]) -> npt.NDArray[Any]:
        cells = np.zeros(shape, values.dtype)
        np.add.at(cells, (buckets[rows], columns[rows]), values[rows])
        return cells

    places: dict[tuple[str, str, str], list[int]] = {}
    for place, key in enumerate(zip(*(sums.column(n).to_pylist() for n in KEY[:3]), strict=True)):
        places.setdefault(key, []).append(place)
    return {
        key: Cells(
            {name: laid_out(values, rows) for name, values in amounts.items()},
            laid_out(windows, rows),
            int(series[rows].sum()),
        )
        for key, rows in places.items()
    }
