"""Chances of demand, lot by lot, and what waits beside every stock: computed once, looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.waiting import slopes_of_hull

_SPREADS = 8.0
_DECAYS = 35.0
"""Standard deviations above the mean, and lengths in which the tail falls to a third, that a ladder
reaches: beyond lie chances of less than one in 10^14."""

_HEADS: dict[str, tuple[int, ...]] = {
    "forecast": (),
    "chances": (),
    "avoided": (),
    "waiting": (3,),
    "waiting_as_forecast": (),
}
"""Arrays of a ladder, and how many values they have for a rung."""


@dataclass(frozen=True)
class Ladder:
    """Rungs of R series: 0, 1, ... N - 1 lots in stock.

    Attributes:
        rows: Which series they are, shape (R,).
        forecast: The model's chance of more, shape (R, N).
        chances: That chance as it turned out, shape (R, N).
        avoided: Lots that no longer wait for the next one in stock, shape (R, N): never more than
            for the one before it, so where that would be, it is what several avoid, shared out.
        waiting: Mean, mean square and mean cube of the lots that wait, shape (3, R, N).
        waiting_as_forecast: Their mean with the model's chances, shape (R, N).
    """

    rows: IntArray
    forecast: FloatArray
    chances: FloatArray
    avoided: FloatArray
    waiting: FloatArray
    waiting_as_forecast: FloatArray


@dataclass(frozen=True)
class Rungs:
    """Ladders of S series end to end, so that one look finds a rung of each.

    Attributes:
        first: Place of the rung of 0 lots, shape (S,); that of a NaN without a forecast.
        last: Lots at which the ladder ends, where nothing waits, shape (S,).
        forecast, chances, avoided, waiting_as_forecast: As of `Ladder`, shape (N,).
        waiting: Likewise, shape (3, N).
    """

    first: IntArray
    last: IntArray
    forecast: FloatArray
    chances: FloatArray
    avoided: FloatArray
    waiting: FloatArray
    waiting_as_forecast: FloatArray

    @classmethod
    def of(cls, ladders: Iterable[Ladder], series: int) -> Rungs:
        """Return the rungs of *ladders* of some of so many *series*."""
        each = tuple(ladders)
        first, last = np.zeros((2, series), np.int64)
        begin = 1
        for ladder in each:
            count, rungs = ladder.chances.shape
            first[ladder.rows] = begin + np.arange(count) * (rungs + 1)
            last[ladder.rows] = rungs
            begin += count * (rungs + 1)
        return cls(
            first,
            last,
            **{
                name: _end_to_end([getattr(ladder, name) for ladder in each], head)
                for name, head in _HEADS.items()
            },
        )

    def rows(self, rows: IntArray) -> Rungs:
        """Return those of these *rows* of the series."""
        return replace(self, first=self.first[rows], last=self.last[rows])

    def at(self, lots: FloatArray) -> IntArray:
        """Return the place of each series' rung of so many *lots*, NaN without, shape (S,)."""
        inside = np.minimum(np.maximum(lots, 0.0), self.last)
        return np.where(np.isnan(lots), 0.0, self.first + inside).astype(np.int64)

    def above(self, least: FloatArray) -> FloatArray:
        """Return the lots of each series of which the last avoids more than *least*, shape (S,)."""
        low, high = np.zeros_like(self.first), self.last
        # What a lot avoids only falls from one to the next.
        for _ in range(int(high.max(initial=0)).bit_length()):
            middle = (low + high) // 2
            more = (self.avoided[self.first + middle] > least) & (low < high)
            low, high = np.where(more, middle + 1, low), np.where(more, high, middle)
        return low.astype(np.float64)


def _end_to_end(arrays: list[FloatArray], head: tuple[int, ...]) -> FloatArray:
    """Arrays of rungs, each row with a 0 behind it, all behind a NaN."""
    rows = [
        np.concatenate([each, np.zeros((*each.shape[:-1], 1))], axis=-1).reshape(*head, -1)
        for each in arrays
    ]
    return np.concatenate([np.full((*head, 1), np.nan), *rows], axis=-1)


