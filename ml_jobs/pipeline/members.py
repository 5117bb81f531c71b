"""What every source forecasts for one partition, at every cutoff and for the future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import IntArray
from ml_jobs.classification import ceased, demand_classes
from ml_jobs.dispersion import historic_demand, pool_thin_series
from ml_jobs.forecasts import Forecasts
from ml_jobs.models.reconcile import reconcile, tree_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.pipeline.learning import CutoffModels, models_at, thin_series
from ml_jobs.pipeline.partitioning import Partition, PartitionTask
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import is_whole, load, save
from ml_jobs.stocking.inventory import levels_of
from ml_jobs.stocking.lead_time import SpanTotals, whole_periods


@dataclass(frozen=True)
class Members:
    """What all sources but the ensemble forecast at one cutoff.

    Attributes:
        demand: Demand per period, by source.
        totals: Demand over what stock is planned for, forecast as sums; None where totals do not
            run.
        readable: Demand of each whole week or month ahead (`Plan.readable_ahead`), likewise; of
            shape (S, W).
    """

    demand: Mapping[str, NegativeBinomial]
    totals: SpanTotals | None
    readable: NegativeBinomial | None

    def forecasts(self) -> dict[str, Forecasts]:
        """Return mean and quantiles of every source."""
        return {source: Forecasts.of(demand) for source, demand in self.demand.items()}


def forecast_members(task: PartitionTask) -> None:
    """Forecast one partition at every cutoff; what was done before the run was killed stays."""
    folder = task.folder
    plan = load(folder.plan, Plan)
    missing = [c for c in plan.stops if not is_whole(folder.members(task.number, c))]
    if not missing:
        return
    partition = load(folder.series(task.number), Partition)
    for cutoff in missing:
        members = members_at(cutoff, partition, models_at(folder, plan, cutoff), plan)
        save(folder.members(task.number, cutoff), members)


def members_at(cutoff: int, partition: Partition, learnt: CutoffModels, plan: Plan) -> Members:
    """Forecast with every source from what was known at *cutoff*, which is all that they see."""
    known = partition.panel.until(cutoff)
    eligible = plan.eligible(known, cutoff)
    pools = learnt.pools.single
    historic = historic_demand(known, demand_classes(known), pools)
    thin = thin_series(known, plan.options)
    min_history = plan.options.min_history_for(plan.frequency)
    tree = tree_of(known, plan.hierarchy)
    demand = {}
    for source, fitted in learnt.fitted.items():
        series = partition.chosen[source] & eligible
        alone = fitted.forecast(known, plan.horizon, series=series, historic=historic)
        pooled = pool_thin_series(alone, known, pools, thin=thin, min_history=min_history)
        demand[source] = replace(pooled, mean=reconcile(pooled.mean, known, tree))
    if learnt.totals is None:
        return Members(demand, None, None)
    # Of those that ended the sums follow the ensemble, which knows that they ended.
    asked = eligible & ~ceased(known)
    spans = spans_of(partition, plan) * asked[:, None]
    ahead = plan.readable_ahead(cutoff)
    weeks = np.full((len(asked), len(ahead.begins)), ahead.length) * asked[:, None]
    begins = np.broadcast_to(ahead.begins - cutoff, weeks.shape)
    sums = learnt.totals.forecast(
        known,
        np.concatenate([np.zeros_like(spans), begins], axis=1),
        np.concatenate([spans, weeks], axis=1),
        historic=historic,
    )
    return Members(demand, SpanTotals(sums.at(0), sums.at(1), sums.at(2)), sums.since(3))


def spans_of(partition: Partition, plan: Plan) -> IntArray:
    """Return the periods that stock is planned for, shape (S, 3); 0 where too many or not known.

    They are one, those that hold the lead time, and those that hold lead time and review.
    """
    lead_time = levels_of(partition.items, partition.stock).lead_time.days
    spans = np.stack([lead_time, lead_time + plan.options.review_days], axis=1)
    periods = np.where(np.isfinite(spans), whole_periods(spans, plan.frequency), 0)
    single = np.ones((len(periods), 1), dtype=np.int64)
    return np.concatenate([single, np.where(periods <= plan.longest_sum, periods, 0)], axis=1)
