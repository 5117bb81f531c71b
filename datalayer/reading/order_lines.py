"""Orders of the list as a planner wants them: quantities, what they come to, by supplier."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datalayer.reading.order_rule import is_orderable, order_value, orderable

SIZES: Final = {"minimum": "minimum_order", "multiple": "order_multiple", "lot": "lot"}
"""Columns of the stock that an order keeps to, by the names that ``orderable`` gives them."""
MOST_TIMES: Final = 10
"""Times what is proposed, or expected in a year, that nobody orders at once but by mistake."""


@dataclass(frozen=True, eq=False)
class OrderLine:
    """An order, with the quantity that a planner wants of it.

    Attributes:
        card: Its row of ``questions.actions.cards``, or of ``questions.orders.of_ranks``.
        quantity: Units wanted.
    """

    card: Mapping[str, Any]
    quantity: float

    @property
    def rank(self) -> int:
        """Its place in the list of its publication."""
        return int(self.card["rank"])

    @property
    def proposed(self) -> float:
        """Units that the publication proposes."""
        return float(self.card["quantity"])

    @property
    def is_changed(self) -> bool:
        """Whether another quantity is wanted than the one proposed."""
        return self.quantity != self.proposed

    @property
    def is_orderable(self) -> bool:
        """Whether the quantity can be ordered; what is proposed always can."""
        if not self.is_changed:
            return True
        return not self.is_excess and is_orderable(self.quantity, **self._sizes)

    @property
    def is_excess(self) -> bool:
        """Whether the quantity is beyond what anybody can mean: a digit too many."""
        return self.is_changed and self.quantity > self.most

    @property
    def most(self) -> float:
        """Most units that are taken for meant: ``MOST_TIMES`` the proposal, or a year's demand."""
        year = self.card["year_demand"]
        return MOST_TIMES * max(self.proposed, year if year and math.isfinite(year) else 0.0)

    @property
    def orderable(self) -> float:
        """The least quantity from the one wanted on that keeps minimum and multiple.

        The one proposed where more is wanted than anybody can mean.
        """
        if self.is_excess:
            return self.proposed
        sizes = self._sizes
        if 0 < self.quantity < math.inf:
            return orderable(self.quantity, **sizes)
        return orderable(sizes["multiple"] or sizes["lot"] or 1.0, **sizes)

    @property
    def value(self) -> float | None:
        """What it comes to; None where the cost isn't known."""
        return order_value(self.quantity, self.card["unit_cost"])

    @property
    def _sizes(self) -> dict[str, float | None]:
        return {name: self.card[column] for name, column in SIZES.items()}


@dataclass(frozen=True)
class OrderSum:
    """What some orders come to.

    Attributes:
        orders: How many they are.
        value: Of those whose cost is known; None where none is.
        without_value: How many have no known cost.
    """

    orders: int
    value: float | None
    without_value: int


def sum_of(lines: Sequence[OrderLine]) -> OrderSum:
    """Return what *lines* come to."""
    known = [line.value for line in lines if line.value is not None]
    return OrderSum(len(lines), math.fsum(known) if known else None, len(lines) - len(known))


def in_order(lines: Iterable[OrderLine]) -> list[OrderLine]:
    """Return *lines* by supplier, those without one last, and inside by the day to order by."""
    return sorted(lines, key=_place)


def _place(line: OrderLine) -> tuple[bool, str, str, str, int]:
    supplier = line.card["supplier"]
    due = line.card["due"]
    name = str(supplier or "")
    return supplier is None, name.casefold(), name, str(due or "9999"), line.rank
