"""How demand scatters about its mean, learnt from history and from what series have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divide
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial
from ml_jobs.panel import Panel

POOL_WEIGHT = 20.0  # periods with demand after which a series counts as much as its class
LEAST_MEAN = 0.05  # fraction of the historic mean: a forecast of 0 is never certain
# A demand that is less than this off a whole number of lots is one, after dividing floats.
LOT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Moments:
    """Count, mean and variance of each series' history.

    Attributes:
        periods: Periods observed, shape (S,).
        demands: Periods with demand, shape (S,).
        mean: Units per period, shape (S,); 0 without history.
        variance: Squared units, shape (S,); 0 without history.
    """

    periods: IntArray
    demands: IntArray
    mean: FloatArray
    variance: FloatArray


def moments(demand: FloatArray) -> Moments:
    """Return the moments of each row of *demand*, shape (S, T), leaving out NaN."""
    observed = np.isfinite(demand)
    filled = np.where(observed, demand, 0.0)
    periods = observed.sum(axis=1)
    divisor = np.maximum(periods, 1)
    mean = filled.sum(axis=1) / divisor
    squares = np.where(observed, filled - mean[:, None], 0.0) ** 2
    return Moments(periods, (filled > 0).sum(axis=1), mean, squares.sum(axis=1) / divisor)


@dataclass(frozen=True)
class ClassPool:
    """What is typical of the series of a class: geometric means of something positive.

    Attributes:
        by_class: Natural logarithm of the mean, by class.
        overall: The same over all series; for a class that no series of the pool belongs to.
    """

    by_class: Mapping[str, float]
    overall: float

    def logs(self, classes: TextArray) -> FloatArray:
        """Return the logarithm that is typical of each series' class, shape (S,)."""
        logs = np.full(classes.shape, self.overall)
        for name, value in self.by_class.items():
            logs[classes == name] = value
        return logs


def class_pool(own: FloatArray, classes: TextArray) -> ClassPool:
    """Pool positive estimates of many series by class, NaN where there is none; shape (S,) both."""
    logs = np.log(own)
    known = np.isfinite(logs)
    overall = float(logs[known].mean()) if known.any() else 0.0
    of_classes = {str(name): logs[known & (classes == name)] for name in np.unique(classes)}
    means = {name: float(of.mean()) if of.size else overall for name, of in of_classes.items()}
    return ClassPool(means, overall)


@dataclass(frozen=True)
class Pools:
    """What the series of a panel have in common; learnt once, used for any of their kind.

    Attributes:
        ratio: Variance over mean, divided by the mean size of a demand in lots, by class.
        typical_size: Median over series of the mean demand of periods with demand, units.
        typical_mean: Median over series of mean demand, units per period.
        scatter: How far series' means differ among themselves, units per period.
    """

    ratio: ClassPool
    typical_size: float
    typical_mean: float
    scatter: float


def learn_pools(panel: Panel, classes: TextArray, *, thin: BoolArray) -> Pools:
    """Learn from all series of *panel*; the *thin* ones do not say what a typical mean is.

    *classes* are the demand classes as of the panel's end; shape (S,) both.
    """
    lot, known = lots(panel.demand), moments(panel.demand)
    sizes = _mean_sizes(known)
    with_demand = sizes[np.isfinite(sizes)]
    typical_size = float(np.median(with_demand)) if with_demand.size else 1.0
    own = _variance_ratio(known, lot) / (np.nan_to_num(sizes, nan=typical_size) / lot)
    begun = known.periods > 0
    others = known.mean[begun & ~thin] if (begun & ~thin).any() else known.mean
    typical_mean = float(np.median(others))
    low, high = np.quantile(others, [0.25, 0.75])
    # The quartile range of a normal is 1.349 deviations. At least the typical mean: that the
    # others are alike does not make a series that nobody knows one of them.
    scatter = max(float(high - low) / 1.349, typical_mean)
    return Pools(class_pool(own, classes), typical_size, typical_mean, scatter)


