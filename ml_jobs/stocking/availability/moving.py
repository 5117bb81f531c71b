"""Move before you buy: stock brought from where it is worth little to where it is worth more."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray

GAIN_OVER_LOSS = 3.0
"""How many times what the giver loses a move has to bring: forecasts err on both sides."""


@dataclass(frozen=True)
class Shelf:
    """What one part is worth, unit by unit, at each of its P places.

    Attributes:
        stock: Lots, counted from any level, shape (P,).
        keep: Lots that a place gives nothing away below, shape (P,).
        fill: Lots that a place takes nothing above, shape (P,).
        gain: Currency that a lot brings at each place, on top of 0, 1, ... lots, shape (P, N);
            non-increasing along N.
        loss: Currency that is lost at each place with the lot that makes 1, 2, ... lots, (P, N).
        put_off: Currency that is saved with the same lot, as it is used sooner elsewhere and its
            like is bought later, (P, N).
        freight: Currency that a lot costs from place to place, shape (P, P); infinite where nothing
            goes.
        trip: Currency that it costs besides, however many lots go, shape (P, P).
    """

    stock: IntArray
    keep: IntArray
    fill: IntArray
    gain: FloatArray
    loss: FloatArray
    put_off: FloatArray
    freight: FloatArray
    trip: FloatArray


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
    """Return what to move, what is worth most first.

    Lot by lot the pair of places that gains most is taken, until none is worth its freight or
    brings as many times what it loses as asked for. A place never gives below what it keeps, never
    takes above what it fills up to, and never both gives and takes. Where a trip costs more than
    what it carries brings, the worst goes, and the rest is found anew; so does the least worth of
    the others, while that helps.

    Source: the greedy rule for the transportation problem with convex costs, held against its
    linear program in the tests.
    """
    moves = _worth_their_trips(shelf, gain_over_loss)
    if not shelf.trip.any():
        return moves
    # Lots of a trip that is dropped may go with another, and fill it better.
    worth, tried = _total(moves), 0
    while tried < len(moves):
        other = _without(shelf, moves[-1 - tried])
        found = _worth_their_trips(other, gain_over_loss)
        if _total(found) > worth + 1e-9:
            shelf, moves, worth, tried = other, found, _total(found), 0
        else:
            tried += 1
    return moves


def _worth_their_trips(shelf: Shelf, gain_over_loss: float) -> tuple[Move, ...]:
    """Moves without those that cost more than they bring, what is worth most first."""
    while True:
        moves = _greedy(shelf, gain_over_loss)
        worst = min(moves, key=lambda move: move.value, default=None)
        if worst is None or worst.value > 0:
            return tuple(sorted(moves, key=lambda move: (-move.value, move.giver, move.taker)))
        shelf = _without(shelf, worst)


def _without(shelf: Shelf, move: Move) -> Shelf:
    """The same with nothing going the way of *move*."""
    freight = shelf.freight.copy()
    freight[move.giver, move.taker] = np.inf
    return replace(shelf, freight=freight)


def _total(moves: tuple[Move, ...]) -> float:
    return sum(move.value for move in moves)


def _greedy(shelf: Shelf, gain_over_loss: float) -> list[Move]:
    """Moves lot by lot, those of a pair of places together, each with its trip."""
    lots: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    for giver, taker, *worth in _single(shelf, gain_over_loss):
        lots.setdefault((giver, taker), []).append((worth[0], worth[1], worth[2]))
    found = []
    for (giver, taker), each in lots.items():
        gain, loss, put_off = (sum(column) for column in zip(*each, strict=True))
        freight = len(each) * shelf.freight[giver, taker] + shelf.trip[giver, taker]
        found.append(Move(giver, taker, len(each), gain, loss, put_off, float(freight)))
    return found


def _single(shelf: Shelf, gain_over_loss: float) -> Iterator[tuple[int, int, float, float, float]]:
    """Yield the lots that are moved: from where, to where, what each gains, loses and saves."""
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
