"""Quantiles of demand: negative binomial around a mean, with a spread learnt from history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divided
from ml_jobs.panel import Panel

LEVELS = (0.025, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.975, 0.99)

POOL_WEIGHT = 20.0  # periods with demand after which a series counts as much as its class
LEAST_EXCESS = 0.05  # the negative binomial ends where variance equals the mean (Poisson)
LEAST_MEAN = 0.05  # fraction of the historic mean: a forecast of 0 is never certain


@dataclass(frozen=True)
class Spread:
    """How demand of one period scatters about its mean, per series.

    Demand is counted in lots: 1 for whole numbers, a fraction for weights and volumes. With a
    mean of m units and lots of u units the variance is ``m * u * (1 + excess)``: it grows with
    the mean, not with its square, so that a level that fell takes its scatter with it.

    Attributes:
        excess: Variance over mean, less 1, in lots; > 0, shape (S,), or (S, H) where it
            differs from step to step.
        lot: Units in a lot, shape (S,).
        least_mean: Mean below which a distribution isn't drawn, units per period, shape (S,).
    """

    excess: FloatArray
    lot: FloatArray
    least_mean: FloatArray

    def with_variance(self, mean: FloatArray, variance: FloatArray) -> Spread:
        """Return the spread that gives *variance* at *mean*, where that is finite.

        Args:
            mean: Units per period, shape (S,).
            variance: Squared units, shape (S,); NaN keeps the spread as it is.
        """
        level = np.maximum(np.nan_to_num(mean), self.least_mean) * self.lot
        measured = np.maximum(divided(variance, level) - 1.0, LEAST_EXCESS)
        return replace(self, excess=np.where(np.isfinite(measured), measured, self.excess))


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
    """Pool the estimates of many series.

    Args:
        own: Positive estimates, NaN where there is none, shape (S,).
        classes: Class of each series, shape (S,).
    """
    logs = np.log(own)
    overall = _mean_of_known(logs, 0.0)
    names = np.unique(classes)
    return ClassPool(
        {str(name): _mean_of_known(logs[classes == name], overall) for name in names}, overall
    )


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
    """Learn from all series of *panel*; the thin ones do not say what a typical mean is.

    Args:
        panel: History of S series.
        classes: Demand class of each series as of the panel's end, shape (S,).
        thin: Which series have too little history to count, shape (S,).
    """
    lot = lots(panel.demand)
    known = moments(panel.demand)
    sizes = _sizes(known)
    with_demand = sizes[np.isfinite(sizes)]
    typical_size = float(np.median(with_demand)) if with_demand.size else 1.0
    size = np.nan_to_num(sizes, nan=typical_size) / lot
    ratio = class_pool((1.0 + excess_of(known.mean, known.variance, lot)) / size, classes)
    begun = known.periods > 0
    others = known.mean[begun & ~thin] if (begun & ~thin).any() else known.mean
    typical = float(np.median(others))
    low, high = np.quantile(others, [0.25, 0.75])
    # 1.349: quartile range of a standard normal
    return Pools(ratio, typical_size, typical, max(float(high - low) / 1.349, typical))


def spread_of(panel: Panel, classes: TextArray, pools: Pools) -> Spread:
    """Return the spread of every series, from its own history and what its class has in common.

    Variance over mean is estimated from the series' own moments, divided by the mean size of its
    demands, and drawn towards what is typical of its class: series of one class share how their
    sizes vary, not how large they are. The weight of a series' own estimate is
    n / (n + ``POOL_WEIGHT``) with n periods of demand. The uncertainty of the historic mean
    itself, variance / periods, is added.

    Args:
        panel: History of S series.
        classes: Demand class of each series as of the panel's end, shape (S,).
        pools: Learnt at the same cutoff.
    """
    lot = lots(panel.demand)
    known = moments(panel.demand)
    size = np.nan_to_num(_sizes(known), nan=pools.typical_size) / lot
    own = (1.0 + excess_of(known.mean, known.variance, lot)) / size
    ratio = shrunk(own, known.demands, classes, pools.ratio) * size
    excess = np.maximum(ratio - 1.0, LEAST_EXCESS)
    uncertain_mean = (1.0 + excess) / np.maximum(known.periods, 1)
    return Spread(excess + uncertain_mean, lot, LEAST_MEAN * known.mean)


def _sizes(known: Moments) -> FloatArray:
    """Mean demand of the periods with demand, units; NaN for a series without any."""
    return divided(known.mean * known.periods, known.demands.astype(np.float64))


def lots(demand: FloatArray) -> FloatArray:
    """Return the lot that each row of *demand* is counted in: 1, 0.1, 0.01 or 0.001 units."""
    filled = np.nan_to_num(demand)
    lot = np.full(len(demand), 0.001)
    for candidate in (0.01, 0.1, 1.0):
        counts = filled / candidate
        lot[np.abs(counts - np.rint(counts)).max(axis=1, initial=0.0) < 1e-6] = candidate
    return lot


def excess_of(mean: FloatArray, variance: FloatArray, lot: FloatArray) -> FloatArray:
    """Return variance over mean, less 1, in lots; at least ``LEAST_EXCESS``; NaN at mean 0."""
    return np.maximum(divided(variance, mean * lot) - 1.0, LEAST_EXCESS)


def shrunk(
    own: FloatArray, observations: FloatArray | IntArray, classes: TextArray, pool: ClassPool
) -> FloatArray:
    """Return *own* drawn towards the geometric mean of its class, the more the less was seen.

    Args:
        own: Positive estimates, NaN where there is none, shape (S,).
        observations: How much stands behind each, shape (S,).
        classes: Class of each series, shape (S,).
        pool: What is typical of the classes.
    """
    logs = np.log(own)
    weight = np.where(np.isfinite(logs), observations / (observations + POOL_WEIGHT), 0.0)
    typical = pool.logs(classes)
    answer: FloatArray = np.exp(weight * np.nan_to_num(logs) + (1.0 - weight) * typical)
    return answer


def _mean_of_known(values: FloatArray, otherwise: float) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else otherwise


def pooled_answer(
    mean: FloatArray,
    spread: Spread,
    panel: Panel,
    pools: Pools,
    *,
    thin: BoolArray,
    min_history: int,
) -> tuple[FloatArray, Spread]:
    """Return a wide answer for the series that have too little history to answer alone.

    A thin series' forecast is drawn towards the typical demand of all series, by the share of
    *min_history* that it lacks; how far series differ among themselves is added to its variance
    by the same share. (A thin but long history, of an item that hardly moves, keeps its mean;
    its spread is pooled by `spread_of` already.)

    Args:
        mean: Units per period, shape (S, H).
        spread: As learnt from the series' own history.
        panel: History of the S series.
        pools: Learnt at the same cutoff.
        thin: Which series are thin, shape (S,).
        min_history: Periods after which a series' mean is its own.
    """
    periods = moments(panel.demand).periods
    lacking = np.where(thin, 1.0 - np.minimum(periods / min_history, 1.0), 0.0)
    if not lacking.any():
        return mean, spread
    blended = (1.0 - lacking)[:, None] * mean + lacking[:, None] * pools.typical_mean
    level = np.maximum(blended.mean(axis=1), spread.least_mean) * spread.lot
    added = np.nan_to_num(divided(lacking * pools.scatter**2, level))
    excess = spread.excess + (added[:, None] if spread.excess.ndim > 1 else added)
    return blended, replace(spread, excess=excess)


def quantiles(mean: FloatArray, spread: Spread) -> FloatArray:
    """Return the quantiles at ``LEVELS`` of demand with these means, shape (S, H, 10).

    A row that is the same in every period is computed once. Rows of NaN stay NaN.

    Args:
        mean: Units per period, at least 0, shape (S, H).
        spread: Of the same S series.
    """
    excess = np.broadcast_to(spread.excess.reshape(len(mean), -1), mean.shape)
    flat = (mean == mean[:, :1]).all(axis=1) & (excess == excess[:, :1]).all(axis=1)
    answer = np.full((*mean.shape, len(LEVELS)), np.nan)
    answer[flat] = _rows(mean[flat, :1], excess[flat, :1], spread, flat)
    moving = ~flat & np.isfinite(mean).all(axis=1)
    answer[moving] = _rows(mean[moving], excess[moving], spread, moving)
    return answer


def _rows(mean: FloatArray, excess: FloatArray, spread: Spread, rows: BoolArray) -> FloatArray:
    least, lot = spread.least_mean[rows][:, None], spread.lot[rows][:, None, None]
    drawn = np.maximum(mean, least)[:, :, None]
    return quantile(drawn, excess[:, :, None], lot, np.asarray(LEVELS))


def quantile(
    mean: FloatArray, excess: FloatArray, lot: FloatArray, level: FloatArray
) -> FloatArray:
    """Return the quantile of a negative binomial at *level*; all arguments broadcast.

    With r = mean / (lot * excess) and p = 1 / (1 + excess) the count of lots has the mean
    mean / lot and (1 + excess) times that as variance. A mean of 0 has all quantiles at 0.

    Source: NB1 of Cameron and Trivedi 2013, "Regression Analysis of Count Data", section 3.3.
    """
    shape = mean / (lot * excess)
    counts = stats.nbinom.ppf(level, np.maximum(shape, 1e-12), 1.0 / (1.0 + excess))
    answer: FloatArray = np.where(mean == 0, 0.0, counts) * lot
    return answer


def exceedance(
    amount: FloatArray, mean: FloatArray, excess: FloatArray, lot: FloatArray
) -> FloatArray:
    """Return the probability that demand is greater than *amount*; arguments as `quantile`."""
    shape = np.maximum(mean / (lot * excess), 1e-12)
    chance = stats.nbinom.sf(np.floor(amount / lot + 1e-9), shape, 1.0 / (1.0 + excess))
    answer: FloatArray = np.where(mean == 0, 0.0, chance)
    return answer


def expected_shortage(
    amount: FloatArray, mean: FloatArray, excess: FloatArray, lot: FloatArray
) -> FloatArray:
    """Return the expected demand beyond *amount*, in units; arguments as for `quantile`.

    For a count X with r and p, E[X; X > k] = E[X] * P(X' > k - 1) where X' has r + 1 and p.
    """
    chance = 1.0 / (1.0 + excess)
    shape = np.maximum(mean / (lot * excess), 1e-12)
    count = np.floor(amount / lot + 1e-9)
    beyond = mean * stats.nbinom.sf(count - 1, shape + 1.0, chance)
    answer: FloatArray = np.maximum(beyond - amount * stats.nbinom.sf(count, shape, chance), 0.0)
    return answer
