"""Demand over a lead time: its expectation, and how it scatters about that expectation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divide, running_sums
from ml_jobs.dispersion import ClassPool, Pools, class_pool, historic_demand, moments, shrink
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial
from ml_jobs.panel import Frequency, Panel
from ml_jobs.stocking.expectation import expected_demand

LENGTHS = 8  # lengths of sums that pools are learnt at
# Periods whose mean stands for the forecast.
MEMORY = {Frequency.DAILY: 56, Frequency.WEEKLY: 8, Frequency.MONTHLY: 12}


@dataclass(frozen=True)
class Outlook:
    """The forecast that stock is held against, period by period.

    Attributes:
        sources: The champion of each series, shape (S,).
        demand: Its mean, units per period, shape (S, H), with the over-dispersion of single
            periods that the history shows (`historic_demand`), shape (S,).
        classes: Demand class of each series as the history shows it, shape (S,).
    """

    sources: TextArray
    demand: NegativeBinomial
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
    return np.maximum(np.ceil(periods - 1e-9), 1).astype(np.int64)


@dataclass(frozen=True)
class SpanTotals:
    """Demand forecast as sums, units, shape (S,) each; NaN where it was not.

    Attributes:
        period: Of the first period ahead.
        lead: Over the whole periods that hold the lead time.
        cycle: Over those that hold lead time and review period.
    """

    period: NegativeBinomial
    lead: NegativeBinomial
    cycle: NegativeBinomial


@dataclass(frozen=True)
class LeadSums:
    """Demand of the next period, until the next delivery, and until the one after a review.

    Attributes:
        period: Of one period, units, shape (S,).
        lead: Over the lead time, likewise; mean NaN where the lead time is not known.
        cycle: Over lead time and review period, likewise; its mean is at least the lead time's.
        lead_days: The lead time, shape (S,); NaN where it is not known.
        review_days: The review period.
        direct: Where the lead time's total was forecast as such, shape (S,); elsewhere it was
            summed from the champion's periods.
        asked: Expected demand over lead time and review, units, shape (S,): of a part that is
            repaired with all that comes back by then, which *cycle* leaves out.
        onward: Times what demand would go on with after that, shape (S,): less than 1 of a part
            that is repaired, as some of it comes back.
    """

    period: NegativeBinomial
    lead: NegativeBinomial
    cycle: NegativeBinomial
    lead_days: FloatArray
    review_days: float
    direct: BoolArray
    asked: FloatArray
    onward: FloatArray


def lead_sums(
    panel: Panel,
    outlook: Outlook,
    pools: SumPools,
    *,
    lead_time: Duration,
    review_days: float,
    totals: SpanTotals | None = None,
) -> LeadSums:
    """Return what is known of demand over the lead time and over lead time and review.

    *panel* is the history up to the cutoff that *outlook*, *pools* and *totals* were made at. The
    last are forecasts over whole periods; series that they leave out are summed from single ones.
    """
    spans = (lead_time, Duration(lead_time.days + review_days, lead_time.sd_days))
    forecast = (None, None) if totals is None else (totals.lead, totals.cycle)
    sums = []
    for span, total in zip(spans, forecast, strict=True):
        demand = sum_of_periods(panel, span.days, outlook, pools)
        if total is not None:
            demand = _with_total(demand, total, span.days, panel.frequency)
        sums.append(_over_uncertain_time(demand, span))
    lead, cycle = sums
    # What is learnt of two lengths apart may fall from one to the next; demand can't.
    asked = np.maximum(cycle.mean, lead.mean)
    return LeadSums(
        period=_first_period(outlook, totals),
        lead=lead,
        cycle=replace(cycle, mean=asked),
        lead_days=lead_time.days,
        review_days=review_days,
        direct=np.zeros(len(outlook.sources), bool) if totals is None else totals.lead.covered,
        asked=asked,
        onward=np.ones(len(asked)),
    )


def _first_period(outlook: Outlook, totals: SpanTotals | None) -> NegativeBinomial:
    """The champion's first period, with the scatter that was learnt of it where it was."""
    single = outlook.demand.at(0)
    if totals is None:
        return single
    known = np.isfinite(totals.period.excess)
    return replace(single, excess=np.where(known, totals.period.excess, single.excess))


