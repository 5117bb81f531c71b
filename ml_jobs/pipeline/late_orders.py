"""Open orders that come later than one placed today: stock has to last for longer beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import OpenOrders, Panel
from ml_jobs.pipeline.stock_planning import StockView
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.course import OUTLOOK, arrivals_of, lead_days
from ml_jobs.stocking.inventory import StockLevels
from ml_jobs.stocking.lead_time import SumPools
from ml_jobs.stocking.replay import in_whole_periods


def late_days(levels: StockLevels, orders: OpenOrders) -> FloatArray:
    """Return the days by which the last of the *orders* comes after one placed today, shape (S,).

    An order comes on the day on which it is counted on everywhere else (`Arrivals.counted`): where
    it is overdue, the day after an order placed today would. Days beyond the outlook count as its
    last. 0 where nothing comes later, or the lead time isn't known.
    """
    arrivals = arrivals_of(levels, orders)
    last = np.zeros(len(levels.on_order))
    np.maximum.at(last, arrivals.series, np.minimum(arrivals.counted, OUTLOOK))
    later = np.maximum(last - lead_days(levels), 0.0)
    return np.where(np.isfinite(levels.lead_time.days), later, 0.0)


def delivered_later(
    views: Mapping[int, StockView],
    panel: Panel,
    pools: Mapping[int, SumPools],
    later: FloatArray,
) -> dict[int, StockView]:
    """Return the *views* with deliveries that take *later* days more, as late orders make them.

    No order overtakes one placed before it: demand has to be met from what there is until the later
    of a delivery and what is on order, and for a review after that. Past cutoffs get the same days,
    as they get today's lead times, so that what was promised and what came are of the same time.

    Args:
        views: By cutoff, the future's last; of S series. Where nothing is *later* they stay as they
            are.
        panel: The whole history of the same series; of it nothing after a cutoff is looked at.
        pools: By cutoff, what many series showed of sums.
        later: Days, shape (S,).
    """
    rows = np.flatnonzero(later > 0)
    if not rows.size:
        return dict(views)
    longer = {}
    for cutoff, view in views.items():
        levels = _with_more_days(view.levels, later)
        if cutoff < max(views):
            levels = in_whole_periods(levels, panel.frequency)
        longer[cutoff] = _over(levels, rows, view, panel.until(cutoff), pools[cutoff])
    return longer


def _with_more_days(levels: StockLevels, later: FloatArray) -> StockLevels:
    time = levels.lead_time
    return replace(levels, lead_time=replace(time, days=time.days + later))


def _over(
    levels: StockLevels, rows: IntArray, view: StockView, known: Panel, pools: SumPools
) -> StockView:
    """The *view* with demand, at these *rows*, over the lead times of *levels*."""
    days, sums = levels.lead_time.days[rows], view.sums
    ends = np.stack([days, days + sums.review_days], axis=1)
    demand = accumulated(
        known.rows(rows), rows_of(view.outlook, rows), pools, ends, rows_of(sums, rows)
    )
    longer = replace(
        sums,
        lead=_with_rows(sums.lead, rows, demand.at(0)),
        cycle=_with_rows(sums.cycle, rows, demand.at(1)),
        lead_days=levels.lead_time.days,
    )
    return replace(view, levels=levels, sums=longer)


def _with_rows(
    demand: NegativeBinomial, rows: IntArray, other: NegativeBinomial
) -> NegativeBinomial:
    """Return *demand* with *other* in its place at these *rows*."""
    mean, excess, least = (
        getattr(demand, name).copy() for name in ("mean", "excess", "least_mean")
    )
    mean[rows], excess[rows], least[rows] = other.mean, other.excess, other.least_mean
    return replace(demand, mean=mean, excess=excess, least_mean=least)
