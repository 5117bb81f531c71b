"""How stock is best shared out between a central store and the places that it supplies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.stocking.availability.ladders import chances_by_lot

MOST_CENTRALS = 129
"""Central stocks that are looked at for one part, evenly apart where there could be more."""

_LEAST_CENTRALS = 17
_MOST_CHANCES = 50_000  # that are kept of one part with more central stocks than the least
_HARD_LIMIT = 200_000  # for which even the least give way, down to two: none, and the most

LEAST_EXCESS = 1e-4
"""Of what places wait for: the negative binomial ends where variance equals the mean."""

_SPREADS = 8.0
_DECAYS = 25.0
"""Standard deviations above the mean, and lengths in which the tail falls to a third, that places
are looked at to: beyond lie chances of less than one in 10^10."""


@dataclass(frozen=True)
class SharedStock:
    """What waits at J places of one part beside C central stocks.

    Attributes:
        centrals: Lots of the central store, increasing, shape (C,).
        chances: Of each place's waiting for more than 0, 1, ... N - 1 lots, shape (C, J, N).
    """

    centrals: IntArray | FloatArray
    chances: FloatArray

    @classmethod
    def of(
        cls, most: int, outstanding: Callable[[IntArray], tuple[FloatArray, FloatArray]]
    ) -> SharedStock:
        """Return what waits beside central stocks from none to *most* lots.

        *outstanding* says mean and excess of the lots that places wait for, on the way or not yet
        sent, shape (C, J) each, beside C central stocks.
        """
        mean, excess = outstanding(np.zeros(1, np.int64))
        reach = mean + _SPREADS * np.sqrt(mean * (1.0 + excess)) + _DECAYS * (excess + 0.5)
        rungs = int(np.ceil(reach.max())) + 1
        count = min(most + 1, MOST_CENTRALS, _fitting(rungs * mean.shape[1]))
        centrals = np.unique(np.rint(np.linspace(0, most, count)).astype(np.int64))
        mean, excess = outstanding(centrals)
        spread = np.maximum(excess, LEAST_EXCESS)
        chances = chances_by_lot(mean.ravel(), spread.ravel(), rungs).reshape(*mean.shape, rungs)
        # With more in the central store no place waits for more, whatever two moments say.
        return cls(centrals, np.minimum.accumulate(chances, axis=0))

    @cached_property
    def waiting(self) -> FloatArray:
        """Lots that wait at each beside 0, 1, ... N lots of its own, shape (C, J, N + 1).

        As large as the chances again, and kept: to be asked for only of what is soon let go.
        """
        waiting = np.zeros((*self.chances.shape[:2], self.chances.shape[2] + 1))
        waiting[..., :-1] = np.cumsum(self.chances[..., ::-1], axis=-1)[..., ::-1]
        return waiting

    def beside(self, centrals: FloatArray) -> SharedStock:
        """Return what waits beside other central stocks, lots, shape (D,): on the line between."""
        inside = np.clip(centrals, self.centrals[0], self.centrals[-1])
        above = np.searchsorted(self.centrals, inside)
        below = np.maximum(above - 1, 0)
        width = np.maximum(self.centrals[above] - self.centrals[below], 1)
        part = ((inside - self.centrals[below]) / width)[:, None, None]
        chances = (1.0 - part) * self.chances[below] + part * self.chances[above]
        return SharedStock(centrals, chances)

    def split(
        self, hours: FloatArray, asked: FloatArray, asked_of_centre: float
    ) -> tuple[int, IntArray]:
        """Return the lots of the central store and of each place that are worth their cost.

        Every corner of the lower hull of what waits over what is held is the least of hours and
        cost together at some price: so this is the split from that hull, whatever lies between.

        Args:
            hours: Tower-hours a month that a lot which waits costs at each place, shape (J,).
            asked: Those that a lot has to avoid there to be worth it, shape (J,); infinite where
                none is.
            asked_of_centre: The same at the central store.
        """
        worth_it = hours[:, None] * self.chances > asked[:, None]
        held, left = worth_it.sum(axis=-1), self.chances.sum(axis=-1, where=~worth_it)
        cost = held @ np.where(np.isfinite(asked), asked, 0.0) + asked_of_centre * self.centrals
        best = int(np.argmin(left @ hours + cost))
        return int(self.centrals[best]), held[best]

    def left(self, central: int, lots: FloatArray) -> FloatArray:
        """Return the lots that wait at each place beside its own *lots*, shape (J,).

        *central* is the place of the central stock among `centrals`. Of what is owed, all waits.
        """
        return self._left(self.waiting[central], lots)

    def left_of_all(self, lots: FloatArray) -> FloatArray:
        """Return the same beside every central stock, shape (C, J)."""
        return np.stack([self._left(each, lots) for each in self.waiting])

    @staticmethod
    def _left(waiting: FloatArray, lots: FloatArray) -> FloatArray:
        rung = np.clip(lots, 0, waiting.shape[1] - 1).astype(np.int64)
        found: FloatArray = waiting[np.arange(len(lots)), rung] + np.maximum(-lots, 0.0)
        return found


def _fitting(chances: int) -> int:
    """How many central stocks are looked at where each has so many *chances*, at least two."""
    wanted = max(_MOST_CHANCES // chances, _LEAST_CENTRALS)
    return max(min(wanted, _HARD_LIMIT // chances), 2)
