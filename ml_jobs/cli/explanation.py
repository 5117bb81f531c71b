"""What is said of one item: its demand, its sources, and the numbers behind its reorder point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ml_jobs.negative_binomial import quantile
from ml_jobs.panel import Frequency
from ml_jobs.publishing.gold_files import GoldFiles

Row = Mapping[str, object]


@dataclass(frozen=True)
class DemandHistory:
    """The demand that everything rests on.

    Attributes:
        first: First day of the first period observed.
        last: Last day of the last one.
        periods: Number of periods.
        demands: Periods with demand.
        total: Units.
        adi: Periods from one demand to the next; infinite without demand.
        cv2: Squared coefficient of variation of the demands above zero.
        sigma: Standard deviation of all periods, units.
        demand_class: What follows from ADI and CV2.
        ended: Whether the demand has most likely ended.
    """

    first: date
    last: date
    frequency: Frequency
    periods: int
    demands: int
    total: float
    adi: float
    cv2: float
    sigma: float
    demand_class: str
    ended: bool

    @property
    def mean(self) -> float:
        """Units per period."""
        return self.total / self.periods


@dataclass(frozen=True)
class SourceRecord:
    """What one source has to do with the item.

    Attributes:
        rule: Which series it runs on, in words.
        weight: Its share in the ensemble of the item's class; None where it has none.
        scores: Its row of ``fact_metrics`` over the longest horizon; empty where it was not
            judged here.
        future_total: Units that it forecasts from the end of the data on; None if it did not run.
    """

    rule: str
    weight: float | None
    scores: Row
    future_total: float | None


@dataclass(frozen=True)
class LeadTimeSum:
    """Demand over the lead time, as the negative binomial that the reorder point is read from.

    Attributes:
        mean: Expected demand, units.
        drawn: Mean of the distribution: *mean*, or the least that one is drawn for.
        excess: Variance over mean, less 1, in lots.
        lot: Units in a lot.
        asked: Chance asked for that demand stays at or below the reorder point.
        level: Chance planned for, so that the one asked is achieved.
        source: What forecast it.
    """

    mean: float
    drawn: float
    excess: float
    lot: float
    asked: float
    level: float
    source: str

    @property
    def quantile(self) -> float:
        """What demand stays at or below with the chance *level*, units."""
        parts = (np.array([each]) for each in (self.drawn, self.excess, self.lot, self.level))
        return float(quantile(*parts)[0])


@dataclass(frozen=True)
class Explanation:
    """Why the figures of one item at one location, as published, are what they are.

    Attributes:
        item: Its row of ``dim_item``.
        inventory: Its row of ``fact_inventory``.
        history: None where it has no demand on record.
        sources: By name all that ran, those that forecast this item first.
        class_losses: Scaled pinball loss over all series of the class, by source.
        lead_time: None where lead time, service level or their distribution aren't published.
        actions: Its rows of ``fact_action``, the most urgent first; none in older publications.
        open_orders: Those of the place and of all places in it, from ``fact_open_order``.
        periods: Its rows of ``fact_projection``, by date.
    """

    gold: GoldFiles
    item: Row
    inventory: Row
    history: DemandHistory | None
    sources: Mapping[str, SourceRecord]
    class_losses: Mapping[str, float]
    lead_time: LeadTimeSum | None
    actions: Sequence[Row] = ()
    open_orders: Sequence[Row] = ()
    periods: Sequence[Row] = ()

    @property
    def champion(self) -> str:
        """The source that stock is held against."""
        return text(self.inventory, "source")

    @property
    def demand_class(self) -> str:
        """What follows from the history; empty without one."""
        return self.history.demand_class if self.history else ""


def order_quantity(row: Row, lot: float) -> float:
    """Return the units that fill stock and open orders up, as a row of ``fact_inventory`` asks.

    At least the minimum order, and rounded up to the multiple, or to whole lots of *lot* units.
    """
    wanted = _rounded_up(number(row, "order_up_to"), lot) - position_of(row)
    if not wanted > 0:
        return 0.0
    least, multiple = number(row, "minimum_order"), number(row, "order_multiple")
    return _rounded_up(max(wanted, float(np.nan_to_num(least))), multiple if multiple > 0 else lot)


def position_of(row: Row) -> float:
    """Return stock, moves and open orders together, units; NaN where the stock is not known."""
    return shelf_of(row) + float(np.nan_to_num(number(row, "on_order")))


def shelf_of(row: Row) -> float:
    """Return the stock once proposed moves are made, units; NaN where it is not known."""
    return number(row, "current_stock") + moved_of(row)


def moved_of(row: Row) -> float:
    """Return the units that proposed moves bring; below 0 where they take units away."""
    return float(np.nan_to_num(number(row, "moved")))


def _rounded_up(amount: float, multiple: float) -> float:
    return float(np.ceil(amount / multiple - 1e-9) * multiple)


def at_longest_horizon(scores: Sequence[Row]) -> list[Row]:
    """Return the scores over the longest horizon that was judged."""
    longest = max((number(row, "horizon") for row in scores), default=0.0)
    return [row for row in scores if number(row, "horizon") == longest]


def number(row: Row, name: str) -> float:
    """Return a number of a row, NaN where it has none."""
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else float("nan")


def text(row: Row, name: str) -> str:
    """Return a text of a row, an empty one where it has none."""
    value = row.get(name)
    return "" if value is None else str(value)


def mapping_at(values: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """Return the mapping that lies under *keys*; an empty one where there is none."""
    found: object = values
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
