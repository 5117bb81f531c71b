"""Small panels of demand, with items and stock, for the tests of models and gold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ml_jobs.classification import demand_classes
from ml_jobs.dispersion import historic_demand, learn_pools
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import NETWORK, Frequency, Items, Panel, Stock

FIRST_DAY = {"D": "2024-01-01", "W": "2021-01-04", "MS": "2019-01-01"}


def panel_of(
    rows: Sequence[Sequence[float]] | np.ndarray, *, frequency: Frequency = Frequency.DAILY
) -> Panel:
    """A panel of the given rows; NaN before a series begins."""
    demand = np.asarray(rows, dtype=np.float64)
    observed = np.isfinite(demand)
    starts = np.where(observed.any(axis=1), observed.argmax(axis=1), demand.shape[1])
    return Panel(
        item_ids=tuple(f"P{place:03d}" for place in range(len(demand))),
        location_ids=(NETWORK,) * len(demand),
        dates=frequency.calendar(np.datetime64(FIRST_DAY[frequency.value]), demand.shape[1]),
        demand=demand,
        starts=starts.astype(np.int64),
        frequency=frequency,
    )


def retail_panel(
    *, series: int = 12, periods: int = 200, frequency: Frequency = Frequency.DAILY, seed: int = 7
) -> Panel:
    """Counts of every class: from a few lumpy demands to a smooth daily seller."""
    random = np.random.default_rng(seed)
    chance = np.linspace(0.1, 1.0, series)[:, None]
    size = 1 + random.poisson(np.linspace(12.0, 3.0, series)[:, None], (series, periods))
    demand = np.where(random.random((series, periods)) < chance, size, 0).astype(np.float64)
    begins = random.integers(0, periods // 4, series)
    demand[:, 0] += 1
    for row, start in enumerate(begins):
        demand[row, start] += 1
        demand[row, :start] = np.nan
    return panel_of(demand, frequency=frequency)


def historic_of(panel: Panel) -> NegativeBinomial:
    """Demand of one period as the history of *panel* shows it, pooled over its own series."""
    classes = demand_classes(panel)
    pools = learn_pools(panel, classes, thin=np.zeros(len(classes), dtype=bool))
    return historic_demand(panel, classes, pools)


def items_of(panel: Panel, **columns: Sequence[object]) -> Items:
    """Items of *panel*; any column of the table can be given."""
    count = len(panel.item_ids)
    table: dict[str, object] = {
        "item_id": list(panel.item_ids),
        "sku": list(panel.item_ids),
        "name": [f"Part {item}" for item in panel.item_ids],
        "category": [("Brakes", "Filters", None)[place % 3] for place in range(count)],
        "supplier": pa.nulls(count, pa.string()),
        "unit": ["un"] * count,
        "unit_cost": [2.0] * count,
        "lead_time_days": [14.0] * count,
        "criticality": ["medium"] * count,
        "abc_class": [("A", "B", "C")[place % 3] for place in range(count)],
        "demand_class": demand_classes(panel).tolist(),
        "repair_days": pa.nulls(count, pa.float64()),
        "condemnation": pa.nulls(count, pa.float64()),
        "assumed": ["lead_time_days"] * count,
    }
    return Items(pa.table(table | columns))


def stock_of(panel: Panel, **columns: Sequence[object]) -> Stock:
    """Stock of *panel*; any column of the table can be given."""
    count = len(panel.item_ids)
    table: dict[str, object] = {
        "item_id": list(panel.item_ids),
        "location_id": list(panel.location_ids),
        "as_of": pa.array([panel.data_through.item()] * count, pa.date32()),
        "current_stock": [20.0] * count,
        "on_order": [0.0] * count,
        "in_repair": pa.nulls(count, pa.float64()),
        "service_level": [0.95] * count,
        "assumed": ["current_stock,on_order,service_level"] * count,
    }
    return Stock(pa.table(table | columns))
