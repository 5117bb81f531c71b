"""The rule that proposed orders follow, as a function of what a publication says of a part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from datalayer.reading.negative_binomial import FloatArray, quantile

BoolArray = NDArray[np.bool_]

_LEAST_EXCESS: Final = 1e-6  # what is left of an excess whose part for lead times is taken off
_HARDLY: Final = 1e-9  # lots; what is a whole number give or take floating point is one


@dataclass(frozen=True)
class OrderInputs:
    """What the order rule reads, and what it gave; (N,) each, NaN where it isn't published.

    The names are those of the columns of ``fact_inventory``, of ``fact_repair`` (repair_days,
    condemnation, coming_back and failures, NaN of what isn't repaired) and of ``dim_item``
    (stocked, as 0 and 1); docs/contract.md says what they mean.
    """

    current_stock: FloatArray
    on_order: FloatArray
    coming_back: FloatArray
    moved: FloatArray
    stocked: FloatArray
    lead_time_days: FloatArray
    lead_time_sd_days: FloatArray
    review_days: FloatArray
    planned_service_level: FloatArray
    lead_time_demand: FloatArray
    lead_time_excess: FloatArray
    cycle_demand: FloatArray
    cycle_excess: FloatArray
    least_daily_demand: FloatArray
    repair_days: FloatArray
    condemnation: FloatArray
    failures: FloatArray
    lot: FloatArray
    reorder_point: FloatArray
    order_up_to: FloatArray
    minimum_order: FloatArray
    order_multiple: FloatArray
    order_quantity: FloatArray

    @classmethod
    def of(cls, table: pa.Table, suffix: str = "") -> Self:
        """Read the columns of *table*, whose names have *suffix* behind them."""
        columns = (table[f"{each.name}{suffix}"].cast(pa.float64()) for each in fields(cls))
        # As numpy has it, a null is a NaN.
        return cls(*(column.to_numpy().astype(np.float64) for column in columns))

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the parts at *rows*."""
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))

    @property
    def owned(self) -> FloatArray:
        """Stock and open orders, without what is to come back from repair, units.

        Open orders that nobody told of count as none.
        """
        return self.current_stock + np.nan_to_num(self.on_order) - np.nan_to_num(self.coming_back)

    @property
    def position(self) -> FloatArray:
        """What the rule compares, units: those, proposed moves, and what comes back from repair."""
        return self.current_stock + np.nan_to_num(self.on_order) + np.nan_to_num(self.moved)

    @property
    def cycle_days(self) -> FloatArray:
        """Lead time and review together, days."""
        return self.lead_time_days + self.review_days

    @property
    def is_repaired(self) -> BoolArray:
        """Where some of what fails comes back."""
        repaired: BoolArray = np.isfinite(self.repair_days) & (self.condemnation < 1)
        return repaired

    @property
    def beyond_repair(self) -> FloatArray:
        """Share of what fails that doesn't come back; all of what isn't repaired."""
        return np.where(self.is_repaired, self.condemnation, 1.0)

    @property
    def failing(self) -> tuple[FloatArray, FloatArray]:
        """Expected demand over lead time, and over it and review, with all that comes back, units.

        What is published is what is missing: the share beyond repair of that demand, and of what
        fails within a repair time all others. So both can be told from the demand of the longer
        one. Where nothing is beyond repair, demand over the lead time is taken to be even.
        """
        share, rows = self.beyond_repair, self.is_repaired
        even = _share(self.lead_time_days, self.cycle_days) * self.failures
        lead = _share(self.lead_time_demand - (1.0 - share) * self.failing_in_repair, share)
        lead = np.clip(np.where(share > 0, lead, even), 0.0, self.failures)
        return (
            np.where(rows, lead, self.lead_time_demand),
            np.where(rows, self.failures, self.cycle_demand),
        )

    @property
    def failing_in_repair(self) -> FloatArray:
        """What fails within a repair time, units; 0 of what isn't repaired."""
        share = self.beyond_repair
        within = _share(self.cycle_demand - share * self.failures, 1.0 - share)
        return np.where(self.is_repaired, np.maximum(within, 0.0), 0.0)

    def failing_within(self, repair: OrderInputs) -> FloatArray:
        """Return what is expected to fail within the repair time of *repair*, units.

        0 of what isn't repaired there. Between two publications it goes with what the demand that
        is told of either says of that time.
        """
        days = np.nan_to_num(repair.repair_days)
        mine = self.expected_until(days)
        told = np.where(self.is_repaired, self.failing_in_repair, repair.failing_in_repair)
        even = np.where(
            self.is_repaired,
            self.expected_until(np.nan_to_num(self.repair_days)),
            repair.expected_until(days),
        )
        within = np.where(even > 0, told * _share(mine, even), mine)
        return np.where(repair.is_repaired, within, 0.0)

    def expected_until(self, days: FloatArray) -> FloatArray:
        """Return the demand expected until so many *days* ahead, units, with all that comes back.

        What is published are the sums over the lead time, and over lead time and review. Between
        them, and from the start to the first, demand is taken to be even; after the second it goes
        on at the mean of both together.
        """
        lead, cycle = self.lead_time_days, self.cycle_days
        by_lead, by_cycle = self.failing
        since_lead = _share(days - lead, cycle - lead) * (by_cycle - by_lead)
        return np.select(
            [days == lead, days == cycle, days < lead, days < cycle],
            [by_lead, by_cycle, _share(days, lead) * by_lead, by_lead + since_lead],
            _share(days, cycle) * by_cycle,
        )

    def excess_of_demand(self) -> tuple[FloatArray, FloatArray]:
        """Return the excess over lead time, and over it and review.

        It is that of all that fails, were lead times certain.
        """
        (by_lead, by_cycle), within = self.failing, self.failing_in_repair
        spans = (
            (by_lead, self.lead_time_excess, self.lead_time_days),
            (by_cycle, self.cycle_excess, self.cycle_days),
        )
        lead, cycle = (
            np.maximum(
                excess / _missing(mean, within, self.beyond_repair).scatter
                - _excess_of_time(mean, days, self, self),
                _LEAST_EXCESS,
            )
            for mean, excess, days in spans
        )
        return lead, cycle


