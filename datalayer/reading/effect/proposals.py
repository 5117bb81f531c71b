"""The orders that two publications propose for the whole network, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property, partial
from typing import Final

from datalayer.kernel.contract.spoken import counted_in
from datalayer.reading.changes import ChangeKind, Changes
from datalayer.reading.publication import Publication
from datalayer.reading.questions.changes import item_costs

MOVED_BY: Final = Decimal("0.2")
"""Share of a proposed order beyond which another one counts as moved."""

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True)
class Proposed:
    """What one publication proposes to order for the whole network.

    Attributes:
        orders: Parts that an order is proposed for.
        value: Of those whose unit cost is known, in *currency*, exact; None where none is known,
            or of no part is known what to order.
        without_value: Orders whose unit cost isn't known: they are not in *value*.
        unknown: Parts of which nobody can tell what to order, as their stock isn't known.
        currency: ISO code; an empty string where none is published.
    """

    orders: int
    value: Decimal | None
    without_value: int
    unknown: int
    currency: str


@dataclass(frozen=True)
class PartOrder:
    """What both publications propose for a part; None where one of them can't tell.

    Attributes:
        before, after: Units.
        unit_before, unit_after: Unit symbols; where one of the two has no such part, the other's.
        value_before, value_after: In the currency of the publication.
    """

    item_id: str
    name: str
    unit_before: str
    unit_after: str
    reason: str
    source_before: str | None
    source_after: str | None
    before: Decimal | None
    after: Decimal | None
    value_before: Decimal | None
    value_after: Decimal | None

    @property
    def is_other_unit(self) -> bool:
        """Whether the two orders are counted in different units."""
        return counted_in(self.unit_before) != counted_in(self.unit_after)

    @property
    def change(self) -> Decimal | None:
        """By how many units more is proposed; a part that one of them has not is none there.

        None where one of them has the part and can't tell, or the units are others.
        """
        before = _NOTHING if self.reason == ChangeKind.NEW else self.before
        after = _NOTHING if self.reason == ChangeKind.DROPPED else self.after
        return None if before is None or after is None or self.is_other_unit else after - before

    @property
    def value_change(self) -> Decimal | None:
        """What the change comes to; None where one of the two values isn't known."""
        if self.value_before is None or self.value_after is None:
            return None
        return self.value_after - self.value_before

    @property
    def is_proposed(self) -> bool:
        """Whether either of them proposes an order."""
        return bool(self.before or self.after)

    @property
    def is_moved(self) -> bool:
        """Whether the order is another one by more than a fifth of what it was."""
        if self.before is None or self.after is None or self.change is None:
            return False
        return abs(self.change) > MOVED_BY * self.before


@dataclass(frozen=True)
class Proposals:
    """What two publications propose.

    Attributes:
        parts: All parts of either, in the order of their codes.
        moved: Parts in both, whose orders are other ones by more than a fifth.
        proposed: Parts that either of the two proposes an order for.
    """

    before: Proposed
    after: Proposed
    parts: tuple[PartOrder, ...]

    @property
    def moved(self) -> int:
        """Parts whose order is another one by more than a fifth."""
        return sum(each.is_moved for each in self.parts)

    @property
    def proposed(self) -> int:
        """Parts that either proposes an order for."""
        return sum(each.is_proposed for each in self.parts)

    @property
    def other_units(self) -> int:
        """Parts that are counted in another unit than before."""
        return sum(each.is_other_unit for each in self.parts)

    @cached_property
    def new_items(self) -> frozenset[str]:
        """Parts that the publication before has not."""
        return frozenset(each.item_id for each in self.parts if each.reason == ChangeKind.NEW)

    @property
    def same_currency(self) -> bool:
        """Whether the values can be compared."""
        return self.before.currency == self.after.currency

    def largest(self, most: int) -> tuple[PartOrder, ...]:
        """Return the orders that change most in value; where no cost is known, in units.

        Only values can be compared from part to part, so those without one stand behind; an order
        that one of the two can't tell has changed by nobody knows how much, and is among them.
        """
        changed = [
            each for each in self.parts if each.is_proposed and (each.change is None or each.change)
        ]
        size = partial(_size, by_value=self.same_currency)
        return tuple(sorted(changed, key=size, reverse=True)[:most])


def proposals_of(before: Publication, after: Publication, found: Changes) -> Proposals:
    """Return what two publications propose, of *found*: their changes at the network.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    parts = tuple(_part_orders(found, _costs(before), _costs(after)))
    return Proposals(
        _proposed(before, ((each.before, each.value_before) for each in parts)),
        _proposed(after, ((each.after, each.value_after) for each in parts)),
        parts,
    )


def whole(value: Decimal) -> int:
    """Return an amount as it is told: to the unit of the currency, the even one at a half."""
    return int(value.to_integral_value(ROUND_HALF_EVEN))


def share(before: Decimal, after: Decimal) -> float | None:
    """Return the change from *before* to *after*, per cent to a tenth; None from nothing."""
    return round(float(100 * (after - before) / before), 1) if before else None


def _part_orders(
    found: Changes, costs_before: Mapping[str, _Cost], costs_after: Mapping[str, _Cost]
) -> Iterator[PartOrder]:
    names = ("item_id", "name", "reason", "source_before", "source_after")
    orders = ("order_quantity_before", "order_quantity_after")
    rows = found.parts.select([*names, *orders]).to_pylist()
    for row in sorted(rows, key=lambda each: str(each["item_id"])):
        item_id = row["item_id"]
        cost_before, cost_after = costs_before.get(item_id), costs_after.get(item_id)
        before, after = (row[name] for name in orders)
        yield PartOrder(
            **{name: row[name] for name in names},
            unit_before=(cost_before or cost_after or _NO_COST).unit,
            unit_after=(cost_after or cost_before or _NO_COST).unit,
            before=before,
            after=after,
            value_before=_value(before, cost_before),
            value_after=_value(after, cost_after),
        )


@dataclass(frozen=True)
class _Cost:
    unit: str
    unit_cost: Decimal | None


_NO_COST: Final = _Cost("", None)


def _costs(publication: Publication) -> dict[str, _Cost]:
    rows = publication.table(item_costs()).table.to_pylist()
    return {row["item_id"]: _Cost(row["unit"] or "", row["unit_cost"]) for row in rows}


def _value(order: Decimal | None, cost: _Cost | None) -> Decimal | None:
    """What an order comes to: nothing where the publication has no such part or proposes none."""
    if cost is None or order == 0:
        return _NOTHING
    return None if order is None or cost.unit_cost is None else order * cost.unit_cost


def _proposed(
    publication: Publication, orders: Iterable[tuple[Decimal | None, Decimal | None]]
) -> Proposed:
    known = list(orders)
    proposed = [value for order, value in known if order]
    values = [value for value in proposed if value is not None]
    # A part that the publication has not is none of which it can't tell.
    unknown = sum(order is None and value is None for order, value in known)
    is_told = any(order is not None for order, _value_of_it in known) or not unknown
    return Proposed(
        orders=len(proposed),
        value=sum(values, _NOTHING) if is_told and (values or not proposed) else None,
        without_value=len(proposed) - len(values),
        unknown=unknown,
        currency=str(publication.manifest.lineage.get("currency") or ""),
    )


def _size(part: PartOrder, *, by_value: bool) -> tuple[bool, Decimal, Decimal, str]:
    change = part.value_change if by_value else None
    units = abs(part.change or _NOTHING)
    return change is not None, abs(change or _NOTHING), units, part.item_id
