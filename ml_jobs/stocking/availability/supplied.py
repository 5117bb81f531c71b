"""What stock is worth where a central store supplies places: both are weighed at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.echelons import TwoEchelons
from ml_jobs.stocking.availability.ladders import Rungs, ladder_of
from ml_jobs.stocking.availability.spread import Cumulants
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.worth import Worth

ALONE, CENTRE = -2, -1
"""What stands for the place of a series among those that a central store supplies."""


@dataclass(frozen=True)
class Supply:
    """Where the stock of S series comes from.

    Attributes:
        centres: Code of the place that supplies each; of a central store its own; empty where
            suppliers supply it and it supplies nobody, shape (S,).
        days: From the central store until what is ordered there after the next review is
            delivered, shape (S,); NaN where there is none above.
    """

    centres: TextArray
    days: FloatArray

    @classmethod
    def by_suppliers(cls, series: int) -> Supply:
        """Return the supply of so many *series* of which suppliers supply each."""
        return cls(np.full(series, ""), np.full(series, np.nan))

    @property
    def is_shared(self) -> BoolArray:
        """Which series are central stores, or are supplied from one, shape (S,)."""
        shared: BoolArray = self.centres != ""
        return shared

    def is_centre(self, location_ids: TextArray) -> BoolArray:
        """Return which series, at *location_ids*, are central stores, shape (S,)."""
        centres: BoolArray = self.is_shared & (self.centres == location_ids)
        return centres


@dataclass(frozen=True)
class SharedPart:
    """A part in a central store and at places that it supplies.

    Attributes:
        part: What is asked for, and how long it takes.
        centre: The series of the central store.
        places: The series of places, of those that the part has, shape (P,).
        members: Which of the part's J places they are, shape (P,).
    """

    part: TwoEchelons
    centre: int
    places: IntArray
    members: IntArray

    def of_all(self, values: FloatArray, otherwise: float) -> FloatArray:
        """Return *values* of all series by the part's places, shape (J,); *otherwise* of none."""
        answer = np.full(len(self.part.rate), otherwise)
        answer[self.members] = values[self.places]
        return answer


@dataclass(frozen=True)
class SuppliedWorth(Worth):
    """What stock of S series avoids and what it costs, of which some are supplied from others.

    A central store makes nothing stand still itself: what waits there is waited for at places.
    Chances are the model's, as no past window shows what two levels of stock would have done.

    Attributes:
        parts: In a central store and at places.
        part: Of each series its part among those, shape (S,); `ALONE` where it has none.
        member: Which of its places a series is, shape (S,); `CENTRE`, or `ALONE`.
    """

    parts: tuple[TwoEchelons, ...]
    part: IntArray
    member: IntArray

    def rows(self, rows: IntArray) -> Self:
        """Return what stock of these *rows* is worth; central stores among those they supply."""
        fewer = replace(super().rows(rows), part=self.part[rows], member=self.member[rows])
        return fewer.climbing(self.rungs.rows(rows)) if "rungs" in self.__dict__ else fewer

    @property
    def stands_alone(self) -> BoolArray:
        """Which series are worth what they are whatever others hold, shape (S,)."""
        alone: BoolArray = self.part == ALONE
        return alone

    @cached_property
    def shared(self) -> tuple[SharedPart, ...]:
        """The parts of which a central store is among the series."""
        centres = {int(self.part[n]): int(n) for n in np.flatnonzero(self.member == CENTRE)}
        places = np.flatnonzero(self.member >= 0)
        found: dict[int, list[int]] = {number: [] for number in centres}
        for place in places.tolist():
            found[int(self.part[place])].append(place)
        return tuple(
            SharedPart(
                self.parts[number],
                centre,
                np.array(found[number], np.int64),
                self.member[np.array(found[number], np.int64)],
            )
            for number, centre in centres.items()
        )

    def days_at_store(self, stock: FloatArray) -> FloatArray:
        """Return the days that what a place asks of its central store waits there, on average.

        *stock* are the units of each of S series; NaN where none supplies it, shape (S,).
        """
        answer = super().days_at_store(stock)
        for each in self.shared:
            lots = np.floor(stock[each.centre] / self.demand.lot[each.centre] + 1e-9)
            answer[each.places] = each.part.wait_at_centre(int(lots))
        return answer

    def is_supported(self, stock: FloatArray) -> BoolArray:
        """Return where the chance of more than *stock* was counted in the past."""
        return super().is_supported(stock) & self.stands_alone

    def chance_of_more(self, stock: FloatArray) -> FloatArray:
        """Return the chance that more than *stock*, units, is asked for, or waited for at once."""
        alone = super().chance_of_more(stock)
        centres = self.member == CENTRE
        alone[centres] = self._chance(stock, "forecast")[centres]
        return self._with_places(alone, self._beside(stock).chance_of_more(stock[self._places_of]))

    def avoided_by_next(self, stock: FloatArray) -> FloatArray:
        """Return the tower-hours a month that one more lot avoids above *stock*, units.

        In a central store it is what all its places wait for less.
        """
        answer, places = super().avoided_by_next(stock), self._places_of
        at_places = self._beside(stock)
        answer[places] = at_places.avoided_by_next(stock[places])
        more = np.where(self.member == CENTRE, self.demand.lot, 0.0)
        after = self._beside(stock + more).hours_down(stock[places])
        less = np.bincount(
            self.part[places],
            weights=at_places.hours_down(stock[places]) - after,
            minlength=len(self.parts),
        )
        centres = self.member == CENTRE
        answer[centres] = less[self.part[centres]]
        return answer

    def backorders(self, stock: FloatArray) -> Cumulants:
        """Return mean, variance and third moment of the units that wait beside *stock* units."""
        alone = super().backorders(stock)
        found = self._beside(stock).backorders(stock[self._places_of])
        return Cumulants(
            *(
                self._with_places(self._without_centres(getattr(alone, name)), getattr(found, name))
                for name in ("mean", "variance", "third")
            )
        )

    def backorders_as_forecast(self, stock: FloatArray) -> FloatArray:
        """Return the units that wait, on average, with the chances that the model gives."""
        alone = self._without_centres(super().backorders_as_forecast(stock))
        found = self._beside(stock).backorders_as_forecast(stock[self._places_of])
        return self._with_places(alone, found)

    def level_at(self, price: float) -> FloatArray:
        """Return the stock that is worth its cost at *price*, units; 0 where none is.

        Of a part in a central store and at places it is the split that costs least, hours and
        stock together (`SharedStock.split`).
        """
        level, asked = super().level_at(price), self.asked_at(price)
        for each in self.shared:
            lots = np.zeros(len(each.part.rate), np.int64)
            central = 0
            if np.isfinite(asked[each.centre]):
                central, lots = each.part.shared.split(
                    each.of_all(self.hours, 0.0),
                    each.of_all(asked, np.inf),
                    float(asked[each.centre]),
                )
            level[each.centre] = central * self.demand.lot[each.centre]
            level[each.places] = lots[each.members] * self.demand.lot[each.places]
        return level

    @cached_property
    def _places_of(self) -> IntArray:
        """The series that are supplied from a central store, part by part."""
        found = [each.places for each in self.shared]
        return np.concatenate([np.empty(0, np.int64), *found])

    def _beside(self, stock: FloatArray) -> Worth:
        """What stock of the supplied places is worth beside what the central stores have."""
        ladders, first = [], 0
        for each in self.shared:
            lots = np.floor(stock[[each.centre]] / self.demand.lot[[each.centre]] + 1e-9)
            chances = each.part.shared.beside(lots).chances[0, each.members]
            ladders.append(ladder_of(np.arange(first, first + len(chances)), chances))
            first += len(chances)
        rows = self._places_of
        return Worth(
            rows_of(self.demand, rows),
            self.hours[rows],
            self.unit_cost[rows],
            self.holding_factor[rows],
            Tails.as_forecast(),
            np.full(len(rows), np.nan),
            self.stocked[rows],
        ).climbing(Rungs.of(ladders, len(rows)))

    def _with_places(self, values: FloatArray, of_places: FloatArray) -> FloatArray:
        answer = values.copy()
        answer[self._places_of] = of_places
        return answer

    def _without_centres(self, values: FloatArray) -> FloatArray:
        return np.where(self.member == CENTRE, 0.0, values)


