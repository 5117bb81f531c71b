"""Partitions: panels cut into whole items, and what every step is given of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.classification import demand_classes
from ml_jobs.columns import texts_of
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.backtest import Origin, origin_at
from ml_jobs.panel import NETWORK, Items, OpenOrders, Panel, Stock
from ml_jobs.pipeline.plan import Plan, item_begins
from ml_jobs.pipeline.run_folder import RunFolder
from ml_jobs.selection import SeriesFacts


@dataclass(frozen=True)
class Partition:
    """Whole items of a run, with all their places.

    Attributes:
        chosen: Which series each source is to cover, shape (S,) each.
        orders: What is ordered for its series and not delivered.
    """

    panel: Panel
    items: Items
    stock: Stock
    chosen: Mapping[str, BoolArray]
    orders: OpenOrders = field(default_factory=OpenOrders.empty)

    def origin(self, cutoff: int, forecasts: Mapping[str, Forecasts], plan: Plan) -> Origin:
        """Return the *forecasts* made at a past *cutoff* beside the demand that followed."""
        eligible = plan.eligible(self.panel, cutoff)
        return origin_at(self.panel, cutoff, eligible, forecasts, plan.horizon)


@dataclass(frozen=True)
class PartitionTask:
    """One partition of a run to work on."""

    folder: RunFolder
    number: int


def whole_items(panel: Panel, least: int) -> Iterator[IntArray]:
    """Yield the series of whole items, in order, as few items at a time as make *least* series."""
    begins = item_begins(panel)
    ends = np.append(begins[1:], len(panel.item_ids))
    first = 0
    for end in ends:
        if end - first >= least:
            yield np.arange(first, end)
            first = int(end)
    if first < len(panel.item_ids):
        yield np.arange(first, len(panel.item_ids))


def join_panels(panels: Sequence[Panel]) -> Panel:
    """Return the series of all *panels*, which share one calendar, as one panel."""
    return replace(
        panels[0],
        item_ids=tuple(item for panel in panels for item in panel.item_ids),
        location_ids=tuple(place for panel in panels for place in panel.location_ids),
        demand=np.concatenate([panel.demand for panel in panels]),
        starts=np.concatenate([panel.starts for panel in panels]),
    )


def facts_of(panel: Panel, items: Items) -> SeriesFacts:
    """Return what rules look at, of every series of *panel*; *items* has a row for each."""
    return SeriesFacts(
        demand_class=demand_classes(panel),
        abc_class=texts_of(items.table, "abc_class", otherwise=""),
        demand=np.nansum(panel.demand, axis=1),
        is_network=np.array(panel.location_ids) == NETWORK,
    )
