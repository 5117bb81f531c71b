"""Stock, policy and proposal as ``fact_inventory``, and the demand behind as ``fact_lead_time``."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.columns import numbers, series_columns, texts_of
from ml_jobs.negative_binomial import quantile
from ml_jobs.panel import Items, Panel, Stock
from ml_jobs.stocking.inventory import Inventory
from ml_jobs.stocking.lead_time import LeadSums, Outlook

SPANS = ("lead_time", "lead_time_and_review")
DOTS: FloatArray = np.arange(1, 40, 2) / 40.0  # the quantiles that 20 dots of equal chance show

QUANTILE_POLICY = "lead_time_quantile"
PRICE_POLICY = "tower_hour_price"
TEXTBOOK_POLICY = "textbook"
NOT_STOCKED = "not_stocked"
"""Instead of a policy, of what isn't to be held."""


def fact_inventory(
    panel: Panel,
    items: Items,
    stock: Stock,
    outlook: Outlook,
    inventory: Inventory,
    *,
    policies: TextArray,
    total_source: str,
) -> pa.Table:
    """Return one row per series, whatever is known of it.

    *policies* says how each reorder point was made, shape (S,); *total_source* is the source that
    lead-time demand was forecast with as a total.
    """
    levels, policy, proposal = inventory.levels, inventory.policy, inventory.proposal
    sums, step = inventory.sums, panel.frequency.days_per_step
    series = np.arange(len(panel.item_ids))
    known = np.isfinite(policy.lead_time_demand)
    columns = {
        "current_stock": levels.current_stock,
        "on_order": levels.on_order,
        "moved": levels.moved,
        "lead_time_days": levels.lead_time.days,
        "lead_time_sd_days": levels.lead_time.sd_days,
        "service_level": levels.service_level,
        "planned_service_level": policy.planned_level,
        "lead_time_demand": policy.lead_time_demand,
        "lead_time_excess": policy.lead_time_excess,
        "lot": outlook.demand.lot,
        "review_days": np.full(len(series), sums.review_days),
        "cycle_demand": sums.cycle.mean,
        "cycle_excess": np.where(known, sums.cycle.excess, np.nan),
        "period_demand": sums.period.mean,
        "period_excess": sums.period.excess,
        "least_daily_demand": outlook.demand.least_mean / step,
        "safety_stock": policy.safety_stock,
        "reorder_point": policy.reorder_point,
        "order_up_to": policy.order_up_to,
        "textbook_safety_stock": policy.textbook_safety_stock,
        "textbook_reorder_point": policy.textbook_reorder_point,
        "days_of_cover": proposal.days_of_cover,
        "stockout_date": proposal.stockout_date,
        "stockout_probability": policy.stockout_probability,
        "minimum_order": levels.minimum_order,
        "order_multiple": levels.order_multiple,
        "order_quantity": proposal.order_quantity,
        "order_by": proposal.order_by,
        "overstock_quantity": proposal.overstock_quantity,
    }
    return pa.table(
        series_columns(panel, series)
        | {"as_of": levels.as_of}
        | {name: numbers(values) for name, values in columns.items()}
        | {
            "status": pa.array(proposal.status),
            "policy": pa.array(policies, pa.string()),
            "source": pa.array(outlook.sources),
            "lead_time_source": pa.array(
                np.where(inventory.sums.direct, total_source, outlook.sources)
            ),
            "assumed": pa.array([",".join(names) for names in assumed_inputs(items, stock)]),
        }
    )


def fact_lead_time(panel: Panel, outlook: Outlook, sums: LeadSums) -> pa.Table:
    """Return demand over the lead time, and over it and the review, where the lead time is known.

    A series has two rows that follow each other, each with the 20 quantiles at ``DOTS``.
    """
    known = np.flatnonzero(np.isfinite(sums.lead.mean))
    series = np.repeat(known, len(SPANS))
    quantiles = np.stack(
        [
            quantile(span.drawn[known, None], span.excess[known, None], span.lot[known, None], DOTS)
            for span in (sums.lead, sums.cycle)
        ],
        axis=1,
    )
    days = np.stack([sums.lead_days, sums.lead_days + sums.review_days], axis=1)
    mean = np.stack([sums.lead.mean, sums.cycle.mean], axis=1)
    table: dict[str, object] = {
        **series_columns(panel, series),
        "span": pa.array(SPANS * len(known), pa.string()),
        "days": days[known].ravel(),
        "demand": mean[known].ravel(),
        "source": pa.array(outlook.sources, pa.string()).take(pa.array(series)),
    }
    for place, level in enumerate(DOTS):
        table[f"q{round(level * 1000):03d}"] = quantiles[:, :, place].ravel()
    return pa.table(table)


def assumed_inputs(items: Items, stock: Stock) -> list[list[str]]:
    """Return the inputs of each series' stock decisions that are assumptions, one list for each."""
    of_stock = texts_of(stock.table, "assumed", otherwise="")
    of_items = texts_of(items.table, "assumed", otherwise="")
    shown = ("current_stock", "on_order", "lead_time_days", "service_level")
    return [
        [name for name in shown if name in {*a.split(","), *b.split(",")}]
        for a, b in zip(of_stock.tolist(), of_items.tolist(), strict=True)
    ]
