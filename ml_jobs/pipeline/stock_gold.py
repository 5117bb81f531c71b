"""One partition's rows of stock: what each series asks for by the policy that the run follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.options import MONEY
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.stock_planning import LEAD_TIME_SOURCE, StockView
from ml_jobs.stocking.actions import action_rows
from ml_jobs.stocking.exceptions import exception_rows, reasons_of
from ml_jobs.stocking.inventory import inventory_of
from ml_jobs.stocking.lead_time import SumPools
from ml_jobs.stocking.moving_first import StockMoves
from ml_jobs.stocking.projection import fact_projection
from ml_jobs.stocking.situation import ChampionRecord, Situation
from ml_jobs.stocking.stock_facts import (
    NOT_STOCKED,
    PRICE_POLICY,
    QUANTILE_POLICY,
    fact_inventory,
)

STOCK_TABLES = ("fact_inventory", "fact_projection", "exceptions", "actions")

_ROUNDING = 1e-12  # of a chance


@dataclass(frozen=True)
class Prospect:
    """What is forecast of a partition's stock, before any policy asks something of it.

    Attributes:
        view: Stock, and the demand that it must meet.
        record: What each series' champion forecast in the backtest; None without one.
    """

    view: StockView
    record: ChampionRecord | None


@dataclass(frozen=True)
class PlannedStock:
    """The chance that every series' stock is planned to last, and by which policy, shape (S,)."""

    level: FloatArray
    by_price: BoolArray


def planned_stock(
    view: StockView,
    lessons: Lessons,
    plan: Plan,
    *,
    rows: IntArray,
    target: FloatArray,
    weighed: BoolArray,
) -> PlannedStock:
    """Return the level to plan for: the service asked, or what is worth its cost.

    What can't be weighed, or lies elsewhere, is planned by the service asked whatever the policy.

    Args:
        view: Of S series.
        lessons: What the backtest taught of the service that levels achieve.
        plan: Says the policy.
        rows: The series at which stock is weighed, shape (R,).
        target: Units that are worth their cost there, shape (R,).
        weighed: Of which of these everything is known that says so, shape (R,).
    """
    level = lessons.planned[plan.future].of(view.levels.service_level, view.outlook.classes)
    by_price = np.zeros(len(level), bool)
    if plan.options.policy == MONEY:
        by_price[rows[weighed]] = True
        lasts = chance_that_lasts(rows_of(view.sums.cycle, rows), target)
        level[rows[weighed]] = lasts[weighed]
    return PlannedStock(level, by_price)


def chance_that_lasts(demand: NegativeBinomial, target: FloatArray) -> FloatArray:
    """Return the level at which the quantile of *demand* is the *target*, units, shape (S,)."""
    # Less a little, so that the quantile at this level is the target and not a lot more.
    return np.maximum(demand.chance_of_less(target + demand.lot) - _ROUNDING, 0.0)


def stock_tables(
    partition: Partition,
    prospect: Prospect,
    planned: PlannedStock,
    pools: SumPools,
    plan: Plan,
    *,
    moves: StockMoves,
) -> dict[str, pa.Table]:
    """Return the rows of stock and of what stands out, by the names of `STOCK_TABLES`.

    All but what lies on the shelf now is counted as it will be once *moves* are made.
    """
    view, panel = prospect.view, partition.panel
    levels = replace(view.levels, moved=moves.units)
    inventory = inventory_of(
        panel, levels, view.outlook, view.sums, planned=planned.level, options=plan.options
    )
    situation = Situation(
        panel, partition.items, view.outlook, inventory, prospect.record, plan.options
    )
    reasons = reasons_of(situation)
    return {
        "fact_inventory": fact_inventory(
            panel,
            partition.items,
            partition.stock,
            view.outlook,
            inventory,
            policies=np.where(
                view.levels.stocked,
                np.where(planned.by_price, PRICE_POLICY, QUANTILE_POLICY),
                NOT_STOCKED,
            ),
            total_source=LEAD_TIME_SOURCE,
        ),
        "fact_projection": fact_projection(panel, view.outlook, pools, inventory, partition.orders),
        "exceptions": exception_rows(situation, reasons),
        "actions": action_rows(situation, partition.stock, partition.orders, pools, reasons, moves),
    }
