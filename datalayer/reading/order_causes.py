"""Why a proposed order is another one: its difference as an exact sum over causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datalayer.reading.negative_binomial import FloatArray
from datalayer.reading.order_rule import (
    BoolArray,
    Levels,
    OrderInputs,
    levels_of,
    order_of,
    published_levels,
)

IntArray = NDArray[np.int64]

MICRO: Final = 1_000_000
"""What a unit has of the last digit that amounts are told to."""

_MOST: Final = 1e9  # units; an order beyond that is not taken apart
_SAME: Final = 1e-9  # relative; what differs by less is the same give or take floating point
_AS_PUBLISHED: Final = 1e-6  # relative; the last digits of a publication


class OrderCause(StrEnum):
    """What a part of the difference of a proposed order comes from."""

    STOCK_USED = "stock_used"
    STOCK_ADDED = "stock_added"
    STOCK = "stock"
    MOVES = "moves"
    REPAIR = "repair"
    STOCKED = "stocked"
    EXPECTED_DEMAND = "expected_demand"
    UNCERTAINTY = "uncertainty"
    SERVICE_LEVEL = "service_level"
    LEAD_TIME = "lead_time"
    LEVELS = "levels"
    ROUNDING = "rounding"
    NEW = "new"
    GONE = "gone"
    KNOWN = "known"
    TOGETHER = "together"


# The causes that the rule's inputs are moved by, each with its bit in a set of them.
_MOVED: Final = (
    OrderCause.STOCK_USED,
    OrderCause.STOCK_ADDED,
    OrderCause.MOVES,
    OrderCause.EXPECTED_DEMAND,
    OrderCause.UNCERTAINTY,
    OrderCause.SERVICE_LEVEL,
    OrderCause.LEAD_TIME,
    OrderCause.REPAIR,
    OrderCause.ROUNDING,
)
_BIT: Final = {cause: 1 << place for place, cause in enumerate(_MOVED)}
_LEVEL_CAUSES: Final = (
    OrderCause.EXPECTED_DEMAND,
    OrderCause.UNCERTAINTY,
    OrderCause.SERVICE_LEVEL,
    OrderCause.LEAD_TIME,
    OrderCause.REPAIR,
)
_LEVEL_BITS: Final = sum(_BIT[cause] for cause in _LEVEL_CAUSES)


@dataclass(frozen=True)
class Explained:
    """The differences of N proposed orders, by cause.

    Attributes:
        by_cause: Millionths of a unit, shape (N,) each; they add up to the difference of the
            orders. All are 0 where *explained* is false, and where the orders are the same.
        explained: Where the rule gives both orders as they are published, shape (N,).
    """

    by_cause: Mapping[OrderCause, IntArray]
    explained: BoolArray


def explain(before: OrderInputs, after: OrderInputs, used: FloatArray) -> Explained:
    """Take the difference of every part's proposed orders apart.

    Each cause gets what it adds to the order when its inputs go from *before* to *after*, on the
    mean over all orders in which the causes may go (the Shapley value). So causes add up to the
    difference, the same inputs cause nothing, and the way back has the same causes with the other
    sign. What can't be told apart is one cause: ``STOCK`` where the demand between isn't known,
    ``LEVELS`` where the published moments don't give the published levels. What a service level
    adds where the part is held in one of the publications only is ``STOCKED``.

    Args:
        before: Of N parts that both publications have.
        after: Of the same parts.
        used: Demand from the day of the one stock to that of the other, units, shape (N,);
            NaN where not known.

    Source: Shapley 1953, "A value for n-person games"; Shorrocks 2013, "Decomposition procedures
    for distributional analysis", for differences taken apart by it.
    """
    explained = _follows_the_rule(before) & _follows_the_rule(after)
    orders = (np.where(explained, end.order_quantity, 0.0) for end in (before, after))
    differs = np.not_equal(*(_micro(each) for each in orders))
    by_cause = {cause: np.zeros(len(used), np.int64) for cause in OrderCause}
    rows = np.flatnonzero(differs)
    move = _Move(before.take(rows), after.take(rows), used[rows])
    for mask in np.unique(move.masks):
        chosen = np.flatnonzero(move.masks == mask)
        if not mask:
            explained[rows[chosen]] = False
            continue
        for cause, micro in _shapley(move.take(chosen), int(mask)).items():
            by_cause[cause][rows[chosen]] = micro
    named = {
        OrderCause.STOCK: (OrderCause.STOCK_ADDED, ~np.isfinite(move.used)),
        OrderCause.LEVELS: (OrderCause.EXPECTED_DEMAND, ~move.recomputable),
        OrderCause.STOCKED: (OrderCause.SERVICE_LEVEL, move.is_held_once),
    }
    for name, (cause, untold) in named.items():
        by_cause[name][rows] = np.where(untold, by_cause[cause][rows], 0)
        by_cause[cause][rows] = np.where(untold, 0, by_cause[cause][rows])
    return Explained(by_cause, explained)


def _micro(units: FloatArray) -> IntArray:
    return np.rint(units * MICRO).astype(np.int64)


def _follows_the_rule(inputs: OrderInputs) -> BoolArray:
    ordered = order_of(inputs.position, published_levels(inputs), inputs)
    return _close(ordered, inputs.order_quantity, _AS_PUBLISHED) & (inputs.order_quantity < _MOST)


def _close(one: FloatArray, other: FloatArray, tolerance: float) -> BoolArray:
    """Where two amounts are the same; no amount is the same as none."""
    near = np.abs(one - other) <= tolerance * np.maximum(np.abs(one), np.abs(other))
    answer: BoolArray = near | (one == other)
    return answer


def _differ(one: FloatArray, other: FloatArray) -> BoolArray:
    return ~(_close(one, other, _SAME) | (np.isnan(one) & np.isnan(other)))


@dataclass(frozen=True)
class _Move:
    """Parts on their way from one publication to the other."""

    before: OrderInputs
    after: OrderInputs
    used: FloatArray

    def take(self, rows: NDArray[np.intp]) -> _Move:
        return _Move(self.before.take(rows), self.after.take(rows), self.used[rows])

    @cached_property
    def recomputable(self) -> BoolArray:
        """Where the published moments give the published levels, at both ends."""
        told = np.ones(len(self.used), bool)
        for end in (self.before, self.after):
            levels = levels_of(demand=end, scatter=end, service=end, time=end, repair=end)
            told &= _close(levels.reorder_point, end.reorder_point, _AS_PUBLISHED)
            told &= _close(levels.order_up_to, end.order_up_to, _AS_PUBLISHED)
        return told

    @property
    def is_held_once(self) -> BoolArray:
        """Where only one of the publications has the part held in stock; nobody's word is held."""
        before, after = (end.stocked == 0 for end in (self.before, self.after))
        answer: BoolArray = before != after
        return answer

    @cached_property
    def masks(self) -> IntArray:
        """The causes whose inputs differ, as a set of their bits, shape (N,)."""
        before, after = self.before, self.after
        told = self.recomputable
        levels = self._other("reorder_point", "order_up_to")
        scatter = zip(before.excess_of_demand(), after.excess_of_demand(), strict=True)
        differs = {
            OrderCause.STOCK_USED: np.nan_to_num(self.used) != 0,
            OrderCause.STOCK_ADDED: np.abs(self._added) > _SAME * np.abs(after.owned) + _SAME,
            OrderCause.MOVES: self._other("moved"),
            OrderCause.EXPECTED_DEMAND: np.where(told, self._other_demand(), levels),
            OrderCause.UNCERTAINTY: told & np.logical_or(*(_differ(*each) for each in scatter)),
            OrderCause.SERVICE_LEVEL: told & self._other("planned_service_level"),
            OrderCause.LEAD_TIME: told
            & self._other("lead_time_days", "lead_time_sd_days", "review_days"),
            OrderCause.REPAIR: self._other("coming_back")
            | (told & self._other("repair_days", "beyond_repair")),
            OrderCause.ROUNDING: self._other("minimum_order", "order_multiple", "lot"),
        }
        masks = np.zeros(len(self.used), np.int64)
        for cause, each in differs.items():
            masks += np.where(each, _BIT[cause], 0)
        return masks

    @property
    def _added(self) -> FloatArray:
        """What came to stock and open orders beside what demand took."""
        return self.after.owned - self.before.owned + np.nan_to_num(self.used)

    def _other(self, *names: str) -> BoolArray:
        """Where one of the inputs differs; none given is as much as none of it."""
        answer = np.zeros(len(self.used), bool)
        for name in names:
            ends = (np.nan_to_num(getattr(end, name)) for end in (self.before, self.after))
            answer |= _differ(*ends)
        return answer

    def _other_demand(self) -> BoolArray:
        """Where the one forecast says something else than the other of the same days."""
        before, after = self.before, self.after
        answer = _differ(before.least_daily_demand, after.least_daily_demand)
        for days in (after.lead_time_days, after.cycle_days):
            answer |= _differ(before.expected_until(days), after.expected_until(days))
        answer |= _differ(before.failing_within(after), after.failing_within(after))
        return answer

    def order_with(self, moved: int, levels: Levels) -> FloatArray:
        """Return the order where the causes in *moved* have gone, at *levels*, units."""
        stock = _BIT[OrderCause.STOCK_USED] | _BIT[OrderCause.STOCK_ADDED]
        owned = self.before.owned
        if moved & stock == stock:
            owned = self.after.owned
        elif moved & _BIT[OrderCause.STOCK_USED]:
            owned = owned - np.nan_to_num(self.used)
        elif moved & _BIT[OrderCause.STOCK_ADDED]:
            owned = owned + self._added
        position = owned + np.nan_to_num(self._end(moved, OrderCause.MOVES).moved)
        position = position + np.nan_to_num(self._end(moved, OrderCause.REPAIR).coming_back)
        return order_of(position, levels, self._end(moved, OrderCause.ROUNDING))

    def levels_with(self, moved: int, mask: int) -> Levels:
        """Return the levels where the causes in *moved* have gone, of those in *mask*."""
        moved, mask = moved & _LEVEL_BITS, mask & _LEVEL_BITS
        if moved == mask:
            return published_levels(self.after if mask else self.before)
        if not moved:
            return published_levels(self.before)
        demand, scatter, service, time, repair = (self._end(moved, each) for each in _LEVEL_CAUSES)
        return levels_of(demand=demand, scatter=scatter, service=service, time=time, repair=repair)

    def _end(self, moved: int, cause: OrderCause) -> OrderInputs:
        return self.after if moved & _BIT[cause] else self.before