def position_of(stock: Mapping[str, Any]) -> float | None:
    """Return stock, proposed moves and open orders together, units; None where it isn't known.

    Args:
        stock: A row of ``fact_inventory``, or nothing of it.
    """
    if stock.get("current_stock") is None:
        return None
    return sum(float(stock.get(name) or 0.0) for name in ("current_stock", "moved", "on_order"))


@dataclass(frozen=True)
class Levels:
    """Reorder point and order-up-to level, units, of the same shape."""

    reorder_point: FloatArray
    order_up_to: FloatArray


def levels_of(
    *,
    demand: OrderInputs,
    scatter: OrderInputs,
    service: OrderInputs,
    time: OrderInputs,
    repair: OrderInputs,
) -> Levels:
    """Return the levels that inputs from different publications give together.

    Args:
        demand: Whose expected demand it is, and whose least.
        scatter: Whose excess it is, but for what lead times that vary add to it; and whose lot.
        service: Whose service level is planned for.
        time: Whose lead time, its standard deviation and review period it is.
        repair: Whose repair time it is, and whose share beyond repair.
    """
    spans = (time.lead_time_days, time.cycle_days)
    lead, cycle = (demand.expected_until(days) for days in spans)
    means = (lead, np.maximum(cycle, lead))
    within = demand.failing_within(repair)
    left = [_missing(mean, within, repair.beyond_repair) for mean in means]
    own = scatter.excess_of_demand()
    drawn = [_drawn(each.mean, days, demand) for each, days in zip(left, spans, strict=True)]
    excess = [
        (each + _excess_of_time(mean, days, time, demand, lot=scatter.lot)) * missing.scatter
        for each, mean, days, missing in zip(own, means, spans, left, strict=True)
    ]
    both = quantile(
        np.concatenate(drawn),
        np.concatenate(excess),
        np.tile(scatter.lot, 2),
        np.tile(service.planned_service_level, 2),
    )
    reorder_point, order_up_to = np.split(both, 2)
    return Levels(reorder_point, np.maximum(order_up_to, reorder_point))


def published_levels(inputs: OrderInputs) -> Levels:
    """Return the levels as they are published."""
    return Levels(inputs.reorder_point, inputs.order_up_to)


