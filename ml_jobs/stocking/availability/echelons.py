"""A central store above places: what waits there is shared out to those that it supplies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.stocking.availability.waiting import lower_hull

_LEAST_CHANCE = 1e-13


@dataclass(frozen=True)
class TwoEchelons:
    """One part in a central store and the J places that it supplies, one for one, first come first.

    Attributes:
        rate: Lots asked for at each place in a period, shape (J,).
        excess: Variance over mean of what is asked for, less 1; the same over any time.
        supply: Periods from the central store's order until it is delivered; of a part that is
            repaired `repair_pipeline`.
        transport: Periods from the central store to each place, shape (J,).

    Source: Sherbrooke 1986, "VARI-METRIC", Operations Research 34(2); Graves 1985, Management
    Science 31(10). What waits comes in batches of one place, which makes the variance of a place's
    share greater by (1 + excess).
    """

    rate: FloatArray
    excess: float
    supply: float
    transport: FloatArray

    def backorders(self, central: int, stock: IntArray) -> FloatArray:
        """Return the lots that wait at each place, on average, shape (J,).

        Args:
            central: Lots that the central store has, or has ordered.
            stock: The same of each place, shape (J,).
        """
        mean, excess = self._outstanding(central)
        return np.array(
            [
                _backorders(float(m), float(e), int(s))[0]
                for m, e, s in zip(mean, excess, stock, strict=True)
            ]
        )

    def cheapest(self, most: int) -> tuple[IntArray, FloatArray]:
        """Return how few lots wait with 0, 1, ... *most* lots in all, shared out best.

        Returns:
            The stock of the central store and of each place, shape (most + 1, 1 + J), and the lots
            that wait, shape (most + 1,).
        """
        shares = np.zeros((most + 1, 1 + len(self.rate)), np.int64)
        least = np.full(most + 1, np.inf)
        for central in range(most + 1):
            mean, excess = self._outstanding(central)
            levels = np.arange(most - central + 1)
            tails = np.stack(
                [_sf(levels, float(m), float(e)) for m, e in zip(mean, excess, strict=True)]
            )
            order = np.argsort(-tails, axis=None, kind="stable")[: most - central]
            waiting = mean.sum() - np.append(0.0, np.cumsum(tails.ravel()[order]))
            places = np.zeros(len(mean), np.int64)
            for count in range(most - central + 1):
                if count:
                    places[order[count - 1] // tails.shape[1]] += 1
                if waiting[count] < least[central + count] - 1e-15:
                    least[central + count] = waiting[count]
                    shares[central + count] = [central, *places]
        return shares, least

    def _outstanding(self, central: int) -> tuple[FloatArray, FloatArray]:
        """Mean and excess of what each place waits for, on the way or not yet sent, shape (J,)."""
        total = float(self.rate.sum())
        share = self.rate / total
        waiting, variance = _backorders(total * self.supply, self.excess, central)
        mean = self.rate * self.transport + share * waiting
        spread = (
            self.rate * self.transport * (1.0 + self.excess)
            + share**2 * variance
            + share * (1.0 - share) * waiting * (1.0 + self.excess)
        )
        return mean, np.maximum(spread / np.maximum(mean, 1e-300) - 1.0, 0.0)


def hull_of(waiting: FloatArray) -> IntArray:
    """Return the numbers of lots from which a further one is best bought: corners of a hull."""
    return lower_hull(np.arange(len(waiting)), waiting).stock


def repair_pipeline(repair: float, supply: float, condemned: float) -> float:
    """Return the periods until a failed part is on the shelf again, or another in its place.

    By Palm's theorem only the mean counts: a share of *condemned* is bought anew within *supply*
    periods, the others come back from repair after *repair*.
    """
    return (1.0 - condemned) * repair + condemned * supply


def _backorders(mean: float, excess: float, stock: int) -> tuple[float, float]:
    """Mean and variance of the demand beyond *stock* lots, for demand of *mean* and *excess*."""
    if mean <= 0.0:
        return 0.0, 0.0
    last = stock
    while _sf(np.array([last]), mean, excess)[0] > _LEAST_CHANCE:
        last += max(16, int(mean))
    beyond = np.arange(stock, last + 1)
    chances = _sf(beyond, mean, excess)
    first = float(chances.sum())
    second = float(((2.0 * (beyond - stock) + 1.0) * chances).sum())
    return first, max(second - first**2, 0.0)


def _sf(lots: IntArray, mean: float, excess: float) -> FloatArray:
    """Chances of more than so many *lots*."""
    if mean <= 0.0:
        return np.zeros(len(lots))
    if excess < 1e-6:
        return np.asarray(stats.poisson.sf(lots, mean), np.float64)
    return np.asarray(stats.nbinom.sf(lots, mean / excess, 1.0 / (1.0 + excess)), np.float64)