def historic_demand(panel: Panel, classes: TextArray, pools: Pools) -> NegativeBinomial:
    """Return the demand of one period, as history and what classes have in common show it.

    Variance over mean is estimated from the series' own moments, divided by the mean size of its
    demands, and shrunk towards what is typical of its class: series of one class share how their
    sizes vary, not how large they are. The weight of a series' own estimate is
    n / (n + ``POOL_WEIGHT``) with n periods of demand. The uncertainty of the historic mean
    itself, variance / periods, is added.

    *classes* are the demand classes as of the panel's end, shape (S,), and *pools* were learnt at
    the same cutoff. The answer is of shape (S,), units per period.
    """
    lot, known = lots(panel.demand), moments(panel.demand)
    size = np.nan_to_num(_mean_sizes(known), nan=pools.typical_size) / lot
    own = _variance_ratio(known, lot) / size
    ratio = shrink(own, known.demands, pools.ratio.logs(classes)) * size
    excess = np.maximum(ratio - 1.0, LEAST_EXCESS)
    of_mean = (1.0 + excess) / np.maximum(known.periods, 1)
    return NegativeBinomial(known.mean, excess + of_mean, lot, LEAST_MEAN * known.mean)


def _mean_sizes(known: Moments) -> FloatArray:
    """Mean demand of the periods with demand, units; NaN for a series without any."""
    return divide(known.mean * known.periods, known.demands.astype(np.float64))


def _variance_ratio(known: Moments, lot: FloatArray) -> FloatArray:
    """Variance over mean, in lots; NaN at mean 0."""
    return 1.0 + np.maximum(divide(known.variance, known.mean * lot) - 1.0, LEAST_EXCESS)


def lots(demand: FloatArray) -> FloatArray:
    """Return the lot that each row of *demand* is counted in: 1, 0.1, 0.01 or 0.001 units."""
    filled = np.nan_to_num(demand)
    lot = np.full(len(demand), 0.001)
    for candidate in (0.01, 0.1, 1.0):
        counts = filled / candidate
        off = np.abs(counts - np.rint(counts)).max(axis=1, initial=0.0)
        lot[off < LOT_TOLERANCE] = candidate
    return lot


def shrink(own: FloatArray, observations: FloatArray | IntArray, typical: FloatArray) -> FloatArray:
    """Return *own* drawn towards what is typical, the more the less was seen.

    Args:
        own: Positive estimates, NaN where there is none, shape (S,).
        observations: How much stands behind each, shape (S,).
        typical: Logarithm of the estimate that is typical of each series' like, shape (S,).
    """
    logs = np.log(own)
    weight = np.where(np.isfinite(logs), observations / (observations + POOL_WEIGHT), 0.0)
    answer: FloatArray = np.exp(weight * np.nan_to_num(logs) + (1.0 - weight) * typical)
    return answer


def pool_thin_series(
    forecast: NegativeBinomial,
    panel: Panel,
    pools: Pools,
    *,
    thin: BoolArray,
    min_history: int,
) -> NegativeBinomial:
    """Return a wide forecast of the series that have too little history to be forecast alone.

    A thin series' forecast is drawn towards the typical demand of all series, by the share of
    *min_history* that it lacks; how far series differ among themselves is added to its variance
    by the same share. (A thin but long history, of an item that hardly moves, keeps its mean;
    its over-dispersion is pooled by `historic_demand` already.)

    *forecast* is of single periods; *thin* says which series are, shape (S,); *min_history* are
    the periods after which a series' mean is its own.
    """
    periods = moments(panel.demand).periods
    lacking = np.where(thin, 1.0 - np.minimum(periods / min_history, 1.0), 0.0)
    if not lacking.any():
        return forecast
    mean = (1.0 - lacking)[:, None] * forecast.mean + lacking[:, None] * pools.typical_mean
    level = np.maximum(mean.mean(axis=1), forecast.least_mean) * forecast.lot
    added = np.nan_to_num(divide(lacking * pools.scatter**2, level))
    excess = forecast.excess + (added[:, None] if forecast.excess.ndim > 1 else added)
    return replace(forecast, mean=mean, excess=excess)
