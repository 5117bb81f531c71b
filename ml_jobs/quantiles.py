"""Quantiles of demand: negative binomial around a mean, with a spread learnt from history."""

from __future__ import annotations

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
        excess: Variance over mean, less 1, in lots; > 0, shape (S,).
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


def spread_of(panel: Panel, classes: TextArray) -> Spread:
    """Return the spread of every series, from what *panel* holds and nothing else.

    Variance over mean is estimated from the series' own moments, divided by the mean size of its
    demands, and drawn towards what is typical of its class: series of one class share how their
    sizes vary, not how large they are. The weight of a series' own estimate is
    n / (n + ``POOL_WEIGHT``) with n periods of demand. The uncertainty of the historic mean
    itself, variance / periods, is added.

    Args:
        panel: History of S series.
        classes: Demand class of each series as of the panel's end, shape (S,).
    """
    lot = lots(panel.demand)
    known = moments(panel.demand)
    size = _typical_sizes(known) / lot
    own = (1.0 + excess_of(known.mean, known.variance, lot)) / size
    ratio = shrunk(own, known.demands, classes) * size
    excess = np.maximum(ratio - 1.0, LEAST_EXCESS)
    uncertain_mean = (1.0 + excess) / np.maximum(known.periods, 1)
    return Spread(excess + uncertain_mean, lot, LEAST_MEAN * known.mean)


def _typical_sizes(known: Moments) -> FloatArray:
    """Mean demand of the periods with demand; a series without any takes the median series'."""
    sizes = divided(known.mean * known.periods, known.demands.astype(np.float64))
    with_demand = sizes[np.isfinite(sizes)]
    return np.nan_to_num(sizes, nan=float(np.median(with_demand)) if with_demand.size else 1.0)


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


def shrunk(own: FloatArray, observations: FloatArray | IntArray, classes: TextArray) -> FloatArray:
    """Return *own* drawn towards the geometric mean of its class, the more the less was seen.

    Args:
        own: Positive estimates, NaN where there is none, shape (S,).
        observations: How much stands behind each, shape (S,).
        classes: Group of each series, shape (S,); one without any estimate takes everybody's.
    """
    logs = np.log(own)
    overall = _mean_of_known(logs, 0.0)
    pool = np.full(own.shape, overall)
    for name in np.unique(classes):
        members = classes == name
        pool[members] = _mean_of_known(logs[members], overall)
    weight = np.where(np.isfinite(logs), observations / (observations + POOL_WEIGHT), 0.0)
    answer: FloatArray = np.exp(weight * np.nan_to_num(logs) + (1.0 - weight) * pool)
    return answer


def _mean_of_known(values: FloatArray, otherwise: float) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else otherwise


def pooled_answer(
    mean: FloatArray, spread: Spread, panel: Panel, *, thin: BoolArray, min_history: int
) -> tuple[FloatArray, Spread]:
    """Return a wide answer for the series that have too little history to answer alone.

    A thin series' forecast is drawn towards the median demand of all series, by the share of
    *min_history* that it lacks; how far series differ among themselves is added to its variance
    by the same share. (A thin but long history, of an item that hardly moves, keeps its mean;
    its spread is pooled by `spread_of` already.)

    Args:
        mean: Units per period, shape (S, H).
        spread: As learnt from the series' own history.
        panel: History of the S series.
        thin: Which series are thin, shape (S,).
        min_history: Periods after which a series' mean is its own.
    """
    known = moments(panel.demand)
    begun = known.periods > 0
    others = known.mean[begun & ~thin] if (begun & ~thin).any() else known.mean
    typical = float(np.median(others))
    low, high = np.quantile(others, [0.25, 0.75])
    scatter = max(float(high - low) / 1.349, typical)  # 1.349: quartile range of a standard normal
    lacking = np.where(thin, 1.0 - np.minimum(known.periods / min_history, 1.0), 0.0)
    blended = (1.0 - lacking)[:, None] * mean + lacking[:, None] * typical
    level = np.maximum(blended.mean(axis=1), spread.least_mean) * spread.lot
    added = np.nan_to_num(divided(lacking * scatter**2, level))
    return blended, replace(spread, excess=spread.excess + added)


def quantiles(mean: FloatArray, spread: Spread) -> FloatArray:
    """Return the quantiles at ``LEVELS`` of demand with these means, shape (S, H, 10).

    A row that is the same in every period is computed once. Rows of NaN stay NaN.

    Args:
        mean: Units per period, at least 0, shape (S, H).
        spread: Of the same S series.
    """
    flat = (mean == mean[:, :1]).all(axis=1)
    answer = np.full((*mean.shape, len(LEVELS)), np.nan)
    answer[flat] = _rows(mean[flat, :1], spread, flat)
    moving = ~flat & np.isfinite(mean).all(axis=1)
    answer[moving] = _rows(mean[moving], spread, moving)
    return answer


def _rows(mean: FloatArray, spread: Spread, rows: BoolArray) -> FloatArray:
    least, excess, lot = (
        values[rows][:, None] for values in (spread.least_mean, spread.excess, spread.lot)
    )
    drawn = np.maximum(mean, least)[:, :, None]
    return quantile(drawn, excess[:, :, None], lot[:, :, None], np.asarray(LEVELS))


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
