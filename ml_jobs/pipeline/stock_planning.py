"""Demand over lead times as it was forecast at a cutoff, and what stock it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.classification import ceased, demand_classes
from ml_jobs.dispersion import historic_demand
from ml_jobs.forecasts import Forecasts, of_sources
from ml_jobs.judging.champions import Champions
from ml_jobs.pipeline.learning import ClassPools
from ml_jobs.pipeline.members import Members, spans_of
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.stocking.inventory import StockLevels, levels_of, policy_of
from ml_jobs.stocking.lead_time import LeadSums, Outlook, SpanTotals, lead_sums, whole_periods
from ml_jobs.stocking.repair import without_returns
from ml_jobs.stocking.replay import (
    Replay,
    demand_after,
    in_whole_periods,
    missing_after,
    replay_policies,
)
from ml_jobs.stocking.scatter import CYCLE, LEAD, READABLE, ScatterTally, scatter_tally
from ml_jobs.stocking.service import PlannedLevels, ServiceTally, service_tally

LEAD_TIME_SOURCE = "gbm"  # the source whose trees the model of totals grows


@dataclass(frozen=True)
class StockView:
    """The demand that stock must meet, as forecast at one cutoff.

    Attributes:
        cutoff: Number of periods seen.
        judged: Which series are forecast at the cutoff, shape (S,).
        levels: Stock, lead times and the service asked.
        outlook: The champions' forecasts of single periods.
        sums: Demand over the lead time, and over lead time and review, without what comes back
            from repair.
    """

    cutoff: int
    judged: BoolArray
    levels: StockLevels
    outlook: Outlook
    sums: LeadSums


def stock_view(
    partition: Partition,
    cutoff: int,
    forecasts: Mapping[str, Forecasts],
    *,
    totals: SpanTotals | None,
    pools: ClassPools,
    champions: Champions,
    plan: Plan,
) -> StockView:
    """Return stock and forecast of one partition as of one cutoff.

    Lead times count as they are for the future; at past cutoffs they are rounded up to whole
    periods, as what happened can be observed in those only. *forecasts* are those of every
    source, the ensemble too, and *totals* those of `Members`, both made at the cutoff.
    """
    known = partition.panel.until(cutoff)
    classes, ended = demand_classes(known), ceased(known)
    covered = {source: each.covered for source, each in forecasts.items()}
    sources = champions.of(classes, covered, ended=ended)
    historic = historic_demand(known, classes, pools.single)
    # What ended is not held in stock for the little that a short history can't exclude.
    least = np.where(ended, 0.0, historic.least_mean)
    demand = replace(historic, mean=of_sources(forecasts, sources).mean, least_mean=least)
    outlook = Outlook(sources, demand, classes)
    levels = levels_of(partition.items, partition.stock)
    if cutoff != plan.future:
        levels = in_whole_periods(levels, plan.frequency)
    sums = lead_sums(
        known,
        outlook,
        pools.sums,
        lead_time=levels.lead_time,
        review_days=plan.options.review_days,
        totals=totals,
    )
    missing = without_returns(known, outlook, sums, levels.repair)
    return StockView(cutoff, plan.eligible(known, cutoff), levels, outlook, missing)


def tally_of(view: StockView, partition: Partition, now: int, plan: Plan) -> ServiceTally:
    """Count which levels would have been enough in the windows that were over by *now*.

    *now* is the number of periods known where it is learnt from, after the view's own cutoff.
    """
    periods = whole_periods(view.levels.lead_time.days, plan.frequency)
    seen, lead = partition.panel.until(now), view.sums.lead
    actual = missing_after(seen, view.cutoff, periods, view.levels.repair, lead.lot)
    judged = view.judged & np.isfinite(view.levels.lead_time.days)
    return service_tally(lead, actual, view.outlook.classes, judged)


def scatter_of(
    members: Members, partition: Partition, cutoff: int, now: int, plan: Plan
) -> Iterator[ScatterTally]:
    """Yield how the sums forecast at *cutoff* compare with what had come by *now*.

    *now* is the number of periods known where it is learnt from, after the cutoff.
    """
    if members.totals is None or members.readable is None:
        return
    known, seen = partition.panel.until(cutoff), partition.panel.until(now)
    classes, judged = demand_classes(known), plan.eligible(known, cutoff)
    spans = spans_of(partition, plan)
    for kind, summed, periods in (
        (LEAD, members.totals.lead, spans[:, 1]),
        (CYCLE, members.totals.cycle, spans[:, 2]),
    ):
        actual = demand_after(seen, cutoff, periods)
        yield scatter_tally(kind, summed, actual, classes, judged)
    ahead = plan.readable_ahead(cutoff)
    for place, end in enumerate(ahead.ends - cutoff):
        whole, before = (
            demand_after(seen, cutoff, np.full(len(classes), periods))
            for periods in (end, end - ahead.length)
        )
        summed = members.readable.at(place)
        yield scatter_tally(READABLE, summed, whole - before, classes, judged)


def replay_of(view: StockView, partition: Partition, planned: PlannedLevels) -> Replay:
    """Return the policies planned at a past cutoff beside the demand that followed."""
    known = partition.panel.until(view.cutoff)
    asked = planned.of(view.levels.service_level, view.outlook.classes)
    policy = policy_of(known, view.levels, view.sums, planned=asked)
    return replay_policies(partition.panel, view.cutoff, view.levels, view.sums, policy)
