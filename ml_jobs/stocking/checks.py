"""What only a person can settle: forecasts, surpluses and data to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.stocking.exceptions import first_reason
from ml_jobs.stocking.inventory import Inventory
from ml_jobs.stocking.messages import NO_REF, Messages, no_days
from ml_jobs.stocking.situation import ExceptionReason, Situation

OF_FORECAST = ("biased", "tracking_signal", "demand_shifted", "outlier", "class_changed")
OF_DATA = ("thin_history", "stale_history")

# The exceptions that a check is made for, by its tier.
REASONS = {"check_forecast": OF_FORECAST, "surplus": ("overstock",), "check_data": OF_DATA}


def checks(situation: Situation, reasons: Sequence[ExceptionReason], others: Messages) -> Messages:
    """Return at most one check for each series, beside the *others*.

    What isn't known of a part that had demand goes first: without its stock, lead time or service
    level nothing else can be said. Else the forecast is checked where an exception doubts it and
    nothing is to be done about the stock; a surplus, where no open order can go; the data, where
    little history stands behind stock that nothing else is said of.
    """
    inventory, count = situation.inventory, len(situation.panel.item_ids)
    acted, cancelled = np.zeros(count, bool), np.zeros(count, bool)
    acted[others.series] = True
    cancelled[others.series[others.action == "cancel"]] = True
    known = is_known(inventory)
    used = np.nansum(situation.panel.demand, axis=1) > 0
    surplus = inventory.proposal.status == "overstock"
    doubts, of_doubt = _first_of(reasons, OF_FORECAST, count)
    little, of_little = _first_of(reasons, OF_DATA, count)
    held = np.nan_to_num(inventory.levels.position) > 0
    conditions = [
        ~known & used,
        doubts & ~acted,
        surplus & ~cancelled,
        little & ~acted & held,
    ]
    tier = np.select(conditions, ["check_data", "check_forecast", "surplus", "check_data"], "")
    over = inventory.proposal.overstock_quantity * situation.unit_cost
    at_risk = np.select(conditions, [np.full(count, np.nan), of_doubt, over, of_little], np.nan)
    series = np.flatnonzero(tier != "")
    lacking = inventory.sums.cycle.expected_shortage(inventory.levels.position)
    return _messages(series, tier[series], lacking[series], at_risk[series])


def is_known(inventory: Inventory) -> BoolArray:
    """Return of which series stock, lead time and service level are known, shape (S,)."""
    known: BoolArray = np.isfinite(inventory.levels.position + inventory.policy.reorder_point)
    return known


def _messages(
    series: IntArray, tier: np.ndarray, lacking: FloatArray, at_risk: FloatArray
) -> Messages:
    count = len(series)
    unknown = np.full(count, np.nan)
    return Messages(
        series=series,
        action=np.full(count, "check"),
        tier=tier,
        ref=np.full(count, NO_REF),
        quantity=unknown,
        due=no_days(count),
        arrives=no_days(count),
        promised=no_days(count),
        expected_shortage=lacking,
        shortage_avoided=unknown,
        value_at_risk=np.maximum(at_risk, 0.0),
    )


def _first_of(
    reasons: Sequence[ExceptionReason], codes: Sequence[str], count: int
) -> tuple[BoolArray, FloatArray]:
    """Which series have one of the reasons, and the first one's value at risk."""
    chosen = [reason for reason in reasons if reason.code in codes]
    if not chosen:
        return np.zeros(count, bool), np.full(count, np.nan)
    place = first_reason(chosen)
    values = np.stack([reason.value_at_risk for reason in chosen])
    return place >= 0, values[place, np.arange(count)]
