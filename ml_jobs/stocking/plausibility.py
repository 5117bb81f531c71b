"""Reasons to check the figures of an action before acting: each held against every message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, divide
from ml_jobs.dispersion import moments
from ml_jobs.judging.metrics import bias
from ml_jobs.stocking.demand_reasons import error_beyond_chance
from ml_jobs.stocking.messages import Messages
from ml_jobs.stocking.situation import Situation
from ml_jobs.stocking.stock_reasons import LONGEST_DAYS, lasting_days


@dataclass(frozen=True)
class CheckReason:
    """One reason to check, held against R messages; shape (R,) each.

    Attributes:
        code: Name of the reason in the contract.
        holds: Which messages it holds for.
        observed: Value found, in the unit of the reason.
        expected: Value that it compares with.
    """

    code: str
    holds: BoolArray
    observed: FloatArray
    expected: FloatArray


def check_reasons(
    situation: Situation, messages: Messages, assumed: IntArray
) -> tuple[CheckReason, ...]:
    """Return every reason, the gravest first.

    Those of the quantity hold for orders to place, those of the forecast for every action but a
    check. *assumed* counts the assumed inputs that each series' quantities rest on, shape (S,).
    """
    of_quantity = messages.action == "order"
    of_forecast = messages.action != "check"
    quantity = np.where(of_quantity, messages.quantity, np.nan)
    reasons = [
        *_of_quantity(situation, messages.series, quantity),
        *(_each(reason, messages.series) for reason in _of_forecast(situation, assumed)),
    ]
    return tuple(
        CheckReason(each.code, each.holds & of_forecast, each.observed, each.expected)
        for each in reasons
    )


def _of_quantity(
    situation: Situation, series: IntArray, quantity: FloatArray
) -> Iterator[CheckReason]:
    panel, levels = situation.panel, situation.inventory.levels
    last_year = np.nansum(panel.demand[:, -panel.frequency.steps_per_year :], axis=1)[series]
    ever = np.nansum(panel.demand, axis=1)[series]
    above = quantity > situation.threshold("above_a_year") * last_year
    yield CheckReason("above_a_year", above | (quantity > ever), quantity, last_year)
    lasts = lasting_days(quantity, situation.used_up_per_day[series])
    # Where no demand is forecast a quantity lasts for ever; where all is repaired none is used up.
    unasked = ~(situation.demand_per_day[series] > 0)
    lasts = np.where((quantity > 0) & unasked, LONGEST_DAYS, lasts)
    cycle = (levels.lead_time.days + situation.options.review_days)[series]
    yield CheckReason("lasts_long", lasts > situation.threshold("lasts_long"), lasts, cycle)


def _of_forecast(situation: Situation, assumed: IntArray) -> Iterator[CheckReason]:
    """The reasons that lie in the forecast and its inputs, held against every series."""
    known = moments(situation.panel.demand)
    total = np.nansum(situation.panel.demand, axis=1)
    share = divide(np.nan_to_num(situation.panel.demand).max(axis=1, initial=0.0), total)
    even = divide(np.ones(len(share)), known.periods.astype(np.float64))
    yield CheckReason("one_burst", share > situation.threshold("one_burst"), share, even)
    demands, least = known.demands.astype(np.float64), situation.threshold("short_history")
    yield CheckReason("short_history", demands < least, demands, np.full(len(demands), least))
    yield from _of_record(situation)
    count = assumed.astype(np.float64)
    none = np.zeros(len(count))
    yield CheckReason("assumed_input", count > situation.threshold("assumed_input"), count, none)


def _of_record(situation: Situation) -> Iterator[CheckReason]:
    record, none = situation.record, np.zeros(len(situation.panel.item_ids))
    if record is None:
        return
    lost = -record.value_added
    worse = record.worse_than_naive & (lost > situation.threshold("naive_better"))
    yield CheckReason("naive_better", worse, lost, none)
    off, beyond = bias(record.forecast, record.actual), error_beyond_chance(record)
    for code, amount in (("forecast_too_high", off), ("forecast_too_low", -off)):
        yield CheckReason(code, beyond & (amount > situation.threshold(code)), amount, none)


def _each(reason: CheckReason, series: IntArray) -> CheckReason:
    """A reason held against every series, as one held against the messages on *series*."""
    return CheckReason(
        reason.code, reason.holds[series], reason.observed[series], reason.expected[series]
    )
