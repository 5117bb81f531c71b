"""Proposed orders of two publications in money, and the steps from the one sum to the other.

All money is whole cents: what is shown of parts, steps and sums adds up to the last one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

import pyarrow.compute as pc

from datalayer.kernel.contract.spoken import counted_in
from datalayer.reading.changes import CAUSES, ChangeKind, Changes
from datalayer.reading.order_causes import OrderCause
from datalayer.reading.publication import Publication

UNIT_COST: Final = "unit_cost"
"""The cause of what an order costs more or less because one unit does."""

OTHER_UNIT: Final = "unit"
"""The cause of an order that is counted in another unit: pieces before, metres after."""

STEP_CAUSES: Final = (*(str(cause) for cause in OrderCause), UNIT_COST, OTHER_UNIT)
"""Every cause that a step can have."""

CENTS: Final = 100
_READ: Final = ("item_id", "name", "category", "demand_class", "reason")
_OF_BOTH: Final = ("unit", "unit_cost", "order_quantity")
_ENDS: Final = ("before", "after")


class SumOf(StrEnum):
    """What steps add up to."""

    VALUE = "value"
    ORDERS = "orders"


class LeftOut(StrEnum):
    """Why an order is in no sum of money."""

    COST = "cost"
    UNIT = "unit"
    CURRENCY = "currency"


@dataclass(frozen=True)
class ChangedOrder:
    """The proposed order of one part, before and after.

    Attributes:
        unit: What is counted, before and after; None where the part isn't there or nobody says.
        order: Units, before and after; None where the part isn't there, or the publication
            doesn't say what to order.
        cents: What the orders cost, before and after; 0 where the part isn't there, None where
            that isn't known or the part is left out.
        shares: Cents of the difference by cause, which add up to it; empty where it isn't known.
        moved: Units of the difference by cause.
        left_out: Why it is in no sum of money; None where it is in.
    """

    item_id: str
    name: str
    category: str
    demand_class: str
    reason: str
    unit: tuple[str | None, str | None]
    order: tuple[Decimal | None, Decimal | None]
    cents: tuple[int | None, int | None]
    shares: Mapping[str, int]
    moved: Mapping[str, Decimal]
    left_out: LeftOut | None

    @property
    def is_other_unit(self) -> bool:
        """Whether the two orders are counted in different units."""
        return self.left_out is LeftOut.UNIT

    @property
    def is_known(self) -> tuple[bool, bool]:
        """Whether it is known what is ordered, before and after; nothing of a part not there."""
        absent = (self.reason == ChangeKind.NEW, self.reason == ChangeKind.DROPPED)
        return absent[0] or self.order[0] is not None, absent[1] or self.order[1] is not None

    @property
    def units_change(self) -> Decimal | None:
        """How many more units are ordered; None where that isn't known or units are others."""
        if self.is_other_unit or not all(self.is_known):
            return None
        return (self.order[1] or Decimal(0)) - (self.order[0] or Decimal(0))

    @property
    def cents_change(self) -> int | None:
        """What more is ordered, in cents; None where that isn't known."""
        before, after = self.cents
        return None if before is None or after is None else after - before

    @property
    def is_changed(self) -> bool:
        """Whether anything of the order is another one."""
        if self.is_other_unit or self.order[0] != self.order[1]:
            return True
        return bool(self.shares)

    @property
    def cause(self) -> str | None:
        """What moved the order most, in the direction in which it went; None where nothing did."""
        if self.is_other_unit:
            return OTHER_UNIT
        moved: Mapping[str, int | Decimal] = self.shares or self.moved
        up = sum(moved.values()) >= 0
        told = {cause: share if up else -share for cause, share in moved.items()}
        return max(told, key=lambda cause: (told[cause], cause), default=None)


@dataclass(frozen=True)
class CauseStep:
    """What one cause adds to the sum.

    Attributes:
        amount: In cents, or orders.
        parts: How many parts it moved.
        level: The sum once it is added.
    """

    cause: str
    amount: int
    parts: int
    level: int

    @property
    def first(self) -> int:
        """The sum before it is added."""
        return self.level - self.amount


