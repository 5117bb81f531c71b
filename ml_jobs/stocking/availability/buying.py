"""The buy list: all steps that stock can be raised by, what avoids most for its cost first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, concatenate, divide, rows_of
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.inventory import StockLevels

MOST_STEPS = 10_000  # of one series; what is bought in smaller steps than that isn't a spare part


@dataclass(frozen=True)
class Steps:
    """Quantities that can be bought, each on top of those before it; N of them.

    Attributes:
        series: Which series is bought, shape (N,).
        stock: Units of stock and open orders before it.
        quantity: Units.
        cost: Currency.
        avoided: Tower-hours a month that it avoids.
    """

    series: IntArray
    stock: FloatArray
    quantity: FloatArray
    cost: FloatArray
    avoided: FloatArray

    @property
    def per_money(self) -> FloatArray:
        """Tower-hours a month avoided for each unit of currency; infinite at no cost."""
        return np.where(self.cost > 0, divide(self.avoided, self.cost), np.inf)


def steps_of(worth: Worth, levels: StockLevels, *, least_per_money: float) -> Steps:
    """Return all steps that avoid more than *least_per_money* for each unit of currency.

    A step is the least quantity that can be ordered: the minimum order first, in whole multiples,
    then one multiple at a time. What a unit avoids falls from one to the next, and so does what a
    step avoids for its cost: the first that isn't worth it ends a series.
    """
    lot = worth.demand.lot
    multiple = np.where(levels.order_multiple > 0, levels.order_multiple, lot)
    first = np.ceil(np.nan_to_num(levels.minimum_order) / multiple - 1e-9) * multiple
    stock, quantity = levels.position.copy(), np.maximum(first, multiple)
    wanted = worth.priced & (worth.hours > 0) & np.isfinite(stock) & worth.demand.covered
    left = np.flatnonzero(wanted)
    none = np.empty(0)
    found = [Steps(np.empty(0, np.int64), none, none, none, none)]
    asked = worth.asked_at(least_per_money)
    hours = np.full(len(stock), np.nan)
    hours[left] = worth.hours_down(stock)[left]
    for _ in range(MOST_STEPS):
        if not left.size:
            break
        after = worth.hours_down(stock + quantity)[left]
        steps = Steps(
            left,
            stock[left],
            quantity[left],
            quantity[left] * worth.unit_cost[left],
            hours[left] - after,
        )
        worth_it = steps.avoided > asked[left] * steps.quantity
        found.append(rows_of(steps, np.flatnonzero(worth_it)))
        hours[left] = after
        left = left[worth_it]
        stock[left] += quantity[left]
        quantity[left] = multiple[left]
    return concatenate(found)


def ranked(steps: Steps) -> Steps:
    """Return *steps*, the one that avoids most for its cost first; of equals the first series.

    Steps of one series stay in their order, as each is worth no more than the one before it.
    """
    order = np.lexsort((steps.stock, steps.series, -steps.per_money))
    return rows_of(steps, order)
