"""Panels cut into whole items, and put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ml_jobs.arrays import IntArray
from ml_jobs.classification import demand_classes
from ml_jobs.columns import texts_of
from ml_jobs.panel import NETWORK, Items, Panel
from ml_jobs.pipeline.plan import item_begins
from ml_jobs.selection import SeriesFacts


def whole_items(panel: Panel, least: int) -> Iterator[IntArray]:
    """Give the series of whole items, in order, as few items at a time as make *least* series."""
    begins = item_begins(panel)
    ends = np.append(begins[1:], len(panel.item_ids))
    first = 0
    for end in ends:
        if end - first >= least:
            yield np.arange(first, end)
            first = int(end)
    if first < len(panel.item_ids):
        yield np.arange(first, len(panel.item_ids))


def joined(panels: Sequence[Panel]) -> Panel:
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


def together(parts: Sequence[SeriesFacts]) -> SeriesFacts:
    """Return the facts of all *parts*, one after the other."""
    return SeriesFacts(
        np.concatenate([part.demand_class for part in parts]),
        np.concatenate([part.abc_class for part in parts]),
        np.concatenate([part.demand for part in parts]),
        np.concatenate([part.is_network for part in parts]),
    )
