"""What stock buys: its value and the towers that stand still, from one price to the next.

Sums are whole numbers of a millionth and a thousand-millionth, so that they are the same to the
last digit however series are cut into partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml_jobs.arrays import FloatArray
from ml_jobs.columns import add_rows
from ml_jobs.options import MONEY
from ml_jobs.stocking.availability.waiting import MONTH_HOURS, waited
from ml_jobs.stocking.availability.worth import Worth

POINTS = 41

TODAY = "today"
"""Stock as it is now, beside what policies would set."""

KEY = ("cutoff", "policy", "point", "contract_id")
SUMS = (
    "value",
    "down",
    "forecast_down",
    "variance",
    "third",
    "supported",
    "two_levels",
    "happened",
    "parts",
)

_MONEY_SCALE = 1e6
_TOWER_SCALE = 1e9
_SCALES = dict.fromkeys(SUMS, _TOWER_SCALE) | {"value": _MONEY_SCALE, "parts": 1.0}
_SCHEMA = pa.schema(
    [
        ("cutoff", pa.int64()),
        ("policy", pa.string()),
        ("point", pa.int64()),
        ("contract_id", pa.string()),
        *((name, pa.int64()) for name in SUMS),
    ]
)


@dataclass(frozen=True)
class Dependence:
    """How towers depend on parts.

    Attributes:
        contract_ids: K codes.
        towers: Towers of each contract that stand still for a unit that waits, shape (K, S).
        weights: What a tower-hour of each contract costs beside that of the others, shape (K,).
    """

    contract_ids: tuple[str, ...]
    towers: FloatArray
    weights: FloatArray

    @property
    def hours(self) -> FloatArray:
        """Weighted tower-hours a month that a waiting unit costs, shape (S,)."""
        hours: FloatArray = MONTH_HOURS * (self.weights @ self.towers)
        return hours


def tower_hour_prices(hours: FloatArray, held_cost: FloatArray, holding_rate: float) -> FloatArray:
    """Return the prices of a tower-hour that the curve is drawn at, rising, shape (POINTS,).

    From where half of the parts aren't worth stocking to where nine tenths are held up to a chance
    of one in ten thousand. Without any part that has a cost and takes a tower down, there is none.

    Args:
        hours: Tower-hours a month that a waiting unit costs, of each item.
        held_cost: Currency, of each item, as many times as it costs the holding rate; NaN where not
            known.
        holding_rate: What a unit of currency in stock costs a year.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        cost_of_an_hour = held_cost * (holding_rate / 12.0) / hours
    known = cost_of_an_hour[np.isfinite(cost_of_an_hour) & (cost_of_an_hour > 0)]
    if not known.size:
        return np.empty(0)
    # A unit is bought while hours x chance x price > cost x rate / 12.
    lowest, highest = 2.0 * np.quantile(known, 0.5), 1e4 * np.quantile(known, 0.9)
    return np.geomspace(lowest, highest, POINTS)


def curve_sums(
    cutoff: int,
    worth: Worth,
    dependence: Dependence,
    stocks: Mapping[tuple[str, int], FloatArray],
    *,
    actual: FloatArray | None = None,
) -> pa.Table:
    """Return what a partition adds to each point of the curve, by contract.

    Args:
        cutoff: Periods that were known.
        worth: Of S series that can be weighed, as `left_out` tells.
        dependence: Of the same series.
        stocks: Units held of each series by policy and point, shape (S,) each.
        actual: What was asked for in the windows after the cutoff, which are over, units, shape
            (S,); None for the future.

    Raises:
        ValueError: Of a series something isn't known, which would be counted as nothing.
    """
    parts = [_SCHEMA.empty_table()]
    for (policy, point), stock in stocks.items():
        sums = _sums_of(worth, dependence, stock, actual)
        count = len(dependence.contract_ids)
        columns = {
            "cutoff": np.full(count, cutoff),
            "policy": [policy] * count,
            "point": np.full(count, point),
            "contract_id": list(dependence.contract_ids),
            **{name: _whole(values, _SCALES[name]) for name, values in sums.items()},
        }
        parts.append(pa.table(columns, schema=_SCHEMA))
    return pa.concat_tables(parts)


def priced_stocks(
    worth: Worth, prices: FloatArray, holding_rate: float
) -> dict[tuple[str, int], FloatArray]:
    """Return the stock that is worth its cost at each price of a tower-hour, *prices* rising.

    Nowhere does it fall from one to the next, as the best split over a central store and places
    may: so no contract has more towers down at a point with more stock.
    """
    rate, held = holding_rate / 12.0, np.zeros(len(worth.hours))
    stocks = {}
    for point, price in enumerate(prices):
        held = np.maximum(worth.level_at(rate / float(price)), held)
        stocks[MONEY, point] = held
    return stocks


def add_curves(parts: Iterable[pa.Table]) -> pa.Table:
    """Add up what `curve_sums` found of all partitions."""
    return add_rows([_SCHEMA.empty_table(), *parts], KEY)


def read_sums(table: pa.Table, name: str) -> FloatArray:
    """Return a column of sums in its own unit: currency, towers, or parts at a place."""
    values: FloatArray = table.column(name).to_numpy().astype(np.float64) / _SCALES[name]
    return values


def _sums_of(
    worth: Worth, dependence: Dependence, stock: FloatArray, actual: FloatArray | None
) -> dict[str, FloatArray]:
    """What each series adds to each of ``SUMS``, of each contract, shape (K, S)."""
    towers = dependence.towers
    each = worth.backorders(stock)
    supported = worth.is_supported(stock)
    share = _share_of_value(dependence)
    happened = (
        np.zeros_like(stock)
        if actual is None
        else waited(actual, stock, worth.demand.lot, worth.fetched)
    )
    return {
        "value": share * stock * worth.unit_cost,
        "down": towers * each.mean,
        "forecast_down": towers * worth.backorders_as_forecast(stock),
        "variance": towers**2 * each.variance,
        "third": towers**3 * each.third,
        "supported": towers * np.where(supported, each.mean, 0.0),
        "two_levels": towers * np.where(worth.stands_alone, 0.0, each.mean),
        "happened": towers * happened,
        "parts": (towers > 0).astype(np.float64),
    }


def _share_of_value(dependence: Dependence) -> FloatArray:
    """Which part of each series' stock counts as each contract's, shape (K, S)."""
    total = dependence.towers.sum(axis=0)
    return np.where(total > 0, dependence.towers / np.where(total > 0, total, 1.0), 0.0)


def _whole(values: FloatArray, scale: float) -> npt.NDArray[np.int64]:
    if not np.isfinite(values).all():
        raise ValueError("something isn't known of a series that is added up")
    whole: npt.NDArray[np.int64] = np.rint(values * scale).astype(np.int64).sum(axis=1)
    return whole
