"""Series where their stock lies, with all that says what it is worth to hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    TextArray,
    concatenate,
    divide,
    rows_of,
)
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import NETWORK
from ml_jobs.stocking.availability.curve import Dependence
from ml_jobs.stocking.availability.supplied import Supply, supplied_worth
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.waiting import MONTH_DAYS, fetched_lots, waited
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.inventory import StockLevels


@dataclass(frozen=True)
class Window:
    """Demand over delivery and review, as forecast at a cutoff, beside what came.

    Attributes:
        demand: As forecast, of S series.
        actual: What was asked for, units, shape (S,); NaN where the window isn't over, or begins
            before the series does.
        service: Units that the service levels asked for filled up to at the cutoff, shape (S,).
        textbook: Units that the textbook formula would fill up to, by the series' own history until
            the cutoff, shape (S,).
        recent: What had to be bought for the review period before the cutoff, units, shape (S,).
        days: Delivery and review, shape (S,); of a part that is repaired the days that one is
            missed, on average (`Repair.mixed`).
        keep: Units at which they ordered: the reorder point, shape (S,).
        lead: Demand over delivery alone, as forecast.
        lead_actual: What was asked for in that time, as *actual*.
    """

    demand: NegativeBinomial
    actual: FloatArray
    service: FloatArray
    textbook: FloatArray
    recent: FloatArray
    days: FloatArray
    keep: FloatArray
    lead: NegativeBinomial
    lead_actual: FloatArray

    @property
    def monthly_demand(self) -> FloatArray:
        """Lots a month, as forecast, shape (S,)."""
        return divide(self.demand.drawn / self.demand.lot * MONTH_DAYS, self.days)


@dataclass(frozen=True)
class SeriesGroups:
    """What series are told apart by beside their place, shape (S,) each.

    Attributes:
        abc_class, demand_class, supplier: Of their parts; `UNCLASSIFIED` where there is none.
    """

    abc_class: TextArray
    demand_class: TextArray
    supplier: TextArray


@dataclass(frozen=True)
class StockedSeries:
    """S series, each at the places where its stock lies.

    Attributes:
        item_ids, location_ids: What and where, shape (S,).
        sources: The source that each was forecast with, shape (S,).
        unit_cost: Currency; NaN where not known, shape (S,).
        holding_factor: How many times the run's holding rate a unit of currency in each costs,
            shape (S,).
        towers: That stand still for a unit that waits, of each contract, shape (S, K).
        fetch_hours: That fetching one takes beyond what a repair takes with one in stock, shape
            (S,); NaN where what is asked for waits for the next delivery.
        levels: Stock and order sizes as they are.
        groups: Classes and supplier.
        units: What each is counted in, shape (S,).
        kilograms: That a unit weighs; NaN where not known, shape (S,).
        counted: Whose stock somebody counted, rather than that it is assumed, shape (S,).
        late_days: Days by which the last open order comes later than one placed today, and so any
            delivery, shape (S,); they are part of the lead time of *levels*.
        supply: Which are central stores, and which are supplied from those.
        panel_rows: Number of each among the series of its partition, shape (S,).
        windows: By cutoff, the future's last.
    """

    item_ids: TextArray
    location_ids: TextArray
    sources: TextArray
    unit_cost: FloatArray
    holding_factor: FloatArray
    towers: FloatArray
    fetch_hours: FloatArray
    levels: StockLevels
    groups: SeriesGroups
    units: TextArray
    kilograms: FloatArray
    counted: BoolArray
    late_days: FloatArray
    supply: Supply
    panel_rows: IntArray
    windows: Mapping[int, Window]

    def rows(self, rows: IntArray) -> StockedSeries:
        """Return these *rows* of the series."""
        windows = {cutoff: rows_of(window, rows) for cutoff, window in self.windows.items()}
        return replace(rows_of(self, rows), windows=windows)

    def dependence(self, contract_ids: tuple[str, ...], weights: FloatArray) -> Dependence:
        """Return how towers depend on the series, with tower-hours weighed by contract."""
        return Dependence(contract_ids, self.towers.T, weights)

    def worth(self, cutoff: int, dependence: Dependence, tails: Tails) -> Worth:
        """Return what stock is worth by what was forecast at *cutoff*.

        Central stores and the places that they supply are weighed at once where nothing has come
        yet; at past cutoffs each place is weighed alone, and the stores have no forecast.
        """
        window = self.windows[cutoff]
        worth = Worth(
            window.demand,
            dependence.hours,
            self.unit_cost,
            self.holding_factor,
            tails,
            self._fetched(cutoff),
            self.levels.stocked,
        )
        if cutoff < max(self.windows) or not self.supply.is_shared.any():
            return worth
        return supplied_worth(worth, self.supply, self.item_ids, self.location_ids, window.days)

    def waited(self, cutoff: int, stock: FloatArray) -> FloatArray:
        """Return the units that waited after a past *cutoff* beside *stock*, units, shape (S,)."""
        window = self.windows[cutoff]
        return waited(window.actual, stock, window.demand.lot, self._fetched(cutoff))

    def _fetched(self, cutoff: int) -> FloatArray:
        return fetched_lots(self.windows[cutoff].monthly_demand, self.fetch_hours)

    def holding(self, more: FloatArray) -> StockedSeries:
        """Return the series with *more* units of each on the shelf; fewer where it is negative."""
        shelf = self.levels.current_stock + more
        return replace(self, levels=replace(self.levels, current_stock=shelf))


def join_stocked(parts: Sequence[StockedSeries]) -> StockedSeries:
    """Return the series of all *parts*, at least one, which share their cutoffs, as one."""
    windows = {
        cutoff: concatenate([part.windows[cutoff] for part in parts]) for cutoff in parts[0].windows
    }
    return replace(concatenate(parts), windows=windows)


def where_stock_lies(
    item_ids: TextArray, location_ids: TextArray, is_leaf: BoolArray, assumed: BoolArray
) -> BoolArray:
    """Return at which series the stock of each item lies, shape (S,).

    That is at the places with none below them. Where the stock of any of those is assumed and that
    of the network is known, it is the network: nobody has said where it lies.

    Args:
        item_ids: Of each series; those of one item follow each other.
        location_ids: Likewise.
        is_leaf: Which series are at places with none below them; an item may have none of those.
        assumed: Of which series stock is assumed.
    """
    network = location_ids == NETWORK
    _, groups = np.unique(item_ids, return_inverse=True)
    count = groups.max(initial=-1) + 1

    def any_of(holds: BoolArray) -> BoolArray:
        found: BoolArray = np.bincount(groups, weights=holds, minlength=count) > 0
        of_each: BoolArray = found[groups]
        return of_each

    below = is_leaf & ~network
    guessed = any_of(below & assumed) & any_of(network & ~assumed)
    at_leaves = any_of(below) & ~guessed
    lies: BoolArray = np.where(at_leaves, below, network)
    return lies
