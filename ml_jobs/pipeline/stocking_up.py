"""Stock by what it avoids, of a whole run: prices from a sample, then partition by partition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.partitioning import PartitionTask
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, is_whole, load, save_table
from ml_jobs.progress import ReportWork, Work
from ml_jobs.stocking.availability.allocation import Allocation, allocate
from ml_jobs.stocking.availability.availability_facts import buy_rows, fact_availability, left_out
from ml_jobs.stocking.availability.balancing import Balance, Terms
from ml_jobs.stocking.availability.buying import steps_of
from ml_jobs.stocking.availability.curve import (
    SERVICE,
    TODAY,
    Dependence,
    add_curves,
    curve_sums,
    priced_stocks,
    tower_hour_prices,
)
from ml_jobs.stocking.availability.stocked import StockedSeries, join_stocked
from ml_jobs.stocking.availability.transfers import (
    add_moves,
    move_rows,
    moved_units,
    replayed_moves,
)
from ml_jobs.stocking.availability.worth import Worth

CURVE = "availability_sums"
BUYS = "buy_rows"
MOVES = "move_rows"
REPLAYED = "move_sums"
LEVELS = "fact_availability"

TABLES = (CURVE, LEVELS, MOVES, BUYS, REPLAYED)

WORTH_LISTING = 0.1
"""Share of its cost that a step has to be worth at the contracts' prices to be in the buy list."""


@dataclass(frozen=True)
class StockPrices:
    """What tower-hours are worth to the stock, learnt from a sample of the items.

    Attributes:
        allocation: By contract.
        curve: Prices at which the curve is drawn, of the dearest contract, shape (P,); empty where
            no part has a cost and takes a tower down, so that nothing can be weighed.
    """

    allocation: Allocation
    curve: FloatArray


def learn_prices(
    folder: RunFolder, plan: Plan, lessons: Lessons, *, report: ReportWork
) -> StockPrices:
    """Find the contracts' prices from a sample of items, the same whatever the partitions are."""
    sample, scale = _sample(folder, plan, report)
    rate = plan.options.settings["holding_rate"]
    alike = sample.dependence(plan.fleet.contract_ids, np.ones(len(plan.fleet.contracts)))
    worth = sample.worth(plan.future, alike, lessons.tails[plan.future])
    known = np.flatnonzero(_is_weighed(worth, sample))
    allocation = allocate(
        plan.fleet,
        worth.rows(known),
        replace(alike, towers=alike.towers[:, known]),
        service=sample.windows[plan.future].service[known],
        holding_rate=rate,
        scale=scale,
    )
    return StockPrices(allocation, tower_hour_prices(alike.hours, sample.unit_cost, rate))


def stock_partition(task: PartitionTask) -> None:
    """Make a partition's share in the curve, its levels, what to move and what to buy of it."""
    folder, number = task.folder, task.number
    if all(is_whole(folder.table(number, name)) for name in TABLES):
        return
    plan, lessons = load(folder.plan, Plan), load(folder.lessons, Lessons)
    prices, series = load(folder.prices, StockPrices), load(folder.stocked(number), StockedSeries)
    stock = _Stock(series, lessons, prices, plan)
    worths = ((cutoff, stock.worth(cutoff)) for cutoff in series.windows)
    sums = [(stock.curve(cutoff, each), stock.replay(cutoff, each)) for cutoff, each in worths]
    save_table(folder.table(number, CURVE), add_curves([curve for curve, _ in sums]))
    save_table(folder.table(number, REPLAYED), add_moves([moves for _, moves in sums]))
    by_price = stock.worth(plan.future)
    target = by_price.level_at(stock.least)
    levels = fact_availability(series, stock.worth_alike, target)
    save_table(folder.table(number, LEVELS), levels)
    contracts, alike = plan.fleet.contract_ids, stock.worth_alike.hours
    balance = stock.balance(plan.future, by_price)
    moves = list(balance.moves())
    save_table(folder.table(number, MOVES), move_rows(balance, moves, alike, contracts))
    # What is moved is not bought: the list is of what is there once moves are made.
    then = series.holding(moved_units(moves, len(series.item_ids)))
    steps = steps_of(by_price, then.levels, least_per_money=stock.least * WORTH_LISTING)
    bought = buy_rows(then, steps, alike, by_price.hours, contracts)
    save_table(folder.table(number, BUYS), bought)


