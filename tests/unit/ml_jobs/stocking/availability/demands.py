"""Demands and what stock of them is worth, drawn at random or given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.stocked import SeriesGroups, StockedSeries, Window
from ml_jobs.stocking.availability.supplied import Supply
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.inventory import StockLevels
from ml_jobs.stocking.lead_time import Duration
from ml_jobs.stocking.repair import Repair


def demand_of(mean: FloatArray, excess: FloatArray, lot: float = 1.0) -> NegativeBinomial:
    return NegativeBinomial(mean, excess, np.full(len(mean), lot), np.zeros(len(mean)))


def worth_of(
    demand: NegativeBinomial,
    hours: FloatArray,
    unit_cost: FloatArray,
    tails: Tails,
    fetched: FloatArray | None = None,
) -> Worth:
    """What stock is worth of series that wait for the next delivery, where nothing is *fetched*."""
    waits = np.full(len(hours), np.nan)
    once = np.ones(len(hours))
    held = np.ones(len(hours), bool)
    return Worth(demand, hours, unit_cost, once, tails, waits if fetched is None else fetched, held)


def drawn_worth(count: int, seed: int, *, tails: Tails | None = None) -> Worth:
    """Demand, hours and costs of *count* series, of which each is as likely small as large."""
    random = np.random.default_rng(seed)
    return worth_of(
        demand_of(random.lognormal(0.0, 1.5, count), random.lognormal(0.0, 1.0, count)),
        730.0 * random.choice([0.01, 0.1, 0.5], count),
        random.lognormal(5.7, 1.5, count),
        tails or Tails.as_forecast(),
    )


def levels_with(
    position: FloatArray, minimum: FloatArray | None = None, multiple: FloatArray | None = None
) -> StockLevels:
    unknown = np.full(len(position), np.nan)
    return StockLevels(
        as_of=np.full(len(position), np.datetime64("2026-11-23", "D")),
        current_stock=position,
        on_order=np.zeros(len(position)),
        moved=np.zeros(len(position)),
        lead_time=Duration(unknown, unknown),
        service_level=unknown,
        minimum_order=unknown if minimum is None else minimum,
        order_multiple=unknown if multiple is None else multiple,
        stocked=np.ones(len(position), bool),
        repair=Repair(np.zeros(len(position)), np.ones(len(position)), np.zeros(len(position))),
    )


def grouped(count: int) -> SeriesGroups:
    """Classes and suppliers of *count* series, in turn."""
    turns = np.arange(count)
    return SeriesGroups(
        np.array(["A", "B"])[turns % 2],
        np.array(["smooth", "lumpy"])[turns % 2],
        np.array(["F1", "F2", "unclassified"])[turns % 3],
    )


NOW = 50
"""The cutoff of the future's window in `stocked`."""


def stocked(
    worth: Worth,
    items: TextArray,
    places: TextArray,
    *,
    levels: StockLevels,
    fill: FloatArray | None = None,
) -> StockedSeries:
    """Series with the *worth* over two months, half of the demand in the first, in one window."""
    count = len(items)
    unknown = np.full(count, np.nan)
    window = Window(
        demand=worth.demand,
        actual=unknown,
        service=np.full(count, 4.0) if fill is None else fill,
        textbook=unknown,
        recent=unknown,
        days=np.full(count, 60.0),
        keep=np.zeros(count),
        lead=replace(worth.demand, mean=worth.demand.mean / 2.0),
        lead_actual=unknown,
    )
    return StockedSeries(
        item_ids=items,
        location_ids=places,
        sources=np.full(count, "mean"),
        unit_cost=worth.unit_cost,
        holding_factor=worth.holding_factor,
        towers=(worth.hours / 730.0)[:, None],
        fetch_hours=unknown,
        levels=levels,
        groups=grouped(count),
        units=np.full(count, "un"),
        kilograms=unknown,
        counted=np.ones(count, np.bool_),
        late_days=np.zeros(count),
        supply=Supply.by_suppliers(count),
        panel_rows=np.arange(count),
        windows={NOW: window},
    )
