"""Forecasts of whole weeks and months: those ahead, and those that were made in time for the past.

A lead time counts in whole weeks or months here, so that all series are forecast at the same
cutoffs: the ends of weeks or months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.classification import demand_classes
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
from ml_jobs.stocking.scatter import AS_LEARNT, READABLE, SumScatter

YEARS_SHOWN = 2


@dataclass(frozen=True)
class LearntSums:
    """The sums that were learnt at the cutoffs of a run, and what was learnt of their scatter."""

    folder: RunFolder
    plan: Plan
    scatter: Mapping[int, SumScatter]

    def forecast(
        self, known: Panel, begins: IntArray, lengths: IntArray
    ) -> NegativeBinomial | None:
        """Forecast sums of weeks or months by what was learnt last by the end of *known*.

        None where nothing was learnt by then.
        """
        cutoff = len(known.dates)
        totals = totals_before(self.folder, self.plan, cutoff)
        if totals is None:
            return None
        mean = moments(known.demand).mean
        historic = NegativeBinomial(mean, np.ones_like(mean), lots(known.demand), LEAST_MEAN * mean)
        sums = totals.forecast(known, begins, lengths, historic=historic)
        before = max((stop for stop in self.scatter if stop <= cutoff), default=0)
        scatter = self.scatter.get(before, AS_LEARNT)
        return scatter.corrected(READABLE, sums, demand_classes(known))


def readable_forecasts(
    panel: Panel,
    view: StockView,
    ahead: NegativeBinomial | None,
    pools: SumPools,
    *,
    learnt: LearntSums,
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
        learnt: The sums that were learnt at every cutoff.
    """
    plan = learnt.plan
    reach = periods_ahead(view.outlook, view.sums, panel.frequency)
    first = plan.future - YEARS_SHOWN * panel.frequency.steps_per_year
    shown = readable_between(
        panel.dates, panel.frequency, first, plan.future + int(reach.max(initial=0))
    )
    cutoffs = _cutoffs(panel, view, shown, reach, plan)
    naive = naive_sums(panel, shown, cutoffs)
    past = _in_time(panel, shown, cutoffs, learnt)
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
    panel: Panel, shown: Readable, cutoffs: IntArray, learnt: LearntSums
) -> NegativeBinomial:
    """What the sums learnt last by each past cutoff say, applied to the history until then."""
    answer = {name: np.full(cutoffs.shape, np.nan) for name in ("mean", "excess", "least_mean")}
    past = np.where(shown.begins < learnt.plan.future, cutoffs, 0)
    for cutoff in np.unique(past[past > 0]).tolist():
        cells = np.nonzero(past == cutoff)
        series, week = cells
        known = panel.rows(series).until(cutoff)
        begins = shown.begins[week][:, None] - cutoff
        sums = learnt.forecast(known, begins, np.full_like(begins, shown.length))
        if sums is None:
            continue
        for name, values in answer.items():
            values[cells] = getattr(sums, name)[:, 0]
    return NegativeBinomial(lot=lots(panel.demand), **answer)


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
