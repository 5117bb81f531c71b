"""The list of parts that need a person, ranked by the value at risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.facts import column_of
from ml_jobs.inventory import Inventory
from ml_jobs.lead_time import Outlook
from ml_jobs.metrics import bias, tracking_signal
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Dates, Items, Panel
from ml_jobs.quantiles import moments

BEYOND_CHANCE = 1.96  # standard deviations: 95 % of unbiased forecasts err less than this


@dataclass(frozen=True)
class Reason:
    """One reason, held against every series; shape (S,) each.

    Attributes:
        holds: Which series are listed for it.
        observed: Value found, in the unit of the reason code.
        expected: Value that was to be expected, in the same unit.
        value_at_risk: Currency; NaN where the unit cost is not known.
        since: First day on which the reason held; NaT where not known.
        severity: high, medium or low.
    """

    code: str
    holds: BoolArray
    observed: FloatArray
    expected: FloatArray
    value_at_risk: FloatArray
    since: Dates
    severity: TextArray


@dataclass(frozen=True)
class Record:
    """What each series' champion forecast in the backtest, beside what happened.

    Attributes:
        forecast: Units per period, shape (S, N); NaN where there is no forecast.
        actual: The same of the demand observed.
        since: First day judged.
    """

    forecast: FloatArray
    actual: FloatArray
    since: np.datetime64


@dataclass(frozen=True)
class Situation:
    """All that the reasons look at; *record* is None without a backtest."""

    panel: Panel
    items: Items
    outlook: Outlook
    inventory: Inventory
    record: Record | None
    options: ForecastOptions

    @property
    def unit_cost(self) -> FloatArray:
        """Currency per unit, NaN where not known, shape (S,)."""
        return column_of(self.items.table, "unit_cost")

    @property
    def horizon_demand(self) -> FloatArray:
        """Expected demand of the whole horizon, units, shape (S,)."""
        demand: FloatArray = self.outlook.mean.sum(axis=1)
        return demand

    def threshold(self, code: str) -> float:
        """The threshold of a reason code."""
        return self.options.thresholds[code]


def fact_exception(situation: Situation) -> pa.Table:
    """Return a row for every reason that holds for a series, the greatest value at risk first.

    Rows without a value come last; equal ones are ordered by severity, item and reason.
    """
    rows = [row for reason in _reasons(situation) for row in _rows(situation, reason)]
    rows.sort(key=_urgency)
    ranked = [{"rank": rank, **row} for rank, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(ranked, _schema())


def _urgency(row: dict[str, object]) -> tuple[object, ...]:
    value = row["value_at_risk"]
    order = ("high", "medium", "low").index(str(row["severity"]))
    worth = -value if isinstance(value, float) else np.inf
    return worth, order, str(row["item_id"]).encode(), str(row["reason_code"])


def _rows(situation: Situation, reason: Reason) -> Iterator[dict[str, object]]:
    panel, sources = situation.panel, situation.outlook.sources
    for place in np.flatnonzero(reason.holds):
        value = float(reason.value_at_risk[place])
        since = reason.since[place]
        yield {
            "item_id": panel.item_ids[place],
            "location_id": panel.location_ids[place],
            "reason_code": reason.code,
            "severity": str(reason.severity[place]),
            "observed": float(reason.observed[place]),
            "expected": float(reason.expected[place]),
            "threshold": situation.threshold(reason.code),
            "value_at_risk": value if np.isfinite(value) else None,
            "since": None if np.isnat(since) else since.item(),
            "source": str(sources[place]),
        }


def _reasons(situation: Situation) -> Iterator[Reason]:
    yield _stockout_before_delivery(situation)
    yield _below_reorder_point(situation)
    yield _overstock(situation)
    yield from _forecast_errors(situation)
    yield from _histories(situation)


def _stockout_before_delivery(situation: Situation) -> Reason:
    """Stock and open orders last less long than a delivery takes; at risk: what will lack."""
    levels, policy, proposal = situation.inventory.parts
    return Reason(
        "stockout_before_delivery",
        _runs_out_before_delivery(situation),
        proposal.days_of_cover,
        levels.lead_time_days,
        policy.expected_shortage * situation.unit_cost,
        levels.as_of,
        np.full(len(levels.as_of), "high"),
    )


def _below_reorder_point(situation: Situation) -> Reason:
    """Stock and open orders are below the reorder point and an order now still arrives in time.

    At risk: what will lack.
    """
    levels, policy, _ = situation.inventory.parts
    limit = situation.threshold("below_reorder_point") * policy.reorder_point
    return Reason(
        "below_reorder_point",
        (levels.position < limit) & ~_runs_out_before_delivery(situation),
        levels.position,
        policy.reorder_point,
        policy.expected_shortage * situation.unit_cost,
        levels.as_of,
        np.full(len(levels.as_of), "medium"),
    )


def _runs_out_before_delivery(situation: Situation) -> BoolArray:
    levels, _, proposal = situation.inventory.parts
    spare = proposal.days_of_cover - levels.lead_time_days
    short: BoolArray = spare < situation.threshold("stockout_before_delivery")
    return short


def _overstock(situation: Situation) -> Reason:
    """The stock lasts too long; at risk: what lies above the order-up-to level."""
    levels, policy, proposal = situation.inventory.parts
    threshold = situation.threshold("overstock")
    surplus = np.maximum(levels.position - policy.order_up_to, 0.0)
    return Reason(
        "overstock",
        (proposal.days_of_cover > threshold) & (surplus > 0),
        proposal.days_of_cover,
        levels.lead_time_days + situation.options.review_days,
        surplus * situation.unit_cost,
        levels.as_of,
        np.where(proposal.days_of_cover > 2 * threshold, "medium", "low"),
    )


def _forecast_errors(situation: Situation) -> Iterator[Reason]:
    """The champion errs in one direction, by more than chance explains; at risk: the error.

    An unbiased forecast's errors sum to within 1.96 times the root of their summed squares in 95
    of 100 cases; sums within that are not listed, however large a share of demand they are.
    """
    record = situation.record
    if record is None:
        return
    error = record.forecast - record.actual
    summed = np.abs(np.nansum(error, axis=1))
    beyond = summed > BEYOND_CHANCE * np.sqrt(np.nansum(error**2, axis=1))
    per_period = summed / np.maximum(np.isfinite(error).sum(axis=1), 1)
    value = per_period * situation.outlook.mean.shape[1] * situation.unit_cost
    too_low = bias(record.forecast, record.actual) < 0
    for code, measure in (("biased", bias), ("tracking_signal", tracking_signal)):
        observed = measure(record.forecast, record.actual)
        yield Reason(
            code,
            beyond & (np.abs(observed) > situation.threshold(code)),
            observed,
            np.zeros(len(observed)),
            value,
            np.full(len(observed), record.since),
            np.where(too_low, "medium", "low"),
        )


def _histories(situation: Situation) -> Iterator[Reason]:
    """There is little history, or no demand of late; at risk: the forecast, or the stock."""
    panel = situation.panel
    known = moments(panel.demand)
    interval = known.periods / np.maximum(known.demands, 1) * panel.frequency.days_per_step
    first, quiet_since = _first_days(panel), _quiet_since(panel)
    quiet = (panel.data_through - quiet_since).astype(np.float64) + 1.0
    demands = known.demands.astype(np.float64)
    least = situation.options.thin_below
    low = np.full(len(demands), "low")
    yield Reason(
        "thin_history",
        demands < least,
        demands,
        np.full(len(demands), least),
        situation.horizon_demand * situation.unit_cost,
        first,
        low,
    )
    yield Reason(
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
    last = panel.dates[len(panel.dates) - 1 - from_end]
    following = np.array([panel.frequency.last_day(day) for day in last], dtype="datetime64[D]")
    some = with_demand.any(axis=1)
    return np.where(some, following + np.timedelta64(1, "D"), _first_days(panel))


def _schema() -> pa.Schema:
    text = [(name, pa.string()) for name in ("item_id", "location_id", "reason_code", "severity")]
    amounts = [
        (name, pa.float64()) for name in ("observed", "expected", "threshold", "value_at_risk")
    ]
    return pa.schema(
        [("rank", pa.int64()), *text, *amounts, ("since", pa.date32()), ("source", pa.string())]
    )
