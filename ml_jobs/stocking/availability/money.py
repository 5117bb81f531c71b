"""An order in money: what is left over costs something, and so does what can't be delivered.

Demand that isn't met is lost, orders take some periods to come, and each decision looks only at
the period that it arrives for (the myopic rule). "Order nothing" is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ml_jobs.arrays import FloatArray, IntArray

_LEAST_CHANCE = 1e-9  # of more demand in a period; beyond it demand isn't told apart


@dataclass(frozen=True)
class MoneyPolicy:
    """What a part costs, whichever way it goes wrong.

    Attributes:
        holding: Currency for a lot that is left at the end of a period.
        lost: Currency for a lot that is asked for and isn't there.
    """

    holding: float
    lost: float

    @property
    def critical_ratio(self) -> float:
        """The chance of meeting a period's demand at which one more lot is worth as much as not."""
        return self.lost / (self.lost + self.holding)


def chances_of_demand(mean: float, excess: float) -> FloatArray:
    """Return the chance of each demand of a period, 0, 1, ... lots; they add up to 1.

    Args:
        mean: Lots a period; 0 gives no demand for sure.
        excess: Variance over mean, less 1.
    """
    if mean <= 0.0:
        return np.ones(1)
    shape, chance = mean / excess, 1.0 / (1.0 + excess)
    most = int(stats.nbinom.isf(_LEAST_CHANCE, shape, chance))
    chances = np.asarray(stats.nbinom.pmf(np.arange(most + 1), shape, chance), np.float64)
    chances[-1] += max(1.0 - chances.sum(), 0.0)
    return chances


def order_of(stock: int, arriving: IntArray, demand: FloatArray, policy: MoneyPolicy) -> int:
    """Return the lots to order now: the fewest that make the critical ratio of their period.

    What is left after each period, max(stock + arrival - demand, 0), is carried through the
    periods until the order arrives; then the order is the least q with
    P(demand <= left + q) >= b / (b + h).

    Args:
        stock: Lots on the shelf.
        arriving: Lots that come before each period until the order does, shape (L,).
        demand: Chances of a period's demand, 0, 1, ... lots.
        policy: What is left over and what is lost costs.

    Source: Morton 1971, "The Near-Myopic Nature of the Lagged-Proportional-Cost Inventory Problem
    with Lost Sales", Operations Research 19(7).
    """
    left = np.zeros(stock + 1)
    left[stock] = 1.0
    for arrival in arriving:
        left = _after(np.concatenate([np.zeros(int(arrival)), left]), demand)
    met = np.cumsum(demand)
    most = len(demand)
    # P(demand <= left + q), q = 0, 1, ...
    reached = np.array(
        [
            (left * met[np.minimum(np.arange(len(left)) + lots, most - 1)]).sum()
            for lots in range(most)
        ]
    )
    enough = np.flatnonzero(reached >= policy.critical_ratio - 1e-12)
    return int(enough[0]) if enough.size else most - 1


def _after(stock: FloatArray, demand: FloatArray) -> FloatArray:
    """Chances of what is left of a *stock*, given by its chances, after a period's *demand*."""
    differences = np.convolve(stock, demand[::-1])
    # Place n is a stock of n - (most demand).
    most = len(demand) - 1
    left = differences[most:].copy()
    left[0] += differences[:most].sum()
    return left
