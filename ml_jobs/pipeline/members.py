"""What every source forecasts for one partition, at every cutoff and for the future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.classification import demand_classes
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.models.reconcile import reconciled, tree_of
from ml_jobs.models.totals import SumForecast
from ml_jobs.panel import Items, Panel, Stock
from ml_jobs.pipeline.learning import Learnt, learnt_at, thin_series
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, keep, kept
from ml_jobs.quantiles import Spread, pooled_answer, spread_of
from ml_jobs.stocking.inventory import levels_of
from ml_jobs.stocking.lead_time import whole_periods


@dataclass(frozen=True)
class Partition:
    """Whole items of a run, with all their places.

    Attributes:
        chosen: Which series each source is to cover, shape (S,) each.
    """

    panel: Panel
    items: Items
    stock: Stock
    chosen: Mapping[str, BoolArray]


@dataclass(frozen=True)
class Distribution:
    """Demand per period as one source sees it: a negative binomial about a mean.

    Attributes:
        mean: Units per period, shape (S, H); NaN in rows the source doesn't cover.
        spread: How demand scatters about it.
    """

    mean: FloatArray
    spread: Spread

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        covered: BoolArray = np.isfinite(self.mean[:, 0])
        return covered


@dataclass(frozen=True)
class Members:
    """What all sources said at one cutoff.

    Attributes:
        distributions: By source.
        lead: Demand over the whole periods that hold the lead time, forecast as a sum; None
            where totals do not run.
        cycle: The same over lead time and review.
    """

    distributions: Mapping[str, Distribution]
    lead: SumForecast | None
    cycle: SumForecast | None


@dataclass(frozen=True)
class MemberTask:
    """One partition to forecast."""

    folder: Path
    number: int


def forecast_members(task: MemberTask) -> None:
    """Forecast one partition at every cutoff; what was done before the run was killed stays."""
    folder = RunFolder(task.folder)
    plan = kept(folder.plan, Plan)
    missing = [c for c in plan.stops if not folder.members(task.number, c).exists()]
    if not missing:
        return
    partition = kept(folder.series(task.number), Partition)
    for cutoff in missing:
        learnt = learnt_at(folder, plan, cutoff)
        keep(folder.members(task.number, cutoff), members_at(cutoff, partition, learnt, plan))


def members_at(cutoff: int, partition: Partition, learnt: Learnt, plan: Plan) -> Members:
    """Forecast with every source from what was known at *cutoff*, which is all that they see."""
    known = partition.panel.until(cutoff)
    eligible = plan.eligible(known, cutoff)
    spread = spread_of(known, demand_classes(known), learnt.pools.single)
    tree = tree_of(known, plan.hierarchy)
    distributions = {}
    for source, fitted in learnt.fitted.items():
        wanted = partition.chosen[source] & eligible
        point = fitted.forecast(known, plan.horizon, series=wanted)
        drawn = _distribution(point, known, spread, learnt, plan)
        distributions[source] = replace(drawn, mean=reconciled(drawn.mean, known, tree))
    lead, cycle = _sums(known, eligible, partition, learnt, plan)
    return Members(distributions, lead, cycle)


def _distribution(
    point: PointForecasts, known: Panel, spread: Spread, learnt: Learnt, plan: Plan
) -> Distribution:
    if point.excess is not None:
        spread = replace(spread, excess=point.excess)
    elif point.variance is not None:
        spread = spread.with_variance(point.mean.mean(axis=1), point.variance)
    mean, spread = pooled_answer(
        point.mean,
        spread,
        known,
        learnt.pools.single,
        thin=thin_series(known, plan.options),
        min_history=plan.options.min_history_for(known.frequency),
    )
    return Distribution(mean, spread)


def _sums(
    known: Panel, eligible: BoolArray, partition: Partition, learnt: Learnt, plan: Plan
) -> tuple[SumForecast | None, SumForecast | None]:
    """Totals of the whole periods that hold the lead time, and of those with the review added."""
    totals = learnt.totals
    if totals is None:
        return None, None
    lead_time = levels_of(partition.items, partition.stock).lead_time.days

    def over(days: FloatArray) -> SumForecast:
        periods = whole_periods(days, plan.frequency)
        able = eligible & np.isfinite(days) & (periods <= plan.longest_sum)
        return totals.forecast(known, np.minimum(periods, plan.longest_sum), series=able)

    return over(lead_time), over(lead_time + plan.options.review_days)
