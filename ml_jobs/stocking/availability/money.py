"""An order in money: what is left over costs something, and so does what can't be delivered.

Demand that isn't met is lost, orders take some periods to come, and each decision looks only at
the period that it arrives for (the myopic rule). "Order nothing" is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from ml_jobs.arrays import FloatArray, IntArray

_LEAST_CHANCE = 1e-9  # of more demand in a period; beyond it demand isn't told apart
_TIE = 1e-12  # of a chance
_MOST_STEPS = 512  # that a distribution is carried in: beyond it lots are counted by several


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


def chances_by(step: int, mean: float, excess: float) -> FloatArray:
    """Return the chance of each demand, counted by *step* lots and rounded to the nearest."""
    if mean <= 0.0:
        return np.ones(1)
    count = most_lots(mean, excess) // step + 2
    edges = np.floor((np.arange(count) + 0.5) * step)
    below: FloatArray = special.betainc(mean / excess, edges + 1.0, 1.0 / (1.0 + excess))
    last = int(np.searchsorted(below, 1.0 - _LEAST_CHANCE))
    below = below[: last + 1]
    below[-1] = 1.0
    chances: FloatArray = below.copy()
    chances[1:] -= below[:-1]
    return chances


def most_lots(mean: float, excess: float) -> int:
    """Return the lots beyond which demand has less than the least chance told apart."""
    return int(mean + 8.0 * np.sqrt(mean * (1.0 + excess)) + 21.0 * (1.0 + excess)) + 1


def step_for(lots: int) -> int:
    """Return by how many lots to count, where up to *lots* are asked for."""
    return max(-(-lots // _MOST_STEPS), 1)


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
    steps = [(int(arrival), demand) for arrival in arriving]
    return order_through(stock, steps, demand, policy.critical_ratio)


def order_through(
    stock: int, steps: Iterable[tuple[int, FloatArray]], served: FloatArray, ratio: float
) -> int:
    """Return the lots to order now, where demand differs from one stretch of time to the next.

    Args:
        stock: Lots on the shelf.
        steps: Until the order arrives: what comes first, lots, and the chances of the demand that
            is met from it and from what was left.
        served: Chances of the demand that the order is for, 0, 1, ... lots.
        ratio: The chance of meeting that at which one more lot is worth as much as not.
    """
    left = np.zeros(stock + 1)
    left[stock] = 1.0
    for arrival, demand in steps:
        left = _after(np.concatenate([np.zeros(arrival), left]), demand)
    met, held = np.cumsum(served), np.arange(len(left))
    least, most = 0, len(served) - 1
    # The chance only grows with the order.
    while least < most:
        lots = (least + most) // 2
        if left @ met[np.minimum(held + lots, len(met) - 1)] >= ratio - _TIE:
            most = lots
        else:
            least = lots + 1
    return least


def _after(stock: FloatArray, demand: FloatArray) -> FloatArray:
    """Chances of what is left of a *stock*, given by its chances, after a period's *demand*."""
    differences = np.convolve(stock, demand[::-1])
    # Place n is a stock of n - (most demand).
    most = len(demand) - 1
    left = differences[most:].copy()
    left[0] += differences[:most].sum()
    return left
