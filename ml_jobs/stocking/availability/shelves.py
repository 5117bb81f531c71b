"""What one part is worth at each place, and which lots of it could go where, of many parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.stocking.availability.matching import Offers


@dataclass(frozen=True)
class Shelf:
    """What one part is worth, unit by unit, at each of its P places.

    Attributes:
        stock: Lots, counted from any level, at least 0, shape (P,).
        keep: Lots that a place gives nothing away below, at least 0, shape (P,).
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
class LooseLots:
    """Lots of one part that could go, and those that could be taken.

    Attributes:
        gain: Currency that each of T lots brings that is taken, shape (T,).
        loss, put_off: Currency that is lost and saved with each of G lots that go, the last on a
            shelf first, shape (G,).
        offers: Where they could go, and what that would bring.
    """

    gain: FloatArray
    loss: FloatArray
    put_off: FloatArray
    offers: Offers


def loose_lots_of(
    shelves: Sequence[Shelf], *, gain_over_loss: float, most_pairs: int
) -> Iterator[LooseLots | None]:
    """Yield the lots of each part that could go and be taken; None of more than *most_pairs*.

    Each lot has to bring *gain_over_loss* times what it loses. All parts are laid out end to end:
    the lots of one are so few that most of the time would go into calls.
    """
    lots = _Lots.of(shelves)
    pairs = _Pairs.of(lots, shelves, gain_over_loss, most_pairs)
    giver, taker = lots.place[lots.givers], lots.place[lots.takers]
    begin = goes_from = comes_from = 0
    counts = (lots.gives.tolist(), lots.takes.tolist())
    for shelf, give, take in zip(shelves, *counts, strict=True):
        goes, comes = slice(goes_from, goes_from + give), slice(comes_from, comes_from + take)
        goes_from, comes_from = goes.stop, comes.stop
        if give * take > most_pairs:
            yield None
            continue
        end = begin + give * take
        value, brought = (
            each[begin:end].reshape(give, take) for each in (pairs.value, pairs.brought)
        )
        begin = end
        offers = Offers(giver[goes], taker[comes], value, brought, shelf.trip)
        yield LooseLots(lots.gain[comes], lots.loss[goes], lots.put_off[goes], offers)


@dataclass(frozen=True)
class _Lots:
    """Lots of N parts end to end, at Q places in all.

    Attributes:
        part: Of each place, shape (Q,).
        place: Its number among those of its part, shape (Q,).
        givers, takers: Place, of the Q, of each lot that could go, and be taken.
        gain: Of each lot that could be taken.
        loss, put_off: Of each that could go.
        gives, takes: How many there are of each part, shape (N,).
    """

    part: IntArray
    place: IntArray
    givers: IntArray
    takers: IntArray
    gain: FloatArray
    loss: FloatArray
    put_off: FloatArray
    gives: IntArray
    takes: IntArray

    @classmethod
    def of(cls, shelves: Sequence[Shelf]) -> _Lots:
        places = np.array([len(shelf.stock) for shelf in shelves])
        stock, keep, fill = (
            np.concatenate([getattr(shelf, name) for shelf in shelves])
            for name in ("stock", "keep", "fill")
        )
        gain, loss, put_off = (
            np.concatenate([getattr(shelf, name).ravel() for shelf in shelves])
            for name in ("gain", "loss", "put_off")
        )
        part, place = _counted(places)
        givers, above = _counted(stock - keep)
        takers, below = _counted(fill - stock)
        depth = np.array([shelf.gain.shape[1] for shelf in shelves]).repeat(places)
        next_lot = _begins(depth) + stock
        last, first = next_lot[givers] - 1 - above, next_lot[takers] + below
        gives, takes = (np.bincount(part[ends], minlength=len(places)) for ends in (givers, takers))
        return cls(
            part, place, givers, takers, gain[first], loss[last], put_off[last], gives, takes
        )


@dataclass(frozen=True)
class _Pairs:
    """Each lot that could go beside each of its part that could be taken, end to end.

    Attributes:
        value, brought: As of `Offers`.
    """

    value: FloatArray
    brought: FloatArray

    @classmethod
    def of(cls, lots: _Lots, shelves: Sequence[Shelf], gain_over_loss: float, most: int) -> _Pairs:
        """Return the pairs of parts that have no more than the *most*."""
        part = lots.part[lots.givers]
        beside = np.where(lots.gives * lots.takes > most, 0, lots.takes)[part]
        taken = np.arange(beside.sum())
        taken += (_begins(lots.takes)[part] - _begins(beside)).repeat(beside)
        gain = lots.gain[taken]
        value = gain - _freight(lots, shelves, taken, beside)
        value -= (lots.loss - lots.put_off).repeat(beside)
        brought = np.maximum(value, 0.0)
        brought *= gain >= (gain_over_loss * lots.loss).repeat(beside)
        return cls(value, brought)


def _freight(
    lots: _Lots, shelves: Sequence[Shelf], taken: IntArray, beside: IntArray
) -> FloatArray:
    """Currency that each pair's lot costs to bring; infinite to where it lies."""
    freight = np.concatenate([shelf.freight.ravel() for shelf in shelves])
    places = np.bincount(lots.part, minlength=len(shelves))
    row = _begins(places**2)[lots.part] + lots.place * places[lots.part]
    freight[row + lots.place] = np.inf
    lanes = lots.place[lots.takers][taken]
    lanes += row[lots.givers].repeat(beside)
    return freight[lanes]


def _counted(lots: IntArray) -> tuple[IntArray, IntArray]:
    """Return which of so many each lot belongs to, and how many of it come before, by count."""
    some = np.maximum(lots, 0)
    owners = np.arange(len(lots)).repeat(some)
    return owners, np.arange(len(owners)) - _begins(some).repeat(some)


def _begins(counts: IntArray) -> IntArray:
    """Where each of so many begins, end to end."""
    begins: IntArray = counts.cumsum() - counts
    return begins
