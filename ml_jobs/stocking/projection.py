"""Stock projected in time: demand accumulated by date, what arrives, and what is left."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.columns import numbers, series_columns
from ml_jobs.negative_binomial import LEVELS
from ml_jobs.panel import Dates, Frequency, OpenOrders, Panel
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.course import arrivals_of, lead_days
from ml_jobs.stocking.inventory import LONGEST_OUTLOOK_DAYS, Inventory, StockLevels
from ml_jobs.stocking.lead_time import LeadSums, Outlook, SumPools, whole_periods

_QUANTILES = tuple(f"q{round(level * 1000):03d}" for level in LEVELS)


def fact_projection(
    panel: Panel, outlook: Outlook, pools: SumPools, inventory: Inventory, orders: OpenOrders
) -> pa.Table:
    """Return a row per series and period ahead (`periods_ahead`).

    The stock counts as that of the end of the data, as it does in ``fact_inventory``.
    """
    counts = periods_ahead(outlook, inventory.sums, panel.frequency)
    ends = _period_ends(panel, counts)
    reached = np.arange(len(ends)) < counts[:, None]
    days = np.broadcast_to(_days_until(ends, panel), reached.shape)
    demand = accumulated(panel, outlook, pools, days, inventory.sums)
    received = receipts(inventory.levels, orders, ends)
    on_hand = inventory.levels.shelf[:, None] + received
    rows = np.nonzero(reached)
    series, step = rows
    chances = demand.exceedance(np.nan_to_num(on_hand))
    columns: dict[str, FloatArray] = {
        "demand": demand.mean,
        "demand_excess": demand.excess,
        "receipts": received,
        "position": on_hand - demand.mean,
        "position_with_action": on_hand - demand.mean + _ordered(inventory, ends),
        "stockout_probability": np.where(np.isfinite(on_hand), chances, np.nan),
    }
    quantiles = demand.quantiles()
    table: dict[str, object] = {
        **series_columns(panel, series),
        "date": ends[step],
        **{name: numbers(values[rows]) for name, values in columns.items()},
        **{name: quantiles[:, :, level][rows] for level, name in enumerate(_QUANTILES)},
        "source": pa.array(outlook.sources, pa.string()).take(pa.array(series)),
    }
    return pa.table(table)


def periods_ahead(outlook: Outlook, sums: LeadSums, frequency: Frequency) -> IntArray:
    """Return how many periods ahead of each series are projected, shape (S,).

    That is the horizon, or lead time and review where that is longer, and at most two years.
    """
    spans = np.minimum(np.nan_to_num(sums.lead_days) + sums.review_days, LONGEST_OUTLOOK_DAYS)
    return np.maximum(whole_periods(spans, frequency), outlook.demand.mean.shape[1])


def receipts(levels: StockLevels, orders: OpenOrders, ends: Dates) -> FloatArray:
    """Return the units on order that are counted on by the end of each of the days *ends*, (S, K).

    An order that is late isn't counted on before one placed today would have come. What no day is
    known of counts from when that comes: whatever is on order arrives by then at the latest.
    """
    answer: FloatArray = np.zeros((len(levels.on_order), len(ends)))
    arrivals = arrivals_of(levels, orders)
    start = levels.as_of[arrivals.series].astype("datetime64[D]")
    arrived = (start + arrivals.counted.astype("timedelta64[D]"))[:, None] <= ends
    np.add.at(answer, arrivals.series, arrived * arrivals.quantity[:, None])
    return answer


def _ordered(inventory: Inventory, ends: Dates) -> FloatArray:
    """What is proposed to order, from the day on which it arrives; shape (S, K)."""
    levels = inventory.levels
    delivery = levels.as_of.astype("datetime64[D]") + lead_days(levels).astype("timedelta64[D]")
    arrived: BoolArray = delivery[:, None] <= ends
    return arrived * np.nan_to_num(inventory.proposal.order_quantity)[:, None]


def _period_ends(panel: Panel, counts: IntArray) -> Dates:
    """Last days of as many periods ahead as the most of *counts*, shape (K,)."""
    following = panel.frequency.following(panel.dates[-1], int(counts.max(initial=1)) + 1)
    return following[1:] - np.timedelta64(1, "D")


def _days_until(ends: Dates, panel: Panel) -> FloatArray:
    """Days from the end of the data, counted in periods of equal length, shape (K,)."""
    days: FloatArray = np.arange(1.0, len(ends) + 1.0) * panel.frequency.days_per_step
    return days
