"""Reasons for an exception that lie in the demand and in how it was forecast."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ml_jobs.arrays import BoolArray, divide
from ml_jobs.dispersion import moments
from ml_jobs.judging.metrics import bias, tracking_signal
from ml_jobs.panel import Dates, Frequency, Panel
from ml_jobs.stocking.shifts import interval_shift, level_shift
from ml_jobs.stocking.situation import ChampionRecord, ExceptionReason, Situation

BEYOND_CHANCE = 1.96  # standard deviations: 95 % of unbiased forecasts err less than this
FRESH = {Frequency.DAILY: 7, Frequency.WEEKLY: 4, Frequency.MONTHLY: 2}  # periods that surprise


def forecast_errors(situation: Situation) -> Iterator[ExceptionReason]:
    """The champion errs in one direction, by more than chance explains; at risk: the error.

    An unbiased forecast's errors sum to within 1.96 times the root of their summed squares in 95
    of 100 cases; sums within that are not listed, however large a share of demand they are.
    """
    record = situation.record
    if record is None:
        return
    error = record.forecast - record.actual
    summed, beyond = np.abs(np.nansum(error, axis=1)), error_beyond_chance(record)
    per_period = summed / np.maximum(np.isfinite(error).sum(axis=1), 1)
    value = per_period * situation.outlook.demand.mean.shape[1] * situation.unit_cost
    too_low = bias(record.forecast, record.actual) < 0
    for code, measure in (("biased", bias), ("tracking_signal", tracking_signal)):
        observed = measure(record.forecast, record.actual)
        yield ExceptionReason(
            code,
            beyond & (np.abs(observed) > situation.threshold(code)),
            observed,
            np.zeros(len(observed)),
            value,
            np.full(len(observed), record.dates.min()),
            np.where(too_low, "medium", "low"),
        )


def error_beyond_chance(record: ChampionRecord) -> BoolArray:
    """Return where the champion's errors sum to more than chance explains, shape (S,)."""
    error = record.forecast - record.actual
    spread = np.sqrt(np.nansum(error**2, axis=1))
    beyond: BoolArray = np.abs(np.nansum(error, axis=1)) > BEYOND_CHANCE * spread
    return beyond


def outliers(situation: Situation) -> Iterator[ExceptionReason]:
    """Demand of the last few periods beyond what the forecast thought possible.

    It is above the 99 % quantile of its period's forecast and at least the threshold times the
    forecast; of several such periods the one that is furthest above. At risk: the surprise.
    """
    record = situation.record
    if record is None:
        return
    panel = situation.panel
    fresh = np.flatnonzero(record.dates >= panel.dates[-FRESH[panel.frequency] :].min())
    if not fresh.size:
        return
    actual, forecast = record.actual[:, fresh], record.forecast[:, fresh]
    beyond = (actual > record.upper[:, fresh]) & (
        actual >= situation.threshold("outlier") * forecast
    )
    worst = np.argmax(np.where(beyond, actual - forecast, -np.inf), axis=1)
    rows = np.arange(len(worst))
    observed, expected = actual[rows, worst], forecast[rows, worst]
    listed: BoolArray = np.logical_or.reduce(beyond, axis=1)
    yield ExceptionReason(
        "outlier",
        listed,
        observed,
        expected,
        np.maximum(observed - expected, 0.0) * situation.unit_cost,
        record.dates[fresh][worst],
        np.full(len(rows), "medium"),
    )


def demand_shifted(situation: Situation) -> ExceptionReason:
    """Recent demand differs from what was usual by the threshold, and by more than chance.

    At risk: the difference over a horizon. A rise may leave a part short, so it counts more.
    """
    shift = level_shift(situation.panel)
    change = np.abs(divide(shift.recent, shift.before) - 1.0)
    difference = np.abs(shift.recent - shift.before)
    return ExceptionReason(
        "demand_shifted",
        shift.beyond_chance & (change >= situation.threshold("demand_shifted")),
        shift.recent,
        shift.before,
        difference * situation.horizon * situation.unit_cost,
        situation.panel.dates[np.clip(shift.begins, 0, len(situation.panel.dates) - 1)],
        np.where(shift.recent > shift.before, "medium", "low"),
    )


def class_changed(situation: Situation) -> ExceptionReason:
    """The interval between demands crossed the limit between classes, by more than chance.

    At risk: the forecast, which rests on how demand used to come.
    """
    shift = interval_shift(situation.panel)
    limit = situation.threshold("class_changed")
    crossed: BoolArray = np.not_equal(shift.recent < limit, shift.before < limit)
    return ExceptionReason(
        "class_changed",
        shift.beyond_chance & crossed,
        shift.recent,
        shift.before,
        situation.horizon_demand * situation.unit_cost,
        situation.panel.dates[shift.begins],
        np.full(len(crossed), "low"),
    )


def histories(situation: Situation) -> Iterator[ExceptionReason]:
    """There is little history, or no demand of late; at risk: the forecast, or the stock."""
    panel = situation.panel
    known = moments(panel.demand)
    interval = known.periods / np.maximum(known.demands, 1) * panel.frequency.days_per_step
    first, quiet_since = _first_days(panel), _quiet_since(panel)
    quiet = (panel.data_through - quiet_since).astype(np.float64) + 1.0
    demands = known.demands.astype(np.float64)
    least = situation.options.thin_below
    low = np.full(len(demands), "low")
    yield ExceptionReason(
        "thin_history",
        demands < least,
        demands,
        np.full(len(demands), least),
        situation.horizon_demand * situation.unit_cost,
        first,
        low,
    )
    yield ExceptionReason(
        "stale_history",
        quiet > situation.threshold("stale_history"),
        quiet,
        interval,
        situation.inventory.levels.current_stock * situation.unit_cost,
        quiet_since,
        low,
    )


def _first_days(panel: Panel) -> Dates:
    return panel.dates[np.minimum(panel.starts, len(panel.dates) - 1)]


def _quiet_since(panel: Panel) -> Dates:
    """First day after the last period with demand; a series without any: its first day."""
    with_demand = np.nan_to_num(panel.demand) > 0
    from_end = np.argmax(with_demand[:, ::-1], axis=1)
    calendar = np.append(panel.dates, panel.frequency.following(panel.dates[-1], 1))
    following = calendar[len(panel.dates) - from_end]
    return np.where(with_demand.any(axis=1), following, _first_days(panel))
