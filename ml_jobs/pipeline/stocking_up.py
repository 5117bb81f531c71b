"""Stock by what it avoids, of a whole run: prices from a sample, then partition by partition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, concatenate
from ml_jobs.options import SERVICE
from ml_jobs.pipeline.learning import pools_at
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.partitioning import Partition, PartitionTask
from ml_jobs.pipeline.past_orders import past_orders
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, is_whole, load, save_table
from ml_jobs.pipeline.stock_gold import STOCK_TABLES, Prospect, planned_stock, stock_tables
from ml_jobs.pipeline.stock_moves import MOVES, REPLAYED, Market, PlannedMoves, is_weighed
from ml_jobs.pipeline.supplied_series import own_levels, own_orders
from ml_jobs.progress import ReportWork, Work
from ml_jobs.stocking.availability.allocation import Allocation, allocate
from ml_jobs.stocking.availability.availability_facts import buy_rows, fact_availability
from ml_jobs.stocking.availability.buying import steps_of
from ml_jobs.stocking.availability.cost_spread import cost_spread_sums
from ml_jobs.stocking.availability.curve import (
    TODAY,
    Dependence,
    add_curves,
    curve_sums,
    priced_stocks,
    tower_hour_prices,
)
from ml_jobs.stocking.availability.regret import add_regrets
from ml_jobs.stocking.availability.shared_buying import hours_for_weighed, shared_steps
from ml_jobs.stocking.availability.stocked import StockedSeries, join_stocked
from ml_jobs.stocking.availability.transfers import add_moves
from ml_jobs.stocking.availability.worth import Worth

CURVE = "availability_sums"
BUYS = "buy_rows"
LEVELS = "fact_availability"
SPREAD = "cost_spread"
REGRET = "regret_sums"
MOST_SHARED = 1_000
"""Parts at two levels, about, that prices are learnt from."""

_MADE = (CURVE, LEVELS, SPREAD, REGRET, MOVES, REPLAYED, BUYS)


@dataclass(frozen=True)
class StockPrices:
    """What tower-hours are worth to the stock, learnt from a sample of the items.

    Attributes:
        allocation: By contract.
        curve: Prices at which the curve is drawn, of the dearest contract, shape (P,); empty where
            no part has a cost and takes a tower down, so that nothing can be weighed.
        past: What was worth it at each past cutoff, by what was known then.
    """

    allocation: Allocation
    curve: FloatArray
    past: Mapping[int, Allocation]


def learn_prices(
    folder: RunFolder, plan: Plan, lessons: Lessons, *, report: ReportWork
) -> StockPrices:
    """Find the contracts' prices from a sample of items, the same whatever the partitions are."""
    sample, scale = _sample(folder, plan, report)
    rate = plan.options.settings["holding_rate"]
    alike = sample.dependence(plan.fleet.contract_ids, np.ones(len(plan.fleet.contracts)))
    curve = tower_hour_prices(alike.hours, sample.unit_cost * sample.holding_factor, rate)

    def prices_at(cutoff: int) -> Allocation:
        worth = sample.worth(cutoff, alike, lessons.tails[cutoff])
        known = np.flatnonzero(is_weighed(worth, sample))
        return allocate(
            plan.fleet,
            worth.rows(known),
            replace(alike, towers=alike.towers[:, known]),
            service=sample.windows[cutoff].service[known],
            holding_rate=rate,
            ceiling=float(curve[-1]) if curve.size else 0.0,
            scale=scale,
        )

    prices = {cutoff: prices_at(cutoff) for cutoff in sample.windows}
    return StockPrices(prices.pop(plan.future), curve, prices)


def stock_partition(task: PartitionTask) -> None:
    """Make a partition's share in the curve, what to move and buy of it, and its rows of stock."""
    folder, number = task.folder, task.number
    if all(is_whole(folder.table(number, name)) for name in (*_MADE, *STOCK_TABLES)):
        return
    plan, lessons = load(folder.plan, Plan), load(folder.lessons, Lessons)
    prices, series = load(folder.prices, StockPrices), load(folder.stocked(number), StockedSeries)
    contracts = plan.fleet.contract_ids
    weighed = series.dependence(contracts, prices.allocation.weights)
    tails = lessons.tails[plan.future]
    by_price = series.worth(plan.future, weighed, tails)
    alike = by_price.weighing(series.dependence(contracts, np.ones(len(contracts))).hours)
    least = _least_avoided(prices, plan)
    target = by_price.level_at(least)
    curves = [_curve_at(plan.future, series, by_price, weighed, prices, plan)]
    replayed, past = [], {}
    for cutoff, allocation in prices.past.items():
        worth = series.worth(cutoff, weighed, lessons.tails[cutoff])
        curves.append(_curve_at(cutoff, series, worth, weighed, prices, plan))
        # Of what was known then, the prices too.
        known = worth.weighing(series.dependence(contracts, allocation.weights).hours)
        replayed.append(Market(series, plan, allocation, alike.hours).replay(cutoff, known))
        past[cutoff] = known
    moves = Market(series, plan, prices.allocation, alike.hours).moves(by_price)
    # What is moved is not bought: the list is of what is there once moves are made.
    then = series.holding(moves.more)
    ways = (steps_of, shared_steps)
    steps = concatenate([way(by_price, then.levels, least_per_money=least) for way in ways])
    hours = hours_for_weighed(alike, by_price, steps, then.levels.position)
    tables = {
        CURVE: add_curves(curves),
        MOVES: moves.table,
        REPLAYED: add_moves(replayed),
        LEVELS: fact_availability(series, alike, target),
        REGRET: add_regrets(past_orders(series, past, prices.past, plan)),
        SPREAD: cost_spread_sums(series.unit_cost, series.towers.sum(axis=1)),
        BUYS: buy_rows(then, steps, hours, contracts),
        **_stock(
            task,
            lessons,
            plan,
            moves,
            series=series,
            target=target,
            weighed=is_weighed(alike, series),
        ),
    }
    for name, table in tables.items():
        save_table(folder.table(number, name), table)


