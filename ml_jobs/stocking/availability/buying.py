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
        """Tower-hours a month avoided for each unit of currency; infinite at no cost.

        Never more than of the steps that one rests on: what is more is how differences are rounded.
        """
        order = np.lexsort((self.stock, self.series))
        series, least = self.series[order], divide(self.avoided, self.cost)[order]
        least[self.cost[order] <= 0] = np.inf
        while (more := (series[1:] == series[:-1]) & (least[1:] > least[:-1])).any():
            least[1:][more] = least[:-1][more]
        found = np.empty_like(least)
        found[order] = least
        return found


def steps_of(worth: Worth, levels: StockLevels, *, least_per_money: float) -> Steps:
    """Return all steps that avoid more than *least_per_money* for each unit of currency.

    A step is the least quantity that can be ordered: the minimum order first, in whole multiples,
    then one multiple at a time. What a unit avoids falls from one to the next, and so does what a
    step avoids for its cost: the first that isn't worth it ends a series. Of a part that is fetched
    when there is none the next may avoid more; such steps are bought together. What a central store
    supplies is left out, and the store (`shared_steps`).
    """
    first, multiple = order_sizes(levels, worth.demand.lot)
    stock, quantity = levels.position.copy(), first.copy()
    wanted = worth.is_bought & np.isfinite(stock) & worth.demand.covered
    wanted &= worth.stands_alone
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
        # Below its mean demand, a part that is fetched may yet avoid more with the next step.
        worth_it |= worth.is_fetched[left] & (stock[left] < worth.demand.drawn[left])
        found.append(rows_of(steps, np.flatnonzero(worth_it)))
        hours[left] = after
        left = left[worth_it]
        stock[left] += quantity[left]
        quantity[left] = multiple[left]
    return _together(concatenate(found), worth, asked)


def order_sizes(levels: StockLevels, lot: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least first order and what every further one is a multiple of, units, (S,)."""
    multiple = np.where(levels.order_multiple > 0, levels.order_multiple, lot)
    first = np.ceil(np.nan_to_num(levels.minimum_order) / multiple - 1e-9) * multiple
    return np.maximum(first, multiple), multiple


def _together(steps: Steps, worth: Worth, asked: FloatArray) -> Steps:
    """Join what is worth more together than apart, and leave out what isn't worth it even so."""
    fetched = worth.is_fetched[steps.series]
    if not fetched.any():
        return steps
    parts = [rows_of(steps, np.flatnonzero(~fetched))]
    for series in np.unique(steps.series[fetched]):
        rows = np.flatnonzero(steps.series == series)
        joined = _joined(rows_of(steps, rows[np.argsort(steps.stock[rows])]))
        worth_it = joined.avoided > asked[series] * joined.quantity
        parts.append(rows_of(joined, np.flatnonzero(worth_it)))
    return concatenate(parts)


def _joined(steps: Steps) -> Steps:
    """Join the steps of one series, in their order, until none avoids more for a unit than before.

    These are the corners of the lower hull that begins where the series stands.
    """
    first: list[int] = []
    units: list[float] = []
    avoided: list[float] = []
    for place in range(len(steps.series)):
        first.append(place)
        units.append(float(steps.quantity[place]))
        avoided.append(float(steps.avoided[place]))
        while len(first) > 1 and avoided[-1] * units[-2] >= avoided[-2] * units[-1]:
            del first[-1]
            units[-2:], avoided[-2:] = [sum(units[-2:])], [sum(avoided[-2:])]
    rows = np.array(first, np.int64)
    quantity = np.array(units)
    cost = quantity * divide(steps.cost[rows], steps.quantity[rows])
    return Steps(steps.series[rows], steps.stock[rows], quantity, cost, np.array(avoided))


def ranked(steps: Steps) -> Steps:
    """Return *steps*, the one that avoids most for its cost first; of equals the first series.

    Steps of one series stay in their order, as each is worth no more than the one before it.
    """
    order = np.lexsort((steps.stock, steps.series, -steps.per_money))
    return rows_of(steps, order)