def supplied_worth(
    worth: Worth, supply: Supply, item_ids: TextArray, location_ids: TextArray, days: FloatArray
) -> SuppliedWorth:
    """Return *worth* with central stores and the places that they supply weighed at once.

    What places ask for is taken from their own forecasts, so that it adds up at the centre; how
    far it scatters there from the centre's, which no sum of places tells. A place's own excess is
    the mean of its forecast's and of what its share in the centre's would have.

    Args:
        worth: Of S series, each by its demand over delivery and review.
        supply: Of the same; each central store is one of the series.
        item_ids: Of the same.
        location_ids: Of the same.
        days: Of delivery by a supplier and review, shape (S,).
    """
    demand = worth.demand
    part, member = np.full(len(days), ALONE), np.full(len(days), ALONE)
    mean, excess, least = (
        getattr(demand, name).copy() for name in ("mean", "excess", "least_mean")
    )
    groups: dict[tuple[str, str], list[int]] = {}
    for row in np.flatnonzero(supply.is_shared).tolist():
        groups.setdefault((str(item_ids[row]), str(supply.centres[row])), []).append(row)
    parts = []
    for number, ((_, code), rows) in enumerate(groups.items()):
        (centre,) = (row for row in rows if location_ids[row] == code)
        places = np.array([row for row in rows if row != centre], np.int64)
        rate = demand.drawn[places] / demand.lot[places] / days[places]
        share = rate / rate.sum()
        whole = float(demand.excess[centre])
        excess[places] = (demand.excess[places] + share * whole) / 2.0
        parts.append(
            TwoEchelons(rate, whole, float(days[centre]), supply.days[places], excess[places])
        )
        mean[places] = rate * supply.days[places] * demand.lot[places]
        mean[centre] = parts[-1].asked_of_centre * demand.lot[centre]
        least[rows] = 0.0
        part[rows] = number
        member[places], member[centre] = np.arange(len(places)), CENTRE
    return SuppliedWorth(
        NegativeBinomial(mean, excess, demand.lot, least),
        worth.hours,
        worth.unit_cost,
        worth.holding_factor,
        worth.tails,
        worth.fetched,
        worth.stocked,
        parts=tuple(parts),
        part=part,
        member=member,
    )
