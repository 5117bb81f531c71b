"""Move before you buy: stock brought from where it is worth little to where it is worth more."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray

GAIN_OVER_LOSS = 3.0
"""How many times what the giver loses a move has to bring: forecasts err on both sides."""


@dataclass(frozen=True)
class Shelf:
    """What one part is worth, unit by unit, at each of its P places.

    Attributes:
        stock: Lots on the shelf, shape (P,).
        keep: Lots that a place gives nothing away below, shape (P,).
        fill: Lots that a place takes nothing above, shape (P,).
        gain: Currency that a lot brings at each place, on top of 0, 1, ... lots, shape (P, N);
            non-increasing along N.
        loss: Currency that is lost at each place with the lot that makes 1, 2, ... lots, (P, N).
        freight: Currency that a lot costs from place to place, shape (P, P); infinite where nothing
            goes.
    """

    stock: IntArray
    keep: IntArray
    fill: IntArray
    gain: FloatArray
    loss: FloatArray
    freight: FloatArray


@dataclass(frozen=True)
class Move:
    """Lots brought from one place to another.

    Attributes:
        giver: Place they are taken from.
        taker: Place they are brought to.
        lots: How many.
        gain: Currency that they bring there.
        loss: Currency that is lost where they were.
        freight: Currency that it costs to bring them.
    """

    giver: int
    taker: int
    lots: int
    gain: float
    loss: float
    freight: float

    @property
    def value(self) -> float:
        """What is left of the gain."""
        return self.gain - self.loss - self.freight


def moves_of(shelf: Shelf, *, gain_over_loss: float = GAIN_OVER_LOSS) -> tuple[Move, ...]:
    """Return what to move, the pair of places that gains most from a lot first.

    Lot by lot the best pair is taken, until none is worth its freight or brings as many times what
    it loses as asked for. A place never gives below what it keeps, never takes above what it fills
    up to, and never both gives and takes.

    Source: the greedy rule for the transportation problem with convex costs, held against its
    linear program in the tests.
    """
    found: dict[tuple[int, int], Move] = {}
    for giver, taker, gain, loss in _single(shelf, gain_over_loss):
        freight = float(shelf.freight[giver, taker])
        before = found.get((giver, taker), Move(giver, taker, 0, 0.0, 0.0, 0.0))
        found[giver, taker] = Move(
            giver,
            taker,
            before.lots + 1,
            before.gain + gain,
            before.loss + loss,
            before.freight + freight,
        )
    return tuple(sorted(found.values(), key=lambda move: (-move.value, move.giver, move.taker)))


def _single(shelf: Shelf, gain_over_loss: float) -> Iterator[tuple[int, int, float, float]]:
    """Yield the lots that are moved: from where, to where, what it gains and loses."""
    stock = shelf.stock.copy()
    gives, takes = np.zeros(len(stock), bool), np.zeros(len(stock), bool)

    def offer(giver: int, taker: int) -> tuple[float, float, float] | None:
        """What a lot brings, what it gains and what it loses; nothing where it may not go."""
        if takes[giver] or gives[taker] or giver == taker:
            return None
        if stock[giver] <= shelf.keep[giver] or stock[taker] >= shelf.fill[taker]:
            return None
        gain = float(shelf.gain[taker, stock[taker]])
        loss = float(shelf.loss[giver, stock[giver] - 1])
        value = gain - loss - float(shelf.freight[giver, taker])
        return (value, gain, loss) if value > 0 and gain >= gain_over_loss * loss else None

    places = range(len(stock))
    queue = [
        (-found[0], giver, taker)
        for giver in places
        for taker in places
        if (found := offer(giver, taker))
    ]
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
        _, gain, loss = now
        yield giver, taker, gain, loss
        gives[giver] = takes[taker] = True
        stock[giver] -= 1
        stock[taker] += 1
        if again := offer(giver, taker):
            heapq.heappush(queue, (-again[0], giver, taker))
