"""What an action message says, before it is ranked: the words of the trade, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, TextArray
from ml_jobs.panel import Dates
from ml_jobs.stocking.course import NEVER

TIERS = ("late", "this_week", "will_run_out", "check_forecast", "surplus", "check_data")
ACTIONS = ("move", "order", "expedite", "cancel", "defer", "check")
NO_REF = "-"


@dataclass(frozen=True)
class Messages:
    """Actions on the series of a partition; shape (R,) each.

    Attributes:
        series: The panel's series.
        action: One of ``ACTIONS``.
        tier: One of ``TIERS``.
        ref: The open order concerned, of a move the place that gives, or ``NO_REF``.
        quantity: Units to move or to order, or of the open order; NaN where something is to be
            checked.
        due: Last day to act; NaT for checks.
        arrives: Day on which the quantity comes if acted on by then; NaT where nothing does.
        promised: Day on which the open order is due; NaT without one.
        expected_shortage: Units expected to lack without it; NaN where not known.
        shortage_avoided: How much less with it; NaN where the action avoids none.
        value_at_risk: Currency; NaN where the cost isn't known.
    """

    series: IntArray
    action: TextArray
    tier: TextArray
    ref: TextArray
    quantity: FloatArray
    due: Dates
    arrives: Dates
    promised: Dates
    expected_shortage: FloatArray
    shortage_avoided: FloatArray
    value_at_risk: FloatArray

    def leading(self) -> IntArray:
        """Return the row of each series that comes first, in the order of the series.

        The most urgent tier goes first. Inside one tier it is the order of ``ACTIONS``, and of
        several open orders the one due first; but what is on order already is expedited before
        more is ordered, unless that is late: then all that is on order wouldn't last until an
        order placed today arrives, however soon it came.
        """
        place = np.array([ACTIONS.index(action) for action in self.action.tolist()], np.float64)
        place[(self.action == "expedite") & (self.tier != "late")] = ACTIONS.index("order") - 0.5
        order = np.lexsort((self.ref, self.promised, place, tier_places(self.tier), self.series))
        return order[np.flatnonzero(np.diff(self.series[order], prepend=-1))]


def tier_places(tiers: TextArray) -> IntArray:
    """Return how far down the list each of *tiers* stands."""
    return np.array([TIERS.index(tier) for tier in tiers.tolist()], np.int64)


def join(parts: list[Messages]) -> Messages:
    """Return the rows of all *parts*."""
    return Messages(
        **{
            each.name: np.concatenate([getattr(part, each.name) for part in parts])
            for each in fields(Messages)
        }
    )


def no_days(count: int) -> Dates:
    """Return *count* days that aren't known."""
    return np.full(count, np.datetime64("NaT", "D"))


def on_day(as_of: Dates, days: IntArray) -> Dates:
    """Return the day that is *days* after *as_of*; NaT for ``NEVER``. Shape (R,) all."""
    start = as_of.astype("datetime64[D]")
    return np.where(days < NEVER, start + days.astype("timedelta64[D]"), no_days(len(days)))