@dataclass(frozen=True)
class CauseSteps:
    """From one sum to another: ``before`` and all steps make ``after``, to the last one.

    Attributes:
        before: In cents, or orders.
        steps: The greatest first; those that are not about known orders last.
        orders: Parts with an order in the sum, before and after.
    """

    measure: SumOf
    before: int
    after: int
    steps: tuple[CauseStep, ...]
    orders: tuple[int, int]

    @property
    def change(self) -> int:
        """The difference of the two ends."""
        return self.after - self.before

    @property
    def leading(self) -> CauseStep | None:
        """The step that goes farthest in the direction of the difference; None without one."""
        sign = 1 if self.change >= 0 else -1
        ways = [step for step in self.steps if step.amount * sign > 0]
        return max(ways, key=lambda step: step.amount * sign, default=None)


@dataclass(frozen=True)
class ChangedOrders:
    """The proposed orders of two publications at a place.

    Attributes:
        currency: ISO code of both; an empty string where neither names one, None where they
            differ, so that nothing is known in money.
        rows: Every part that has an order in one of the two.
        unknown: Parts that are there and of which nobody says what to order, before and after.
    """

    currency: str | None
    rows: tuple[ChangedOrder, ...]
    unknown: tuple[int, int]

    @property
    def is_valued(self) -> bool:
        """Whether sums of money mean anything: a cost is known of some order, or there is none."""
        return not self.rows or any(row.left_out is None for row in self.rows)

    def left_out(self, why: LeftOut) -> int:
        """Return how many orders are in no sum of money for one reason."""
        return sum(row.left_out is why for row in self.rows)

    def changed(self) -> list[ChangedOrder]:
        """Return the orders that are others, by their change in money, then in units."""
        return sorted((row for row in self.rows if row.is_changed), key=_greatest_first)

    def steps(self, measure: SumOf) -> CauseSteps:
        """Return what the sum is made of; of money without the orders that are left out of it."""
        if measure is SumOf.ORDERS:
            ends = [_ordered(self.rows, end) for end in (0, 1)]
            return _steps(measure, (ends[0], ends[1]), map(_counted, self.rows), (ends[0], ends[1]))
        valued = [row for row in self.rows if row.left_out is None]
        sums = (sum(row.cents[0] or 0 for row in valued), sum(row.cents[1] or 0 for row in valued))
        orders = (_ordered(valued, 0), _ordered(valued, 1))
        return _steps(measure, sums, (row.shares for row in valued), orders)


def changed_orders(
    before: Publication,
    after: Publication,
    found: Changes,
    kept: Mapping[str, Sequence[str]] | None = None,
) -> ChangedOrders:
    """Return the proposed orders of *found*, in money.

    Args:
        before: The one publication that was compared.
        after: The other one.
        found: What ``compare`` returned of them.
        kept: Values by column of ``Changes.parts``: only parts with one of them in each.
    """
    parts = found.parts_with(kept or {})
    absent = (ChangeKind.NEW, ChangeKind.DROPPED)
    nothing = [
        pc.and_(
            pc.is_null(parts[f"order_quantity_{end}"]), pc.not_equal(parts["reason"], away.value)
        )
        for end, away in zip(_ENDS, absent, strict=True)
    ]
    unknown = tuple(int(pc.sum(each).as_py() or 0) for each in nothing)
    ordered = [pc.greater(pc.fill_null(parts[f"order_quantity_{end}"], 0), 0) for end in _ENDS]
    of_interest = pc.or_(*ordered)
    names = [*_READ, *(f"{name}_{end}" for name in _OF_BOTH for end in _ENDS), *CAUSES]
    rows = parts.filter(of_interest).select(names).to_pylist()
    currency = _currency(before, after)
    return ChangedOrders(
        currency, tuple(_order(row, currency) for row in rows), (unknown[0], unknown[1])
    )


def _currency(*ends: Publication) -> str | None:
    found = {str(each.manifest.lineage.get("currency") or "") for each in ends}
    return found.pop() if len(found) == 1 else None


def _order(row: Mapping[str, Any], currency: str | None) -> ChangedOrder:
    order = (row["order_quantity_before"], row["order_quantity_after"])
    costs = (row["unit_cost_before"], row["unit_cost_after"])
    unit = (row["unit_before"], row["unit_after"])
    left_out = _left_out(row, order, costs, unit, currency)
    moved = {name.removeprefix("cause_"): row[name] for name in CAUSES if row[name]}
    cents: tuple[int | None, int | None] = (None, None)
    shares: dict[str, int] = {}
    if left_out is None:
        here = (row["reason"] != ChangeKind.NEW, row["reason"] != ChangeKind.DROPPED)
        cents = (_cents(order[0], costs[0], here[0]), _cents(order[1], costs[1], here[1]))
        shares = _shares(moved, order, costs, (cents[1] or 0) - (cents[0] or 0))
    return ChangedOrder(
        **{name: row[name] for name in _READ},
        unit=unit,
        order=order,
        cents=cents,
        shares=shares,
        moved=moved,
        left_out=left_out,
    )


