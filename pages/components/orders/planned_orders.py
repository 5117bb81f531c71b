"""What a planner changed of the orders: kept for the session, by publication."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from datalayer.portal import OrderLine, in_order
from pages.components import frame
from pages.components.orders.asked_orders import AskedOrders, Card

_KEPT: Final = "farol.orders"


@dataclass
class PlannedOrders:
    """Quantities, and which orders are wanted, of one publication.

    Attributes:
        quantities: Units wanted, by rank, where others are wanted than proposed.
        left_out: Ranks of orders that are not wanted.
        again: Ranks of orders that are wanted though somebody took them.
    """

    publication_id: str
    quantities: dict[int, float] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)

    @property
    def changes(self) -> int:
        """How many orders have another quantity, or are left out."""
        return len(self.quantities.keys() | self.left_out)

    def lines(self, asked: AskedOrders) -> list[OrderLine]:
        """Return the orders on the page, by supplier and date, with the quantities wanted."""
        again = (card for card in asked.taken if card["rank"] in self.again)
        return in_order(map(self._line, (*asked.left, *again)))

    def wanted(self, lines: Iterable[OrderLine]) -> list[OrderLine]:
        """Return those of *lines* that are not left out."""
        return [line for line in lines if line.rank not in self.left_out]

    def set_quantity(self, line: OrderLine, quantity: float | None) -> None:
        """Want so many units of an order; None for as many as proposed."""
        # The quantities of a publication's list are lost where another one's takes its place.
        frame.pin(self.publication_id)
        wanted = line.proposed if quantity is None else quantity
        st.session_state[self.quantity_key(line.rank)] = wanted
        self._keep(line.rank, wanted, line.proposed)

    def take_typed(self, line: OrderLine) -> None:
        """Want what the field of an order says; emptied, it says what is proposed."""
        self.set_quantity(line, st.session_state[self.quantity_key(line.rank)])

    def take_ticked(self, rank: int) -> None:
        """Want an order, or leave it out, as its box says."""
        self.leave_out([rank], out=not st.session_state[self.tick_key(rank)])

    def leave_out(self, ranks: Sequence[int], *, out: bool) -> None:
        """Leave orders out, or want them after all."""
        frame.pin(self.publication_id)
        (self.left_out.update if out else self.left_out.difference_update)(ranks)
        for rank in ranks:
            st.session_state[self.tick_key(rank)] = not out

    def round_up(self, lines: Iterable[OrderLine]) -> None:
        """Want of each of *lines* the next quantity that keeps minimum and multiple."""
        for line in lines:
            self.set_quantity(line, line.orderable)

    def quantity_key(self, rank: int) -> str:
        """Return the key of the field that has the quantity of an order."""
        return f"order-quantity-{self.publication_id}-{rank}"

    def tick_key(self, rank: int) -> str:
        """Return the key of the box that says whether an order is wanted."""
        return f"order-tick-{self.publication_id}-{rank}"

    def _line(self, card: Card) -> OrderLine:
        return OrderLine(card, self.quantities.get(card["rank"], card["quantity"]))

    def _keep(self, rank: int, wanted: float, proposed: float) -> None:
        if wanted == proposed:
            self.quantities.pop(rank, None)
        else:
            self.quantities[rank] = wanted


def left_behind(publication_id: str) -> tuple[PlannedOrders, ...]:
    """Return what was changed in this session of the orders of other publications."""
    kept: dict[str, PlannedOrders] = st.session_state.get(_KEPT, {})
    others = (each for name, each in kept.items() if name != publication_id)
    return tuple(each for each in others if each.changes)


def of_session(publication_id: str) -> PlannedOrders:
    """Return what was planned in this session of the orders of a publication."""
    kept: dict[str, PlannedOrders] = st.session_state.setdefault(_KEPT, {})
    return kept.setdefault(publication_id, PlannedOrders(publication_id))
