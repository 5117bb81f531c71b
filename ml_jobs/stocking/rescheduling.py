"""Open orders whose day doesn't suit the demand: to expedite, to defer or to cancel.

The orders of a part are taken in the sequence in which they come. Each is needed from the day on
which demand, at the service level planned for, exceeds the stock and all that comes before it, so
that what one order cures isn't asked of the next one again.

A late order comes first in the sequence, and nobody knows when. So it isn't asked for while orders
that come in time are enough, and none of these is put off because it may come.

Source: Orlicky 1975, "Material Requirements Planning", chapter 7, on rescheduling open orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.checks import is_known
from ml_jobs.stocking.course import (
    CLOSE,
    DAYS,
    NEVER,
    OUTLOOK,
    Arrivals,
    Course,
    first_day,
    lead_days,
    received_by_day,
)
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
        idle_until: The same without what may not come: late orders, before one placed today would.
        used_up: As *needed*, of expected demand.
        deadline: When it comes; of one that is late, when an order placed today would.
        lead: When an order placed today would.
        above: What comes before, less the order-up-to level, units.
    """

    needed: IntArray
    idle_until: IntArray
    used_up: IntArray
    deadline: IntArray
    lead: IntArray
    above: FloatArray


@dataclass(frozen=True)
class Before:
    """Units that come before each of N open orders by the end of each day, shape (N, D + 1).

    Attributes:
        most: With all that comes before it, and before a late one all that comes in time.
        least: With what is counted on of what comes before it in the sequence.
    """

    most: FloatArray
    least: FloatArray


def reschedulings(
    situation: Situation, course: Course, arrivals: Arrivals, pools: SumPools
) -> Messages:
    """Return the open orders to expedite, to defer and to cancel.

    Only orders with a day, of series whose stock, lead time and service level are known and that
    are to be held in stock: what is ordered of others was ordered for somebody who waits. One is
    expedited where it is needed before its deadline. Where it comes the setting ``defer_from`` or
    more before it is needed, even without what may not come, it is deferred to that day; or
    cancelled, where it isn't needed within the outlook, or what comes before it exceeds the
    order-up-to level by its quantity or more, and all orders after it go as well.
    """
    held = is_known(situation.inventory) & situation.inventory.levels.stocked
    known = held[arrivals.series]
    dated = rows_of(arrivals, np.flatnonzero(known & ~np.isnat(arrivals.due)))
    series, place = np.unique(dated.series, return_inverse=True)
    before = _before(situation, arrivals, dated)
    demand = rows_of(_demand_by_day(situation, pools, series), place)
    timing = _timing(situation, course, dated, demand, before)
    early = timing.idle_until - dated.day >= situation.options.settings["defer_from"]
    expedite = timing.needed < timing.deadline
    cancel = _to_cancel(dated, early & ~expedite, timing)
    defer = early & ~expedite & ~cancel & (timing.idle_until < NEVER)
    action = np.select([expedite, cancel, defer], ["expedite", "cancel", "defer"], "")
    shortages = _shortages(demand, timing, before.most, dated)
    whole = _messages(situation, dated, timing, action, shortages)
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


def _before(situation: Situation, arrivals: Arrivals, dated: Arrivals) -> Before:
    levels, count = situation.inventory.levels, len(situation.panel.item_ids)
    in_time = received_by_day(rows_of(arrivals, np.flatnonzero(~arrivals.is_late)), count)
    late = np.bincount(dated.series, weights=dated.quantity * dated.is_late, minlength=count)
    overdue = dated.is_late[:, None]
    sequence = (levels.shelf[dated.series] + dated.before)[:, None]
    # What is late comes before all else, and is counted on from the day after the lead time.
    missing = np.arange(OUTLOOK + 1) <= lead_days(levels)[dated.series][:, None]
    late_before = np.where(dated.is_late, dated.before, late[dated.series])
    counted = sequence - missing * late_before[:, None]
    return Before(np.where(overdue, sequence + in_time[dated.series], sequence), counted)


def _timing(
    situation: Situation,
    course: Course,
    dated: Arrivals,
    demand: NegativeBinomial,
    before: Before,
) -> Timing:
    policy, lot = situation.inventory.policy, situation.outlook.demand.lot
    allowed = 1.0 - policy.planned_level[dated.series]
    lead = lead_days(situation.inventory.levels)[dated.series]
    needed = _first_needed(demand, before.most, allowed)
    idle_until = needed.copy()
    unsure = np.flatnonzero((before.least < before.most).any(axis=1))
    without = _first_needed(rows_of(demand, unsure), before.least[unsure], allowed[unsure])
    idle_until[unsure] = without
    base = situation.inventory.levels.shelf[dated.series] + dated.before
    return Timing(
        needed=needed,
        idle_until=idle_until,
        used_up=first_day(course.demand[dated.series] >= before.most - CLOSE),
        deadline=np.where(dated.is_late, lead, dated.day),
        lead=lead,
        above=base - round_up(policy.order_up_to, lot)[dated.series],
    )


def _first_needed(demand: NegativeBinomial, before: FloatArray, allowed: FloatArray) -> IntArray:
    """The first day on which demand exceeds *before*, shape (N, D + 1), by a greater chance."""
    # The columns of the demand are the days from the first on.
    needed = first_day(demand.exceedance(before[:, 1:]) > allowed[:, None])
    answer: IntArray = np.where(needed < NEVER, needed + 1, NEVER)
    return answer


def _to_cancel(dated: Arrivals, early: BoolArray, timing: Timing) -> BoolArray:
    far = (timing.needed == NEVER) & (timing.above >= 0)
    stays = ~(early & (far | (timing.above >= dated.quantity)))
    # Rows of a series stand together, in the sequence in which they come.
    ends = np.searchsorted(dated.series, dated.series, side="right")
    summed = np.concatenate([[0], np.cumsum(stays)])
    answer: BoolArray = summed[ends] == summed[np.arange(len(stays))]
    return answer


def _shortages(
    demand: NegativeBinomial, timing: Timing, before: FloatArray, dated: Arrivals
) -> tuple[FloatArray, FloatArray]:
    """Expected shortage until the deadline, and how much less it is with the order; (N,) both.

    Both on the day until then on which most is lacking.
    """
    last = np.clip(timing.deadline, 1, OUTLOOK) - 1
    lacks = np.where(np.arange(OUTLOOK) <= last[:, None], demand.drawn - before[:, 1:], -np.inf)
    # The last of equal days.
    step = OUTLOOK - 1 - lacks[:, ::-1].argmax(axis=1)
    rows = np.arange(len(step))
    base = before[rows, step + 1]
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
    moved_to = [timing.needed, timing.idle_until]
    return Messages(
        series=series,
        action=action,
        tier=np.where(expedite, urgency, "surplus"),
        ref=dated.ref,
        quantity=dated.quantity,
        due=np.where(expedite, on_day(as_of, slack), np.maximum(dated.due, as_of)),
        arrives=on_day(as_of, np.select([expedite, action == "defer"], moved_to, NEVER)),
        promised=dated.due,
        expected_shortage=np.where(expedite, of_open, lacking),
        shortage_avoided=np.where(expedite, avoided, np.nan),
        value_at_risk=at_risk * situation.unit_cost[series],
    )