def _least_avoided(prices: StockPrices, plan: Plan) -> float:
    """Weighed tower-hours a month that a unit of currency in stock has to avoid."""
    highest = prices.allocation.highest
    return plan.options.settings["holding_rate"] / 12.0 / highest if highest > 0 else np.inf


def _stock(
    task: PartitionTask,
    lessons: Lessons,
    plan: Plan,
    moves: PlannedMoves,
    *,
    series: StockedSeries,
    target: FloatArray,
    weighed: BoolArray,
) -> dict[str, pa.Table]:
    """The partition's rows of stock once *moves* are made, by the policy that the run follows."""
    partition = load(task.folder.series(task.number), Partition)
    prospect = load(task.folder.prospect(task.number), Prospect)
    rows = series.panel_rows
    planned = planned_stock(prospect.view, lessons, plan, rows=rows, target=target, weighed=weighed)
    # A central store that is planned beside its places has only what is ordered for itself.
    centres = rows[series.supply.is_centre(series.location_ids)]
    centres = centres[planned.by_price[centres]]
    view, orders = prospect.view, partition.orders
    prospect = replace(
        prospect, view=replace(view, levels=own_levels(view.levels, orders, centres))
    )
    partition = replace(partition, orders=own_orders(orders, centres))
    pools = pools_at(task.folder, plan.future).sums
    placed = moves.of_panel(partition.panel, rows, plan)
    return stock_tables(partition, prospect, planned, pools, plan, moves=placed)


def _curve_at(
    cutoff: int,
    series: StockedSeries,
    worth: Worth,
    dependence: Dependence,
    prices: StockPrices,
    plan: Plan,
) -> pa.Table:
    """The partition's sums at one cutoff; in the past of the windows that are over."""
    window, future = series.windows[cutoff], cutoff == plan.future
    counted = is_weighed(worth, series)
    if not future:
        counted &= np.isfinite(window.actual)
    rows = np.flatnonzero(counted)
    kept = worth.rows(rows)
    stocks = priced_stocks(kept, prices.curve, plan.options.settings["holding_rate"])
    stocks[SERVICE, 0] = window.service[rows]
    if future:
        stocks[TODAY, 0] = series.levels.position[rows]
    return curve_sums(
        cutoff,
        kept,
        replace(dependence, towers=dependence.towers[:, rows]),
        stocks,
        actual=None if future else window.actual[rows],
    )


def _sample(folder: RunFolder, plan: Plan, report: ReportWork) -> tuple[StockedSeries, float]:
    """The series of items that the digest of their code picks, and how many each stands for."""
    every = max(-(-plan.items // plan.options.learn_series), 1)
    parts = []
    for number in range(plan.partitions):
        report(Work("weigh stock", number, plan.partitions))
        part = load(folder.stocked(number), StockedSeries)
        parts.append(part.rows(_picked(part.item_ids, every)))
    report(Work("weigh stock", plan.partitions, plan.partitions))
    return thinned(join_stocked(parts), every)


def thinned(sample: StockedSeries, every: int) -> tuple[StockedSeries, float]:
    """Return fewer items of *sample* where many have two levels, and how many each stands for.

    What waits beside every central stock is kept of each of those. All items are thinned alike, so
    that each stands for as many as any other.
    """
    shared = len(np.unique(sample.item_ids[sample.supply.is_shared]))
    fewer = every * max(-(-shared // MOST_SHARED), 1)
    return sample.rows(_picked(sample.item_ids, fewer)), float(fewer)


def _picked(item_ids: TextArray, every: int) -> IntArray:
    """Return the rows of the items that the digest of their code picks, one in *every*."""
    rows: IntArray = np.flatnonzero(
        [crc32(item.encode()) % every == 0 for item in item_ids.tolist()]
    )
    return rows
