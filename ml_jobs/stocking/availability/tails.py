"""How often demand was beyond a quantile, beside how often it should have been.

A tail chance of one in a thousand is a guess of the model's; over past windows it can be counted.
What was seen takes its place as far as enough was seen; beyond that the chance falls as the model
says, from what was seen last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.negative_binomial import NegativeBinomial

CHANCES: FloatArray = np.geomspace(0.5, 1e-4, 38)
"""Chances of more demand that are counted, the greatest first, shape (K,)."""

LEAST_SEEN = 5
"""Windows with more demand from which on a chance is taken as counted."""

SIZES: FloatArray = np.array([0.5, 2.0, 8.0, 32.0])
"""Lots of expected demand at which one class of sizes ends and the next begins."""


@dataclass(frozen=True)
class TailTally:
    """In how many past windows demand was beyond each quantile; adds up over partitions.

    Attributes:
        beyond: By size class and chance, shape (C, K). Where demand *is* the quantile, the part of
            that window which the chance asks for.
        windows: By size class, shape (C,).
    """

    beyond: FloatArray
    windows: FloatArray

    def __add__(self, other: TailTally) -> TailTally:
        """Count the windows of both."""
        return TailTally(self.beyond + other.beyond, self.windows + other.windows)


def no_windows() -> TailTally:
    """Return a tally that has seen nothing."""
    return TailTally(np.zeros((len(SIZES) + 1, len(CHANCES))), np.zeros(len(SIZES) + 1))


def size_classes(demand: NegativeBinomial) -> IntArray:
    """Return the size class of each series by its expected demand in lots, shape (S,)."""
    classes: IntArray = np.searchsorted(SIZES, demand.mean / demand.lot, side="right")
    return classes


def tail_tally(demand: NegativeBinomial, actual: FloatArray, counted: BoolArray) -> TailTally:
    """Count how far out in its distribution the *actual* demand of each series lay.

    A count has whole steps of chance, so that its quantiles are met more often than asked; where
    demand is on the step that a chance falls on, it counts by the part of the step beyond it
    (the randomised probability integral transform, in expectation).

    Args:
        demand: As forecast, of S series.
        actual: What came, units, shape (S,); NaN where the window is not over.
        counted: Which series count, shape (S,).
    """
    seen = counted & np.isfinite(actual) & demand.covered
    more, less = demand.exceedance(actual), demand.chance_of_less(actual)
    step = np.maximum(1.0 - less - more, 1e-300)
    part = np.clip((CHANCES - more[:, None]) / step[:, None], 0.0, 1.0)
    tally = no_windows()
    classes = size_classes(demand)
    np.add.at(tally.beyond, classes[seen], part[seen])
    np.add.at(tally.windows, classes[seen], 1.0)
    return tally


@dataclass(frozen=True)
class Tails:
    """Chances of more demand, as they turned out, for those that the model gives.

    Attributes:
        chances: By size class and chance of ``CHANCES``, non-increasing, shape (C, K).
        supported: By size class, how many of these were counted; the rest is not known.
    """

    chances: FloatArray
    supported: IntArray

    @classmethod
    def as_forecast(cls) -> Tails:
        """Return tails that are taken as the model gives them; nothing supports them."""
        classes = len(SIZES) + 1
        return cls(np.tile(CHANCES, (classes, 1)), np.zeros(classes, np.int64))

    def of(self, chance: FloatArray, classes: IntArray) -> FloatArray:
        """Return what came of a *chance*, shape (S,), in series of these size *classes*, (S,)."""
        return self._by_class(_Curve.of, chance, classes)

    def asked_for(self, chance: FloatArray, classes: IntArray) -> FloatArray:
        """Return the model's chance that turned out as *chance*: the inverse of `of`."""
        return self._by_class(_Curve.asked_for, chance, classes)

    def is_supported(self, chance: FloatArray, classes: IntArray) -> BoolArray:
        """Return where a *chance* of the model's was counted in the past, shape (S,)."""
        counted = self.supported[classes]
        least = np.where(counted > 0, CHANCES[np.maximum(counted, 1) - 1], np.inf)
        supported: BoolArray = chance >= least * (1.0 - 1e-12)
        return supported

    def _by_class(
        self,
        look_up: Callable[[_Curve, FloatArray], FloatArray],
        chance: FloatArray,
        classes: IntArray,
    ) -> FloatArray:
        """What *look_up* finds of each *chance* on the curve of its class."""
        answer = np.zeros_like(chance)
        for number in np.unique(classes):
            rows = classes == number
            answer[rows] = look_up(_Curve(self.chances[number]), chance[rows])
        return answer


@dataclass(frozen=True)
class _Curve:
    """Chances that turned out of those that the model gives, as a line between logarithms.

    Below the last it goes on as a constant share of the model's.
    """

    chances: FloatArray

    def of(self, chance: FloatArray) -> FloatArray:
        known = np.maximum(chance, 1e-300)
        between = np.exp(np.interp(np.log(known), *self._knots()))
        beyond = self.chances[-1] * (known / CHANCES[-1])
        answer = np.where(known < CHANCES[-1], beyond, between)
        return np.where(chance <= 0.0, 0.0, np.minimum(answer, 1.0))

    def asked_for(self, chance: FloatArray) -> FloatArray:
        known = np.maximum(chance, 1e-300)
        asked, came = self._knots()
        between = np.exp(np.interp(np.log(known), came, asked))
        beyond = CHANCES[-1] * (known / self.chances[-1])
        answer = np.where(known < self.chances[-1], beyond, between)
        return np.where(chance <= 0.0, 0.0, np.minimum(answer, 1.0))

    def _knots(self) -> tuple[FloatArray, FloatArray]:
        """Logarithms of the model's chances and of those that came, the smallest first."""
        return (
            np.log(np.append(CHANCES[::-1], 1.0)),
            np.log(np.append(self.chances[::-1], 1.0)),
        )


def learn_tails(tallies: Iterable[TailTally]) -> Tails:
    """Learn from windows of earlier cutoffs how often demand was beyond each quantile.

    A chance is taken as counted while at least ``LEAST_SEEN`` windows were beyond it; from the last
    such one on, what came stays the same multiple of the model's. A class where none was counted
    keeps the model's.
    """
    tally = reduce(TailTally.__add__, tallies, no_windows())
    tails = Tails.as_forecast()
    for number, windows in enumerate(tally.windows):
        supported = int((tally.beyond[number] >= LEAST_SEEN).sum())
        if not supported:
            continue
        counted = np.minimum.accumulate(tally.beyond[number, :supported] / windows)
        beyond = counted[-1] * CHANCES[supported:] / CHANCES[supported - 1]
        tails.chances[number] = np.concatenate([counted, beyond])
        tails.supported[number] = supported
    return tails
