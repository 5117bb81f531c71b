"""Stock against forecast: reorder points, cover, the risk of running out, what to order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.facts import column_of, numbers, series_columns, texts_of
from ml_jobs.lead_time import Outlook, demand_sum, periods_until
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Dates, Items, Panel, Stock

POLICY = "lead_time_quantile"
LONGEST_COVER_DAYS = 3650.0  # cover beyond ten years says no more than ten years does
LONGEST_OUTLOOK_DAYS = 730.0  # a stock-out further away than two years is no date to plan by


@dataclass(frozen=True)
class StockLevels:
    """What is in stock and what is asked of it, per series; NaN where not known.

    Attributes:
        as_of: Day for which the stock stands.
        current_stock: Units on the shelf.
        on_order: Units ordered and not delivered; nothing said counts as none.
        lead_time_days: Days from order to delivery.
        service_level: Chance asked for that lead-time demand is met.
    """

    as_of: Dates
    current_stock: FloatArray
    on_order: FloatArray
    lead_time_days: FloatArray
    service_level: FloatArray

    @property
    def position(self) -> FloatArray:
        """Stock and open orders together, units: what demand until the next delivery can draw on.

        Open orders count as arriving before they are needed; nothing says when they arrive.
        """
        return self.current_stock + self.on_order


@dataclass(frozen=True)
class Policy:
    """What the forecast asks for, per series; NaN where stock, lead time or service isn't known.

    Attributes:
        lead_time_demand: Expected demand until an order placed now is delivered, units.
        reorder_point: Order when stock and open orders are at or below this, units.
        safety_stock: Reorder point less expected lead-time demand, at least 0, units.
        order_up_to: Level that an order fills stock and open orders up to, units.
        stockout_probability: Chance that lead-time demand exceeds stock and open orders.
        expected_shortage: Expected lead-time demand beyond stock and open orders, units.
    """

    lead_time_demand: FloatArray
    reorder_point: FloatArray
    safety_stock: FloatArray
    order_up_to: FloatArray
    stockout_probability: FloatArray
    expected_shortage: FloatArray


@dataclass(frozen=True)
class Proposal:
    """What to do about it, per series.

    Attributes:
        days_of_cover: Days until expected demand has used up stock and open orders, at most
            ``LONGEST_COVER_DAYS``; NaN where no demand is forecast.
        stockout_date: That day; NaT where further away than ``LONGEST_OUTLOOK_DAYS``.
        order_quantity: Units to order now; 0 above the reorder point.
        order_by: Last day on which an order still arrives before stock and open orders are used
            up; NaT where no order is proposed. It lies in the past where an order is too late.
        status: ok, reorder, overdue, overstock or unknown.
    """

    days_of_cover: FloatArray
    stockout_date: Dates
    order_quantity: FloatArray
    order_by: Dates
    status: TextArray


@dataclass(frozen=True)
class Inventory:
    """Stock, policy and proposal of every series of the panel."""

    levels: StockLevels
    policy: Policy
    proposal: Proposal

    @property
    def parts(self) -> tuple[StockLevels, Policy, Proposal]:
        """The three parts, in this order."""
        return self.levels, self.policy, self.proposal


def inventory_of(
    panel: Panel, items: Items, stock: Stock, outlook: Outlook, options: ForecastOptions
) -> Inventory:
    """Hold every series' stock against the forecast of its champion."""
    levels = levels_of(items, stock)
    policy = policy_of(panel, levels, outlook, options)
    return Inventory(levels, policy, proposal_of(panel, levels, policy, outlook, options))


def levels_of(items: Items, stock: Stock) -> StockLevels:
    """Read stock and lead times; open orders without a figure are none."""
    return StockLevels(
        as_of=stock.table.column("as_of").cast(pa.date32()).to_numpy(zero_copy_only=False),
        current_stock=column_of(stock.table, "current_stock"),
        on_order=np.nan_to_num(column_of(stock.table, "on_order")),
        lead_time_days=column_of(items.table, "lead_time_days"),
        service_level=column_of(stock.table, "service_level"),
    )


