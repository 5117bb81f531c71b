"""One partition judged: its rows of the contract's tables, and its sums for those of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.classification import demand_classes
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.aggregates import groupings_of, metric_sums
from ml_jobs.judging.backtest import Backtest
from ml_jobs.judging.champions import able
from ml_jobs.judging.daily_totals import daily_sums
from ml_jobs.judging.scores import Pairs, pairs_by_source, scores_of
from ml_jobs.judging.timeline import timeline_of
from ml_jobs.pipeline.learning import ClassPools, pools_at, thin_series
from ml_jobs.pipeline.members import Members, Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, keep, keep_table, kept
from ml_jobs.pipeline.stock_planning import (
    LEAD_TIME_SOURCE,
    Cutoff,
    chosen_means,
    replay_of,
    stock_view,
)
from ml_jobs.pipeline.weighing import Verdict, backtest_of, said_at
from ml_jobs.publishing import facts
from ml_jobs.stocking.exceptions import exception_rows
from ml_jobs.stocking.inventory import inventory_of
from ml_jobs.stocking.replay import added, policy_sums
from ml_jobs.stocking.situation import Record, Situation
from ml_jobs.stocking.stock_facts import fact_inventory


@dataclass(frozen=True)
class GoldTask:
    """One partition to judge."""

    folder: Path
    number: int


@dataclass(frozen=True)
class PartitionResults:
    """What one partition found beside its tables.

    Attributes:
        series: How many there are.
        thin: How many of them have too little history.
        covered: How many series each source forecast.
    """

    series: int
    thin: int
    covered: Mapping[str, int]


@dataclass(frozen=True)
class Judged:
    """One partition with everything that was said of it.

    Attributes:
        members: By cutoff.
        said: Forecasts of every source, the ensemble too, by cutoff judged and for the future.
        backtest: Those of the past, beside what happened.
        pairs: Of the backtest, by source.
        champions: The source that stands for each series, shape (S,).
    """

    partition: Partition
    members: Mapping[int, Members]
    said: Mapping[int, Mapping[str, Forecasts]]
    backtest: Backtest
    pairs: Mapping[str, Pairs]
    champions: TextArray

    @property
    def future(self) -> Mapping[str, Forecasts]:
        """What is forecast."""
        return self.said[max(self.said)]


def judge_partition(task: GoldTask) -> None:
    """Make one partition's tables and sums; what was done before the run was killed stays."""
    folder = RunFolder(task.folder)
    if folder.results(task.number).exists():
        return
    plan, verdict = kept(folder.plan, Plan), kept(folder.verdict, Verdict)
    partition = kept(folder.series(task.number), Partition)
    members = {c: kept(folder.members(task.number, c), Members) for c in plan.stops}
    judged = judge(partition, members, plan, verdict)
    pools = {c: pools_at(folder, c) for c in plan.stops}
    tables = {**tables_of(judged, plan), **stock_tables_of(judged, pools, plan, verdict)}
    for name, table in tables.items():
        keep_table(folder.table(task.number, name), table)
    keep(folder.results(task.number), _results(judged, plan))


def judge(
    partition: Partition, members: Mapping[int, Members], plan: Plan, verdict: Verdict
) -> Judged:
    """Say what every source, the ensemble too, forecasts, and how each did in the past."""
    panel, stops = partition.panel, (*plan.judged, plan.future)
    said = {c: said_at(c, panel, members[c], plan, verdict) for c in stops}
    backtest = backtest_of(partition, said, plan)
    pairs = pairs_by_source(backtest)
    covered = able(
        {source: forecasts.covered for source, forecasts in said[plan.future].items()},
        {source: of.n_obs > 0 for source, of in pairs.items()},
    )
    champions = verdict.champions.of(demand_classes(panel), covered)
    return Judged(partition, members, said, backtest, pairs, champions)


def tables_of(judged: Judged, plan: Plan) -> dict[str, pa.Table]:
    """Return the partition's rows and sums of demand, forecasts and scores, by name."""
    partition, panel = judged.partition, judged.partition.panel
    timeline = timeline_of(panel, judged.backtest, judged.future)
    horizons = plan.options.judged_horizons(plan.frequency, plan.horizon)
    groupings = groupings_of(partition.items)
    scores = scores_of(judged.pairs, horizons, judged.champions)
    return {
        "fact_demand": facts.fact_demand(panel),
        "fact_forecast": facts.fact_forecast(panel, timeline),
        "fact_backtest": facts.fact_backtest(panel, judged.backtest),
        "fact_metrics": facts.fact_metrics(panel, scores),
        "metric_sums": metric_sums(panel, groupings, judged.pairs, horizons, plan.options),
        "daily_sums": daily_sums(panel, groupings["category"], timeline),
    }


def stock_tables_of(
    judged: Judged, pools: Mapping[int, ClassPools], plan: Plan, verdict: Verdict
) -> dict[str, pa.Table]:
    """Return the partition's rows and sums of stock and of what stands out, by name."""
    partition, panel = judged.partition, judged.partition.panel
    views = {
        cutoff: stock_view(
            partition,
            Cutoff(cutoff, judged.members[cutoff], said, pools[cutoff]),
            verdict.champions,
            plan,
        )
        for cutoff, said in judged.said.items()
    }
    now = views.pop(plan.future)
    planned = verdict.planned[plan.future].of(now.levels.service_level, now.outlook.classes)
    inventory = inventory_of(
        panel, now.levels, now.outlook, now.sums, planned=planned, options=plan.options
    )
    situation = Situation(
        panel, partition.items, now.outlook, inventory, _record(judged), plan.options
    )
    sums = [
        policy_sums(
            panel,
            groupings_of(partition.items),
            [replay_of(view, partition, verdict.planned[cutoff])],
            judged=view.judged,
        )
        for cutoff, view in views.items()
    ]
    return {
        "fact_inventory": fact_inventory(
            panel,
            partition.items,
            partition.stock,
            now.outlook,
            inventory,
            total_source=LEAD_TIME_SOURCE,
        ),
        "exceptions": exception_rows(situation),
        "policy_sums": added(sums),
    }


def _record(judged: Judged) -> Record | None:
    """What each series' champion forecast in the backtest."""
    origins, panel = judged.backtest.origins, judged.partition.panel
    if not origins:
        return None
    forecast = [chosen_means(origin.forecasts, judged.champions) for origin in origins]
    upper = [_highest(origin.forecasts, judged.champions) for origin in origins]
    actual = np.concatenate([origin.actual for origin in origins], axis=1)
    joined = np.concatenate(forecast, axis=1)
    steps = np.arange(judged.backtest.horizon)
    periods = np.concatenate([origin.cutoff + steps for origin in origins])
    return Record(
        np.where(np.isfinite(actual), joined, np.nan),
        np.where(np.isfinite(joined), actual, np.nan),
        np.concatenate(upper, axis=1),
        panel.dates[periods],
    )


def _highest(said: Mapping[str, Forecasts], sources: TextArray) -> FloatArray:
    """The highest quantile published of each series' source, shape (S, H)."""
    highest = {s: replace(f, mean=f.quantiles[:, :, -1]) for s, f in said.items()}
    return chosen_means(highest, sources)


def _results(judged: Judged, plan: Plan) -> PartitionResults:
    panel = judged.partition.panel
    return PartitionResults(
        series=len(panel.item_ids),
        thin=int(thin_series(panel, plan.options).sum()),
        covered={source: int(said.covered.sum()) for source, said in judged.future.items()},
    )
