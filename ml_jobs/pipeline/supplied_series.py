"""Which of a partition's series are central stores, and which places those supply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, rows_of
from ml_jobs.inputs.locations import Hierarchy, Location
from ml_jobs.inputs.stock_file import HELD_HERE
from ml_jobs.panel import OpenOrders, Panel
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.stock_planning import StockView
from ml_jobs.stocking.availability.stocked import Window
from ml_jobs.stocking.availability.supplied import Supply
from ml_jobs.stocking.inventory import StockLevels


def supply_of(partition: Partition, now: StockView, lies: IntArray, plan: Plan) -> Supply:
    """Return where the stock of each series comes from, shape (S,).

    A part has two levels of stock where the stock file has some of it, or none, at the central
    store itself, and all is known there and at a place that the store supplies. Where a part is
    fetched at once or repaired, or counted in other lots than at the store, a place is weighed
    alone.

    Args:
        partition: S series.
        now: Of the same.
        lies: The series at which stock lies, but for central stores.
        plan: Says which place supplies which.
    """
    panel, sources = partition.panel, _sources(plan.hierarchy)
    if not sources:
        return Supply.by_suppliers(len(panel.item_ids))
    centres = np.full(len(panel.item_ids), "", object)
    days = np.full(len(panel.item_ids), np.nan)
    keys = zip(panel.item_ids, panel.location_ids, strict=True)
    row_of = {key: row for row, key in enumerate(keys)}
    known = _known(partition, now, plan)
    held = partition.stock.table.column(HELD_HERE).to_numpy()
    for row in lies.tolist():
        place = sources.get(panel.location_ids[row])
        if place is None:
            continue
        centre = row_of.get((panel.item_ids[row], str(place.supplied_from)))
        if centre is None or not (held[centre] and known[centre] and known[row]):
            continue
        if now.sums.cycle.lot[row] == now.sums.cycle.lot[centre]:
            centres[[row, centre]] = place.supplied_from
            days[row] = (place.supply_days or 0.0) + plan.options.review_days
    return Supply(centres.astype(np.str_), days)


def towers_below(towers: FloatArray, panel: Panel, supply: Supply, now: StockView) -> FloatArray:
    """Return *towers*, shape (S, K), with those of central stores the mean of their places'.

    They are weighed by what the places are expected to ask for.
    """
    answer = towers.copy()
    asked = now.sums.cycle.drawn
    for centre, places in _below(panel, supply).items():
        answer[centre] = np.average(towers[places], axis=0, weights=asked[places])
    return answer


def own_orders(orders: OpenOrders, centres: IntArray) -> OpenOrders:
    """Return *orders* without those that count at *centres* and are for places below them.

    *centres* are series.
    """
    return rows_of(orders, np.flatnonzero(orders.is_here | ~np.isin(orders.series, centres)))


def own_levels(levels: StockLevels, orders: OpenOrders, centres: IntArray) -> StockLevels:
    """Return *levels* with only what is ordered for *centres* themselves on order there.

    Where no single *orders* are known, what is on order there is what the stock file says.
    """
    if not orders.series.size:
        return levels
    own = own_orders(orders, centres)
    on_order = levels.on_order.copy()
    on_order[centres] = np.bincount(own.series, own.quantity, minlength=len(on_order))[centres]
    return replace(levels, on_order=on_order)


def without_central_service(window: Window, supply: Supply, location_ids: TextArray) -> Window:
    """Return the coming *window* with nothing that service levels would hold in central stores.

    They give every place stock for the supplier's whole lead time.
    """
    centres = supply.is_centre(location_ids)
    return replace(window, service=np.where(centres, 0.0, window.service))


def without_two_levels(window: Window, panel: Panel, supply: Supply) -> Window:
    """Return a past *window* without what came where two levels of stock are weighed at once.

    What those would have done can't be told from what was asked for. Of central stores the
    forecast goes, too, as their places count alone.
    """
    shared, centres = supply.is_shared, supply.is_centre(np.array(panel.location_ids))
    return replace(
        window,
        actual=np.where(shared, np.nan, window.actual),
        lead_actual=np.where(shared, np.nan, window.lead_actual),
        demand=replace(window.demand, mean=np.where(centres, np.nan, window.demand.mean)),
    )


def _sources(hierarchy: Hierarchy) -> dict[str, Location]:
    """Places that central stores supply within days that are known, by their code."""
    return {
        each.location_id: each
        for each in hierarchy.locations
        if each.supplied_from and each.supply_days is not None
    }


def _known(partition: Partition, now: StockView, plan: Plan) -> BoolArray:
    """Which series are held, all is known of, and new parts are waited for without any, (S,)."""
    demand = now.sums.cycle
    known: BoolArray = (
        np.isfinite(now.levels.position)
        & np.isfinite(now.levels.lead_time.days)
        & demand.covered
        & (np.nan_to_num(demand.drawn) > 0)
        & np.isnan(plan.fleet.fetch_hours(partition.panel))
        & ~now.levels.repair.is_repaired
        & now.levels.stocked
    )
    return known


def _below(panel: Panel, supply: Supply) -> dict[int, IntArray]:
    """The places that each central store supplies, by the store, as series."""
    centres: dict[tuple[str, str], int] = {}
    places: dict[tuple[str, str], list[int]] = {}
    for row in np.flatnonzero(supply.is_shared).tolist():
        key = (panel.item_ids[row], str(supply.centres[row]))
        if panel.location_ids[row] == key[1]:
            centres[key] = row
        else:
            places.setdefault(key, []).append(row)
    return {centre: np.array(places[key], np.int64) for key, centre in centres.items()}
