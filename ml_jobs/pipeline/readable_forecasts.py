"""Forecasts of whole weeks and months: those ahead, and those that were made in time for the past.

A lead time counts in whole weeks or months here, so that all series are forecast at the same
cutoffs: the ends of weeks or months.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.dispersion import LEAST_MEAN, lots, moments
from ml_jobs.grain import NAIVE, Readable, ReadableForecasts, readable_between
from ml_jobs.models.naive_sums import naive_sums
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel
from ml_jobs.pipeline.learning import totals_before
from ml_jobs.pipeline.plan import Plan, first_starts, lags_of
from ml_jobs.pipeline.run_folder import RunFolder
from ml_jobs.pipeline.stock_planning import StockView
from ml_jobs.stocking.expectation import expected_demand
from ml_jobs.stocking.lead_time import SumPools, sum_excess
from ml_jobs.stocking.projection import periods_ahead

YEARS_SHOWN = 2


def readable_forecasts(
    panel: Panel,
    view: StockView,
    ahead: NegativeBinomial | None,
    pools: SumPools,
    *,
    folder: RunFolder,
    plan: Plan,
) -> ReadableForecasts:
    """Forecast the weeks or months ahead, and what of the last half year was ordered for.

    Ahead, the champion's periods give the mean, and the excess is that of the sums that were
    learnt; where there are none, that of past sums of the same length. In the past the sums are
    forecast a lead time before, as they were learnt last by then, applied to the history until
    then: the champion itself isn't run again for every week. Without learnt sums there is nothing
    of the past. A series whose champion is naive has naive's.

    Args:
        panel: The whole history of S series.
        view: Stock and forecast as of its end.
        ahead: The sums of `Members` that were forecast from there.
        pools: What series have in common there.
        folder: Where the sums that were learnt lie.
        plan: The run's.
    """
    reach = periods_ahead(view.outlook, view.sums, panel.frequency)
    first = plan.future - YEARS_SHOWN * panel.frequency.steps_per_year
    shown = readable_between(
        panel.dates, panel.frequency, first, plan.future + int(reach.max(initial=0))
    )
    cutoffs = _cutoffs(panel, view, shown, reach, plan)
    naive = naive_sums(panel, shown, cutoffs)
    past = _in_time(panel, shown, cutoffs, folder, plan)
    future = _ahead(panel, view, ahead, pools, shown, plan)
    is_future = cutoffs == plan.future
    champion = _either(is_future, future, past)
    own = _either((view.outlook.sources == NAIVE)[:, None], naive, champion)
    asked = cutoffs > 0
    return ReadableForecasts(
        shown,
        np.where(np.isfinite(own.mean) | np.isfinite(naive.mean), cutoffs, 0),
        replace(own, mean=np.where(asked, own.mean, np.nan)),
        naive,
    )


def _cutoffs(
    panel: Panel, view: StockView, shown: Readable, reach: IntArray, plan: Plan
) -> IntArray:
    lags = lags_of(view.levels.lead_time.days, panel.frequency)[:, None]
    ends, cutoffs = shown.ends - plan.future, shown.begins - lags
    known_long = cutoffs - first_starts(panel)[:, None] >= plan.options.min_history_for(
        panel.frequency
    )
    in_time = (
        (shown.begins >= plan.looked_back)
        & known_long
        & (panel.starts[:, None] < cutoffs)
        & (lags + shown.length <= plan.farthest_sum)
    )
    is_ahead = shown.begins >= plan.future
    answer: IntArray = np.where(
        is_ahead,
        np.where(ends <= reach[:, None], plan.future, 0),
        np.where(in_time, cutoffs, 0),
    )
    return answer


def _in_time(
    panel: Panel, shown: Readable, cutoffs: IntArray, folder: RunFolder, plan: Plan
) -> NegativeBinomial:
    """What the sums learnt last by each past cutoff say, applied to the history until then."""
    answer = {name: np.full(cutoffs.shape, np.nan) for name in ("mean", "excess", "least_mean")}
    past = np.where(shown.begins < plan.future, cutoffs, 0)
    for cutoff in np.unique(past[past > 0]).tolist():
        totals = totals_before(folder, plan, cutoff)
        if totals is None:
            continue
        series, week = cells = np.nonzero(past == cutoff)
        begins, lengths = np.zeros((2, len(cutoffs), 1), dtype=np.int64)
        begins[series, 0], lengths[series, 0] = shown.begins[week] - cutoff, shown.length
        known = panel.until(cutoff)
        sums = totals.forecast(known, begins, lengths, historic=_historic(known))
        for name, values in answer.items():
            values[cells] = getattr(sums, name)[series, 0]
    return NegativeBinomial(lot=lots(panel.demand), **answer)


def _historic(known: Panel) -> NegativeBinomial:
    """Lots and least means as of a cutoff; the sums' trees say all else."""
    mean = moments(known.demand).mean
    return NegativeBinomial(mean, np.ones_like(mean), lots(known.demand), LEAST_MEAN * mean)


def _ahead(
    panel: Panel,
    view: StockView,
    ahead: NegativeBinomial | None,
    pools: SumPools,
    shown: Readable,
    plan: Plan,
) -> NegativeBinomial:
    """The champion's periods summed, with the scatter of sums that begin as late as they do."""
    demand, season = view.outlook.demand, panel.frequency.season
    series = len(panel.item_ids)
    from_now = np.maximum(shown.begins - plan.future, 0).astype(np.float64)
    until = [
        [
            expected_demand(demand.mean, np.full(series, periods), season)
            for periods in from_now + added
        ]
        for added in (0.0, float(shown.length))
    ]
    mean = np.maximum(np.diff(np.array(until), axis=0)[0].T, 0.0)
    own = sum_excess(panel, np.full(series, shown.length), pools, view.outlook)
    excess = np.repeat(own[:, None], mean.shape[1], axis=1)
    if ahead is not None and ahead.excess.shape[1]:
        first = int(np.searchsorted(shown.begins, plan.future))
        # Beyond what was learnt the scatter stays as it is at the end of it.
        places = np.clip(np.arange(mean.shape[1]) - first, 0, ahead.excess.shape[1] - 1)
        learnt = ahead.excess[:, places]
        excess = np.where(np.isfinite(learnt), learnt, excess)
    least = np.repeat(shown.length * demand.least_mean[:, None], mean.shape[1], axis=1)
    return NegativeBinomial(mean, excess, demand.lot, least)


def _either(
    condition: BoolArray, first: NegativeBinomial, second: NegativeBinomial
) -> NegativeBinomial:
    def chosen(name: str) -> FloatArray:
        values: FloatArray = np.where(condition, getattr(first, name), getattr(second, name))
        return values

    return replace(
        first,
        mean=chosen("mean"),
        excess=chosen("excess"),
        least_mean=chosen("least_mean"),
    )
