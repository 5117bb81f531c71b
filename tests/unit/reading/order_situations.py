"""Random situations of stock, and what the order rule says of them by another implementation.

Slow and plain on purpose, written from docs/contract.md and docs/decisions/0037 alone: one part at
a time, masses added up, causes in all their orders.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from itertools import permutations

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from datalayer.reading.order_rule import OrderInputs
from tests.publisher import replace_column

MOVED = (
    "stock_used",
    "stock_added",
    "moves",
    "expected_demand",
    "uncertainty",
    "service_level",
    "lead_time",
    "repair",
    "stocked",
    "rounding",
)


@dataclass(frozen=True)
class OrderSituation:
    """One part as a publication sees it: what a planner and a forecast would name.

    Attributes:
        position: Stock and open orders.
        moved: What moves bring.
        condemned: Share beyond repair; 1 of what isn't repaired.
        repair: Days of a repair.
        back: What is counted on to come back.
        rate: Expected demand a day.
        lead_scatter: Excess over the lead time were it certain; *cycle_scatter* with the review.
    """

    position: float
    rate: float
    lead_scatter: float
    cycle_scatter: float
    level: float
    days: float
    sd: float
    review: float
    minimum: float
    multiple: float
    moved: float = 0.0
    lot: float = 1.0
    least: float = 0.0
    condemned: float = 1.0
    repair: float = 0.0
    back: float = 0.0
    stocked: bool = True

    def missing(self, days: float) -> tuple[float, float]:
        """What is missing after so many days, and what share of the excess is left."""
        failed, within = self.rate * days, self.rate * self.repair
        if self.condemned == 1.0 or failed == within == 0.0:
            return failed, 1.0
        kept = self.condemned if failed >= within else 1.0 - self.condemned
        whole, part = min(failed, within), abs(failed - within)
        mean = whole + kept * part
        return mean, (whole + kept * kept * part) / mean if mean else 1.0

    def excess(self, scatter: float, days: float) -> float:
        mean = self.rate * days
        drawn = max(mean, self.least * days)
        of_time = (self.rate * self.sd) ** 2 / (drawn * self.lot) if drawn else 0.0
        return (scatter + of_time) * self.missing(days)[1]

    def quantile(self, scatter: float, days: float) -> float:
        if not self.stocked:
            return 0.0
        drawn = max(self.missing(days)[0], self.least * days)
        return count_quantile(drawn / self.lot, self.excess(scatter, days), self.level) * self.lot

    @property
    def reorder_point(self) -> float:
        return self.quantile(self.lead_scatter, self.days)

    @property
    def order_up_to(self) -> float:
        return max(self.quantile(self.cycle_scatter, self.days + self.review), self.reorder_point)

    @property
    def order(self) -> float:
        there = self.position + self.moved + self.back
        if there > self.reorder_point or self.order_up_to <= there:
            return 0.0
        wanted = max(self.order_up_to - there, self.minimum)
        multiple = self.multiple or self.lot
        return math.ceil(wanted / multiple - 1e-9) * multiple

    def published(self) -> dict[str, float]:
        """The row of fact_inventory, with what dim_item and fact_repair have of it."""
        cycle = self.days + self.review
        return {
            "current_stock": self.position,
            "on_order": self.back,
            "coming_back": self.back,
            "moved": self.moved,
            "stocked": float(self.stocked),
            "lead_time_days": self.days,
            "lead_time_sd_days": self.sd or math.nan,
            "review_days": self.review,
            "planned_service_level": self.level if self.stocked else 0.0,
            "lead_time_demand": self.missing(self.days)[0],
            "lead_time_excess": self.excess(self.lead_scatter, self.days),
            "cycle_demand": self.missing(cycle)[0],
            "cycle_excess": self.excess(self.cycle_scatter, cycle),
            "least_daily_demand": self.least,
            "repair_days": self.repair if self.condemned < 1.0 else math.nan,
            "condemnation": self.condemned if self.condemned < 1.0 else math.nan,
            "failures": self.rate * cycle if self.condemned < 1.0 else math.nan,
            "lot": self.lot,
            "reorder_point": self.reorder_point,
            "order_up_to": self.order_up_to,
            "minimum_order": self.minimum or math.nan,
            "order_multiple": self.multiple or math.nan,
            "order_quantity": self.order,
        }


@lru_cache(maxsize=100_000)
def count_quantile(mean: float, excess: float, level: float) -> float:
    """The least count whose summed negative binomial mass reaches the level."""
    if mean == 0:
        return 0.0
    shape, chance = mean / excess, 1.0 / (1.0 + excess)
    logarithm, summed, count = shape * math.log(chance), 0.0, 0
    while True:
        summed += math.exp(logarithm)
        if summed >= level:
            return float(count)
        logarithm += math.log((count + shape) / (count + 1) * (1.0 - chance))
        count += 1


def inputs_of(*situations: OrderSituation) -> OrderInputs:
    """The rows of several parts as the rule reads them."""
    rows = [each.published() for each in situations]
    return OrderInputs(
        *(np.array([row[each.name] for row in rows], dtype=float) for each in fields(OrderInputs))
    )


def with_situations(fact_inventory: pa.Table, situations: Sequence[OrderSituation]) -> pa.Table:
    """Put a situation in each row of *fact_inventory*, with the status that follows from it.

    What other data sets say of it is left to the caller.
    """
    answer = fact_inventory
    for name in set(situations[0].published()) & set(fact_inventory.column_names):
        values = [each.published()[name] for each in situations]
        filled = pa.array(values, pa.float64(), from_pandas=True)
        answer = replace_column(answer, name, filled.to_pylist())
    statuses = ["reorder" if each.order else "ok" for each in situations]
    answer = replace_column(answer, "safety_stock", [0.0] * len(situations))
    return replace_column(answer, "status", statuses)


def moved(
    before: OrderSituation, after: OrderSituation, used: float, causes: frozenset[str]
) -> OrderSituation:
    """What *before* is once the inputs of *causes* have come from *after*."""
    answer = before
    if "stock_used" in causes:
        answer = replace(answer, position=answer.position - used)
    if "stock_added" in causes:
        added = after.position - before.position + used
        answer = replace(answer, position=answer.position + added)
    for cause, names in {
        "moves": ("moved",),
        "expected_demand": ("rate", "least"),
        "uncertainty": ("lead_scatter", "cycle_scatter"),
        # The level that a part which isn't held would be planned for isn't published.
        **(
            {"service_level": ("level",)}
            if before.stocked == after.stocked
            else {"stocked": ("level", "stocked")}
        ),
        "lead_time": ("days", "sd", "review"),
        "repair": ("condemned", "repair", "back"),
        "rounding": ("minimum", "multiple"),
    }.items():
        if cause in causes:
            answer = replace(answer, **{name: getattr(after, name) for name in names})
    return answer


def causes_of(before: OrderSituation, after: OrderSituation, used: float) -> Mapping[str, float]:
    """What each cause adds, on the mean over every order in which those that go may go."""

    @cache
    def order_with(causes: frozenset[str]) -> float:
        return moved(before, after, used, causes).order

    added = dict.fromkeys(MOVED, 0.0)
    going = [each for each in MOVED if moved(before, after, used, frozenset({each})) != before]
    orders = list(permutations(going))
    for order in orders:
        gone: frozenset[str] = frozenset()
        for cause in order:
            added[cause] += order_with(gone | {cause}) - order_with(gone)
            gone |= {cause}
    return {cause: amount / len(orders) for cause, amount in added.items()}


PLAIN = OrderSituation(
    position=12.0,
    rate=0.8,
    lead_scatter=2.0,
    cycle_scatter=2.5,
    level=0.95123,
    days=30.0,
    sd=0.0,
    review=7.0,
    minimum=0.0,
    multiple=0.0,
)
"""A part that is to be ordered."""


def situations() -> st.SearchStrategy[OrderSituation]:
    """Parts of every kind, with whole numbers of stock and shares that print shortly."""
    few = st.integers(0, 60).map(float)
    scatter = st.integers(1, 80).map(lambda tenths: tenths / 10)
    # Each cause more that goes has eight times as many orders to go in.
    rules = st.sampled_from(
        [
            *([{}] * 24),
            {"condemned": 0.25, "repair": 20.0, "back": 3.0},
            {"condemned": 0.125, "repair": 60.0},
            {"condemned": 0.0, "repair": 10.0, "back": 1.0},
            {"stocked": False},
        ]
    )
    plain = st.builds(
        OrderSituation,
        position=few,
        rate=st.integers(0, 40).map(lambda hundredths: hundredths / 20),
        lead_scatter=scatter,
        cycle_scatter=scatter,
        level=st.integers(50, 99).map(lambda hundredths: hundredths / 100 + 0.00123),
        days=st.integers(0, 45).map(float),
        sd=st.integers(0, 9).map(float),
        review=st.integers(1, 30).map(float),
        minimum=st.sampled_from([0.0, 5.0, 24.0]),
        multiple=st.sampled_from([0.0, 6.0, 10.0]),
        moved=st.sampled_from([*([0.0] * 18), 7.0, -4.0]),
        least=st.sampled_from([0.0, 0.01]),
    )
    return st.builds(lambda part, rule: replace(part, **rule), plain, rules)