def _with_total(
    summed: NegativeBinomial, total: NegativeBinomial, days: FloatArray, frequency: Frequency
) -> NegativeBinomial:
    """The forecast of a total where there is one; a part of a period gets its part of the mean."""
    share = days / frequency.days_per_step / whole_periods(days, frequency)
    known = np.isfinite(total.mean) & np.isfinite(total.excess)
    excess = np.maximum(total.excess, LEAST_EXCESS)
    return replace(
        summed,
        mean=np.where(known, total.mean * share, summed.mean),
        excess=np.where(known, excess, summed.excess),
    )


def _over_uncertain_time(summed: NegativeBinomial, time: Duration) -> NegativeBinomial:
    """The demand where the days that it is summed over vary from one order to the next.

    The variance grows by (demand per day * standard deviation of the days) ** 2.

    Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
    section 6.10: variance E(L) var(D) + E(D)^2 var(L).
    """
    per_day = np.nan_to_num(divide(summed.mean, time.days))
    return summed.with_more_variance((per_day * np.nan_to_num(time.sd_days)) ** 2)


def sum_of_periods(
    panel: Panel, days: FloatArray, outlook: Outlook, pools: SumPools
) -> NegativeBinomial:
    """Return the demand over *days* as the forecast of single periods gives it, shape (S,).

    *days* are at least 0, NaN where not known, shape (S,).
    """
    known, demand = np.isfinite(days), outlook.demand
    periods = np.where(known, days, 0.0) / panel.frequency.days_per_step
    mean = expected_demand(demand.mean, periods, panel.frequency.season)
    return NegativeBinomial(
        np.where(known, mean, np.nan),
        sum_excess(panel, whole_periods(days, panel.frequency), pools, outlook),
        demand.lot,
        periods * demand.least_mean,
    )


def learn_sum_pools(panel: Panel, classes: TextArray, pools: Pools) -> SumPools:
    """Learn from many series how much more sums scatter than single periods.

    *classes* are the demand classes as of the panel's end, shape (S,), and *pools* what was learnt
    from the same series of single periods.
    """
    historic = historic_demand(panel, classes, pools)
    longest = max((panel.demand.shape[1] - MEMORY[panel.frequency]) // 2, 2)
    lengths = np.unique(np.geomspace(1, longest, LENGTHS).round().astype(np.int64))
    series = len(panel.item_ids)
    own = (_inflation(panel, np.full(series, length), historic)[0] for length in lengths)
    return SumPools(lengths, tuple(class_pool(values, classes) for values in own))


def sum_excess(panel: Panel, periods: IntArray, pools: SumPools, outlook: Outlook) -> FloatArray:
    """Return the over-dispersion of the sum over *periods* periods, at least 1 each, shape (S,).

    Past sums are compared with the mean of the periods before them as their forecast, so that it
    holds the drift of the level beside the scatter of single periods; summing the variances
    of single periods as if they were independent would miss it. The ratio to the excess of a
    single period is shrunk towards that of the pools, the more the fewer sums there are that do
    not overlap. No other series of the panel is looked at.
    """
    own, windows = _inflation(panel, periods, outlook.demand)
    typical = pools.logs(periods, outlook.classes)
    return outlook.demand.excess * shrink(own, windows / periods, typical)


def _inflation(
    panel: Panel, periods: IntArray, single: NegativeBinomial
) -> tuple[FloatArray, FloatArray]:
    """Excess of past sums over that of a period, NaN where none is known, and number of sums."""
    squares, windows = np.full(len(periods), np.nan), np.zeros(len(periods))
    summed, memory = running_sums(np.nan_to_num(panel.demand)), MEMORY[panel.frequency]
    for length in np.unique(periods):
        rows = np.flatnonzero(periods == length)
        cuts = np.arange(memory, len(panel.dates) - length + 1)
        ahead = summed[rows[:, None], cuts + length] - summed[rows[:, None], cuts]
        behind = summed[rows[:, None], cuts] - summed[rows[:, None], cuts - memory]
        usable = cuts >= panel.starts[rows, None] + memory
        errors = np.where(usable, ahead - behind * (length / memory), 0.0)
        windows[rows] = usable.sum(axis=1)
        squares[rows] = divide((errors**2).sum(axis=1), windows[rows])
    level = periods * moments(panel.demand).mean * single.lot
    return np.maximum(divide(squares, level) - 1.0, LEAST_EXCESS) / single.excess, windows
