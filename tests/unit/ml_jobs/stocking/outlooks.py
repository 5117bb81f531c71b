"""Outlooks, sums over the lead time and inventories of small panels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml_jobs.classification import demand_classes
from ml_jobs.dispersion import learn_pools
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Items, Panel, Stock
from ml_jobs.stocking.inventory import Inventory, inventory_of, levels_of
from ml_jobs.stocking.lead_time import (
    Duration,
    LeadSums,
    Outlook,
    SpanTotals,
    SumPools,
    lead_sums,
    learn_sum_pools,
)
from tests.unit.ml_jobs.panels import historic_of, items_of, panel_of, stock_of

NAN = float("nan")
OPTIONS = ForecastOptions()


def sum_pools_of(panel: Panel) -> SumPools:
    classes = demand_classes(panel)
    pools = learn_pools(panel, classes, thin=np.zeros(len(classes), dtype=bool))
    return learn_sum_pools(panel, classes, pools)


def outlook_of(panel: Panel, *, horizon: int = 28, mean: float | None = None) -> Outlook:
    count = len(panel.item_ids)
    level = np.nanmean(panel.demand, axis=1) if mean is None else np.full(count, mean)
    demand = replace(historic_of(panel), mean=np.repeat(level[:, None], horizon, axis=1))
    return Outlook(np.array(["mean"] * count), demand, demand_classes(panel))


def steady_panel() -> Panel:
    """One unit a day with Poisson scatter, long enough for the spread to be known."""
    return panel_of(np.random.default_rng(4).poisson(1.0, (1, 1500)).astype(float))


def sums_for(
    panel: Panel,
    outlook: Outlook,
    lead_time: Duration,
    totals: SpanTotals | None = None,
) -> LeadSums:
    return lead_sums(
        panel,
        outlook,
        sum_pools_of(panel),
        lead_time=lead_time,
        review_days=OPTIONS.review_days,
        totals=totals,
    )


def inventory_from(panel: Panel, items: Items, stock: Stock, outlook: Outlook) -> Inventory:
    levels = levels_of(items, stock)
    sums = sums_for(panel, outlook, levels.lead_time)
    planned = levels.service_level
    return inventory_of(panel, levels, outlook, sums, planned=planned, options=OPTIONS)


def inventory_with(panel: Panel, *, mean: float | None = 1.0, **stock: object) -> Inventory:
    count = len(panel.item_ids)
    columns = {name: [value] * count for name, value in stock.items() if name != "lead_time_days"}
    items = items_of(panel, lead_time_days=[stock.get("lead_time_days", 14.0)] * count)
    return inventory_from(panel, items, stock_of(panel, **columns), outlook_of(panel, mean=mean))