def ladders_of(
    demand: NegativeBinomial, tails: Tails, sizes: IntArray, fetched: FloatArray
) -> Iterator[Ladder]:
    """Yield the ladders of all series with a forecast, those of about one length together.

    Args:
        demand: Of S series, shape (S,).
        tails: What chances turned out to be.
        sizes: Size class of each series, shape (S,).
        fetched: Lots on their way at once, on average, while there is no stock, shape (S,); NaN
            where what is asked for then waits for the next delivery.
    """
    mean, excess = demand.drawn / demand.lot, demand.excess
    reach = mean + _SPREADS * np.sqrt(mean * (1.0 + excess)) + _DECAYS * (excess + 0.5)
    lengths = np.ceil(np.log2(np.maximum(np.where(demand.covered, reach, 1.0), 1.0)))
    for length in np.unique(lengths[demand.covered]):
        rows = np.flatnonzero(demand.covered & (lengths == length))
        forecast = chances_by_lot(mean[rows], excess[rows], 2 ** int(length) + 1)
        chances = tails.of(forecast, sizes[rows])
        yield _with_fetched(
            Ladder(rows, forecast, chances, chances, _waiting(chances), _summed(forecast)),
            fetched[rows],
        )


def ladder_of(rows: IntArray, chances: FloatArray) -> Ladder:
    """Return the ladder of series *rows*, shape (R,), whose *chances*, (R, N), are the model's."""
    return Ladder(rows, chances, chances, chances, _waiting(chances), _summed(chances))


def _with_fetched(ladder: Ladder, fetched: FloatArray) -> Ladder:
    """Put in what waits of the series that are fetched at once, shape (R,)."""
    rows = np.flatnonzero(np.isfinite(fetched))
    if not rows.size:
        return ladder
    factor = fetched[rows, None]
    waiting, by_forecast = ladder.waiting.copy(), ladder.waiting_as_forecast.copy()
    mean = factor * _at_least(ladder.chances[rows])
    # Units under way independently of each other are as many as a Poisson count.
    waiting[:, rows] = np.stack([mean, mean + mean**2, mean + 3.0 * mean**2 + mean**3])
    by_forecast[rows] = factor * _at_least(ladder.forecast[rows])
    avoided = ladder.avoided.copy()
    avoided[rows] = np.array([slopes_of_hull(each) for each in mean])
    return replace(ladder, avoided=avoided, waiting=waiting, waiting_as_forecast=by_forecast)


def _at_least(chances: FloatArray) -> FloatArray:
    """Chances of 0, 1, ... lots or more, from those of more than 0, 1, ... lots, shape (R, N)."""
    return np.concatenate([np.ones((len(chances), 1)), chances[:, :-1]], axis=1)


def chances_by_lot(mean: FloatArray, excess: FloatArray, rungs: int) -> FloatArray:
    """Chances of more than 0, 1, ... lots, shape (R, rungs), added up from the smallest on."""
    lots = np.arange(rungs + 1, dtype=np.float64)
    shape = np.maximum(mean / excess, 1e-12)[:, None]
    logarithms = (
        gammaln(lots + shape)
        - gammaln(shape)
        - gammaln(lots + 1.0)
        - shape * np.log1p(excess)[:, None]
        + lots * np.log(excess / (1.0 + excess))[:, None]
    )
    single = np.where(mean[:, None] > 0, np.exp(logarithms), 0.0)
    more: FloatArray = np.cumsum(single[:, :0:-1], axis=1)[:, ::-1]
    return more


def _waiting(chances: FloatArray) -> FloatArray:
    """Moments of the lots that wait at each rung, shape (3, R, N).

    With p(j) for the chance that more than j lots wait, E[Y] is the sum of p(j), E[Y^2] that of
    (2j + 1) p(j), and E[Y^3] that of (3j^2 + 3j + 1) p(j); weights that grow with j are sums of
    sums.
    """
    first = _summed(chances)
    second = 2.0 * _summed(first) - first
    third = 3.0 * (_summed(second) - _summed(first)) + first
    return np.stack([first, second, third])


def _summed(rungs: FloatArray) -> FloatArray:
    """Sums of each rung and all above it, from the smallest on, shape (R, N)."""
    total: FloatArray = np.cumsum(rungs[:, ::-1], axis=1)[:, ::-1]
    return total
