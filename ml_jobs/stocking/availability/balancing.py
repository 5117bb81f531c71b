"""What each place could give or take of a part, and the moves that are worth it, of many parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, divide
from ml_jobs.lanes import Lane, Lanes
from ml_jobs.stocking.availability.moving import GAIN_OVER_LOSS, Move, moves_of_each
from ml_jobs.stocking.availability.shelves import Shelf
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.waiting import MONTH_DAYS
from ml_jobs.stocking.availability.worth import Worth

LONGEST_PUT_OFF_MONTHS = 24.0
"""Months ahead that a purchase is put off by at most: further than that nobody plans."""

MOST_LOTS = (
    10_000  # that a place gives or takes of a part; what is moved in more isn't a spare part
)
_WHOLE = 1e-9  # of a lot: what keeps an amount of whole lots from falling below itself


@dataclass(frozen=True)
class Terms:
    """What a run moves stock by.

    Attributes:
        price: Currency for a weighed tower-hour.
        holding_rate: What a unit of currency in stock costs a year.
        review_days: From one order to the next.
        lanes: Ways between places.
        gain_over_loss: How many times what the giver loses a move has to bring.
    """

    price: float
    holding_rate: float
    review_days: float
    lanes: Lanes
    gain_over_loss: float = GAIN_OVER_LOSS


@dataclass(frozen=True)
class Moved:
    """A move of a part.

    Attributes:
        giver, taker: Series.
        units: How many go.
        move: The same in lots, and what it is worth.
        lane: The way that they go.
        freight: Currency; None where not known.
    """

    giver: int
    taker: int
    units: float
    move: Move
    lane: Lane
    freight: float | None


@dataclass(frozen=True)
class Bounds:
    """What a place keeps and takes of S series, units, shape (S,) each.

    Attributes:
        keep: The reorder point, that nothing is given away below.
        fill: The order-up-to level, that nothing is taken above.
    """

    keep: FloatArray
    fill: FloatArray


@dataclass(frozen=True)
class Balance:
    """S series of which stock may be moved, as of a cutoff.

    Attributes:
        series: The stock, and the demand forecast at *cutoff*.
        worth: What it is worth by demand over delivery and review; hours weighed by contract.
        bounds: What each place keeps and takes.
        weighed: Of which series all is known that a move is weighed by, shape (S,).
    """

    series: StockedSeries
    cutoff: int
    worth: Worth
    bounds: Bounds
    weighed: BoolArray
    terms: Terms

    def moves(self) -> Iterator[Moved]:
        """Yield what to move, part by part.

        Only what lies on the shelf above the reorder point goes, in whole lots, to places below
        their order-up-to level. What it brings and what is lost is asked of stock and open orders:
        at the taker until what is bought today would come, at the giver until the delivery after
        the next review.
        """
        parts = tuple(self._parts())
        shelves = (self._shelf(rows) for rows in parts)
        each = moves_of_each(shelves, gain_over_loss=self.terms.gain_over_loss)
        for rows, moves in zip(parts, each, strict=True):
            for move in moves:
                yield self._moved(rows, move)

    @cached_property
    def gives(self) -> IntArray:
        """Lots that each series could give, shape (S,)."""
        shelf = np.maximum(self.series.levels.current_stock, 0.0)
        return self._whole(shelf - np.maximum(self.bounds.keep, 0.0))

    @cached_property
    def takes(self) -> IntArray:
        """Lots that each series could take, shape (S,)."""
        return self._whole(self.bounds.fill - self.series.levels.position)

    @cached_property
    def hours(self) -> FloatArray:
        """Weighed tower-hours a month of a lot that waits, shape (S,)."""
        return self.worth.hours * self.worth.demand.lot

    def months_of(self, moved: Moved) -> tuple[float, float]:
        """Return the months that the taker gains over, and those that the giver loses over."""
        until_delivery, until_next = self._months
        return float(until_delivery[moved.taker]), float(until_next[moved.giver])

    def _whole(self, units: FloatArray) -> IntArray:
        lots = np.floor(units / self.worth.demand.lot + _WHOLE)
        can = self.weighed & np.isfinite(lots)
        return np.where(can, np.clip(np.nan_to_num(lots), 0, MOST_LOTS), 0).astype(np.int64)

    def _parts(self) -> Iterator[IntArray]:
        """Yield the series of each part that some place can give and another take."""
        able = np.flatnonzero((self.gives > 0) | (self.takes > 0))
        codes = self.series.item_ids[able]
        begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if able.size else able
        lot = self.worth.demand.lot
        for rows in np.split(able, begins[1:]):
            can = (self.gives[rows] > 0).any() and (self.takes[rows] > 0).any()
            # Places that count in other lots don't share any.
            if can and len(rows) > 1 and np.ptp(lot[rows]) == 0:
                yield rows

    @cached_property
    def _takers(self) -> IntArray:
        """Series that take a part which another could give, in order."""
        rows = [rows[self.takes[rows] > 0] for rows in self._parts()]
        return np.concatenate(rows) if rows else np.empty(0, np.int64)

    @cached_property
    def _until_delivery(self) -> Worth:
        """What stock of the takers is worth by demand over delivery alone."""
        worth, window = self.worth, self.series.windows[self.cutoff]
        lead = replace(worth, demand=window.lead)
        return lead.rows(self._takers)

    @cached_property
    def _place_among_takers(self) -> dict[int, int]:
        return {series: place for place, series in enumerate(self._takers.tolist())}

    @cached_property
    def _lots(self) -> IntArray:
        """Lots of stock and open orders, shape (S,)."""
        lots = np.floor(self.series.levels.position / self.worth.demand.lot + _WHOLE)
        return np.nan_to_num(lots).astype(np.int64)

    @cached_property
    def _months(self) -> tuple[FloatArray, FloatArray]:
        """Months until a delivery, and until the one after the next review, shape (S,)."""
        days = self.series.levels.lead_time.days
        return days / MONTH_DAYS, (days + self.terms.review_days) / MONTH_DAYS

    @cached_property
    def monthly_demand(self) -> FloatArray:
        """Units a month that are used, as forecast, shape (S,); of a repaired part, that fail."""
        levels = self.series.levels
        missed = levels.repair.mixed(levels.lead_time.days + self.terms.review_days)
        return divide(self.worth.demand.mean, missed / MONTH_DAYS)

    def _shelf(self, rows: IntArray) -> Shelf:
        """One part, counted from the lots that each place keeps at least."""
        gives, takes = self.gives[rows], self.takes[rows]
        deepest = int((gives + takes).max())
        gain, loss, put_off = (np.zeros((len(rows), deepest)) for _ in range(3))
        for place, row in enumerate(rows.tolist()):
            give, take = int(gives[place]), int(takes[place])
            gain[place, give : give + take] = self._gains(row, take)
            loss[place, :give], put_off[place, :give] = self._losses(row, give)
        freight, trip = self._freight(rows)
        return Shelf(gives, np.zeros_like(gives), gives + takes, gain, loss, put_off, freight, trip)

    def _gains(self, row: int, take: int) -> FloatArray:
        """What each lot brings that a series takes, shape (take,)."""
        if not take:
            return np.empty(0)
        avoided = self._until_delivery.avoided_above(
            self._place_among_takers[row], int(self._lots[row]), take
        )
        money: FloatArray = self.terms.price * self.hours[row] * self._months[0][row] * avoided
        return money

    def _losses(self, row: int, give: int) -> tuple[FloatArray, FloatArray]:
        """What is lost, and saved, with each lot that a series gives, the last that goes first."""
        if not give:
            return np.empty(0), np.empty(0)
        first = int(self._lots[row]) - give
        avoided = self.worth.avoided_above(row, first, give)
        lost = self.terms.price * self.hours[row] * self._months[1][row] * avoided
        # Only what is beyond repair is used for good.
        lot, condemned = self.worth.demand.lot[row], self.series.levels.repair.condemned[row]
        monthly = float(self.monthly_demand[row] * condemned)
        units = lot * np.arange(first + 1, first + give + 1)
        months = np.full(give, LONGEST_PUT_OFF_MONTHS)
        if monthly > 0:
            months = np.clip(units / monthly, 0.0, LONGEST_PUT_OFF_MONTHS)
        rate = self.worth.holding_factor[row] * self.terms.holding_rate
        saved = lot * self.worth.unit_cost[row] * rate / 12.0 * months
        return lost, saved

    def _freight(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Currency for a lot and for a trip between places, 0 where not known, shape (P, P)."""
        lot, trip = np.zeros((2, len(rows), len(rows)))
        if not self.terms.lanes.given:
            return lot, trip
        for giver, row in enumerate(rows.tolist()):
            for taker, other in enumerate(rows.tolist()):
                lane = self._lane(row, other)
                trip[giver, taker] = lane.fixed_cost or 0.0
                weight = self.series.kilograms[row] * self.worth.demand.lot[row]
                lot[giver, taker] = np.nan_to_num((lane.cost_per_kg or 0.0) * weight)
        return lot, trip

    def _lane(self, giver: int, taker: int) -> Lane:
        places = self.series.location_ids
        return self.terms.lanes.between(str(places[giver]), str(places[taker]))

    def _moved(self, rows: IntArray, move: Move) -> Moved:
        giver, taker = int(rows[move.giver]), int(rows[move.taker])
        units = move.lots * float(self.worth.demand.lot[giver])
        weight = float(self.series.kilograms[giver])
        lane = self._lane(giver, taker)
        freight = lane.freight(units * weight if np.isfinite(weight) else None)
        return Moved(giver, taker, units, move, lane, freight)