@dataclass(frozen=True)
class _Stock:
    """A partition's stock, at the prices of the whole run."""

    series: StockedSeries
    lessons: Lessons
    prices: StockPrices
    plan: Plan

    @property
    def rate(self) -> float:
        """What a unit of currency in stock costs a year."""
        return self.plan.options.settings["holding_rate"]

    @property
    def least(self) -> float:
        """Tower-hours a month that a unit of currency has to avoid to be worth it."""
        highest = self.prices.allocation.highest
        return self.rate / 12.0 / highest if highest > 0 else np.inf

    @cached_property
    def weighed(self) -> Dependence:
        """Tower-hours, each contract's by what they cost it."""
        allocation = self.prices.allocation
        return self.series.dependence(self.plan.fleet.contract_ids, allocation.weights)

    @cached_property
    def worth_alike(self) -> Worth:
        """What stock is worth now where every contract's hours count alike."""
        contracts, future = self.plan.fleet.contract_ids, self.plan.future
        alike = self.series.dependence(contracts, np.ones(len(contracts)))
        return self.series.worth(future, alike, self.lessons.tails[future])

    def worth(self, cutoff: int) -> Worth:
        """What stock is worth by what was known at the *cutoff*."""
        return self.series.worth(cutoff, self.weighed, self.lessons.tails[cutoff])

    def curve(self, cutoff: int, worth: Worth) -> pa.Table:
        """The partition's sums at one cutoff; in the past of the windows that are over."""
        series, plan = self.series, self.plan
        window, future = series.windows[cutoff], cutoff == plan.future
        counted = _is_weighed(worth, series)
        if not future:
            counted &= np.isfinite(window.actual)
        rows = np.flatnonzero(counted)
        kept = worth.rows(rows)
        stocks = priced_stocks(kept, self.prices.curve, self.rate)
        stocks[SERVICE, 0] = window.service[rows]
        if future:
            stocks[TODAY, 0] = series.levels.position[rows]
        return curve_sums(
            cutoff,
            kept,
            replace(self.weighed, towers=self.weighed.towers[:, rows]),
            stocks,
            actual=None if future else window.actual[rows],
        )

    def balance(self, cutoff: int, worth: Worth) -> Balance:
        """What could be moved by what was known at the *cutoff*; nothing that nobody counted."""
        plan = self.plan
        weighed = _is_weighed(worth, self.series) & self.series.counted
        terms = Terms(
            self.prices.allocation.highest, self.rate, plan.options.review_days, plan.lanes
        )
        return Balance(self.series, cutoff, worth, weighed, terms)

    def replay(self, cutoff: int, worth: Worth) -> pa.Table:
        """What moves would have done after the *cutoff*; nothing where it isn't over."""
        if cutoff == self.plan.future:
            return add_moves([])
        return replayed_moves(self.balance(cutoff, worth), self.worth_alike.hours)


def _is_weighed(worth: Worth, series: StockedSeries) -> BoolArray:
    """Of which series everything is known that a figure needs, shape (S,)."""
    weighed: BoolArray = left_out(worth, series.levels.position) == ""
    return weighed


def _sample(folder: RunFolder, plan: Plan, report: ReportWork) -> tuple[StockedSeries, float]:
    """The series of items that the digest of their code picks, and how many each stands for."""
    every = max(-(-plan.items // plan.options.learn_series), 1)
    parts = []
    for number in range(plan.partitions):
        report(Work("weigh stock", number, plan.partitions))
        part = load(folder.stocked(number), StockedSeries)
        picked = [crc32(item.encode()) % every == 0 for item in part.item_ids.tolist()]
        parts.append(part.rows(np.flatnonzero(picked)))
    report(Work("weigh stock", plan.partitions, plan.partitions))
    return join_stocked(parts), float(every)
