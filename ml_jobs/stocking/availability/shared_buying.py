"""What to buy of parts in a central store and at places that it supplies: for which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, concatenate, divide
from ml_jobs.stocking.availability.buying import MOST_STEPS, Steps, order_sizes
from ml_jobs.stocking.availability.sharing import MOST_CENTRALS
from ml_jobs.stocking.availability.supplied import SharedPart, SuppliedWorth
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.inventory import StockLevels

_WHOLE = 1e-9


def shared_steps(worth: Worth, levels: StockLevels, *, least_per_money: float) -> Steps:
    """Return the steps of parts in central stores that are worth it; none without such parts.

    Each takes what avoids most for a unit, be it for a place or, in one order or several at once,
    for the central store, and none goes beyond what is worth holding there. Where one step after
    another avoids more, both count by what they avoid together.
    """
    none = np.empty(0)
    found = [Steps(np.empty(0, np.int64), none, none, none, none)]
    if isinstance(worth, SuppliedWorth):
        target, asked = worth.level_at(least_per_money), worth.asked_at(least_per_money)
        first, multiple = order_sizes(levels, worth.demand.lot)
        found += [
            _steps(each, worth, _Wanted(levels.position, target, asked, first, multiple))
            for each in worth.shared
            if np.isfinite(asked[each.centre])
        ]
    return concatenate(found)


def hours_for_weighed(
    alike: Worth, weighed: Worth, steps: Steps, position: FloatArray
) -> FloatArray:
    """Return the tower-hours, every contract's alike, for each weighed one avoided, shape (S,).

    What a central store avoids is of many contracts: its ratio makes all that is avoided of a part
    add up to what its steps avoid together.

    Args:
        alike: Of S series, each tower-hour counting once.
        weighed: Of the same, tower-hours counting by what they cost the contracts.
        steps: All that is bought of them, with what they avoid in weighed hours.
        position: Units before that, shape (S,).
    """
    ratio = divide(alike.hours, weighed.hours)
    if not isinstance(alike, SuppliedWorth):
        return ratio

    def summed(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(steps.series, values, len(position)), np.float64)

    less = alike.hours_down(position) - alike.hours_down(position + summed(steps.quantity))
    avoided = summed(steps.avoided)
    for each in alike.shared:
        if avoided[each.centre] > 0:
            told = avoided[each.places] @ np.nan_to_num(ratio[each.places])
            ratio[each.centre] = max(less[each.places].sum() - told, 0.0) / avoided[each.centre]
    return ratio


@dataclass(frozen=True)
class _Wanted:
    """Where series stand and what they may be raised to, units, shape (S,) each.

    Attributes:
        asked: Tower-hours a month that a unit has to avoid to be worth it.
        first, multiple: The least first order, and of what every further one is a multiple.
    """

    position: FloatArray
    target: FloatArray
    asked: FloatArray
    first: FloatArray
    multiple: FloatArray

    def orders(self, series: int) -> FloatArray:
        """Return what a series has now and after each order until it has what is worth it."""
        first, multiple = float(self.first[series]), float(self.multiple[series])
        begin, end = float(self.position[series]), float(self.target[series])
        if begin >= end:
            return np.array([begin])
        count = 1 + max(int(np.ceil((end - begin - first) / multiple - _WHOLE)), 0)
        # Of many small orders as many at once as leave so many to choose among.
        several = -(-count // MOST_CENTRALS)
        found = begin + first + multiple * several * np.arange(-(-count // several))
        return np.append(begin, found)


def _steps(shared: SharedPart, worth: SuppliedWorth, wanted: _Wanted) -> Steps:
    """The steps of one part, what avoids most first."""
    lot, centre = float(worth.demand.lot[shared.centre]), shared.centre
    central = wanted.orders(centre)
    waits = shared.part.shared.beside(np.floor(central / lot + _WHOLE))
    hours = shared.of_all(worth.hours, 0.0) * lot
    asked, target = shared.of_all(wanted.asked, np.inf), shared.of_all(wanted.target, -np.inf)
    multiple = shared.of_all(wanted.multiple, lot)
    held, order = shared.of_all(wanted.position, 0.0), shared.of_all(wanted.first, lot)
    reached = 0
    taken: list[tuple[int, float, float, float]] = []

    def lots(stock: FloatArray) -> FloatArray:
        return np.floor(stock / lot + _WHOLE)

    while len(taken) < MOST_STEPS:
        now = waits.left(reached, lots(held))
        at_places = hours * (now - waits.left(reached, lots(held + order)))
        below = waits.left_of_all(lots(held))[reached:] @ hours
        at_centre, more = below[0] - below[1:], central[reached + 1 :] - central[reached]
        worth_it = np.concatenate(
            [
                np.where(held < target - _WHOLE * lot, at_places / (order * asked), 0.0),
                at_centre / (more * wanted.asked[centre]),
            ]
        )
        best = int(np.argmax(worth_it))
        if worth_it[best] <= 1.0:
            break
        place = best - len(held)
        if place < 0:
            series = int(shared.places[shared.members == best][0])
            taken.append((series, held[best], order[best], at_places[best]))
            held[best] += order[best]
            order[best] = multiple[best]
        else:
            taken.append((centre, central[reached], more[place], at_centre[place]))
            reached += 1 + place
    return _as_steps(taken, worth)


def _as_steps(taken: Sequence[tuple[int, float, float, float]], worth: Worth) -> Steps:
    """The steps of one part by series, stock, quantity and hours avoided, in their order."""
    columns = np.array(taken, np.float64).reshape(-1, 4).T
    series, quantity = columns[0].astype(np.int64), columns[2]
    per_unit = _never_rising(columns[3], quantity)
    cost = quantity * worth.unit_cost[series]
    return Steps(series, columns[1], quantity, cost, per_unit * quantity)


def _never_rising(avoided: FloatArray, quantity: FloatArray) -> FloatArray:
    """What each step avoids for a unit; of those that rise what they avoid together, shape (N,)."""
    hours: list[float] = []
    units: list[float] = []
    lengths: list[int] = []
    for each, count in zip(avoided.tolist(), quantity.tolist(), strict=True):
        hours, units, lengths = [*hours, each], [*units, count], [*lengths, 1]
        while len(hours) > 1 and hours[-1] * units[-2] > hours[-2] * units[-1]:
            hours[-2:], units[-2:] = [sum(hours[-2:])], [sum(units[-2:])]
            lengths[-2:] = [sum(lengths[-2:])]
    means = [of / count for of, count in zip(hours, units, strict=True)]
    return np.repeat(np.array(means, np.float64), np.array(lengths, np.int64))
