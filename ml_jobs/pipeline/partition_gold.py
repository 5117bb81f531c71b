"""One partition judged: its rows of the contract's tables, and its sums for those of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.classification import ceased, demand_classes
from ml_jobs.forecasts import Forecasts, of_sources
from ml_jobs.judging.aggregates import groupings_of, metric_sums
from ml_jobs.judging.backtest import Backtest, on_the_same_rows
from ml_jobs.judging.champions import eligible_series
from ml_jobs.judging.daily_totals import daily_sums
from ml_jobs.judging.scores import Pairs, Score, pairs_by_source, scores_of
from ml_jobs.judging.timeline import timeline_of
from ml_jobs.pipeline.learning import pools_at, thin_series
from ml_jobs.pipeline.lessons import Lessons, corrected_sums
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.partitioning import Partition, PartitionTask
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.readable_forecasts import LearntSums, readable_forecasts
from ml_jobs.pipeline.replaying_money import money_sums_of
from ml_jobs.pipeline.run_folder import RunFolder, is_whole, load, save, save_table
from ml_jobs.pipeline.stock_gold import Prospect
from ml_jobs.pipeline.stock_planning import replay_of, stock_view
from ml_jobs.pipeline.stocked_series import stocked_series
from ml_jobs.publishing import facts
from ml_jobs.publishing.period_facts import fact_period
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.repair import fact_repair
from ml_jobs.stocking.replay import add_sums, policy_sums
from ml_jobs.stocking.situation import ChampionRecord
from ml_jobs.stocking.stock_facts import fact_lead_time

REPAIRS = "repair_rows"


@dataclass(frozen=True)
class PartitionResults:
    """What one partition found beside its tables.

    Attributes:
        series: How many there are.
        thin: How many of them have too little history.
        covered: How many series each source forecast.
        tables: The names of its tables.
    """

    series: int
    thin: int
    covered: Mapping[str, int]
    tables: tuple[str, ...]


@dataclass(frozen=True)
class JudgedPartition:
    """One partition with everything that was forecast of it.

    Attributes:
        members: By cutoff.
        forecasts: Of every source, the ensemble too, by cutoff judged and for the future.
        backtest: Those of the past, beside what happened.
        pairs: Of the backtest, by source.
        champions: The source that stands for each series, shape (S,).
        scores: How good every source was, the longest horizon last.
    """

    partition: Partition
    members: Mapping[int, Members]
    forecasts: Mapping[int, Mapping[str, Forecasts]]
    backtest: Backtest
    pairs: Mapping[str, Pairs]
    champions: TextArray
    scores: Sequence[Score]

    @property
    def future(self) -> Mapping[str, Forecasts]:
        """What is forecast."""
        return self.forecasts[max(self.forecasts)]


def judge_partition(task: PartitionTask) -> None:
    """Make one partition's tables and sums; what was done before the run was killed stays."""
    folder = task.folder
    if _is_judged(task):
        return
    plan, lessons = load(folder.plan, Plan), load(folder.lessons, Lessons)
    partition = load(folder.series(task.number), Partition)
    found = {c: load(folder.members(task.number, c), Members) for c in plan.stops}
    members = {
        c: corrected_sums(each, c, partition.panel, lessons.scatter) for c, each in found.items()
    }
    judged = judge(partition, members, plan, lessons)
    stock, prospect, stocked = stock_of(judged, folder, plan, lessons)
    save(folder.prospect(task.number), prospect)
    save(folder.stocked(task.number), stocked)
    tables = {**tables_of(judged, plan), **stock}
    for name, table in tables.items():
        save_table(folder.table(task.number, name), table)
    results = PartitionResults(
        series=len(partition.panel.item_ids),
        thin=int(thin_series(partition.panel, plan.options).sum()),
        covered={source: int(each.covered.sum()) for source, each in judged.future.items()},
        tables=tuple(tables),
    )
    save(folder.results(task.number), results)


def _is_judged(task: PartitionTask) -> bool:
    folder, number = task.folder, task.number
    path = folder.results(number)
    if not all(map(is_whole, (path, folder.prospect(number), folder.stocked(number)))):
        return False
    names = load(path, PartitionResults).tables
    return all(is_whole(folder.table(number, name)) for name in names)


