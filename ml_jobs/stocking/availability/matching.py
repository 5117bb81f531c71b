"""Which lots go where: the best there is, place by place and trip by trip."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.optimize import linear_sum_assignment

from ml_jobs.arrays import BoolArray, FloatArray, IntArray

MOST_TRIED = 50
"""Choices of trips that are tried for one part; fewer than 25 find the best of six places."""

_NEARLY = 1e-9  # share of the best that more choices are not tried for


@dataclass(frozen=True)
class Offers:
    """What each lot of one part that could go would bring wherever it could be taken.

    Attributes:
        givers: Place of each of G lots that could go, shape (G,).
        takers: Place of each of T lots that could be taken, shape (T,).
        value: Currency that a lot would bring there, its freight taken off, shape (G, T).
        brought: The same; 0 where it may not go, or isn't worth it, shape (G, T).
        trip: Currency that it costs besides, however many lots go, shape (P, P).
    """

    givers: IntArray
    takers: IntArray
    value: FloatArray
    brought: FloatArray
    trip: FloatArray

    @property
    def places(self) -> int:
        """P."""
        return len(self.trip)

    @cached_property
    def ways(self) -> IntArray:
        """The way that each lot would go to each other, giver x P + taker, shape (G, T)."""
        ways: IntArray = self.givers[:, None] * self.places + self.takers
        return ways

    @cached_property
    def most(self) -> tuple[FloatArray, IntArray]:
        """What each way would bring if it were the only one, and with how many lots, (P x P,).

        The first lot that goes meets the first that is taken, and so on, which is as much as any
        pairs could bring, whether or not those may go.
        """
        value, lots = np.zeros(self.places**2), np.zeros(self.places**2, np.int64)
        for giver in np.unique(self.givers):
            of_giver = self.value[self.givers == giver]
            for taker in np.unique(self.takers):
                alone = np.maximum(np.diagonal(of_giver[:, self.takers == taker]), 0.0)
                way = giver * self.places + taker
                value[way], lots[way] = alone.sum(), np.count_nonzero(alone)
        return value, lots


@dataclass(frozen=True)
class PairedLots:
    """Lots that go, and those that they are taken as, N of each.

    Attributes:
        given: Rows of `Offers.brought`, shape (N,).
        taken: Its columns, shape (N,).
    """

    given: IntArray
    taken: IntArray

    def where(self, kept: BoolArray) -> PairedLots:
        """Return those that are *kept*, shape (N,)."""
        return PairedLots(self.given[kept], self.taken[kept])


def best_pairs(offers: Offers) -> PairedLots:
    """Return which lots go where, so that no other choice is worth more.

    Without charges for trips it is an assignment, exact and fast. No place both gives and takes,
    and a trip is paid once or not at all: where the best assignment breaks that, it is only a
    bound, and both answers to one open question are tried, the more promising first, until no
    bound is above what was found (branch and bound), or ``MOST_TRIED`` have been.

    Args:
        offers: Lots of a place stand in the order in which they go or are taken, so that each is
            worth no more than the one before it.

    Source: Land and Doig 1960, "An Automatic Method of Solving Discrete Programming Problems",
    Econometrica 28(3); Balinski 1961, "Fixed-Cost Transportation Problems", Naval Research
    Logistics Quarterly 8(1), for a trip that is charged by the lot as a bound.
    """
    if not offers.trip.any():
        pairs = _assigned(offers.brought)
        gives = set(offers.givers[pairs.given].tolist())
        if gives.isdisjoint(offers.takers[pairs.taken].tolist()):
            return pairs
    return _Search(offers).best()


@dataclass(frozen=True)
class _Choice:
    """What has been settled, and the best that can come of it.

    Attributes:
        closed: Ways that nothing goes, shape (P x P,).
        paid: Ways whose trip is paid, whatever goes, shape (P x P,).
        no_giver, no_taker: Places that don't give, or take, shape (P,).
    """

    closed: BoolArray
    paid: BoolArray
    no_giver: BoolArray
    no_taker: BoolArray


class _Search:
    """Tries choices of trips, and of who gives and who takes, the most promising first."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.trip = offers.trip.ravel()
        never, self.by_lot = np.zeros(len(self.trip), np.bool_), np.zeros(len(self.trip))
        if self.trip.any():
            value, lots = offers.most
            never = (self.trip > 0) & (value <= self.trip)
            self.by_lot = self.trip / np.maximum(lots, 1)
        self.found = PairedLots(np.empty(0, np.int64), np.empty(0, np.int64))
        self.worth = 0.0
        self.queue: list[tuple[float, int, _Choice, PairedLots]] = []
        self.tried = 0
        nobody = np.zeros(offers.places, bool)
        self._try(_Choice(never, np.zeros_like(never), nobody, nobody))

    def best(self) -> PairedLots:
        """Return the best that was found."""
        while self.queue and self.tried < MOST_TRIED:
            bound, _, choice, pairs = heapq.heappop(self.queue)
            if not self._promises(-bound):
                break
            for narrower in self._narrower(choice, pairs):
                self._try(narrower)
        return self.found

    def _try(self, choice: _Choice) -> None:
        """Find what *choice* brings at most; keep what can be done of it, and ask further."""
        self.tried += 1
        offers = self.offers
        value = offers.brought - np.where(choice.paid, 0.0, self.by_lot)[offers.ways]
        value[choice.closed[offers.ways]] = 0.0
        value[choice.no_giver[offers.givers]] = 0.0
        value[:, choice.no_taker[offers.takers]] = 0.0
        pairs = _assigned(np.maximum(value, 0.0))
        bound = value[pairs.given, pairs.taken].sum() - self.trip[choice.paid].sum()
        self._keep(pairs)
        if self._promises(bound):
            heapq.heappush(self.queue, (-bound, self.tried, choice, pairs))

    def _keep(self, pairs: PairedLots) -> None:
        """Hold on to what may be done of *pairs*, if it is worth more than what was found."""
        pairs = pairs.where(~_both(self.offers, pairs)[self.offers.givers[pairs.given]])
        ways = self.offers.ways[pairs.given, pairs.taken]
        brought = self._added(pairs, self.offers.brought[pairs.given, pairs.taken])
        left = np.where(brought > self.trip, brought - self.trip, 0.0)
        if left.sum() > self.worth:
            self.found, self.worth = pairs.where(left[ways] > 0), float(left.sum())

    def _promises(self, bound: float) -> bool:
        return bool(bound > self.worth * (1.0 + _NEARLY) + 1e-12)

    def _narrower(self, choice: _Choice, pairs: PairedLots) -> tuple[_Choice, ...]:
        """Both answers to what *pairs* leave open; none where they can be done as they are."""
        both = _both(self.offers, pairs)
        if both.any():
            place = np.arange(len(both)) == both.argmax()
            return (
                replace(choice, no_giver=choice.no_giver | place),
                replace(choice, no_taker=choice.no_taker | place),
            )
        lots = self._added(pairs, np.ones(len(pairs.given)))
        unpaid = np.where((lots > 0) & ~choice.paid, self.trip - self.by_lot * lots, 0.0)
        if unpaid.max() <= 1e-12:
            return ()
        way = np.arange(len(unpaid)) == unpaid.argmax()
        return (
            replace(choice, paid=choice.paid | way),
            replace(choice, closed=choice.closed | way),
        )

    def _added(self, pairs: PairedLots, amounts: FloatArray) -> FloatArray:
        """Sums of *amounts* of the pairs by the way that they go, shape (P x P,)."""
        ways = self.offers.ways[pairs.given, pairs.taken]
        sums = np.bincount(ways, weights=amounts, minlength=len(self.trip))
        return sums.astype(np.float64)


def _assigned(value: FloatArray) -> PairedLots:
    """The lots that bring most in all, each going once at most; only those that bring anything."""
    given, taken = linear_sum_assignment(value, maximize=True)
    brings = value[given, taken] > 0
    return PairedLots(given[brings], taken[brings])


def _both(offers: Offers, pairs: PairedLots) -> BoolArray:
    """Which places would both give and take, shape (P,)."""
    gives, takes = np.zeros((2, offers.places), bool)
    gives[offers.givers[pairs.given]] = True
    takes[offers.takers[pairs.taken]] = True
    both: BoolArray = gives & takes
    return both
