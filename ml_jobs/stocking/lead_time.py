"""Demand over a lead time: its expectation, and how it scatters about that expectation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divided
from ml_jobs.panel import Frequency, Panel
from ml_jobs.quantiles import (
    LEAST_EXCESS,
    POOL_WEIGHT,
    ClassPool,
    Pools,
    Spread,
    class_pool,
    exceedance,
    expected_shortage,
    moments,
    quantile,
    spread_of,
)
from ml_jobs.stocking.expectation import expected_demand, running

LENGTHS = 8  # lengths of sums that pools are learnt at
MEMORY = {
    Frequency.DAILY: 56,
    Frequency.WEEKLY: 8,
    Frequency.MONTHLY: 12,
}  # periods whose mean stands for the forecast


@dataclass(frozen=True)
class Outlook:
    """The forecast that stock is held against, period by period.

    Attributes:
        sources: The champion of each series, shape (S,).
        mean: Its forecast, units per period, shape (S, H).
        spread: Of single periods, as the history shows it (`spread_of`), excess of shape (S,).
        classes: Demand class of each series as the history shows it, shape (S,).
    """

    sources: TextArray
    mean: FloatArray
    spread: Spread
    classes: TextArray


@dataclass(frozen=True)
class Duration:
    """How long something takes, per series, shape (S,) each.

    Attributes:
        days: Mean; NaN where not known.
        sd_days: Standard deviation from one order to the next; NaN where not known.
    """

    days: FloatArray
    sd_days: FloatArray


@dataclass(frozen=True)
class DemandSum:
    """Demand of each series over a number of days: a negative binomial; shape (S,) each.

    Attributes:
        mean: Expected demand, units; NaN where the number of days is not known.
        least_mean: Mean below which the distribution isn't drawn, units.
        excess: Variance over mean, less 1, in lots; > 0.
        lot: Units in a lot.
    """

    mean: FloatArray
    least_mean: FloatArray
    excess: FloatArray
    lot: FloatArray

    def quantile(self, level: FloatArray) -> FloatArray:
        """Return what demand stays at or below with the chance *level*, units."""
        return quantile(self.drawn, self.excess, self.lot, level)

    def exceedance(self, amount: FloatArray) -> FloatArray:
        """Return the chance that demand is greater than *amount*."""
        return exceedance(amount, self.drawn, self.excess, self.lot)

    def shortage(self, amount: FloatArray) -> FloatArray:
        """Return the expected demand beyond *amount*, units."""
        return expected_shortage(amount, self.drawn, self.excess, self.lot)

    @property
    def drawn(self) -> FloatArray:
        """Mean of the distribution, units: the expectation, or the least mean where larger."""
        return np.maximum(self.mean, self.least_mean)

    def with_variance(self, added: FloatArray) -> DemandSum:
        """Return the sum with its variance raised by *added*, squared units, at least 0."""
        more = np.nan_to_num(divided(added, self.drawn * self.lot))
        return replace(self, excess=self.excess + more)

    def over_uncertain_time(self, time: Duration) -> DemandSum:
        """Return the sum where the days that it spans vary from one order to the next.

        The variance grows by (demand per day * standard deviation of the days) ** 2.

        Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply
        Chains", section 6.10: variance E(L) var(D) + E(D)^2 var(L).
        """
        per_day = np.nan_to_num(divided(self.mean, time.days))
        return self.with_variance((per_day * np.nan_to_num(time.sd_days)) ** 2)


@dataclass(frozen=True)
class SumPools:
    """How much more sums scatter than single periods, as many series showed it.

    Attributes:
        lengths: Periods summed, increasing, shape (L,).
        inflation: For each length, by demand class: excess of a sum over that of a period.
    """

    lengths: IntArray
    inflation: tuple[ClassPool, ...]

    def logs(self, periods: IntArray, classes: TextArray) -> FloatArray:
        """Return the logarithm of the typical inflation of each series' sum, shape (S,).

        Between two lengths it is interpolated by the logarithm of the length.
        """
        table = np.stack([pool.logs(classes) for pool in self.inflation], axis=1)
        place = np.interp(np.log(periods), np.log(self.lengths), np.arange(len(self.lengths)))
        below = np.minimum(np.floor(place).astype(np.int64), len(self.lengths) - 2)
        rows = np.arange(len(periods))
        part = place - below
        answer: FloatArray = (1.0 - part) * table[rows, below] + part * table[rows, below + 1]
        return answer


def whole_periods(days: FloatArray, frequency: Frequency) -> IntArray:
    """Return the periods that hold each number of *days*, at least 1; NaN counts as none."""
    periods = np.where(np.isfinite(days), days, 0.0) / frequency.days_per_step
    whole: IntArray = np.maximum(np.ceil(periods - 1e-9), 1).astype(np.int64)
    return whole


class TotalForecast(Protocol):
    """A forecast of totals over whole periods, as the model of totals gives it.

    Attributes:
        mean: Expected demand, units, shape (S,); NaN where no total is forecast.
        excess: Variance over mean, less 1, in lots, shape (S,); NaN likewise.
    """

    @property
    def mean(self) -> FloatArray: ...  # noqa: D102 - an attribute

    @property
    def excess(self) -> FloatArray: ...  # noqa: D102


@dataclass(frozen=True)
class LeadSums:
    """Demand until the next delivery, and until the one after the next review.

    Attributes:
        lead: Over the lead time.
        cycle: Over lead time and review period.
        direct: Where the lead time's total was forecast as such, shape (S,); elsewhere it was
            summed from the champion's periods.
    """

    lead: DemandSum
    cycle: DemandSum
    direct: BoolArray


def lead_sums(
    panel: Panel,
    outlook: Outlook,
    pools: SumPools,
    *,
    lead_time: Duration,
    review_days: float,
    totals: tuple[TotalForecast, TotalForecast] | None = None,
) -> LeadSums:
    """Return what is known of demand over the lead time and over lead time and review.

    Args:
        panel: History of S series, up to the day the forecast was made.
        outlook: The champions' forecasts of single periods.
        pools: Of past sums, learnt at the same cutoff.
        lead_time: Of each series.
        review_days: Days between two orders.
        totals: Forecasts of the totals over the `whole_periods` that hold the lead time, and
            lead time and review; series that they leave out are summed from single periods.
    """
    review = Duration(lead_time.days + review_days, lead_time.sd_days)
    steps = [steps_sum(panel, time.days, outlook, pools) for time in (lead_time, review)]
    given = totals or (None, None)
    sums = [
        step if total is None else total_sum(total, time.days, outlook, panel.frequency, step)
        for total, time, step in zip(given, (lead_time, review), steps, strict=True)
    ]
    direct = np.zeros(len(outlook.mean), bool) if totals is None else np.isfinite(totals[0].mean)
    lead, cycle = (
        summed.over_uncertain_time(time)
        for summed, time in zip(sums, (lead_time, review), strict=True)
    )
    return LeadSums(lead, cycle, direct)


def total_sum(
    total: TotalForecast, days: FloatArray, outlook: Outlook, frequency: Frequency, step: DemandSum
) -> DemandSum:
    """Return the distribution of demand over *days* from a forecast of totals.

    Args:
        total: Of the `whole_periods` that hold the days; days that are a part of them get their
            share of the mean.
        days: NaN where not known, shape (S,).
        outlook: Says lots and least means.
        frequency: Of the periods.
        step: What holds where no total is forecast.
    """
    share = days / frequency.days_per_step / whole_periods(days, frequency)
    known = np.isfinite(total.mean) & np.isfinite(total.excess)
    return DemandSum(
        np.where(known, total.mean * share, step.mean),
        step.least_mean,
        np.where(known, np.maximum(total.excess, LEAST_EXCESS), step.excess),
        outlook.spread.lot,
    )


def steps_sum(panel: Panel, days: FloatArray, outlook: Outlook, pools: SumPools) -> DemandSum:
    """Return the distribution of demand over *days*, from the forecast of single periods.

    Args:
        panel: History of S series.
        days: How long, at least 0, NaN where not known, shape (S,).
        outlook: Forecast of the same series.
        pools: Learnt from series like these.
    """
    known = np.isfinite(days)
    periods = np.where(known, days, 0.0) / panel.frequency.days_per_step
    mean = expected_demand(outlook.mean, periods, panel.frequency.season)
    excess = sum_excess(panel, whole_periods(days, panel.frequency), pools, outlook)
    least_mean = periods * outlook.spread.least_mean
    return DemandSum(np.where(known, mean, np.nan), least_mean, excess, outlook.spread.lot)


def learn_sum_pools(panel: Panel, classes: TextArray, pools: Pools) -> SumPools:
    """Learn from many series how much more sums scatter than single periods.

    Args:
        panel: History of the series to learn from.
        classes: Demand class of each series as of the panel's end, shape (S,).
        pools: Of single periods, learnt from the same series.
    """
    spread = spread_of(panel, classes, pools)
    longest = max((panel.demand.shape[1] - MEMORY[panel.frequency]) // 2, 2)
    lengths = np.unique(np.geomspace(1, longest, LENGTHS).round().astype(np.int64))
    own = (_inflation(panel, np.full(len(panel.item_ids), length), spread)[0] for length in lengths)
    return SumPools(lengths, tuple(class_pool(values, classes) for values in own))


def sum_excess(panel: Panel, periods: IntArray, pools: SumPools, outlook: Outlook) -> FloatArray:
    """Return how much the sum over *periods* periods scatters, as `DemandSum.excess` counts it.

    Past sums are compared with what the mean of the periods before them would have said, so that
    the spread holds the drift of the level beside the scatter of single periods; summing the
    variances of single periods as if they were independent would miss it. The ratio to the excess
    of a single period is drawn towards that of the pools, the more the fewer sums there are that
    do not overlap. No other series of the panel is looked at.

    Args:
        panel: History of S series.
        periods: Length of the sum of each series, at least 1, shape (S,).
        pools: Learnt from series like these.
        outlook: Spread and classes of the same series.
    """
    own, windows = _inflation(panel, periods, outlook.spread)
    known = np.isfinite(own)
    apart = windows / periods
    weight = np.where(known, apart / (apart + POOL_WEIGHT), 0.0)
    logs = weight * np.log(np.where(known, own, 1.0))
    logs += (1.0 - weight) * pools.logs(periods, outlook.classes)
    answer: FloatArray = outlook.spread.excess * np.exp(logs)
    return answer


def _inflation(panel: Panel, periods: IntArray, spread: Spread) -> tuple[FloatArray, FloatArray]:
    """Excess of past sums over that of a period, NaN where none is known, and number of sums."""
    squares = np.full(len(periods), np.nan)
    windows = np.zeros(len(periods))
    for length in np.unique(periods):
        rows = np.flatnonzero(periods == length)
        squares[rows], windows[rows] = _past_errors(
            panel.demand[rows], panel.starts[rows], int(length), MEMORY[panel.frequency]
        )
    level = periods * moments(panel.demand).mean * spread.lot
    return np.maximum(divided(squares, level) - 1.0, LEAST_EXCESS) / spread.excess, windows


def _past_errors(
    demand: FloatArray, starts: IntArray, length: int, memory: int
) -> tuple[FloatArray, FloatArray]:
    """Mean squared error of past sums of *length* periods, and how many sums there are."""
    summed = running(np.nan_to_num(demand))
    cuts = np.arange(memory, demand.shape[1] - length + 1)
    ahead = summed[:, cuts + length] - summed[:, cuts]
    behind = (summed[:, cuts] - summed[:, cuts - memory]) * (length / memory)
    usable = cuts[None, :] >= starts[:, None] + memory
    count = usable.sum(axis=1).astype(np.float64)
    squares = np.where(usable, ahead - behind, 0.0) ** 2
    return divided(squares.sum(axis=1), count), count