def judge(
    partition: Partition, members: Mapping[int, Members], plan: Plan, lessons: Lessons
) -> JudgedPartition:
    """Forecast with every source, the ensemble too, and measure how each did in the past."""
    panel, stops = partition.panel, (*plan.judged, plan.future)
    forecasts = {c: lessons.forecasts(c, panel, members[c], plan) for c in stops}
    origins = [partition.origin(c, forecasts[c], plan) for c in plan.judged]
    backtest = Backtest(plan.horizon, on_the_same_rows(origins, partition.chosen))
    pairs = pairs_by_source(backtest)
    covered = eligible_series(
        {source: each.covered for source, each in forecasts[plan.future].items()},
        {source: of.n_obs > 0 for source, of in pairs.items()},
    )
    champions = lessons.champions.of(demand_classes(panel), covered, ended=ceased(panel))
    horizons = plan.options.judged_horizons(plan.frequency, plan.horizon)
    scores = scores_of(pairs, horizons, champions)
    return JudgedPartition(partition, members, forecasts, backtest, pairs, champions, scores)


def tables_of(judged: JudgedPartition, plan: Plan) -> dict[str, pa.Table]:
    """Return the partition's rows and sums of demand, forecasts and scores, by name."""
    partition, panel = judged.partition, judged.partition.panel
    timeline = timeline_of(panel, judged.backtest, judged.future)
    horizons = plan.options.judged_horizons(plan.frequency, plan.horizon)
    groupings = groupings_of(partition.items)
    return {
        "fact_demand": facts.fact_demand(panel),
        "fact_forecast": facts.fact_forecast(panel, timeline),
        "fact_backtest": facts.fact_backtest(panel, judged.backtest),
        "fact_metrics": facts.fact_metrics(panel, judged.scores),
        "metric_sums": metric_sums(panel, groupings, judged.pairs, horizons, plan.options),
        "daily_sums": daily_sums(panel, groupings["category"], timeline),
    }


def stock_of(
    judged: JudgedPartition, folder: RunFolder, plan: Plan, lessons: Lessons
) -> tuple[dict[str, pa.Table], Prospect, StockedSeries]:
    """Return the partition's rows and sums of stock that no policy changes, by name.

    Beside them what the policy followed makes the others from, and the series where stock lies.
    """
    partition, panel = judged.partition, judged.partition.panel
    views = {
        cutoff: stock_view(
            partition,
            cutoff,
            forecasts,
            totals=judged.members[cutoff].totals,
            pools=pools_at(folder, cutoff),
            champions=lessons.champions,
            plan=plan,
        )
        for cutoff, forecasts in judged.forecasts.items()
    }
    now = views.pop(plan.future)
    groupings = groupings_of(partition.items)
    replays = {c: replay_of(view, partition, lessons.planned[c]) for c, view in views.items()}
    sums = [
        policy_sums(panel, groupings, replay, judged=views[cutoff].judged)
        for cutoff, replay in replays.items()
    ]
    readable = readable_forecasts(
        panel,
        now,
        judged.members[plan.future].readable,
        pools_at(folder, plan.future).sums,
        learnt=LearntSums(folder, plan, lessons.scatter),
    )
    tables = {
        "fact_lead_time": fact_lead_time(panel, now.outlook, now.sums),
        "fact_period": fact_period(panel, now.outlook.sources, readable),
        REPAIRS: fact_repair(panel, now.outlook.sources, now.sums, now.levels.repair),
        "policy_sums": add_sums(sums),
        "money_sums": money_sums_of(partition, views, groupings, lessons, plan),
    }
    pools = {cutoff: pools_at(folder, cutoff).sums for cutoff in (*views, plan.future)}
    series = stocked_series(partition, now, views, lessons, plan, pools=pools)
    return tables, Prospect(now, _record(judged)), series


def _record(judged: JudgedPartition) -> ChampionRecord | None:
    """What each series' champion forecast in the backtest."""
    origins, panel = judged.backtest.origins, judged.partition.panel
    if not origins:
        return None
    champions = [of_sources(origin.forecasts, judged.champions) for origin in origins]
    forecast = np.concatenate([each.mean for each in champions], axis=1)
    actual = np.concatenate([origin.actual for origin in origins], axis=1)
    upper = np.concatenate([each.quantiles[:, :, -1] for each in champions], axis=1)
    steps = np.arange(judged.backtest.horizon)
    periods = np.concatenate([origin.cutoff + steps for origin in origins])
    return ChampionRecord(
        np.where(np.isfinite(actual), forecast, np.nan),
        np.where(np.isfinite(forecast), actual, np.nan),
        upper,
        panel.dates[periods],
        *_against_naive(judged),
    )


def _against_naive(judged: JudgedPartition) -> tuple[FloatArray, BoolArray]:
    """What each champion adds to naive over the whole horizon, and where it is worse."""
    value = np.full(len(judged.champions), np.nan)
    high = value.copy()
    for score in judged.scores:
        rows = judged.champions == score.source
        value[rows] = score.measures["fva_vs_naive"][rows]
        high[rows] = score.measures["fva_high"][rows]
    return value, high < 0