def order_of(position: FloatArray, levels: Levels, sizes: OrderInputs) -> FloatArray:
    """Return what the rule orders, units; NaN where something of it isn't known.

    At or below the reorder point an order fills *position* up to the level, at least by the
    minimum order and by a multiple of the order multiple, or of the lot where there is none.
    *sizes* says whose minimum, multiple and lot they are.
    """
    up_to = _round_up(levels.order_up_to, sizes.lot)
    wanted = np.maximum(up_to - position, np.nan_to_num(sizes.minimum_order))
    multiple = np.where(sizes.order_multiple > 0, sizes.order_multiple, sizes.lot)
    proposed = (position <= levels.reorder_point) & (up_to > position)
    known = np.isfinite(position + levels.reorder_point + up_to + multiple)
    return np.where(known, np.where(proposed, _round_up(wanted, multiple), 0.0), np.nan)


def orderable(
    quantity: float, *, minimum: float | None, multiple: float | None, lot: float | None
) -> float:
    """Return the least quantity from *quantity* on that can be ordered, as ``order_of`` rounds.

    Args:
        quantity: Units, above 0.
        minimum: Least units of an order; None where not known.
        multiple: Units that an order is a multiple of; None where not known: then it is of *lot*.
        lot: Units that demand is counted in; None where not known.
    """
    wanted = np.maximum(np.float64(quantity), np.float64(minimum or 0.0))
    whole = multiple if multiple and multiple > 0 else lot
    if not whole or whole <= 0:
        return float(wanted)
    return float(_round_up(np.asarray(wanted), np.asarray(whole, np.float64)))


def is_orderable(
    quantity: float, *, minimum: float | None, multiple: float | None, lot: float | None
) -> bool:
    """Return whether a *quantity* keeps minimum and multiple; else as in ``orderable``."""
    if not math.isfinite(quantity) or quantity <= 0:
        return False
    least = orderable(quantity, minimum=minimum, multiple=multiple, lot=lot)
    return math.isclose(least, quantity, rel_tol=_HARDLY)


def order_value(quantity: float, unit_cost: float | None) -> float | None:
    """Return what a *quantity* comes to, to six decimals; None where the cost isn't known.

    More than that is no money, but what binary fractions leave over.
    """
    return None if unit_cost is None else round(quantity * unit_cost, 6)


@dataclass(frozen=True)
class _Missing:
    """What stock has to last for of a demand, (N,) each.

    Attributes:
        mean: Units.
        scatter: Times what the excess of all demand is.
    """

    mean: FloatArray
    scatter: FloatArray


def _missing(mean: FloatArray, within: FloatArray, condemned: FloatArray) -> _Missing:
    """Return what is missing at the end of a time: all of it where everything is condemned.

    In the shorter of that time and a repair's, all that fails is missing; in the rest of the
    longer one the *condemned* share of it, or, of a repair that takes longer, all others.

    Args:
        mean: Expected demand of the time, units.
        within: Expected demand of a repair time, units.
        condemned: Share that doesn't come back.

    Source: docs/decisions/0060-repaired-parts.md.
    """
    share = np.where(mean >= within, condemned, 1.0 - condemned)
    whole, part = np.minimum(mean, within), np.abs(mean - within)
    missing = whole + share * part
    return _Missing(missing, np.where(missing > 0, _share(whole + share**2 * part, missing), 1.0))


def _drawn(mean: FloatArray, days: FloatArray, demand: OrderInputs) -> FloatArray:
    """The mean of the distribution: that expected, or the least where that is more."""
    drawn: FloatArray = np.maximum(mean, demand.least_daily_demand * days)
    return drawn


def _excess_of_time(
    mean: FloatArray,
    days: FloatArray,
    time: OrderInputs,
    demand: OrderInputs,
    lot: FloatArray | None = None,
) -> FloatArray:
    """What lead times that vary add to the excess: (demand per day * sd of the days) ** 2.

    Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
    section 6.10.
    """
    varies = _share(mean, days) * np.nan_to_num(time.lead_time_sd_days)
    return _share(varies**2, _drawn(mean, days, demand) * (demand.lot if lot is None else lot))


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """*part* of *whole*, 0 where that is nothing; NaN where either is."""
    some = whole != 0
    answer: FloatArray = np.where(some, part / np.where(some, whole, 1.0), 0.0 * part)
    return answer


def _round_up(amount: FloatArray, multiple: FloatArray) -> FloatArray:
    some = multiple > 0
    whole = np.ceil(amount / np.where(some, multiple, 1.0) - _HARDLY) * multiple
    answer: FloatArray = np.where(some, whole, np.nan)
    return answer