def policy_of(
    panel: Panel, levels: StockLevels, outlook: Outlook, options: ForecastOptions
) -> Policy:
    """Take reorder point and order-up-to level as quantiles of summed demand.

    The reorder point is the quantile, at the service level asked, of demand summed over the lead
    time; the order-up-to level the same over lead time and review period.

    Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
    sections 6.7 and 6.10, with the distribution of the sum in place of z * sigma * sqrt(L).
    """
    memory = 2 * options.spacing_for(panel.frequency)
    lead = demand_sum(panel, levels.lead_time_days, outlook, memory=memory)
    cycle_days = levels.lead_time_days + options.review_days
    cycle = demand_sum(panel, cycle_days, outlook, memory=memory)
    reorder_point = lead.quantile(levels.service_level)
    return Policy(
        lead_time_demand=lead.mean,
        reorder_point=reorder_point,
        safety_stock=np.maximum(reorder_point - lead.mean, 0.0),
        order_up_to=np.maximum(cycle.quantile(levels.service_level), reorder_point),
        stockout_probability=lead.exceedance(levels.position),
        expected_shortage=lead.shortage(levels.position),
    )


def proposal_of(
    panel: Panel,
    levels: StockLevels,
    policy: Policy,
    outlook: Outlook,
    options: ForecastOptions,
) -> Proposal:
    """Say how long stock and open orders last, how much to order and by when."""
    cover = _days_until(levels.position, panel, outlook)
    order_up_to = np.ceil(policy.order_up_to / outlook.spread.lot) * outlook.spread.lot
    quantity = np.maximum(order_up_to - levels.position, 0.0)
    proposed = (levels.position <= policy.reorder_point) & (quantity > 0)
    known = np.isfinite(levels.position + policy.reorder_point)
    slack = np.where(proposed, np.ceil(cover) - np.ceil(levels.lead_time_days), np.nan)
    too_much = (cover > options.thresholds["overstock"]) & (levels.position > order_up_to)
    status = np.select(
        [~known, proposed & (slack < 0), proposed, too_much],
        ["unknown", "overdue", "reorder", "overstock"],
        "ok",
    )
    return Proposal(
        days_of_cover=np.where(np.isinf(cover), np.nan, np.minimum(cover, LONGEST_COVER_DAYS)),
        stockout_date=_days_after(levels.as_of, np.ceil(cover)),
        order_quantity=np.where(known, np.where(proposed, quantity, 0.0), np.nan),
        order_by=_days_after(levels.as_of, slack),
        status=status,
    )


def _days_until(amount: FloatArray, panel: Panel, outlook: Outlook) -> FloatArray:
    frequency = panel.frequency
    periods = periods_until(np.nan_to_num(amount), outlook.mean, frequency.season)
    return np.where(np.isfinite(amount), periods * frequency.days_per_step, np.nan)


def _days_after(start: Dates, days: FloatArray) -> Dates:
    near = np.isfinite(days) & (np.abs(days) <= LONGEST_OUTLOOK_DAYS)
    whole = np.where(near, days, 0.0).astype(np.int64).astype("timedelta64[D]")
    dates: Dates = np.where(near, start + whole, np.datetime64("NaT", "D"))
    return dates


def fact_inventory(
    panel: Panel, items: Items, stock: Stock, outlook: Outlook, inventory: Inventory
) -> pa.Table:
    """Return one row per series, whatever is known of it."""
    levels, policy, proposal = inventory.levels, inventory.policy, inventory.proposal
    series = np.arange(len(panel.item_ids))
    return pa.table(
        series_columns(panel, series)
        | {
            "as_of": levels.as_of,
            "current_stock": numbers(levels.current_stock),
            "on_order": numbers(levels.on_order),
            "lead_time_days": numbers(levels.lead_time_days),
            "service_level": numbers(levels.service_level),
            "safety_stock": numbers(policy.safety_stock),
            "reorder_point": numbers(policy.reorder_point),
            "days_of_cover": numbers(proposal.days_of_cover),
            "stockout_date": numbers(proposal.stockout_date),
            "stockout_probability": numbers(policy.stockout_probability),
            "order_quantity": numbers(proposal.order_quantity),
            "order_by": numbers(proposal.order_by),
            "status": pa.array(proposal.status),
            "policy": pa.repeat(pa.scalar(POLICY), len(series)),
            "source": pa.array(outlook.sources),
            "assumed": pa.array(_assumed(items, stock)),
        }
    )


def _assumed(items: Items, stock: Stock) -> list[str]:
    """Names of the columns taken from assumptions: those of the stock, and the lead time."""
    of_stock = texts_of(stock.table, "assumed", otherwise="")
    of_items = texts_of(items.table, "assumed", otherwise="")
    shown = ("current_stock", "on_order", "lead_time_days", "service_level")
    return [
        ",".join(name for name in shown if name in {*a.split(","), *b.split(",")})
        for a, b in zip(of_stock.tolist(), of_items.tolist(), strict=True)
    ]
