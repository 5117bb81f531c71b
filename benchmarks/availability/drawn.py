"""What no public data set has, drawn with fixed seeds: cost, criticality, delivery, stock, places.

Demand and its order in time are real, and so are Online Retail's prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from ml_jobs.arrays import FloatArray, IntArray

CLASS_SHARES = (0.2, 0.3, 0.5)  # of the parts, of criticality A, B and C
SHARES_DOWN = (0.5, 0.1, 0.01)  # of the failures of each class, those that take a tower down
LEVELS = (0.98, 0.95, 0.90)  # service levels of each class, as Farol asks without other word
DELIVERY = ((1, 0.4), (2, 0.4), (3, 0.2))  # periods until an order is delivered, and how often
REVIEW = 1
TOWERS = 18_000.0
HOLDING_RATE = 0.2
COST_SPREAD = 1.5
MEDIAN_COST, LEAST_COST, MOST_COST = 300.0, 5.0, 30_000.0


@dataclass(frozen=True)
class Draw:
    """One draw of what isn't known of S parts; shape (S,) each.

    Attributes:
        unit_cost: Currency.
        share_down: Of failures, those that take a tower down.
        level: Service level asked for by criticality.
        lead: Periods until an order is delivered.
    """

    unit_cost: FloatArray
    share_down: FloatArray
    level: FloatArray
    lead: IntArray

    @property
    def protection(self) -> IntArray:
        """Periods that stock has to last for: delivery and review."""
        return self.lead + REVIEW

    @property
    def spread(self) -> float:
        """Standard deviation of ln(cost / criticality), which says what there is to gain."""
        return float(np.log(self.unit_cost / self.share_down).std())


def draw(
    count: int,
    seed: int,
    *,
    prices: FloatArray | None = None,
    cost_spread: float = COST_SPREAD,
    shares_down: tuple[float, float, float] = SHARES_DOWN,
) -> Draw:
    """Draw *count* parts; *prices* are their real costs where they are known, shape (S,)."""
    random = np.random.default_rng(seed)
    classes = random.choice(3, count, p=CLASS_SHARES)
    costs = np.exp(random.normal(np.log(MEDIAN_COST), cost_spread, count))
    periods, chances = zip(*DELIVERY, strict=True)
    return Draw(
        np.clip(costs, LEAST_COST, MOST_COST) if prices is None else prices,
        np.array(shares_down)[classes],
        np.array(LEVELS)[classes],
        random.choice(periods, count, p=chances),
    )


def median_prices(lines: Path, item_ids: tuple[str, ...], before: np.datetime64) -> FloatArray:
    """Return each item's median price in the invoice *lines* until a day, NaN without; (S,)."""
    sql = (
        "select 'OR_' || stock_code, median(unit_price) from read_parquet($lines) "
        "where unit_price > 0 and quantity > 0 and invoice_date < $before::timestamp group by all"
    )
    found = duckdb.execute(sql, {"lines": str(lines), "before": str(before)}).fetchall()
    known = dict(found)
    return np.array([float(known.get(item, np.nan)) for item in item_ids])


def thinned(demand: IntArray, shares: FloatArray, random: np.random.Generator) -> IntArray:
    """Share out *demand*, shape (S, T), to P places by *shares*, shape (S, P); (S, P, T)."""
    found = [
        random.multinomial(of_part, share) for of_part, share in zip(demand, shares, strict=True)
    ]
    return np.swapaxes(np.stack(found), 1, 2)
