"""Open orders whose day doesn't suit the demand: to expedite, to defer or to cancel.

The orders of a part are taken in the sequence in which they come. Each is needed from the day on
which demand, at the service level planned for, exceeds the stock and all that comes before it, so
that what one order cures isn't asked of the next one again.

Source: Orlicky 1975, "Material Requirements Planning", chapter 7, on rescheduling open orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.course import DAYS, NEVER, OUTLOOK, Arrivals, Course, first_day, lead_days
from ml_jobs.stocking.inventory import round_up
from ml_jobs.stocking.lead_time import SumPools
from ml_jobs.stocking.messages import Messages, on_day
from ml_jobs.stocking.situation import Situation


@dataclass(frozen=True)
class Timing:
    """When open orders are needed, in days from the stock's day; shape (N,) each.

    Attributes:
        needed: First day on which demand at the planned level exceeds what comes before; ``NEVER``
            beyond the outlook.
        used_up: The same of expected demand.
        deadline: When it comes; of one that is late, when an order placed today would.
        lead: When an order placed today would.
        above: What comes before, less the order-up-to level, units.
    """

    needed: IntArray
    used_up: IntArray
    deadline: IntArray
    lead: IntArray
    above: FloatArray


def reschedulings(
    situation: Situation, course: Course, arrivals: Arrivals, pools: SumPools
) -> Messages:
    """Return the open orders to expedite, to defer and to cancel.

    Only orders with a day, of series whose stock, lead time and service level are known. One is
    expedited where it is needed before its deadline. Where it comes the setting ``defer_from`` or
    more before it is needed it is deferred to that day; or cancelled, where it isn't needed within
    the outlook, or what comes before it exceeds the order-up-to level by its quantity or more, and
    all orders after it go as well.
    """
    inventory = situation.inventory
    known = np.isfinite(inventory.levels.position + inventory.policy.reorder_point)
    dated = rows_of(arrivals, np.flatnonzero(known[arrivals.series] & ~np.isnat(arrivals.due)))
    series, place = np.unique(dated.series, return_inverse=True)
    base = inventory.levels.current_stock[dated.series] + dated.before
    demand = rows_of(_demand_by_day(situation, pools, series), place)
    timing = _timing(situation, course, dated, demand, base)
    early = timing.needed - dated.day >= situation.options.settings["defer_from"]
    expedite = timing.needed < timing.deadline
    cancel = _to_cancel(dated, early & ~expedite, timing)
    defer = early & ~expedite & ~cancel & (timing.needed < NEVER)
    action = np.select([expedite, cancel, defer], ["expedite", "cancel", "defer"], "")
    whole = _messages(situation, dated, timing, action, _shortages(demand, timing, base, dated))
    return rows_of(whole, np.flatnonzero(action != ""))


def _demand_by_day(situation: Situation, pools: SumPools, series: IntArray) -> NegativeBinomial:
    """Demand accumulated to the end of each day of the outlook, of some series, (n, OUTLOOK)."""
    return accumulated(
        situation.panel.rows(series),
        rows_of(situation.outlook, series),
        pools,
        np.broadcast_to(DAYS, (len(series), OUTLOOK)),
        rows_of(situation.inventory.sums, series),
    )


def _timing(
    situation: Situation,
    course: Course,
    dated: Arrivals,
    demand: NegativeBinomial,
    base: FloatArray,
) -> Timing:
    policy, lot = situation.inventory.policy, situation.outlook.demand.lot
    allowed = 1.0 - policy.planned_level[dated.series]
    # The columns are the days from the first on.
    needed = first_day(demand.exceedance(base[:, None]) > allowed[:, None])
    lead = lead_days(situation.inventory.levels)[dated.series]
    return Timing(
        needed=np.where(needed < NEVER, needed + 1, NEVER),
        used_up=course.used_up(dated.series, base),
        deadline=np.where(dated.is_late, lead, dated.day),
        lead=lead,
        above=base - round_up(policy.order_up_to, lot)[dated.series],
    )


def _to_cancel(dated: Arrivals, early: BoolArray, timing: Timing) -> BoolArray:
    far = (timing.needed == NEVER) & (timing.above >= 0)
    stays = ~(early & (far | (timing.above >= dated.quantity)))
    # Rows of a series stand together, in the sequence in which they come.
    ends = np.searchsorted(dated.series, dated.series, side="right")
    summed = np.concatenate([[0], np.cumsum(stays)])
    answer: BoolArray = summed[ends] == summed[np.arange(len(stays))]
    return answer


def _shortages(
    demand: NegativeBinomial, timing: Timing, base: FloatArray, dated: Arrivals
) -> tuple[FloatArray, FloatArray]:
    """Expected shortage until the deadline, and how much less it is with the order; (N,) both."""
    step = np.clip(timing.deadline, 1, OUTLOOK) - 1
    rows = np.arange(len(step))
    until = replace(
        demand,
        mean=demand.mean[rows, step],
        excess=demand.excess[rows, step],
        least_mean=demand.least_mean[rows, step],
    )
    lacking = until.expected_shortage(base)
    return lacking, lacking - until.expected_shortage(base + dated.quantity)


def _messages(
    situation: Situation,
    dated: Arrivals,
    timing: Timing,
    action: TextArray,
    shortages: tuple[FloatArray, FloatArray],
) -> Messages:
    inventory, series = situation.inventory, dated.series
    as_of = inventory.levels.as_of[series].astype("datetime64[D]")
    expedite = action == "expedite"
    late = timing.used_up < np.minimum(timing.deadline, timing.lead)
    slack = np.where(late, timing.used_up, np.maximum(timing.needed, timing.lead)) - timing.lead
    soon = slack <= situation.options.settings["this_week"]
    urgency = np.select([late, soon], ["late", "this_week"], "will_run_out")
    lacking = inventory.sums.cycle.expected_shortage(inventory.levels.position)[series]
    of_open, avoided = shortages
    at_risk = np.where(expedite, of_open, dated.quantity)
    return Messages(
        series=series,
        action=action,
        tier=np.where(expedite, urgency, "surplus"),
        ref=dated.ref,
        quantity=dated.quantity,
        due=np.where(expedite, on_day(as_of, slack), np.maximum(dated.due, as_of)),
        arrives=on_day(as_of, np.where(action == "cancel", NEVER, timing.needed)),
        promised=dated.due,
        expected_shortage=np.where(expedite, of_open, lacking),
        shortage_avoided=np.where(expedite, avoided, np.nan),
        value_at_risk=at_risk * situation.unit_cost[series],
    )
