"""What a unit in stock is worth: the hours that towers stand still for want of it, avoided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.ladders import Ladder, ladders_of
from ml_jobs.stocking.availability.spread import Cumulants
from ml_jobs.stocking.availability.tails import Tails, size_classes

FREE_CHANCE = 1e-4
"""Chance of more demand up to which what costs nothing is held."""

_HEADS = {"waiting": (3,)}  # arrays of a ladder with several values for a rung
_WHOLE = 1e-9  # of a lot: what keeps an amount of whole lots from falling below itself


@dataclass(frozen=True)
class Worth:
    """What stock of S series avoids and what it costs, shape (S,) each.

    Attributes:
        demand: Until the delivery after the next review: what stock has to last for, units.
        hours: Tower-hours a month that each unit costs which is asked for and isn't there; 0 where
            no tower waits for it.
        unit_cost: Currency; NaN where it is not known.
        tails: What chances of more demand turned out to be.
        fetched: Lots on their way at once, on average, while there is no stock, where they are
            fetched then (`fetched_lots`); NaN where what is asked for waits for the next delivery.
        stocked: Which are to be held at all; None where all are. Of the others no unit is worth it.

    Source: Sherbrooke 1968, "METRIC", Operations Research 16(1); van Houtum and Kranenburg 2015,
    "Spare Parts Inventory Control under System Availability Constraints", chapter 2.
    """

    demand: NegativeBinomial
    hours: FloatArray
    unit_cost: FloatArray
    tails: Tails
    fetched: FloatArray
    stocked: BoolArray | None = None

    def rows(self, rows: IntArray) -> Worth:
        """Return what stock of these *rows* is worth."""
        return replace(
            self,
            demand=rows_of(self.demand, rows),
            hours=self.hours[rows],
            unit_cost=self.unit_cost[rows],
            fetched=self.fetched[rows],
            stocked=None if self.stocked is None else self.stocked[rows],
        )

    def weighing(self, hours: FloatArray) -> Worth:
        """Return what the same stock is worth by other tower-hours a month, shape (S,)."""
        other = replace(self, hours=hours)
        # Chances know nothing of hours, and take the longest to find.
        other.__dict__["ladders"] = self.ladders
        return other

    @property
    def is_fetched(self) -> BoolArray:
        """Which series don't wait for the next delivery."""
        return np.isfinite(self.fetched)

    @property
    def priced(self) -> BoolArray:
        """Where the cost is known: what has none can't be weighed."""
        return np.isfinite(self.unit_cost)

    @property
    def is_bought(self) -> BoolArray:
        """Of which a unit can be worth its cost: it is known, a tower waits, and it is held."""
        bought: BoolArray = self.priced & (self.hours > 0)
        return bought if self.stocked is None else bought & self.stocked

    @cached_property
    def sizes(self) -> IntArray:
        """Size class of each series."""
        return size_classes(self.demand)

    @cached_property
    def ladders(self) -> tuple[Ladder, ...]:
        """What waits beside every stock, of all series with a forecast."""
        return tuple(ladders_of(self.demand, self.tails, self.sizes, self.fetched))

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
        following = self._looked_up("waiting", whole + 1.0)[0]
        return Cumulants(
            self._between(lots, mean, following) * lot,
            np.maximum(square - mean**2, 0.0) * lot**2,
            (cube - 3.0 * mean * square + 2.0 * mean**3) * lot**3,
        )

    def backorders_as_forecast(self, stock: FloatArray) -> FloatArray:
        """Return the units that wait, on average, with the chances that the model gives."""
        lots = stock / self.demand.lot
        whole = np.floor(lots + _WHOLE)
        mean, following = (
            self._looked_up("waiting_as_forecast", each) for each in (whole, whole + 1.0)
        )
        return self._between(lots, mean, following) * self.demand.lot

    def expected_backorders(self, stock: FloatArray) -> FloatArray:
        """Return the units that wait, on average, where *stock* units are held."""
        return self.backorders(stock).mean

    def hours_down(self, stock: FloatArray) -> FloatArray:
        """Return the tower-hours a month that are to be expected where *stock* units are held."""
        return self.hours * self.expected_backorders(stock)

    def asked_at(self, price: float) -> FloatArray:
        """Return the tower-hours a month that a unit has to avoid to be worth it, shape (S,).

        Of what costs nothing, units are held up to a chance of `FREE_CHANCE`. Infinite where the
        cost isn't known, no tower waits, or none is to be held.
        """
        weighed = self.is_bought
        free = self.hours * FREE_CHANCE
        asked = np.where(self.unit_cost > 0, price * self.unit_cost, free)
        return np.where(weighed, asked, np.inf)

    def level_at(self, price: float) -> FloatArray:
        """Return the stock that is worth its cost at *price*, units; 0 where none is.

        A unit is worth it where it avoids more than *price* tower-hours a month for each unit of
        currency: w P(X > s) > price * cost, so that every series gets a service level of its own,
        1 - price * cost / w. Where the cost isn't known, or no tower waits, the level is 0. What is
        fetched is held in the numbers that are corners of its hull.
        """
        asked = self.asked_at(price)
        level = np.zeros(len(asked))
        for ladder in self.ladders:
            rows = ladder.rows
            worth_it = self.hours[rows, None] * ladder.avoided > asked[rows, None]
            level[rows] = worth_it.sum(axis=1)
        return level * self.demand.lot

    def avoided_above(self, series: int, lots: int, count: int) -> FloatArray:
        """Return the lots that no longer wait for each lot above *lots* of a series, (count,).

        They fall from one to the next. Of what is owed one waits, unless it was fetched.
        """
        ladder, row = self._places[series]
        rungs = self.ladders[ladder].avoided[row]
        wanted = np.arange(lots, lots + count)
        found = rungs[np.clip(wanted, 0, len(rungs) - 1)]
        owed = 0.0 if self.is_fetched[series] else 1.0
        answer: FloatArray = np.where(wanted < 0, owed, np.where(wanted < len(rungs), found, 0.0))
        return answer

    @cached_property
    def _places(self) -> dict[int, tuple[int, int]]:
        """Ladder and row of each series that has one."""
        return {
            series: (number, row)
            for number, ladder in enumerate(self.ladders)
            for row, series in enumerate(ladder.rows.tolist())
        }

    def _between(self, lots: FloatArray, mean: FloatArray, following: FloatArray) -> FloatArray:
        """What waits beside *lots*, on the line from the whole number below to the next, in lots.

        Of what is owed already, all waits, unless it was fetched.
        """
        whole = np.floor(lots + _WHOLE)
        part = np.maximum(lots - whole, 0.0)
        owed, then = (
            np.where(self.is_fetched, 0.0, np.maximum(-each, 0.0)) for each in (whole, whole + 1.0)
        )
        waiting: FloatArray = (1.0 - part) * (mean + owed) + part * (following + then)
        return waiting

    def _chance(self, stock: FloatArray, of: str) -> FloatArray:
        """The chance of more than *stock* by the ladder's array; of what is owed it is 1."""
        lots = np.floor(stock / self.demand.lot + _WHOLE)
        return np.where(lots < 0, 1.0, self._looked_up(of, lots))

    def _looked_up(self, of: str, lots: FloatArray) -> FloatArray:
        """Values of the ladder's array called *of* at so many *lots*, shape (S,): 0 beyond its end.

        NaN without a forecast.
        """
        answer: FloatArray = np.full((*_HEADS.get(of, ()), len(lots)), np.nan)
        for ladder in self.ladders:
            rungs: FloatArray = getattr(ladder, of)
            count = lots[ladder.rows]
            place = np.clip(np.nan_to_num(count), 0, rungs.shape[-1] - 1).astype(np.int64)
            found = rungs[..., np.arange(len(count)), place]
            inside = np.where(count < rungs.shape[-1], found, 0.0)
            answer[..., ladder.rows] = np.where(np.isnan(count), np.nan, inside)
        return answer