def _shapley(move: _Move, mask: int) -> dict[OrderCause, IntArray]:
    """The share of every cause in *mask*, all of whose inputs differ, millionths of a unit."""
    causes = [cause for cause in _MOVED if mask & _BIT[cause]]
    values = _values(move, mask)
    shares = np.stack([_share_of(_BIT[cause], mask, values) for cause in causes])
    micro = _micro(shares)
    total = _micro(move.after.order_quantity) - _micro(move.before.order_quantity)
    # What rounding leaves, some millionths, goes to the greatest.
    greatest = np.abs(shares).argmax(axis=0)
    micro[greatest, np.arange(len(total))] += total - micro.sum(axis=0)
    return dict(zip(causes, micro, strict=True))


def _values(move: _Move, mask: int) -> dict[int, FloatArray]:
    """The order for every set of the causes in *mask* that have gone; published at both ends."""
    sets = [each for each in range(mask + 1) if each & mask == each]
    levels = {each: move.levels_with(each, mask) for each in sets if each & _LEVEL_BITS == each}
    values = {each: move.order_with(each, levels[each & _LEVEL_BITS]) for each in sets}
    return values | {0: move.before.order_quantity, mask: move.after.order_quantity}


def _share_of(bit: int, mask: int, values: Mapping[int, FloatArray]) -> FloatArray:
    """The Shapley value of a cause: what it adds, on the mean over all orders of causes."""
    causes = mask.bit_count()
    share = np.zeros_like(values[mask])
    for others in values:
        if not others & bit:
            gone = others.bit_count()
            weight = factorial(gone) * factorial(causes - gone - 1) / factorial(causes)
            share += weight * (values[others | bit] - values[others])
    return share
