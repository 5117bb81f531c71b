"""Two publications compared at one place, as far as the page's choices leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalayer.portal import Publication, changed_orders, changes

SumOf = changed_orders.SumOf


@dataclass(frozen=True, eq=False)
class ComparedOrders:
    """What the page tells of.

    Attributes:
        before, after: The two publications.
        place: Where; ``network`` for all places together.
        kept: Values chosen by column; an empty list for all.
        found: The difference of every part.
        orders: The proposed orders of the parts that are left.
        asked: What is to add up.
    """

    before: Publication
    after: Publication
    place: str
    kept: Mapping[str, Sequence[str]]
    found: changes.Changes
    orders: changed_orders.ChangedOrders
    asked: SumOf

    @property
    def measure(self) -> SumOf:
        """What adds up: orders where no cost is known, whatever is asked."""
        return self.asked if self.orders.is_valued else SumOf.ORDERS

    @property
    def currency(self) -> str:
        """ISO code; empty where none is known."""
        return self.orders.currency or ""

    @property
    def steps(self) -> changed_orders.CauseSteps:
        """What the difference is made of."""
        return self.orders.steps(self.measure)
