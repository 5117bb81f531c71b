"""What a unit in stock is worth: the hours that towers stand still for want of it, avoided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.tails import Tails, size_classes

MONTH_HOURS = 730.0
"""Hours in a month: a twelfth of a year."""

_LEAST_CHANCE = 1e-12  # of more demand; what lies beyond it isn't added up
_AT_ONCE = 64  # lots whose chances are taken together


@dataclass(frozen=True)
class Worth:
    """What stock of S series avoids and what it costs, shape (S,) each.

    Attributes:
        demand: Until the delivery after the next review: what stock has to last for, units.
        hours: Tower-hours a month that each unit costs which is asked for and isn't there; 0 where
            no tower waits for it.
        unit_cost: Currency; NaN where it is not known.
        tails: What chances of more demand turned out to be.

    Source: Sherbrooke 1968, "METRIC", Operations Research 16(1); van Houtum and Kranenburg 2015,
    "Spare Parts Inventory Control under System Availability Constraints", chapter 2.
    """

    demand: NegativeBinomial
    hours: FloatArray
    unit_cost: FloatArray
    tails: Tails

    def rows(self, rows: IntArray) -> Worth:
        """Return what stock of these *rows* is worth."""
        return Worth(rows_of(self.demand, rows), self.hours[rows], self.unit_cost[rows], self.tails)

    @cached_property
    def sizes(self) -> IntArray:
        """Size class of each series."""
        return size_classes(self.demand)

    @property
    def priced(self) -> BoolArray:
        """Where the cost is known: what has none can't be weighed."""
        return np.isfinite(self.unit_cost)

    def chance_of_more(self, stock: FloatArray) -> FloatArray:
        """Return the chance that more than *stock*, units, is asked for, as it turned out."""
        return self.tails.of(self.demand.exceedance(stock), self.sizes)

    def avoided_by_next(self, stock: FloatArray) -> FloatArray:
        """Return the tower-hours a month that one more lot avoids above *stock*, units."""
        return self.hours * self.demand.lot * self.chance_of_more(stock)

    def expected_backorders(self, stock: FloatArray) -> FloatArray:
        """Return the units that wait, on average, where *stock* units are held.

        E[(X - s)+] is the sum, from s on, of the chances of more.
        """
        lot = self.demand.lot
        count = np.floor(stock / lot + 1e-9)
        found = np.zeros_like(count)
        left: IntArray = np.flatnonzero(self.demand.covered)
        while left.size:
            lots = count[left, None] + np.arange(_AT_ONCE, dtype=np.float64)
            chances = self._chances(left, lots)
            found[left] += chances.sum(axis=1)
            count[left] += _AT_ONCE
            left = left[chances[:, -1] > _LEAST_CHANCE]
        return np.where(self.demand.covered, found * lot, np.nan)

    def hours_down(self, stock: FloatArray) -> FloatArray:
        """Return the tower-hours a month that are to be expected where *stock* units are held."""
        return self.hours * self.expected_backorders(stock)

    def level_at(self, price: float) -> FloatArray:
        """Return the stock that is worth its cost at *price*, units; 0 where none is.

        A unit is worth it where it avoids more than *price* tower-hours a month for each unit of
        currency: w P(X > s) > price * cost, so that every series gets a service level of its own,
        1 - price * cost / w. Where the cost isn't known, or no tower waits, the level is 0.
        """
        weighed = self.priced & (self.hours > 0)
        asked = np.where(weighed, price * self.unit_cost, np.inf) / np.where(
            weighed, self.hours, 1.0
        )
        chance = self.tails.asked_for(np.minimum(asked, 1.0), self.sizes)
        level = self.demand.quantile(np.maximum(1.0 - chance, 0.0))
        worth_it = weighed & (asked < 1.0) & self.demand.covered
        return np.where(worth_it, np.maximum(level, 0.0), 0.0)

    def _chances(self, rows: IntArray, lots: FloatArray) -> FloatArray:
        """Chances of more than so many *lots*, shape (R, N), in these *rows*, shape (R,)."""
        demand = rows_of(self.demand, rows)
        each = replace(demand, mean=demand.mean[:, None])
        return self.tails.of(each.exceedance(lots * demand.lot[:, None]), self.sizes[rows])
