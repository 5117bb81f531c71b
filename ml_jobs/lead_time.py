"""Demand over a lead time: its expectation from a forecast, its spread from past sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, TextArray, divided
from ml_jobs.panel import Panel
from ml_jobs.quantiles import (
    LEAST_EXCESS,
    Spread,
    exceedance,
    expected_shortage,
    moments,
    quantile,
    shrunk,
)

_NEVER = 1e-9  # units per period below which demand is taken to have ended


@dataclass(frozen=True)
class Outlook:
    """The forecast that stock is held against.

    Attributes:
        sources: The champion of each series, shape (S,).
        mean: Its forecast, units per period, shape (S, H).
        spread: Of single periods, from the whole history.
        classes: Demand class of each series as the history shows it, shape (S,).
    """

    sources: TextArray
    mean: FloatArray
    spread: Spread
    classes: TextArray


@dataclass(frozen=True)
class DemandSum:
    """Demand of each series over a number of days: a negative binomial; shape (S,) each.

    Attributes:
        mean: Expected demand, units; NaN where the number of days is not known.
        least_mean: Mean below which the distribution isn't drawn, units.
        excess: As in `Spread`, of the sum.
        lot: Units in a lot.
    """

    mean: FloatArray
    least_mean: FloatArray
    excess: FloatArray
    lot: FloatArray

    def quantile(self, level: FloatArray) -> FloatArray:
        """Return what demand stays at or below with the chance *level*, units."""
        return quantile(self._drawn, self.excess, self.lot, level)

    def exceedance(self, amount: FloatArray) -> FloatArray:
        """Return the chance that demand is greater than *amount*."""
        return exceedance(amount, self._drawn, self.excess, self.lot)

    def shortage(self, amount: FloatArray) -> FloatArray:
        """Return the expected demand beyond *amount*, units."""
        return expected_shortage(amount, self._drawn, self.excess, self.lot)

    @property
    def _drawn(self) -> FloatArray:
        return np.maximum(self.mean, self.least_mean)


def demand_sum(panel: Panel, days: FloatArray, outlook: Outlook, *, memory: int) -> DemandSum:
    """Return the distribution of demand over the *days* after the panel's end.

    Args:
        panel: History of S series.
        days: How long, at least 0, NaN where not known, shape (S,).
        outlook: Forecast of the same series.
        memory: As for `sum_excess`.
    """
    known = np.isfinite(days)
    periods = np.where(known, days, 0.0) / panel.frequency.days_per_step
    mean = expected_demand(outlook.mean, periods, panel.frequency.season)
    whole = np.maximum(np.ceil(periods), 1).astype(np.int64)
    excess = sum_excess(panel, whole, memory=memory, spread=outlook.spread, classes=outlook.classes)
    least_mean = periods * outlook.spread.least_mean
    return DemandSum(np.where(known, mean, np.nan), least_mean, excess, outlook.spread.lot)


def expected_demand(mean: FloatArray, periods: FloatArray, season: int) -> FloatArray:
    """Return the expected demand of the first *periods* periods; a part of one counts as a part.

    Beyond the horizon the forecast goes on at the mean of its last season.

    Args:
        mean: Units per period, shape (S, H).
        periods: How far to sum, at least 0, shape (S,).
        season: Periods in a season.

    Returns:
        Units, shape (S,).
    """
    horizon = mean.shape[1]
    summed = _running(mean)
    whole = np.minimum(np.floor(periods), horizon).astype(np.int64)
    rows = np.arange(len(mean))
    padded = np.concatenate([mean, flat_rate(mean, season)[:, None]], axis=1)
    answer: FloatArray = summed[rows, whole] + (periods - whole) * padded[rows, whole]
    return answer


def periods_until(amount: FloatArray, mean: FloatArray, season: int) -> FloatArray:
    """Return after how many periods expected demand has used up *amount*; infinity if never.

    Args:
        amount: Units, at least 0, shape (S,).
        mean: Units per period, shape (S, H); goes on as in `expected_demand`.
        season: Periods in a season.
    """
    horizon = mean.shape[1]
    summed = _running(mean)
    whole = (summed[:, 1:] < amount[:, None]).sum(axis=1)
    rows = np.arange(len(mean))
    padded = np.concatenate([mean, flat_rate(mean, season)[:, None]], axis=1)
    left = amount - summed[rows, whole]
    rate = padded[rows, np.minimum(whole, horizon)]
    moving = np.where(rate > _NEVER, rate, np.nan)
    part = np.nan_to_num(divided(left, moving), nan=np.inf)
    answer: FloatArray = np.where(left <= 0, whole, whole + part)
    return answer


def flat_rate(mean: FloatArray, season: int) -> FloatArray:
    """Return the mean of the last season of each forecast, units per period, shape (S,)."""
    rate: FloatArray = mean[:, -min(season, mean.shape[1]) :].mean(axis=1)
    return rate


def sum_excess(
    panel: Panel, periods: IntArray, *, memory: int, spread: Spread, classes: TextArray
) -> FloatArray:
    """Return how much the sum over *periods* periods scatters, as `Spread.excess` counts it.

    Past sums are compared with what the mean of the *memory* periods before them would have
    said, so that the spread holds the drift of the level beside the scatter of single periods;
    summing the variances of single periods as if they were independent would miss it. The ratio
    to the excess of a single period is drawn towards the class's, the more the fewer sums there
    are that do not overlap.

    Args:
        panel: History of S series.
        periods: Length of the sum of each series, at least 1, shape (S,).
        memory: Periods whose mean stands for the forecast.
        spread: Of single periods.
        classes: Demand class of each series, shape (S,).
    """
    known = moments(panel.demand)
    squares = np.full(len(panel.item_ids), np.nan)
    windows = np.zeros(len(panel.item_ids))
    for length in np.unique(periods):
        rows = np.flatnonzero(periods == length)
        squares[rows], windows[rows] = _past_errors(
            panel.demand[rows], panel.starts[rows], int(length), memory
        )
    level = periods * known.mean * spread.lot
    inflation = np.maximum(divided(squares, level) - 1.0, LEAST_EXCESS) / spread.excess
    return spread.excess * shrunk(inflation, windows / periods, classes)


def _past_errors(
    demand: FloatArray, starts: IntArray, length: int, memory: int
) -> tuple[FloatArray, FloatArray]:
    """Mean squared error of past sums of *length* periods, and how many sums there are."""
    summed = _running(np.nan_to_num(demand))
    cuts = np.arange(memory, demand.shape[1] - length + 1)
    ahead = summed[:, cuts + length] - summed[:, cuts]
    behind = (summed[:, cuts] - summed[:, cuts - memory]) * (length / memory)
    usable = cuts[None, :] >= starts[:, None] + memory
    count = usable.sum(axis=1).astype(np.float64)
    squares = np.where(usable, ahead - behind, 0.0) ** 2
    return divided(squares.sum(axis=1), count), count


def _running(values: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
