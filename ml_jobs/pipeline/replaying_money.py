"""A partition's share in what each rule to order by would have cost, in money, in the past."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, IntArray, TextArray, rows_of
from ml_jobs.columns import column_of, texts_of
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.stock_planning import StockView
from ml_jobs.pipeline.stocked_series import stocked_rows
from ml_jobs.stocking.availability.money_facts import money_sums, no_money_sums
from ml_jobs.stocking.availability.money_replay import Past
from ml_jobs.stocking.availability.money_rules import Forecast, Stakes
from ml_jobs.stocking.inventory import StockLevels, policy_of
from ml_jobs.stocking.lead_time import whole_periods

REPLAYED_ITEMS = 2_000
"""Items, at most about, that are replayed: of more, those that the digest of their code picks."""

YEAR_DAYS = 365.0
PIECES = "un"
_SPELLINGS = frozenset({"", PIECES, "unit", "units"})


def money_sums_of(
    partition: Partition,
    views: Mapping[int, StockView],
    groupings: Mapping[str, TextArray],
    lessons: Lessons,
    plan: Plan,
) -> pa.Table:
    """Return the sums of the series where stock lies that have a cost and were judged throughout.

    *views* are those of the cutoffs that are judged.
    """
    rows = _replayed(partition, views, plan)
    if not rows.size:
        return no_money_sums()
    first = min(views)
    items = partition.items.table.take(pa.array(rows))
    forecasts = {
        cutoff - first: _forecast_at(view, partition, rows, lessons)
        for cutoff, view in views.items()
    }
    earliest = forecasts[0]
    lot = earliest.cycle.lot
    past = Past(
        demand=np.nan_to_num(partition.panel.demand[rows, first:]),
        start=np.rint(earliest.cycle.mean / lot) * lot,
        forecasts=forecasts,
    )
    levels, unit_cost = rows_of(views[first].levels, rows), column_of(items, "unit_cost")
    told_rate, told_loss = (
        column_of(items, "holding_rate_per_year"),
        column_of(items, "lost_unit_cost"),
    )
    stakes = Stakes(
        holding=unit_cost
        * _otherwise(told_rate, plan.options.settings["holding_rate"])
        * (plan.frequency.days_per_step / YEAR_DAYS),
        lost=_otherwise(told_loss, unit_cost * plan.options.settings["lost_cost_share"]),
        lead=whole_periods(levels.lead_time.days, plan.frequency),
        lot=lot,
        least=np.nan_to_num(levels.minimum_order),
        multiple=np.where(levels.order_multiple > 0, levels.order_multiple, lot),
        review=_review(plan),
    )
    return money_sums(
        past,
        stakes,
        {name: values[rows] for name, values in groupings.items()},
        unit_cost=unit_cost,
        units=_units_of(items),
        assumed=np.isnan(told_rate) | np.isnan(told_loss),
    )


def _replayed(partition: Partition, views: Mapping[int, StockView], plan: Plan) -> IntArray:
    """The series that are replayed."""
    if not views:
        return np.empty(0, np.int64)
    every = max(-(-plan.items // REPLAYED_ITEMS), 1)
    rows = stocked_rows(partition, plan)
    codes = partition.panel.item_ids
    rows = rows[[crc32(codes[row].encode()) % every == 0 for row in rows]]
    items = partition.items.table
    rate = _otherwise(
        column_of(items, "holding_rate_per_year"), plan.options.settings["holding_rate"]
    )
    known = (column_of(items, "unit_cost") > 0) & (rate > 0)
    for view in views.values():
        known &= view.judged & view.levels.stocked & np.isfinite(view.levels.lead_time.days)
        known &= np.isfinite(view.sums.cycle.mean) & np.isfinite(view.sums.lead.mean)
        known &= ~view.levels.repair.is_repaired
    replayed: IntArray = rows[known[rows]]
    return replayed


def _review(plan: Plan) -> int:
    days = np.array([float(plan.options.review_days)])
    return int(whole_periods(days, plan.frequency)[0])


def _forecast_at(
    view: StockView, partition: Partition, rows: IntArray, lessons: Lessons
) -> Forecast:
    """What was forecast at a cutoff, with the levels that followed from it."""
    known, sums = partition.panel.until(view.cutoff).rows(rows), rows_of(view.sums, rows)
    levels: StockLevels = rows_of(view.levels, rows)
    asked = lessons.planned[view.cutoff].of(levels.service_level, view.outlook.classes[rows])
    policy = policy_of(known, levels, sums, planned=asked)
    return Forecast(
        sums.lead,
        sums.cycle,
        policy.reorder_point,
        policy.order_up_to,
        policy.textbook_reorder_point,
    )


def _units_of(items: pa.Table) -> TextArray:
    """What each item is counted in: pieces alike, however they are spelt or left out."""
    names = [name.lower() for name in texts_of(items, "unit", otherwise=PIECES).tolist()]
    return np.array([PIECES if name in _SPELLINGS else name for name in names], np.str_)


def _otherwise(told: FloatArray, assumed: FloatArray | float) -> FloatArray:
    return np.where(np.isnan(told), assumed, told)
