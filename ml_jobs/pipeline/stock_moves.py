"""What to move of a partition's stock, by the policy that the run follows, now and in the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.options import MONEY
from ml_jobs.panel import Panel
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.stock_gold import chance_that_lasts
from ml_jobs.stocking.availability.allocation import Allocation
from ml_jobs.stocking.availability.availability_facts import left_out
from ml_jobs.stocking.availability.balancing import Balance, Bounds, Moved, Terms
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.transfers import move_rows, moved_units, replayed_moves
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.course import CLOSE
from ml_jobs.stocking.moving_first import StockMoves

MOVES = "move_rows"
REPLAYED = "move_sums"


def is_weighed(worth: Worth, series: StockedSeries) -> BoolArray:
    """Return of which series everything is known that a figure needs, shape (S,).

    A tower of any contract counts, whether its hours cost anything or not.
    """
    by_any = worth.weighing(series.towers.sum(axis=1))
    weighed: BoolArray = left_out(by_any, series.levels.position) == ""
    return weighed


@dataclass(frozen=True)
class PlannedMoves:
    """Moves of S series.

    Attributes:
        moves: In the order in which they were found.
        table: A row for each.
        more: Units that each series gets; those that it gives are negative, shape (S,).
    """

    moves: Sequence[Moved]
    table: pa.Table
    more: FloatArray

    def of_panel(self, panel: Panel, rows: IntArray, plan: Plan) -> StockMoves:
        """Return the moves as those of the panel's series, of which the S are these *rows*."""
        takers = rows[np.array([each.taker for each in self.moves], np.int64)]
        places = np.array(panel.location_ids)
        givers = places[rows[np.array([each.giver for each in self.moves], np.int64)]]
        days = np.array([each.lane.days for each in self.moves], np.float64)
        order = np.lexsort((givers, takers))
        return StockMoves(
            takers[order],
            givers[order],
            np.array([each.units for each in self.moves], np.float64)[order],
            days[order],
            _with_places_above(panel, plan.hierarchy, rows, self.more),
        )


@dataclass(frozen=True)
class Market:
    """A partition's stock, at the prices of the whole run.

    Attributes:
        series: S of them.
        allocation: What a tower-hour of each contract is worth to the stock.
        hours: Tower-hours a month of a unit that waits, every contract's alike, shape (S,).
    """

    series: StockedSeries
    plan: Plan
    allocation: Allocation
    hours: FloatArray

    def moves(self, worth: Worth) -> PlannedMoves:
        """Return what to move, by what stock is *worth* now."""
        balance = self._balance(self.plan.future, worth)
        moves = list(balance.moves())
        return PlannedMoves(
            moves,
            move_rows(balance, moves, self.hours, self.plan.fleet.contract_ids),
            moved_units(moves, len(self.hours)),
        )

    def replay(self, cutoff: int, worth: Worth) -> pa.Table:
        """Return what moves would have done after a past *cutoff*, by what stock was *worth*."""
        return replayed_moves(self._balance(cutoff, worth), self.hours)

    def _balance(self, cutoff: int, worth: Worth) -> Balance:
        """What could be moved by what was known at the *cutoff*.

        Nothing that nobody counted, and nothing that a central store delivers.
        """
        options, series = self.plan.options, self.series
        weighed = is_weighed(worth, series)
        rate, review = options.settings["holding_rate"], options.review_days
        return Balance(
            series=series,
            cutoff=cutoff,
            worth=worth,
            bounds=self._bounds(cutoff, worth, weighed),
            weighed=weighed & series.counted & ~series.supply.is_shared & (worth.hours > 0),
            terms=Terms(self.allocation.highest, rate, review, self.plan.lanes),
        )

    def _bounds(self, cutoff: int, worth: Worth, weighed: BoolArray) -> Bounds:
        """Where orders would begin and end, by the policy that they follow."""
        window = self.series.windows[cutoff]
        if self.plan.options.policy != MONEY:
            return Bounds(window.keep, window.service)
        rate, highest = self.plan.options.settings["holding_rate"], self.allocation.highest
        least = rate / 12.0 / highest if highest > 0 else np.inf
        lasts = chance_that_lasts(window.demand, worth.level_at(least))
        keep = window.lead.quantile(lasts)
        fill = np.maximum(window.demand.quantile(lasts), keep)
        return Bounds(np.where(weighed, keep, window.keep), np.where(weighed, fill, window.service))


def _with_places_above(
    panel: Panel, hierarchy: Hierarchy, rows: IntArray, more: FloatArray
) -> FloatArray:
    """What comes to each of the panel's series, and leaves it: *more* at *rows*, and above them."""
    place = {code: number for number, code in enumerate(hierarchy.location_ids)}
    row_of = {key: n for n, key in enumerate(zip(panel.item_ids, panel.location_ids, strict=True))}
    units = np.zeros(len(panel.item_ids))
    for stocked in np.flatnonzero(more).tolist():
        item, at = panel.item_ids[rows[stocked]], place[panel.location_ids[rows[stocked]]]
        while at >= 0:
            row = row_of.get((item, hierarchy.location_ids[at]))
            if row is not None:
                units[row] += more[stocked]
            at = int(hierarchy.parents[at])
    # What goes from one place to another of the same group is nothing to the group.
    return np.where(np.abs(units) > CLOSE, units, 0.0)
