"""One scorer for every method: the same actuals, levels and definitions for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from benchmarks.forecast_splits import LEVELS, SCORED, Split
from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.classification import demand_classes


@dataclass(frozen=True)
class Predictions:
    """What one method says of a split's S series and H periods.

    Attributes:
        mean: Units per period, shape (S, H); NaN in the rows of series that it says nothing of.
        quantiles: At ``LEVELS``, shape (S, H, 8); NaN likewise.
    """

    mean: FloatArray
    quantiles: FloatArray

    @property
    def covered(self) -> BoolArray:
        """Which series it says something of, shape (S,)."""
        covered: BoolArray = np.asarray(np.isfinite(self.mean).all(axis=1))
        return covered


def quantile_loss(quantiles: FloatArray, actual: FloatArray) -> float:
    """Return the weighted quantile loss over everything given.

    The mean over the levels ``SCORED`` of 2 * sum(pinball loss) / sum(actual).

    Args:
        quantiles: At ``SCORED``, shape (..., 5).
        actual: What was demanded, shape (...).
    """
    short = actual[..., None] - quantiles
    levels = np.asarray(SCORED)
    pinball = np.maximum(levels * short, (levels - 1.0) * short)
    return float(2.0 * pinball.sum() / len(SCORED) / actual.sum())


def scores(split: Split, predictions: Predictions) -> dict[str, object]:
    """Return every figure of one method; a series without a prediction counts as 0 forecast."""
    mean = np.nan_to_num(predictions.mean)
    quantiles = np.nan_to_num(predictions.quantiles)
    actual, total = split.actual, split.actual.sum()
    scored = quantiles[:, :, [LEVELS.index(level) for level in SCORED]]
    return {
        "series": len(actual),
        "series_without_forecast": int((~predictions.covered).sum()),
        "wql": quantile_loss(scored, actual),
        "total_error": float(np.abs(mean.sum(axis=1) - actual.sum(axis=1)).sum() / total),
        "bias": float(mean.sum() / total - 1.0),
        "rmsse": _rmsse(split, mean),
        "coverage_80": _coverage(quantiles, actual, 0.1, 0.9),
        "coverage_95": _coverage(quantiles, actual, 0.025, 0.975),
    }


def subset_loss(split: Split, predictions: Predictions, series: BoolArray) -> float:
    """Return the weighted quantile loss over some of the series."""
    scored = [LEVELS.index(level) for level in SCORED]
    quantiles = np.nan_to_num(predictions.quantiles[series][:, :, scored])
    return quantile_loss(quantiles, split.actual[series])


def coverage_by_class(split: Split, predictions: Predictions) -> list[dict[str, object]]:
    """Return how often demand fell within the bands, by demand class as of the cutoff."""
    classes: TextArray = demand_classes(split.history)
    rows: list[dict[str, object]] = []
    for name in sorted(set(classes.tolist())):
        members = classes == name
        actual = split.actual[members]
        quantiles = np.nan_to_num(predictions.quantiles[members])
        rows.append(
            {
                "demand_class": name,
                "series": int(members.sum()),
                "periods_without_demand": float((actual == 0).mean()),
                "coverage_80": _coverage(quantiles, actual, 0.1, 0.9),
                "coverage_95": _coverage(quantiles, actual, 0.025, 0.975),
            }
        )
    return rows


def past_sums(split: Split, periods: int) -> FloatArray:
    """Return quantiles at ``SCORED`` of each series' own past sums over *periods* periods.

    The plainest forecast of a total there is, as a reference; shape (S, 5).
    """
    demand = np.nan_to_num(split.history.demand)
    sums = np.cumsum(np.pad(demand, ((0, 0), (1, 0))), axis=1)
    totals = sums[:, periods:] - sums[:, :-periods]
    begun = np.arange(totals.shape[1])[None, :] >= split.history.starts[:, None]
    usable = np.where(begun, totals, np.nan)
    return np.moveaxis(np.nanquantile(usable, SCORED, axis=1), 0, -1)


def achieved_service(split: Split, limit: FloatArray, periods: int) -> float:
    """Return the share of series whose demand over *periods* periods stayed within *limit*."""
    return float((split.actual[:, :periods].sum(axis=1) <= limit + 1e-9).mean())


def textbook_reorder_point(split: Split, periods: int, level: float) -> FloatArray:
    """Return mean * L + z * deviation * sqrt(L) of each series' history, shape (S,)."""
    demand = split.history.demand
    deviation = np.nanstd(demand, axis=1, ddof=1)
    margin = NormalDist().inv_cdf(level) * deviation * np.sqrt(periods)
    point: FloatArray = np.nanmean(demand, axis=1) * periods + margin
    return point


def _coverage(quantiles: FloatArray, actual: FloatArray, low: float, high: float) -> float:
    above = actual >= quantiles[:, :, LEVELS.index(low)] - 1e-9
    below = actual <= quantiles[:, :, LEVELS.index(high)] + 1e-9
    return float((above & below).mean())


def _rmsse(split: Split, mean: FloatArray) -> float:
    """Mean over the series of the root mean squared error, scaled by the naive one in sample."""
    scale = np.nanmean(np.diff(split.history.demand, axis=1) ** 2, axis=1)
    squared = ((mean - split.actual) ** 2).mean(axis=1)
    usable = scale > 0
    return float(np.sqrt(squared[usable] / scale[usable]).mean())