def _left_out(
    row: Mapping[str, Any],
    order: tuple[Decimal | None, Decimal | None],
    costs: tuple[Decimal | None, Decimal | None],
    unit: tuple[str | None, str | None],
    currency: str | None,
) -> LeftOut | None:
    is_of_both = row["reason"] not in {ChangeKind.NEW, ChangeKind.DROPPED}
    if is_of_both and counted_in(unit[0]) != counted_in(unit[1]):
        return LeftOut.UNIT
    if currency is None:
        return LeftOut.CURRENCY
    lacks = any(units and cost is None for units, cost in zip(order, costs, strict=True))
    return LeftOut.COST if lacks else None


def _cents(units: Decimal | None, cost: Decimal | None, is_there: bool) -> int | None:
    """What an order costs; nothing of a part that isn't there, None where nobody says."""
    if units is None:
        return None if is_there else 0
    return round(Fraction(units) * Fraction(cost or 0) * CENTS)


def _shares(
    moved: Mapping[str, Decimal],
    order: tuple[Decimal | None, Decimal | None],
    costs: tuple[Decimal | None, Decimal | None],
    change: int,
) -> dict[str, int]:
    """Return the cents of *change* by cause, as they are left when whole cents must add up.

    Each cause in units is worth the mean of both costs, and the cost's own change the mean of both
    orders: the Shapley value of a product of two.
    """
    known = [Fraction(cost) for cost in costs if cost is not None]
    if not known:
        return {}
    first, last = known[0], known[-1]
    exact = {cause: Fraction(units) * (first + last) / 2 * CENTS for cause, units in moved.items()}
    ordered = sum(Fraction(units or 0) for units in order)
    exact[UNIT_COST] = (last - first) * ordered / 2 * CENTS
    return {cause: cents for cause, cents in whole(exact, change).items() if cents}


def whole(exact: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Return *exact* in whole numbers that add up to *total*, which is about their sum.

    Those that rounding moved farthest from it go back first. So all signs turn where all of
    *exact* and *total* do.
    """
    rounded = {name: round(value) for name, value in exact.items()}
    lacking = total - sum(rounded.values())
    sign = 1 if lacking > 0 else -1
    order = sorted(exact, key=lambda name: -sign * (exact[name] - rounded[name]))
    for place in range(abs(lacking)):
        rounded[order[place % len(order)]] += sign
    return rounded


def _ordered(rows: Iterable[ChangedOrder], end: int) -> int:
    return sum(bool(row.order[end]) for row in rows)


def _counted(row: ChangedOrder) -> dict[str, int]:
    """Return the cause of an order that came or went, as one of the orders that did."""
    change = bool(row.order[1]) - bool(row.order[0])
    if not change:
        return {}
    told = {cause: units * change for cause, units in row.moved.items()}
    cause = OTHER_UNIT if row.is_other_unit else max(told, key=lambda each: (told[each], each))
    return {cause: change}


def _steps(
    measure: SumOf,
    ends: tuple[int, int],
    moves: Iterable[Mapping[str, int]],
    orders: tuple[int, int],
) -> CauseSteps:
    amounts, parts = Counter[str](), Counter[str]()
    for shares in moves:
        amounts.update(shares)
        parts.update(shares.keys())
    known = [cause for cause in STEP_CAUSES if amounts[cause]]
    told = sorted(known, key=lambda cause: (cause in _LAST, -abs(amounts[cause])))
    level, steps = ends[0], []
    for cause in told:
        level += amounts[cause]
        steps.append(CauseStep(cause, amounts[cause], parts[cause], level))
    return CauseSteps(measure, *ends, tuple(steps), orders)


_LAST: Final = (str(OrderCause.KNOWN), OTHER_UNIT)


def _greatest_first(row: ChangedOrder) -> tuple[bool, int, Decimal, str]:
    cents, units = row.cents_change, row.units_change
    return cents is None, -abs(cents or 0), -abs(units or Decimal(0)), row.item_id
