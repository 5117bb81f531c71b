"""Demand over lead times as it was forecast at a cutoff, and what stock it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.classification import demand_classes
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.champions import Champions
from ml_jobs.pipeline.learning import ClassPools
from ml_jobs.pipeline.members import Members, Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.quantiles import spread_of
from ml_jobs.stocking.inventory import StockLevels, levels_of, policy_of
from ml_jobs.stocking.lead_time import LeadSums, Outlook, lead_sums, whole_periods
from ml_jobs.stocking.replay import Replay, demand_after, in_whole_periods, replayed
from ml_jobs.stocking.service import PlannedLevels, ServiceTally, service_tally

LEAD_TIME_SOURCE = "gbm"  # the source whose trees the model of totals grows


@dataclass(frozen=True)
class StockView:
    """What one cutoff says of the demand that stock must meet.

    Attributes:
        cutoff: Number of periods seen.
        judged: Which series are forecast at the cutoff, shape (S,).
        levels: Stock, lead times and the service asked.
        outlook: The champions' forecasts of single periods.
        sums: Demand over the lead time, and over lead time and review.
    """

    cutoff: int
    judged: BoolArray
    levels: StockLevels
    outlook: Outlook
    sums: LeadSums


@dataclass(frozen=True)
class Cutoff:
    """What was known and said at one cutoff.

    Attributes:
        number: Number of periods seen.
        members: What the sources said, and the totals.
        said: Forecasts of every source, the ensemble too.
        pools: Learnt at the cutoff.
    """

    number: int
    members: Members
    said: Mapping[str, Forecasts]
    pools: ClassPools


def stock_view(partition: Partition, at: Cutoff, champions: Champions, plan: Plan) -> StockView:
    """Look at the stock of one partition from one cutoff.

    Lead times count as they are for the future; at past cutoffs they are rounded up to whole
    periods, as what happened can be observed in those only.
    """
    known = partition.panel.until(at.number)
    classes = demand_classes(known)
    covered = {source: forecasts.covered for source, forecasts in at.said.items()}
    sources = champions.of(classes, covered)
    outlook = Outlook(
        sources, chosen_means(at.said, sources), spread_of(known, classes, at.pools.single), classes
    )
    levels = levels_of(partition.items, partition.stock)
    if at.number != plan.future:
        levels = in_whole_periods(levels, plan.frequency)
    totals = None
    if at.members.lead is not None and at.members.cycle is not None:
        totals = (at.members.lead, at.members.cycle)
    sums = lead_sums(
        known,
        outlook,
        at.pools.sums,
        lead_time=levels.lead_time,
        review_days=plan.options.review_days,
        totals=totals,
    )
    return StockView(at.number, plan.eligible(known, at.number), levels, outlook, sums)


def chosen_means(said: Mapping[str, Forecasts], sources: TextArray) -> FloatArray:
    """Return the mean of each series' source, shape (S, H); NaN where it has none."""
    mean: FloatArray = np.full_like(next(iter(said.values())).mean, np.nan)
    for source, forecasts in said.items():
        chosen = sources == source
        mean[chosen] = forecasts.mean[chosen]
    return mean


def tally_of(view: StockView, partition: Partition, now: int, plan: Plan) -> ServiceTally:
    """Count which levels would have been enough in the windows that were over by *now*.

    Args:
        view: From an earlier cutoff.
        partition: The same series.
        now: Number of periods seen by whoever learns from it.
        plan: Of the run.
    """
    periods = whole_periods(view.levels.lead_time.days, plan.frequency)
    actual = demand_after(partition.panel.until(now), view.cutoff, periods)
    judged = view.judged & np.isfinite(view.levels.lead_time.days)
    return service_tally(view.sums.lead, actual, view.outlook.classes, judged)


def replay_of(view: StockView, partition: Partition, planned: PlannedLevels) -> Replay:
    """Hold the policies that were planned at a past cutoff against the demand that came."""
    known = partition.panel.until(view.cutoff)
    asked = planned.of(view.levels.service_level, view.outlook.classes)
    policy = policy_of(known, view.levels, view.sums, planned=asked)
    return replayed(partition.panel, view.cutoff, view.levels, view.sums, policy)
