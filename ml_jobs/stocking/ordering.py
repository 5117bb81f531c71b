"""Orders to place: those that the order rule proposes today, and those that it will soon."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, TextArray
from ml_jobs.panel import Dates
from ml_jobs.stocking.course import NEVER, OUTLOOK, Course, first_day, lead_days
from ml_jobs.stocking.inventory import order_to, round_up
from ml_jobs.stocking.messages import NO_REF, Messages, no_days, on_day
from ml_jobs.stocking.situation import Situation


def proposed_orders(situation: Situation) -> Messages:
    """Return what ``fact_inventory`` proposes to order.

    It is late where even an order placed today arrives after stock and open orders are expected to
    be used up. All else is this week's, however long they last: at the reorder point the chance
    asked for is just kept, and each day of waiting takes from it (decision 33).
    """
    levels, proposal = situation.inventory.levels, situation.inventory.proposal
    series = np.flatnonzero(np.nan_to_num(proposal.order_quantity) > 0)
    as_of = levels.as_of[series].astype("datetime64[D]")
    order_by = proposal.order_by[series].astype("datetime64[D]")
    week = as_of + np.timedelta64(round(situation.options.settings["this_week"]), "D")
    late = order_by < as_of
    # A day that isn't known is further away than the longest outlook.
    due = np.where(np.isnat(order_by) | (order_by > week), week, order_by)
    tier = np.where(late, "late", "this_week")
    return _orders(situation, series, proposal.order_quantity[series], due, tier)


def planned_orders(situation: Situation, course: Course, *, without: IntArray) -> Messages:
    """Return what will be to order on the day on which the reorder point is expected to be reached.

    That day lies within the horizon; *without* are series that nothing is planned for. The
    quantity fills up what is expected to be left then.
    """
    inventory, step = situation.inventory, situation.panel.frequency.days_per_step
    levels, policy = inventory.levels, inventory.policy
    horizon = min(int(situation.horizon * step + 1e-9), OUTLOOK)
    spare = levels.position - policy.reorder_point
    day = first_day(course.demand[:, : horizon + 1] >= spare[:, None] - 1e-9)
    left = levels.position - course.demand[np.arange(len(day)), np.minimum(day, OUTLOOK)]
    up_to = round_up(policy.order_up_to, situation.outlook.demand.lot)
    quantity = order_to(up_to, left, levels, situation.outlook.demand.lot)
    planned = (spare > 0) & (day < NEVER) & (quantity > 0) & levels.stocked
    planned[without] = False
    series = np.flatnonzero(planned)
    due = on_day(levels.as_of[series], day[series])
    return _orders(situation, series, quantity[series], due, np.full(len(series), "will_run_out"))


def _orders(
    situation: Situation, series: IntArray, quantity: FloatArray, due: Dates, tier: TextArray
) -> Messages:
    levels, count = situation.inventory.levels, len(series)
    filled = levels.position.copy()
    filled[series] += quantity
    lacking = situation.inventory.sums.cycle.expected_shortage(levels.position)
    avoided = lacking - situation.inventory.sums.cycle.expected_shortage(filled)
    start = np.maximum(due, levels.as_of[series].astype("datetime64[D]"))
    return Messages(
        series=series,
        action=np.full(count, "order"),
        tier=tier,
        ref=np.full(count, NO_REF),
        quantity=quantity,
        due=due,
        arrives=start + lead_days(levels)[series].astype("timedelta64[D]"),
        promised=no_days(count),
        expected_shortage=lacking[series],
        shortage_avoided=avoided[series],
        value_at_risk=lacking[series] * situation.unit_cost[series],
    )
