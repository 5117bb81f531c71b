"""What each rule's stock came to at past cutoffs: what was left over, and the towers down.

A rule has stock and open orders at its level at the cutoff; what was asked for until the delivery
after the next review either was met from that or waited. What is left costs its holding, what
waits costs what the contracts say of a tower-hour. Of both, the end of that time counts, when
stock is lowest, as a rate a month, as on the curve.

Penalties of contracts that cap them are kept apart by contract: what a month's hours cost is known
only once all of a cutoff's are added up (`under_caps`).

Sums are whole numbers of a millionth, so that they are the same to the last digit however series
are cut into partitions, and are kept apart by cutoff and by bucket of items: from how these differ
it is told what may be chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from zlib import crc32

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray
from ml_jobs.columns import add_rows
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.waiting import MONTH_HOURS

SKIPPED = "order_skipped"
"""The rule of stock that proposals had filled up a review before, when this order is left out."""

EVERYONE = "all"
BUCKETS = 16

ALL_BUT_CAPPED = ""
"""Stands for the contract where sums are of everything but penalties that are capped."""

KEY = ("group_by", "group_value", "rule", "cutoff", "bucket", "contract_id")
AMOUNTS = ("holding", "penalty", "hours", "unpriced_hours")
COUNTS = ("series", "windows")

NONE_CAPPED: Mapping[str, int] = MappingProxyType({})

_SCALE = 1e6
_LEAST_ROWS = 100_000  # gathered before they are added up
_NUMBERS = ("cutoff", "bucket", *AMOUNTS, *COUNTS)
_SCHEMA = pa.schema(
    [(name, pa.int64() if name in _NUMBERS else pa.string()) for name in (*KEY, *AMOUNTS, *COUNTS)]
)


def regret_sums(
    cutoff: int,
    series: StockedSeries,
    stocks: Mapping[str, FloatArray],
    penalties: FloatArray,
    *,
    holding_rate: float,
    is_new: BoolArray,
    capped: Mapping[str, int] = NONE_CAPPED,
) -> pa.Table:
    """Return what a partition adds at one cutoff, by group, rule and bucket.

    Args:
        cutoff: Periods that were known.
        series: S series whose windows after the cutoff are over, and of which all is known.
        stocks: Units at the cutoff by rule, shape (S,) each.
        penalties: Currency for a tower-hour of each contract; 0 where it names none, shape (K,).
        holding_rate: What a unit of currency in stock costs a year.
        is_new: Which of the series were counted at no other cutoff yet, shape (S,).
        capped: Contracts whose penalties end at a cap, by code, each with its place among the K.

    Raises:
        ValueError: Of a series something isn't known, which would be counted as nothing.
    """
    actual = series.windows[cutoff].actual
    buckets = np.array([crc32(item.encode()) % BUCKETS for item in series.item_ids], np.int64)
    parts = [_SCHEMA.empty_table()]
    places = list(capped.values())
    without_caps = penalties.copy()
    without_caps[places] = 0.0
    for rule, stock in stocks.items():
        hours = MONTH_HOURS * series.towers * series.waited(cutoff, stock)[:, None]
        left = np.maximum(stock - actual, 0.0)
        added = {
            ALL_BUT_CAPPED: {
                **_amounts(series, left, hours, without_caps, holding_rate),
                "unpriced_hours": _whole(hours[:, penalties <= 0].sum(axis=1)),
                "series": is_new.astype(np.int64),
                "windows": np.ones(len(is_new), np.int64),
            },
            **{
                code: {"penalty": _whole(hours[:, place] * penalties[place])}
                for code, place in capped.items()
            },
        }
        parts += [
            _rows((name, values), (rule, cutoff, code), buckets, of_contract)
            for code, of_contract in added.items()
            for name, values in _groupings(series).items()
        ]
    return pa.concat_tables(parts)


def add_regrets(parts: Iterable[pa.Table]) -> pa.Table:
    """Add up what `regret_sums` found, of any partitions and cutoffs; no part gives no row.

    Parts are gathered until they have as many rows as the sums so far, so that many small ones
    don't have all groups added up anew each.
    """
    total, gathered, rows = _SCHEMA.empty_table(), list[pa.Table](), 0
    for part in parts:
        gathered.append(part)
        rows += part.num_rows
        if rows >= max(total.num_rows, _LEAST_ROWS):
            total, gathered, rows = add_rows([total, pa.concat_tables(gathered)], KEY), [], 0
    return add_rows([total, *([pa.concat_tables(gathered)] if gathered else [])], KEY)


def read_amounts(table: pa.Table, name: str) -> FloatArray:
    """Return a column of ``AMOUNTS`` in its own unit: currency, or tower-hours, a month."""
    values: FloatArray = table.column(name).to_numpy().astype(np.float64) / _SCALE
    return values


def under_caps(sums: pa.Table, caps: Mapping[str, float]) -> FloatArray:
    """Return the penalties of *sums*, currency a month, with no contract's beyond its cap, (N,).

    What a contract's month costs beyond is taken off all that stood still alike.

    Args:
        sums: What `add_regrets` returned, of all partitions.
        caps: Currency a month, of the contracts that have one, by code.
    """
    penalty, whole = read_amounts(sums, "penalty"), sums.column("penalty").to_numpy()
    groups, codes, *cutoffs = (
        np.array(sums.column(name).to_pylist())
        for name in ("group_by", "contract_id", "rule", "cutoff")
    )
    _, rows = np.unique(np.stack([codes, *cutoffs]), axis=1, return_inverse=True)
    months = np.zeros(len(rows), np.int64)
    np.add.at(months, rows.ravel(), np.where(groups == EVERYONE, whole, 0))
    cost = months[rows.ravel()] / _SCALE
    most = np.array([caps.get(code, np.inf) for code in codes.tolist()])
    beyond = np.flatnonzero(cost > most)
    penalty[beyond] *= most[beyond] / cost[beyond]
    return penalty


def _groupings(series: StockedSeries) -> dict[str, TextArray]:
    return {
        EVERYONE: np.full(len(series.item_ids), EVERYONE),
        "abc_class": series.groups.abc_class,
        "demand_class": series.groups.demand_class,
        "location": series.location_ids,
        "supplier": series.groups.supplier,
    }


def _amounts(
    series: StockedSeries,
    left: FloatArray,
    hours: FloatArray,
    penalties: FloatArray,
    holding_rate: float,
) -> dict[str, IntArray]:
    """What each series adds to each amount, (S,) each.

    *left* are units, shape (S,), *hours* those of each contract's towers, shape (S, K).
    """
    holding = series.unit_cost * series.holding_factor * left * (holding_rate / 12.0)
    return {
        "holding": _whole(holding),
        "penalty": _whole(hours @ penalties),
        "hours": _whole(hours.sum(axis=1)),
    }


def _whole(amounts: FloatArray) -> IntArray:
    """Amounts in whole numbers of a millionth."""
    if not np.isfinite(amounts).all():
        raise ValueError("something isn't known of a series that is added up")
    whole: IntArray = np.rint(amounts * _SCALE).astype(np.int64)
    return whole


def _rows(
    grouping: tuple[str, TextArray],
    of: tuple[str, int, str],
    buckets: IntArray,
    added: Mapping[str, IntArray],
) -> pa.Table:
    """The sums of the groups of one *grouping*, in the order of their names and buckets.

    *of* is the rule, the cutoff and the contract; what isn't *added* is 0.
    """
    name, values = grouping
    rule, cutoff, contract = of
    groups, rows = np.unique(values, return_inverse=True)
    cells, where = np.unique(rows * BUCKETS + buckets, return_inverse=True)
    count = len(cells)
    totals = {amount: np.zeros(count, np.int64) for amount in (*AMOUNTS, *COUNTS)}
    for amount, each in added.items():
        np.add.at(totals[amount], where, each)
    columns: dict[str, object] = {
        "group_by": [name] * count,
        "group_value": groups[cells // BUCKETS].tolist(),
        "rule": [rule] * count,
        "cutoff": np.full(count, cutoff),
        "bucket": cells % BUCKETS,
        "contract_id": [contract] * count,
        **totals,
    }
    return pa.table(columns, schema=_SCHEMA)
