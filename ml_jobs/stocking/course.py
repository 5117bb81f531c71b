"""How stock goes on from its day: what is expected to be used, and what arrives, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, rows_of
from ml_jobs.panel import Dates, OpenOrders
from ml_jobs.stocking.accumulated import expected_until
from ml_jobs.stocking.inventory import LONGEST_OUTLOOK_DAYS, StockLevels
from ml_jobs.stocking.situation import Situation

OUTLOOK = int(LONGEST_OUTLOOK_DAYS)
NEVER = OUTLOOK + 1  # a day for what doesn't happen within the outlook
DAYS: FloatArray = np.arange(1.0, OUTLOOK + 1.0)

UNDATED = "-"  # what is on order and due on no known day
CLOSE = 1e-9  # units, within which an amount counts as used up


@dataclass(frozen=True)
class Arrivals:
    """What is on order, sorted by series and by the day it comes; shape (N,) each.

    Attributes:
        series: The panel's series.
        ref: The open order and its line; ``UNDATED`` for what no day is known of.
        quantity: Units.
        due: Day on which it is due; NaT where not known.
        day: Days from the stock's day until it comes: 0 where it is late, and the lead time where
            no day is known, since what is on order comes before an order placed today.
        before: Units of the same series that come before it.
        is_late: Whether its day lies before the stock's.
        counted: Days until it is counted on: until it comes, but where it is late the day after an
            order placed today would come. Whoever missed one day may miss the next.
    """

    series: IntArray
    ref: TextArray
    quantity: FloatArray
    due: Dates
    day: IntArray
    before: FloatArray
    is_late: BoolArray
    counted: IntArray


@dataclass(frozen=True)
class Course:
    """Stock, receipts and expected demand of S series from day 0, the stock's, to ``OUTLOOK``.

    Attributes:
        demand: Expected demand accumulated to the end of each day, units, shape (S, D + 1).
        supply: Stock and what has arrived by then, likewise; NaN where the stock isn't known.
    """

    demand: FloatArray
    supply: FloatArray

    @property
    def runs_out(self) -> IntArray:
        """First day on which supply is used up, or ``NEVER``, shape (S,)."""
        return first_day(self.demand >= self.supply - CLOSE)


def first_day(holds: BoolArray) -> IntArray:
    """Return the first column of each row that holds, or ``NEVER`` where none does."""
    found: IntArray = np.where(holds.any(axis=1), holds.argmax(axis=1), NEVER)
    return found


def course_of(situation: Situation, arrivals: Arrivals) -> Course:
    """Return how the stock of every series goes on without any action."""
    levels, outlook = situation.inventory.levels, situation.outlook
    days = np.broadcast_to(DAYS, (len(levels.as_of), OUTLOOK))
    expected = expected_until(situation.panel, outlook, days, situation.inventory.sums)
    demand = np.concatenate([np.zeros((len(expected), 1)), expected], axis=1)
    return Course(demand, levels.shelf[:, None] + received_by_day(arrivals, len(expected)))


def received_by_day(arrivals: Arrivals, count: int) -> FloatArray:
    """Return the units of *count* series that are counted on by the end of each day, (S, D + 1)."""
    received = np.zeros((count, OUTLOOK + 1))
    within = rows_of(arrivals, np.flatnonzero(arrivals.counted <= OUTLOOK))
    np.add.at(received, (within.series, within.counted), within.quantity)
    received.cumsum(axis=1, out=received)
    return received


def arrivals_of(levels: StockLevels, orders: OpenOrders) -> Arrivals:
    """Return what is on order by the day it comes: the dated *orders*, and the rest of it.

    What comes back from repair does so evenly until an order placed today would come: nobody knows
    which day it failed. Demand that is missing for good (`without_returns`) grows evenly as well.
    """
    count, dated = len(levels.on_order), ~np.isnat(orders.due)
    series = orders.series[dated]
    known = np.bincount(series, weights=orders.quantity[dated], minlength=count)
    rest = levels.on_order - levels.repair.coming_back - known
    left = np.flatnonzero(rest > CLOSE)
    until = (orders.due[dated] - levels.as_of[series].astype("datetime64[D]")).astype(np.int64)
    lead, late = lead_days(levels), until < 0
    back, back_on, units = _returns(levels.repair.coming_back, lead)
    without = len(left) + len(back)
    day_of_rest = np.concatenate([lead[left], back_on])
    whole = Arrivals(
        series=np.concatenate([series, left, back]),
        ref=np.concatenate([orders.ref[dated], np.full(without, UNDATED)]),
        quantity=np.concatenate([orders.quantity[dated], rest[left], units]),
        due=np.concatenate([orders.due[dated], np.full(without, np.datetime64("NaT", "D"))]),
        day=np.concatenate([np.maximum(until, 0), day_of_rest]),
        before=np.zeros(len(series) + without),
        is_late=np.concatenate([late, np.zeros(without, bool)]),
        counted=np.concatenate([np.where(late, lead[series] + 1, until), day_of_rest]),
    )
    # On one day what has a day goes before what has none, and what is late in its order.
    in_order = np.lexsort((whole.ref, whole.due, whole.day, whole.series))
    ordered = rows_of(whole, in_order)
    return replace(ordered, before=units_before(ordered.series, ordered.quantity))


def _returns(coming_back: FloatArray, lead: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Series, day and units of what comes back from repair, spread over the days of the *lead*."""
    some = np.flatnonzero(coming_back > 0)
    span = np.maximum(lead[some], 1)
    series, first = np.repeat(some, span), np.cumsum(span) - span
    day = np.arange(len(series)) - np.repeat(first, span) + 1
    daily = coming_back[series] / np.repeat(span, span)
    units = np.floor(daily * day + CLOSE) - np.floor(daily * (day - 1) + CLOSE)
    kept = units > 0
    return series[kept], np.minimum(day, lead[series])[kept], units[kept]


def lead_days(levels: StockLevels) -> IntArray:
    """Return the lead time in whole days, 0 where it isn't known, shape (S,)."""
    days: IntArray = np.ceil(np.nan_to_num(levels.lead_time.days)).astype(np.int64)
    return days


def units_before(series: IntArray, quantity: FloatArray) -> FloatArray:
    """Return the units in the rows before each of its series, whose rows stand together, (N,)."""
    summed = np.cumsum(quantity) - quantity
    first = np.searchsorted(series, series)
    before: FloatArray = summed - summed[first] if len(series) else summed
    return before
