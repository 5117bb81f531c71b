"""What a unit in stock is worth: the hours that towers stand still for want of it, avoided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, divide, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.ladders import Rungs, ladders_of
from ml_jobs.stocking.availability.spread import Cumulants
from ml_jobs.stocking.availability.tails import Tails, size_classes

FREE_CHANCE = 1e-4
"""Chance of more demand up to which what costs nothing is held."""

_WHOLE = 1e-9  # of a lot: what keeps an amount of whole lots from falling below itself


@dataclass(frozen=True)
class Worth:
    """What stock of S series avoids and what it costs, shape (S,) each.

    Attributes:
        demand: Until the delivery after the next review: what stock has to last for, units.
        hours: Tower-hours a month that each unit costs which is asked for and isn't there; 0 where
            no tower waits for it.
        unit_cost: Currency; NaN where it is not known.
        holding_factor: How many times the run's holding rate a unit of currency in each costs.
        tails: What chances of more demand turned out to be.
        fetched: Lots on their way at once, on average, while there is no stock, where they are
            fetched then (`fetched_lots`); NaN where what is asked for waits for the next delivery.
        stocked: Which are to be held at all; of the others no unit is worth it.

    Source: Sherbrooke 1968, "METRIC", Operations Research 16(1); van Houtum and Kranenburg 2015,
    "Spare Parts Inventory Control under System Availability Constraints", chapter 2.
    """

    demand: NegativeBinomial
    hours: FloatArray
    unit_cost: FloatArray
    holding_factor: FloatArray
    tails: Tails
    fetched: FloatArray
    stocked: BoolArray

    def rows(self, rows: IntArray) -> Self:
        """Return what stock of these *rows* is worth."""
        part = replace(
            self,
            demand=rows_of(self.demand, rows),
            hours=self.hours[rows],
            unit_cost=self.unit_cost[rows],
            holding_factor=self.holding_factor[rows],
            fetched=self.fetched[rows],
            stocked=self.stocked[rows],
        )
        return part.climbing(self.rungs.rows(rows)) if "rungs" in self.__dict__ else part

    def weighing(self, hours: FloatArray) -> Worth:
        """Return what the same stock is worth by other tower-hours a month, shape (S,)."""
        # Chances know nothing of hours, and take the longest to find.
        return replace(self, hours=hours).climbing(self.rungs)

    def climbing(self, rungs: Rungs) -> Self:
        """Return the same with *rungs* that are known already."""
        other = replace(self)
        other.__dict__["rungs"] = rungs
        return other

    @property
    def is_fetched(self) -> BoolArray:
        """Which series don't wait for the next delivery."""
        return np.isfinite(self.fetched)

    @property
    def stands_alone(self) -> BoolArray:
        """Which series are worth what they are whatever others hold, shape (S,): here all."""
        return np.ones(len(self.hours), np.bool_)

    @property
    def priced(self) -> BoolArray:
        """Where the cost is known: what has none can't be weighed."""
        return np.isfinite(self.unit_cost)

    @property
    def is_bought(self) -> BoolArray:
        """Of which a unit can be worth its cost: it is known, a tower waits, and it is held."""
        bought: BoolArray = self.priced & (self.hours > 0) & self.stocked
        return bought

    @cached_property
    def sizes(self) -> IntArray:
        """Size class of each series."""
        return size_classes(self.demand)

    @cached_property
    def rungs(self) -> Rungs:
        """What waits beside every stock, of all series with a forecast."""
        ladders = ladders_of(self.demand, self.tails, self.sizes, self.fetched)
        return Rungs.of(ladders, len(self.hours))

    def days_at_store(self, stock: FloatArray) -> FloatArray:
        """Return the days that what a place asks of its central store waits there, on average.

        *stock* are the units of each of S series; NaN where none supplies it, shape (S,).
        """
        return np.full(len(stock), np.nan)

    def is_supported(self, stock: FloatArray) -> BoolArray:
        """Return where the chance of more than *stock* was counted in the past."""
        return self.tails.is_supported(self._chance(stock, "forecast"), self.sizes)

    def chance_of_more(self, stock: FloatArray) -> FloatArray:
        """Return the chance that more than *stock*, units, is asked for, as it turned out."""
        return self._chance(stock, "chances")

    def avoided_by_next(self, stock: FloatArray) -> FloatArray:
        """Return the tower-hours a month that one more lot avoids above *stock*, units."""
        return self.hours_down(stock) - self.hours_down(stock + self.demand.lot)

    def backorders(self, stock: FloatArray) -> Cumulants:
        """Return mean, variance and third moment of the units that wait beside *stock* units.

        Between two whole numbers of lots the mean lies on the line between theirs, and the others
        are those of the number below.
        """
        lot = self.demand.lot
        lots = stock / lot
        whole = np.floor(lots + _WHOLE)
        mean, square, cube = self._looked_up("waiting", whole)
        return Cumulants(
            self._waiting(lots, self.rungs.waiting[0]) * lot,
            np.maximum(square - mean**2, 0.0) * lot**2,
            (cube - 3.0 * mean * square + 2.0 * mean**3) * lot**3,
        )

    def backorders_as_forecast(self, stock: FloatArray) -> FloatArray:
        """Return the units that wait, on average, with the chances that the model gives."""
        lot = self.demand.lot
        return self._waiting(stock / lot, self.rungs.waiting_as_forecast) * lot

    def expected_backorders(self, stock: FloatArray) -> FloatArray:
        """Return the units that wait, on average, where *stock* units are held."""
        return self.backorders(stock).mean

    def hours_down(self, stock: FloatArray) -> FloatArray:
        """Return the tower-hours a month that are to be expected where *stock* units are held."""
        return self.hours * self.expected_backorders(stock)

    def asked_at(self, price: float) -> FloatArray:
        """Return the tower-hours a month that a unit has to avoid to be worth it, shape (S,).

        Of what costs nothing, to buy or to hold, units are held up to a chance of `FREE_CHANCE`.
        Infinite where the cost isn't known, no tower waits, or none is to be held.
        """
        weighed = self.is_bought
        free = self.hours * FREE_CHANCE
        held = self.unit_cost * self.holding_factor
        asked = np.where(held > 0, price * held, free)
        return np.where(weighed, asked, np.inf)

    def level_at(self, price: float) -> FloatArray:
        """Return the stock that is worth its cost at *price*, units; 0 where none is.

        A unit is worth it where it avoids more than *price* tower-hours a month for each unit of
        currency that is held at the run's rate: w P(X > s) > price * cost * factor, so that every
        series gets a service level of its own, 1 - price * cost * factor / w. Where the cost isn't
        known, or no tower waits, the level is 0. What is fetched is held in the numbers that are
        corners of its hull.
        """
        return self.rungs.above(divide(self.asked_at(price), self.hours)) * self.demand.lot

    def avoided_above(self, series: int, lots: int, count: int) -> FloatArray:
        """Return the lots that no longer wait for each lot above *lots* of a series, (count,).

        They fall from one to the next. Of what is owed one waits, unless it was fetched.
        """
        wanted = np.arange(lots, lots + count)
        place = np.clip(wanted, 0, self.rungs.last[series])
        found = self.rungs.avoided[self.rungs.first[series] + place]
        owed = 0.0 if self.is_fetched[series] else 1.0
        answer: FloatArray = np.where(wanted < 0, owed, found)
        return answer

    def _waiting(self, lots: FloatArray, means: FloatArray) -> FloatArray:
        """What waits beside *lots*, on the line from the whole number below to the next, in lots.

        Args:
            lots: In stock, shape (S,).
            means: What waits at each of the rungs, shape (N,).
        """
        whole = np.floor(lots + _WHOLE)
        waiting, part = self._waiting_at(whole, means), lots - whole
        if not (part > 0).any():
            return waiting
        part = np.maximum(part, 0.0)
        return (1.0 - part) * waiting + part * self._waiting_at(whole + 1.0, means)

    def _waiting_at(self, lots: FloatArray, means: FloatArray) -> FloatArray:
        """What waits beside whole *lots*; of what is owed all, unless it was fetched."""
        owed = np.where(self.is_fetched, 0.0, np.maximum(-lots, 0.0))
        waiting: FloatArray = means[self.rungs.at(lots)] + owed
        return waiting

    def _chance(self, stock: FloatArray, of: str) -> FloatArray:
        """The chance of more than *stock* by the ladder's array; of what is owed it is 1."""
        lots = np.floor(stock / self.demand.lot + _WHOLE)
        return np.where(lots < 0, 1.0, self._looked_up(of, lots))

    def _looked_up(self, of: str, lots: FloatArray) -> FloatArray:
        """Values of the rungs called *of* at so many *lots*, shape (S,): 0 beyond their end.

        NaN without a forecast.
        """
        rungs: FloatArray = getattr(self.rungs, of)
        found: FloatArray = rungs[..., self.rungs.at(lots)]
        return found
