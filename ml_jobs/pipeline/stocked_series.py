"""A partition's series where their stock lies, at every cutoff, for what availability asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, divide
from ml_jobs.columns import column_of, texts_of
from ml_jobs.judging.aggregates import UNCLASSIFIED
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Items
from ml_jobs.pipeline.late_orders import delivered_later, late_days
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.stock_planning import StockView
from ml_jobs.pipeline.supplied_series import (
    own_levels,
    supply_of,
    towers_below,
    without_central_service,
    without_two_levels,
)
from ml_jobs.stocking.availability.stocked import (
    SeriesGroups,
    StockedSeries,
    Window,
    where_stock_lies,
)
from ml_jobs.stocking.availability.tails import TailTally, tail_tally
from ml_jobs.stocking.availability.textbook import textbook_level
from ml_jobs.stocking.inventory import policy_of
from ml_jobs.stocking.lead_time import SumPools, whole_periods
from ml_jobs.stocking.replay import demand_before, missing_after
from ml_jobs.stocking.service import PlannedLevels
from ml_jobs.stocking.stock import UNKNOWN_CRITICALITY


def stocked_series(
    partition: Partition,
    now: StockView,
    past: Mapping[int, StockView],
    lessons: Lessons,
    plan: Plan,
    *,
    pools: Mapping[int, SumPools],
) -> StockedSeries:
    """Return the partition's series where their stock lies, central stores among them.

    *now* is the future's view, *past* those of the cutoffs that are judged; *pools* are of all of
    them. What is ordered and comes late makes stock last for longer, but for parts that are weighed
    at two levels at once.
    """
    panel = partition.panel
    rows = stocked_rows(partition, plan)
    supply = supply_of(partition, now, rows, plan)
    later = np.where(supply.is_shared, 0.0, late_days(now.levels, partition.orders))
    usual = {**past, plan.future: now}
    views = delivered_later(usual, panel, pools, later)
    now = views[plan.future]
    names = texts_of(partition.items.table, "criticality", otherwise=UNKNOWN_CRITICALITY)
    shares = [plan.options.settings[f"criticality_{name}"] for name in names.tolist()]
    towers = plan.fleet.towers_waiting(panel, np.array(shares, np.float64)).T
    towers = towers_below(towers, panel, supply, now)
    windows = {}
    for cutoff, view in views.items():
        window = _coming_window if cutoff == plan.future else _past_window
        known = (partition, lessons.planned[cutoff], plan)
        windows[cutoff] = window(view, *known)
        if view is not usual[cutoff]:
            windows[cutoff] = _as_ordered(windows[cutoff], window(usual[cutoff], *known))
    coming = windows.pop(plan.future)
    windows = {c: without_two_levels(each, panel, supply) for c, each in windows.items()}
    places = np.array(panel.location_ids)
    windows[plan.future] = without_central_service(coming, supply, places)
    centres = np.flatnonzero(supply.is_centre(places))
    whole = StockedSeries(
        np.array(panel.item_ids),
        places,
        now.outlook.sources,
        column_of(partition.items.table, "unit_cost"),
        _holding_factor(partition.items, plan.options.settings["holding_rate"]),
        towers,
        plan.fleet.fetch_hours(panel),
        own_levels(now.levels, partition.orders, centres),
        _groups(partition.items),
        texts_of(partition.items.table, "unit", otherwise="un"),
        column_of(partition.items.table, "weight_kg"),
        ~_assumed(partition),
        later,
        supply,
        np.arange(len(panel.item_ids)),
        windows,
    )
    return whole.rows(np.union1d(rows, np.flatnonzero(supply.is_shared)))


def stocked_rows(partition: Partition, plan: Plan) -> IntArray:
    """Return the series at which stock lies, but for central stores, shape (R,)."""
    panel, hierarchy = partition.panel, plan.hierarchy
    leaf = dict(zip(hierarchy.location_ids, hierarchy.is_leaf.tolist(), strict=True))
    lies = where_stock_lies(
        np.array(panel.item_ids),
        np.array(panel.location_ids),
        np.array([leaf[place] for place in panel.location_ids]),
        _assumed(partition),
    )
    rows: IntArray = np.flatnonzero(lies)
    return rows


def past_demand(
    view: StockView, partition: Partition, now: int, plan: Plan
) -> tuple[NegativeBinomial, FloatArray]:
    """Return demand over delivery and review as forecast at a past cutoff, and what came by *now*.

    Both are of whole periods, as what happened is observed in those only; the forecast is raised to
    them in proportion.
    """
    repair, days = view.levels.repair, view.levels.lead_time.days + plan.options.review_days
    periods = whole_periods(days, plan.frequency)
    seen, lot = partition.panel.until(now), view.sums.cycle.lot
    actual = missing_after(seen, view.cutoff, periods, repair, lot)
    judged = view.judged & np.isfinite(days)
    whole = np.asarray(periods * plan.frequency.days_per_step, np.float64)
    share = divide(repair.mixed(whole), repair.mixed(days))
    share = np.where(np.isfinite(days), np.nan_to_num(share, nan=1.0), 1.0)
    return _scaled(view.sums.cycle, share), np.where(judged, actual, np.nan)


def _days(view: StockView, plan: Plan) -> FloatArray:
    """Days that a part is missed: delivery and review, with the share that is repaired less.

    Of whole periods in the past, as what came is told of those.
    """
    repair, days = view.levels.repair, view.levels.lead_time.days + plan.options.review_days
    if view.cutoff == plan.future:
        return repair.mixed(days)
    periods = whole_periods(days, plan.frequency)
    return repair.mixed(np.asarray(periods * plan.frequency.days_per_step, np.float64))


def _past_window(
    view: StockView, partition: Partition, planned: PlannedLevels, plan: Plan
) -> Window:
    """What rules filled up to at a past cutoff, by what was known then, and what came."""
    demand, actual = past_demand(view, partition, plan.future, plan)
    known = partition.panel.until(view.cutoff)
    # Of the same whole periods that what came is of.
    raised = replace(view, sums=replace(view.sums, cycle=demand))
    review = plan.options.review_days
    review_periods = whole_periods(np.array([review]), plan.frequency)
    days = view.levels.lead_time.days
    lead_periods = whole_periods(days, plan.frequency)
    seen, repair = partition.panel.until(plan.future), view.levels.repair
    came = missing_after(seen, view.cutoff, lead_periods, repair, demand.lot)
    return replace(
        _coming_window(raised, partition, planned, plan),
        actual=actual,
        textbook=textbook_level(known, view.levels, review, demand.lot),
        recent=repair.condemned * demand_before(known, int(review_periods[0])),
        lead_actual=np.where(view.judged & np.isfinite(days), came, np.nan),
    )


def _coming_window(
    view: StockView, partition: Partition, planned: PlannedLevels, plan: Plan
) -> Window:
    """What is forecast and planned at a cutoff, of which nothing has come."""
    asked = planned.of(view.levels.service_level, view.outlook.classes)
    known = partition.panel.until(view.cutoff)
    policy = policy_of(known, view.levels, view.sums, planned=asked)
    unknown = np.full(len(asked), np.nan)
    return Window(
        demand=view.sums.cycle,
        actual=unknown,
        service=policy.order_up_to,
        textbook=unknown,
        recent=unknown,
        days=_days(view, plan),
        keep=policy.reorder_point,
        lead=view.sums.lead,
        lead_actual=unknown,
    )


def _as_ordered(window: Window, usual: Window) -> Window:
    """Return a *window* of late orders with what rules hold: they know of no later delivery."""
    return replace(window, service=usual.service, textbook=usual.textbook, keep=usual.keep)


def _assumed(partition: Partition) -> BoolArray:
    """Of which series the stock is assumed, shape (S,)."""
    flags = partition.stock.table.column("assumed").to_pylist()
    return np.array(["current_stock" in (flag or "").split(",") for flag in flags], np.bool_)


def _holding_factor(items: Items, rate: float) -> FloatArray:
    """How many times the run's *rate* holding each part costs; once where nobody says.

    At a rate of 0 nothing that is held costs anything, and no part is told from another.
    """
    told = column_of(items.table, "holding_rate_per_year")
    return np.where(np.isfinite(told) & (rate > 0), divide(told, np.array(rate)), 1.0)


def _groups(items: Items) -> SeriesGroups:
    names = ("abc_class", "demand_class", "supplier")
    return SeriesGroups(*(texts_of(items.table, name, otherwise=UNCLASSIFIED) for name in names))


def tails_of(view: StockView, partition: Partition, now: int, plan: Plan) -> TailTally:
    """Count how far out in its distribution demand lay, in the windows that were over by *now*."""
    demand, actual = past_demand(view, partition, now, plan)
    lies = np.zeros(len(actual), bool)
    lies[stocked_rows(partition, plan)] = True
    return tail_tally(demand, actual, lies)


def _scaled(demand: NegativeBinomial, share: FloatArray) -> NegativeBinomial:
    return replace(demand, mean=demand.mean * share, least_mean=demand.least_mean * share)
