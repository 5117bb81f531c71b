"""Move before you buy: stock brought from where it is worth little to where it is worth more."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ml_jobs.stocking.availability.matching import best_pairs
from ml_jobs.stocking.availability.shelves import LooseLots, Shelf, loose_lots_of

GAIN_OVER_LOSS = 3.0
"""How many times what the giver loses a move has to bring: forecasts err on both sides."""

MOST_PAIRS = 40_000
"""Pairs of a lot that could go and one that could be taken, of which the best choice is found."""

TOGETHER = 32
"""Parts whose lots are laid out at once: what it takes to begin is shared by all of them."""


@dataclass(frozen=True)
class Move:
    """Lots brought from one place to another.

    Attributes:
        giver: Place they are taken from.
        taker: Place they are brought to.
        lots: How many.
        gain: Currency that they bring there.
        loss: Currency that is lost where they were.
        put_off: Currency that is saved as their like is bought later.
        freight: Currency that it costs to bring them.
    """

    giver: int
    taker: int
    lots: int
    gain: float
    loss: float
    put_off: float
    freight: float

    @property
    def value(self) -> float:
        """What is left of the gain."""
        return self.gain + self.put_off - self.loss - self.freight


def moves_of(shelf: Shelf, *, gain_over_loss: float = GAIN_OVER_LOSS) -> tuple[Move, ...]:
    """Return what to move of one part, as `moves_of_each` does."""
    (moves,) = moves_of_each([shelf], gain_over_loss=gain_over_loss)
    return moves


def moves_of_each(
    shelves: Iterable[Shelf], *, gain_over_loss: float = GAIN_OVER_LOSS
) -> Iterator[tuple[Move, ...]]:
    """Yield what to move of each part, what is worth most first.

    Of all ways to pair lots that places can spare with lots that others can take, it is the one
    that is worth most, where each lot brings as many times what it loses as asked for. A place
    never gives below what it keeps, never takes above what it fills up to, and never both gives and
    takes; a trip costs what it costs once, however many lots go.

    Of a part in more than ``MOST_PAIRS`` the two places that gain most are taken, lot by lot, and
    trips that cost more than they bring are left out then, the worst first.
    """
    coming = iter(shelves)
    while some := tuple(islice(coming, TOGETHER)):
        found = loose_lots_of(some, gain_over_loss=gain_over_loss, most_pairs=MOST_PAIRS)
        for shelf, ends in zip(some, found, strict=True):
            if ends is None:
                moves = _worth_their_trips(shelf, gain_over_loss)
            else:
                moves = _together(shelf, _best(ends))
            yield tuple(sorted(moves, key=lambda move: (-move.value, move.giver, move.taker)))


_Single = tuple[int, int, float, float, float]
"""A lot that is moved: from where, to where, what it gains, loses and saves."""


def _best(ends: LooseLots) -> Iterator[_Single]:
    """Return the lots that are moved where all of them are weighed at once."""
    pairs = best_pairs(ends.offers)
    given, taken = pairs.given, pairs.taken
    columns = (
        ends.offers.givers[given],
        ends.offers.takers[taken],
        ends.gain[taken],
        ends.loss[given],
        ends.put_off[given],
    )
    return zip(*(column.tolist() for column in columns), strict=True)


def _worth_their_trips(shelf: Shelf, gain_over_loss: float) -> list[Move]:
    """Moves lot by lot, without those that cost more than they bring."""
    while True:
        moves = _together(shelf, _single(shelf, gain_over_loss))
        worst = min(moves, key=lambda move: move.value, default=None)
        if worst is None or worst.value > 0:
            return moves
        freight = shelf.freight.copy()
        freight[worst.giver, worst.taker] = np.inf
        shelf = replace(shelf, freight=freight)


def _together(shelf: Shelf, singles: Iterable[_Single]) -> list[Move]:
    """Lots that go from one place to another as one move, with its trip."""
    sums: dict[tuple[int, int], tuple[int, float, float, float]] = {}
    for giver, taker, gain, loss, put_off in singles:
        lots, gained, lost, saved = sums.get((giver, taker), (0, 0.0, 0.0, 0.0))
        sums[giver, taker] = (lots + 1, gained + gain, lost + loss, saved + put_off)
    found = []
    for (giver, taker), (lots, gain, loss, put_off) in sums.items():
        freight = float(lots * shelf.freight[giver, taker] + shelf.trip[giver, taker])
        found.append(Move(giver, taker, lots, gain, loss, put_off, freight))
    return found


def _single(shelf: Shelf, gain_over_loss: float) -> Iterator[_Single]:
    """Yield the lots that are moved where the pair of places that gains most goes first."""
    stock = shelf.stock.copy()
    gives, takes = np.zeros(len(stock), bool), np.zeros(len(stock), bool)

    def offer(giver: int, taker: int) -> tuple[float, float, float, float] | None:
        """What a lot brings; what it gains, loses and saves; nothing where it may not go."""
        if takes[giver] or gives[taker] or giver == taker:
            return None
        if stock[giver] <= shelf.keep[giver] or stock[taker] >= shelf.fill[taker]:
            return None
        gain = float(shelf.gain[taker, stock[taker]])
        loss = float(shelf.loss[giver, stock[giver] - 1])
        put_off = float(shelf.put_off[giver, stock[giver] - 1])
        value = gain + put_off - loss - float(shelf.freight[giver, taker])
        is_worth_it = value > 0 and gain >= gain_over_loss * loss
        return (value, gain, loss, put_off) if is_worth_it else None

    queue = _first_offers(shelf, gain_over_loss)
    heapq.heapify(queue)
    while queue:
        promised, giver, taker = heapq.heappop(queue)
        now = offer(giver, taker)
        if now is None:
            continue
        if -now[0] > promised + 1e-12:
            # It is worth less by now than when it was put into the queue.
            heapq.heappush(queue, (-now[0], giver, taker))
            continue
        yield giver, taker, *now[1:]
        gives[giver] = takes[taker] = True
        stock[giver] -= 1
        stock[taker] += 1
        if again := offer(giver, taker):
            heapq.heappush(queue, (-again[0], giver, taker))


def _first_offers(shelf: Shelf, gain_over_loss: float) -> list[tuple[float, int, int]]:
    """What the first lot from each place to each would bring, negative, where it may go."""
    givers = np.flatnonzero(shelf.stock > shelf.keep)
    takers = np.flatnonzero(shelf.stock < shelf.fill)
    if not (givers.size and takers.size):
        return []
    gain = shelf.gain[takers, shelf.stock[takers]]
    last = shelf.stock[givers] - 1
    loss, put_off = (each[givers, last][:, None] for each in (shelf.loss, shelf.put_off))
    value = gain + put_off - loss - shelf.freight[np.ix_(givers, takers)]
    apart = givers[:, None] != takers
    pairs = np.nonzero(apart & (value > 0) & (gain >= gain_over_loss * loss))
    ends = (givers[pairs[0]].tolist(), takers[pairs[1]].tolist())
    return list(zip((-value[pairs]).tolist(), *ends, strict=True))
