"""Reasons for an exception that lie in the stock."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, divide
from ml_jobs.stocking.situation import ExceptionReason, Situation

LONGEST_DAYS = 36_525.0  # what lasts longer than a century says no more than a century does


def stockout_before_delivery(situation: Situation) -> ExceptionReason:
    """Stock and open orders last less long than a delivery takes; at risk: what will lack."""
    inventory = situation.inventory
    levels, policy, proposal = inventory.levels, inventory.policy, inventory.proposal
    return ExceptionReason(
        "stockout_before_delivery",
        _runs_out_before_delivery(situation),
        proposal.days_of_cover,
        levels.lead_time.days,
        policy.expected_shortage * situation.unit_cost,
        levels.as_of,
        np.full(len(levels.as_of), "high"),
    )


def below_reorder_point(situation: Situation) -> ExceptionReason:
    """Stock and open orders are below the reorder point and an order now still arrives in time.

    At risk: what will lack.
    """
    levels, policy = situation.inventory.levels, situation.inventory.policy
    limit = situation.threshold("below_reorder_point") * policy.reorder_point
    return ExceptionReason(
        "below_reorder_point",
        levels.stocked & (levels.position < limit) & ~_runs_out_before_delivery(situation),
        levels.position,
        policy.reorder_point,
        policy.expected_shortage * situation.unit_cost,
        levels.as_of,
        np.full(len(levels.as_of), "medium"),
    )


def _runs_out_before_delivery(situation: Situation) -> BoolArray:
    levels, proposal = situation.inventory.levels, situation.inventory.proposal
    spare = proposal.days_of_cover - levels.lead_time.days
    # What isn't to be held is meant to run out.
    return levels.stocked & (spare < situation.threshold("stockout_before_delivery"))


def overstock(situation: Situation) -> ExceptionReason:
    """The stock lasts too long; at risk: what lies above the order-up-to level."""
    levels, proposal = situation.inventory.levels, situation.inventory.proposal
    threshold = situation.threshold("overstock")
    surplus = np.nan_to_num(proposal.overstock_quantity)
    return ExceptionReason(
        "overstock",
        (proposal.days_of_cover > threshold) & (surplus > 0),
        proposal.days_of_cover,
        levels.lead_time.days + situation.options.review_days,
        surplus * situation.unit_cost,
        levels.as_of,
        np.where(proposal.days_of_cover > 2 * threshold, "medium", "low"),
    )


def large_minimum_order(situation: Situation) -> ExceptionReason:
    """The least that can be ordered lasts too long; at risk: what it has beyond the threshold.

    It lasts as long as the forecast's mean takes to use it up, of parts that are repaired what is
    beyond repair of it. Where that is none, nothing is listed.
    """
    levels, per_day = situation.inventory.levels, situation.used_up_per_day
    least = np.nan_to_num(np.fmax(levels.minimum_order, levels.order_multiple))
    lasts = lasting_days(least, per_day)
    threshold = situation.threshold("large_minimum_order")
    proposed = situation.inventory.proposal.order_quantity > 0
    return ExceptionReason(
        "large_minimum_order",
        levels.stocked & (lasts > threshold),
        lasts,
        levels.lead_time.days + situation.options.review_days,
        (least - threshold * per_day) * situation.unit_cost,
        levels.as_of,
        np.where(proposed, "medium", "low"),
    )


def lasting_days(quantity: FloatArray, per_day: FloatArray) -> FloatArray:
    """Return the whole days that a quantity lasts, at most a century; NaN without any demand."""
    days: FloatArray = np.rint(np.minimum(divide(quantity, per_day), LONGEST_DAYS))
    return days


def order_above_history(situation: Situation) -> ExceptionReason:
    """More is to be ordered than was ever asked for; at risk: the difference."""
    levels, quantity = situation.inventory.levels, situation.inventory.proposal.order_quantity
    ever = np.nansum(situation.panel.demand, axis=1)
    return ExceptionReason(
        "order_above_history",
        quantity > situation.threshold("order_above_history") * ever,
        quantity,
        ever,
        (quantity - ever) * situation.unit_cost,
        levels.as_of,
        np.full(len(ever), "medium"),
    )
