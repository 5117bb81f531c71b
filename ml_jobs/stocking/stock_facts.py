"""Stock, policy and proposal as the rows of ``fact_inventory``."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ml_jobs.columns import numbers, series_columns, texts_of
from ml_jobs.panel import Items, Panel, Stock
from ml_jobs.stocking.inventory import Inventory
from ml_jobs.stocking.lead_time import Outlook

QUANTILE_POLICY = "lead_time_quantile"
TEXTBOOK_POLICY = "textbook"


def fact_inventory(
    panel: Panel,
    items: Items,
    stock: Stock,
    outlook: Outlook,
    inventory: Inventory,
    *,
    total_source: str,
) -> pa.Table:
    """Return one row per series, whatever is known of it.

    *total_source* is the source that lead-time demand was forecast with as a total.
    """
    levels, policy, proposal = inventory.levels, inventory.policy, inventory.proposal
    series = np.arange(len(panel.item_ids))
    known = np.isfinite(policy.lead_time_demand)
    columns = {
        "current_stock": levels.current_stock,
        "on_order": levels.on_order,
        "lead_time_days": levels.lead_time.days,
        "lead_time_sd_days": levels.lead_time.sd_days,
        "service_level": levels.service_level,
        "planned_service_level": policy.planned_level,
        "lead_time_demand": policy.lead_time_demand,
        "lead_time_excess": policy.lead_time_excess,
        "lot": np.where(known, outlook.demand.lot, np.nan),
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
            "policy": pa.repeat(pa.scalar(QUANTILE_POLICY), len(series)),
            "source": pa.array(outlook.sources),
            "lead_time_source": pa.array(np.where(inventory.direct, total_source, outlook.sources)),
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
