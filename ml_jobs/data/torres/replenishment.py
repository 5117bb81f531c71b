"""Stock and open orders: what an imperfect policy left after the weeks of demand drawn.

Every Monday a depot looks at each of its parts. Where stock and orders fall to the most that was
used in a lead time and a week, as far as it remembers, it orders up to that and eight more weeks,
in what the supplier sells. It remembers usage a fifth too high or too low; a supplier is late or
early by its own scatter. What can't be met from stock is met otherwise, as in an emergency: the
depot just has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import FloatArray
from ml_jobs.data.torres.catalogue import SyntheticPart
from ml_jobs.data.torres.depots import DEPOTS
from ml_jobs.data.torres.usage import WEEKS, WEEKS_PER_YEAR, Usage

MISJUDGED = 0.2  # standard deviation of the logarithm of what a depot believes
MEMORY_WEEKS = 104  # the reorder point is the most that was used in a lead time since then
REVIEW_WEEKS = 8
SERVICE_LEVELS = {"high": 0.98, "medium": 0.95, "low": 0.9}
OFTEN_SPLIT = 0.12  # share of open orders of which a part has come


@dataclass(frozen=True)
class PlacedOrder:
    """A line of an open order; dates in days from the last day of the history.

    Attributes:
        received: Units that have come.
        due: Day on which the rest is due; None where nobody wrote it down.
    """

    item_id: str
    location_id: str
    supplier: str
    quantity: float
    received: float
    due: int | None

    @property
    def outstanding(self) -> float:
        """Units that are still to come."""
        return max(self.quantity - self.received, 0.0)


@dataclass(frozen=True)
class Holding:
    """What a depot has of a part.

    Attributes:
        weekly: Units expected a week over the last year.
        on_hand: Units on the shelf.
        orders: Open orders of it.
        in_repair: Units that failed and aren't back yet.
    """

    part: SyntheticPart
    location_id: str
    weekly: float
    on_hand: float
    orders: tuple[PlacedOrder, ...]
    in_repair: float = 0.0

    @property
    def on_order(self) -> float:
        """Units ordered and not received."""
        return sum(order.outstanding for order in self.orders)

    def order(self, quantity: float, due: int | None, received: float = 0.0) -> PlacedOrder:
        """Return an order of this part for this depot, in what the supplier sells.

        What would be due on a weekend is due on the Monday after it.
        """
        whole = saleable(quantity, self.part)
        supplier = self.part.supplier
        day = None if due is None else _workday(due)
        return PlacedOrder(self.part.item_id, self.location_id, supplier, whole, received, day)


def saleable(quantity: float, part: SyntheticPart) -> float:
    """Return *quantity* raised to what the supplier sells."""
    step = part.sold_by or part.step
    return float(np.ceil(max(quantity, part.minimum_order, step) / step - 1e-9) * step)


def _workday(day: int) -> int:
    """Return *day*, or the Monday after it; day 0 is a Sunday."""
    return day + {6: 2, 0: 1}.get(day % 7, 0)


def replenish(
    parts: Sequence[SyntheticPart], usage: Usage, random: np.random.Generator
) -> tuple[Holding, ...]:
    """Play the policy over the weeks; return what is left of each part at each depot that keeps it.

    Parts that nobody ever asked for lie at the first depot.
    """
    holdings = []
    for row, part in enumerate(parts):
        if part.life == "never":
            lying = float(random.integers(3, 9))
            holdings.append(Holding(part, DEPOTS[0].location_id, 0.0, lying, ()))
            continue
        kept = usage.rate[row].sum(axis=1) + usage.units[row].sum(axis=1) > 0
        for place in np.flatnonzero(kept):
            demand, rate = usage.units[row, place], usage.rate[row, place]
            holdings.append(_play(part, DEPOTS[place].location_id, demand, rate, random))
    return tuple(holdings)


def _play(
    part: SyntheticPart,
    location_id: str,
    demand: FloatArray,
    rate: FloatArray,
    random: np.random.Generator,
) -> Holding:
    lead = part.lead_time_days / 7
    belief = np.exp(random.normal(0.0, MISJUDGED))
    point, level = _levels(part, demand, belief)
    on_hand = saleable(level[0], part)
    coming: list[tuple[float, float, float]] = []  # week of arrival, week due, units
    for week in range(WEEKS):
        on_hand += sum(units for arrival, _, units in coming if arrival <= week)
        coming = [order for order in coming if order[0] > week]
        on_hand = max(on_hand - demand[week], 0.0)
        position = on_hand + sum(units for *_, units in coming)
        if position <= point[week]:
            late = random.normal(0.0, part.lead_time_sd_days / 7)
            arrival = week + max(lead + late, 1.0)
            coming.append((arrival, week + lead, saleable(level[week] - position, part)))
    holding = Holding(
        part, location_id, float(rate[-WEEKS_PER_YEAR:].mean()), _counted(on_hand, part), ()
    )
    return replace(holding, orders=tuple(_open(holding, coming, random)))


def _levels(
    part: SyntheticPart, demand: FloatArray, belief: float
) -> tuple[FloatArray, FloatArray]:
    """Return reorder point and order-up-to level, each week, from what was used up to then."""
    span = math.ceil(part.lead_time_days / 7) + 1
    used = np.concatenate([np.zeros(1), demand.cumsum()])
    weeks = np.arange(1, WEEKS + 1)
    sums = used[weeks] - used[np.maximum(weeks - span, 0)]
    point = np.array([sums[max(week - MEMORY_WEEKS, 0) : week].max() for week in weeks])
    usual = (used[weeks] - used[np.maximum(weeks - MEMORY_WEEKS, 0)]) / np.minimum(
        weeks, MEMORY_WEEKS
    )
    return belief * point, np.ceil(belief * (point + usual * REVIEW_WEEKS))


def _counted(units: float, part: SyntheticPart) -> float:
    return float(np.rint(units / part.step) * part.step)


def _open(
    holding: Holding, coming: Sequence[tuple[float, float, float]], random: np.random.Generator
) -> list[PlacedOrder]:
    orders = []
    for _, due, units in coming:
        split = random.random() < OFTEN_SPLIT and units > 2 * holding.part.step
        received = _counted(units * random.uniform(0.2, 0.6), holding.part) if split else 0.0
        # Ordered on a Monday, six days before the last day of its week.
        day = round((due - (WEEKS - 1)) * 7) - 6
        orders.append(replace(holding.order(units, day), received=received))
    return orders
