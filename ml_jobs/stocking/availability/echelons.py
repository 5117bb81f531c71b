"""A central store above places: what waits there is shared out to those that it supplies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.stocking.availability.sharing import SharedStock
from ml_jobs.stocking.availability.waiting import lower_hull

_LEAST_CHANCE = 1e-13

_NEVER_HELD = 1e-6  # chance of more demand from which on no central stock is looked at


@dataclass(frozen=True)
class TwoEchelons:
    """One part in a central store and the J places that it supplies, one for one, first come first.

    Attributes:
        rate: Lots asked for at each place in a period, shape (J,).
        excess: Variance over mean of what all places ask for together, less 1; the same over any
            time.
        supply: Periods from the central store's order until it is delivered; of a part that is
            repaired `Repair.mixed`.
        transport: Periods from the central store to each place, shape (J,).
        own: The excess of what each place asks for, shape (J,); None where it is that of all.

    Source: Sherbrooke 1986, "VARI-METRIC", Operations Research 34(2); Graves 1985, Management
    Science 31(10). What waits comes in batches of one place, which makes the variance of a place's
    share greater by (1 + their excess).
    """

    rate: FloatArray
    excess: float
    supply: float
    transport: FloatArray
    own: FloatArray | None = None

    @property
    def share(self) -> FloatArray:
        """Of what all places ask for, shape (J,)."""
        shares: FloatArray = self.rate / self.rate.sum()
        return shares

    @property
    def asked_of_centre(self) -> float:
        """Lots that places ask for while the central store waits for an order, on average."""
        return float(self.rate.sum()) * self.supply

    def backorders(self, central: int, stock: IntArray) -> FloatArray:
        """Return the lots that wait at each place, on average, shape (J,).

        Args:
            central: Lots that the central store has, or has ordered.
            stock: The same of each place, shape (J,).
        """
        mean, excess = self.outstanding(np.array([central]))
        return np.array(
            [
                _backorders(float(m), float(e), int(s))
                for m, e, s in zip(mean[0], excess[0], stock, strict=True)
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
        means, excesses = self.outstanding(np.arange(most + 1))
        for central, (mean, excess) in enumerate(zip(means, excesses, strict=True)):
            levels = np.arange(most - central + 1)
            tails = np.stack(
                [
                    chances_of_more(levels, float(m), float(e))
                    for m, e in zip(mean, excess, strict=True)
                ]
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

    def wait_at_centre(self, central: int) -> float:
        """Return the periods that a lot asked of the central store waits there, on average.

        Args:
            central: Lots that the central store has, or has ordered.

        Source: Little's law: what waits is what is asked for in a period, times how long it does.
        """
        asked = float(self.rate.sum())
        waiting, _ = self._waiting_at_centre(np.array([central]))
        return float(waiting[0]) / asked if asked > 0 else 0.0

    def outstanding(self, central: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and excess of what each place waits for, on the way or not yet sent, lots.

        Args:
            central: Lots that the central store has, or has ordered, shape (C,).

        Returns:
            Two of shape (C, J).
        """
        own = np.full(len(self.rate), self.excess) if self.own is None else self.own
        waiting, variance = (each[:, None] for each in self._waiting_at_centre(central))
        share, on_the_way = self.share, self.rate * self.transport
        mean = on_the_way + share * waiting
        spread = (
            on_the_way * (1.0 + own)
            + share**2 * variance
            + share * (1.0 - share) * waiting * (1.0 + self._batches(own))
        )
        return mean, np.maximum(spread / np.maximum(mean, 1e-300) - 1.0, 0.0)

    @cached_property
    def shared(self) -> SharedStock:
        """What waits beside the central stocks that may be worth their cost."""
        most = most_lots(self.asked_of_centre, self.excess, _NEVER_HELD)
        return SharedStock.of(most, self.outstanding)

    def _batches(self, own: FloatArray) -> FloatArray:
        """Excess of the batches of one place in what is asked of the central store, shape (J,).

        What makes the places' excess and that of all fit together: where each lot is of any place
        it is none, as a place's excess is its share of the whole's then; where places are
        independent of each other it is the excess itself.
        """
        others = 1.0 - self.share
        found = (own - self.share * self.excess) / np.where(others > 0, others, 1.0)
        return np.maximum(found, 0.0)

    def _waiting_at_centre(self, central: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the lots that wait beside each *central* stock, shape (C,)."""
        mean, square = self._moments
        inside = np.minimum(central, len(mean) - 1)
        return mean[inside], np.maximum(square[inside] - mean[inside] ** 2, 0.0)

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        """Mean and mean square of what waits beside 0, 1, ... central lots, until none does."""
        mean = self.asked_of_centre
        last = most_lots(mean, self.excess)
        first = _summed(chances_of_more(np.arange(last + 1), mean, self.excess))
        return np.append(first, 0.0), np.append(2.0 * _summed(first) - first, 0.0)


def hull_of(waiting: FloatArray) -> IntArray:
    """Return the numbers of lots from which a further one is best bought: corners of a hull."""
    return lower_hull(np.arange(len(waiting)), waiting).stock


def most_lots(mean: float, excess: float, least: float = _LEAST_CHANCE) -> int:
    """Return lots that demand of *mean* and *excess* is more than with a chance below *least*."""
    last = int(mean)
    while chances_of_more(np.array([last]), mean, excess)[0] > least:
        last += max(4, int(mean) // 4)
    return last


def chances_of_more(lots: IntArray, mean: float, excess: float) -> FloatArray:
    """Return the chances of more than so many *lots*, shaped alike."""
    if mean <= 0.0:
        return np.zeros(lots.shape)
    if excess < 1e-6:
        return np.asarray(stats.poisson.sf(lots, mean), np.float64)
    return np.asarray(stats.nbinom.sf(lots, mean / excess, 1.0 / (1.0 + excess)), np.float64)


def _backorders(mean: float, excess: float, stock: int) -> float:
    """Mean of the demand beyond *stock* lots, for demand of *mean* and *excess*."""
    last = max(most_lots(mean, excess), stock)
    return float(chances_of_more(np.arange(stock, last + 1), mean, excess).sum())


def _summed(rungs: FloatArray) -> FloatArray:
    """Sums of each and all after it, from the smallest on."""
    total: FloatArray = np.cumsum(rungs[::-1])[::-1]
    return total
