"""Moves to make before anything is ordered: what comes from other places of the same part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, TextArray, rows_of
from ml_jobs.stocking.course import NEVER, Course, units_before
from ml_jobs.stocking.messages import Messages, no_days, on_day
from ml_jobs.stocking.situation import Situation


@dataclass(frozen=True)
class StockMoves:
    """What is moved between the places of a partition's series.

    Attributes:
        takers: The panel's series that each of N moves brings units to, shape (N,); those of a
            series follow each other, by the place that gives.
        givers: Code of the place that gives, shape (N,).
        quantity: Units, above 0, shape (N,).
        days: On the way; NaN where not known, shape (N,).
        units: What all moves bring to each of S series, and to the places above it; what they take
            away is negative, shape (S,).
    """

    takers: IntArray
    givers: TextArray
    quantity: FloatArray
    days: FloatArray
    units: FloatArray

    @classmethod
    def none(cls, count: int) -> StockMoves:
        """Return that nothing is moved of *count* series."""
        nothing = np.empty(0)
        rows, codes = np.empty(0, np.int64), np.empty(0, np.str_)
        return cls(rows, codes, nothing, nothing, np.zeros(count))


def proposed_moves(
    situation: Situation, course: Course, moves: StockMoves, others: Messages
) -> Messages:
    """Return the moves as actions of the places that take.

    A move is late where what is there without any move is expected to be used up before one made
    on the stock's day arrives, and where one of the *others* is late there even with it; one whose
    way isn't known takes a day. All else is this week's. So no other action of its place stands
    before it. What is lacking, and what is avoided of it, is beyond the moves before it.
    """
    takers, levels = moves.takers, situation.inventory.levels
    as_of = levels.as_of[takers].astype("datetime64[D]")
    way = np.maximum(np.ceil(np.nan_to_num(moves.days) - 1e-9), 1.0).astype(np.int64)
    used_up = without_moves(situation, course).runs_out[takers]
    slack = np.where(used_up < NEVER, used_up - way, NEVER)
    late = np.isin(takers, others.series[others.tier == "late"])
    week = round(situation.options.settings["this_week"])
    due = on_day(as_of, np.minimum(slack, np.where(late, 0, week)))
    arrives = np.maximum(due, as_of) + way.astype("timedelta64[D]")
    before = (levels.position - levels.moved)[takers] + units_before(takers, moves.quantity)
    cycle = rows_of(situation.inventory.sums.cycle, takers)
    lacking = cycle.expected_shortage(before)
    count = len(takers)
    return Messages(
        series=takers,
        action=np.full(count, "move"),
        tier=np.where(late | (slack < 0), "late", "this_week"),
        ref=moves.givers,
        quantity=moves.quantity,
        due=due,
        arrives=np.where(np.isfinite(moves.days), arrives, no_days(count)),
        promised=no_days(count),
        expected_shortage=lacking,
        shortage_avoided=lacking - cycle.expected_shortage(before + moves.quantity),
        value_at_risk=lacking * situation.unit_cost[takers],
    )


def without_moves(situation: Situation, course: Course) -> Course:
    """Return how the stock of every series goes on if nothing is moved."""
    return replace(course, supply=course.supply - situation.inventory.levels.moved[:, None])
