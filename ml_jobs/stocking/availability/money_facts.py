"""What rules to order by would have cost, by group: the sums of partitions, and their table.

Sums are whole numbers of a ten-thousandth, so that they are the same to the last digit however
series are cut into partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divide
from ml_jobs.columns import add_rows, numbers
from ml_jobs.stocking.availability.money_replay import Past, play, windows_of
from ml_jobs.stocking.availability.money_rules import FORESIGHT, RULES, Stakes
from ml_jobs.stocking.replay import EVERYONE

KEY = ("group_by", "group_value", "policy", "unit")
_AMOUNTS = ("holding", "lost", "asked", "value")
_COUNTS = ("series", "windows", "assumed")

_SCALE = 1e4
_MOST = 1e9  # of an amount of one series: a file with more has a mistake, and sums stay exact
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in KEY),
        *((name, pa.int64()) for name in (*_AMOUNTS, *_COUNTS)),
    ]
)


def money_sums(
    past: Past,
    stakes: Stakes,
    groupings: Mapping[str, TextArray],
    *,
    unit_cost: FloatArray,
    units: TextArray,
    assumed: BoolArray,
) -> pa.Table:
    """Return what ``agg_policy_money`` is made of, for one partition.

    Args:
        past: Of S series.
        stakes: Of the same.
        groupings: The value of each series by grouping, shape (S,) each.
        unit_cost: Currency, shape (S,).
        units: What each is counted in, shape (S,).
        assumed: Of which what a lost unit costs, or to hold one, is assumed, shape (S,).
    """
    windows = windows_of(past, stakes)
    named = {EVERYONE: np.full(len(windows), EVERYONE), **groupings}
    played = {rule: play(rule, past, stakes) for rule in RULES}
    amounts = {
        rule: np.stack([each.holding, each.lost, each.asked, each.asked * unit_cost])
        for rule, each in played.items()
    }
    counted = (windows > 0) & np.all([(each < _MOST).all(axis=0) for each in amounts.values()], 0)
    counts = np.stack([np.ones_like(windows), windows, assumed.astype(np.int64)])
    parts = [
        _rows(
            name, values[counted], rule, units[counted], _whole(of[:, counted]), counts[:, counted]
        )
        for rule, of in amounts.items()
        for name, values in named.items()
    ]
    return add_money(parts)


def no_money_sums() -> pa.Table:
    """Return the sums of a partition of which nothing can be replayed."""
    return _SCHEMA.empty_table()


def add_money(parts: Iterable[pa.Table]) -> pa.Table:
    """Add up what `money_sums` found, of any partitions."""
    return add_rows([_SCHEMA.empty_table(), *parts], KEY)


def agg_policy_money(sums: pa.Table, *, source: str) -> pa.Table:
    """Return what each rule would have cost by group, from the sums of `add_money`.

    *source* is the one that lead-time demand was forecast with.
    """
    of_units = sums.group_by(list(KEY[:3]), use_threads=False).aggregate(
        [("unit", "count"), *((name, "sum") for name in (*_AMOUNTS, *_COUNTS))]
    )

    def found(name: str) -> IntArray:
        values: IntArray = of_units.column(f"{name}_sum").to_numpy()
        return values

    holding, lost, asked, value = (found(name) / _SCALE for name in _AMOUNTS)
    cost = (found("holding") + found("lost")) / _SCALE
    # Pieces and metres don't add up.
    units = np.where(of_units.column("unit_count").to_numpy() == 1, asked, np.nan)
    policies = of_units.column("policy").to_pylist()
    return pa.table(
        {
            **{name: of_units.column(name) for name in KEY[:3]},
            "is_hindsight": [policy == FORESIGHT for policy in policies],
            "holding_cost": holding,
            "lost_cost": lost,
            "cost": cost,
            "units_asked": numbers(units),
            "cost_per_unit": numbers(divide(cost, units)),
            "value_asked": value,
            "cost_share": numbers(divide(cost, value)),
            "n_series": found("series"),
            "n_windows": found("windows"),
            "n_assumed": found("assumed"),
            "source": pa.repeat(pa.scalar(source), of_units.num_rows),
        }
    )


def told(money: pa.Table) -> str:
    """Return in one sentence what `agg_policy_money` found; *money* may have no row."""
    head = "Rules to order by, replayed over the past"
    rows = [row for row in money.to_pylist() if row["group_by"] == EVERYONE]
    costs = {row["policy"]: row["cost_share"] for row in rows if row["cost_share"] is not None}
    if not costs:
        return (
            f"{head}: not known, as no part has a cost above 0, a lead time and demand after "
            "cutoffs for a whole review."
        )
    bound = costs.pop(FORESIGHT)
    best = min(costs, key=lambda rule: (costs[rule], rule))
    others = ", ".join(f"{rule} {cost:.3f}" for rule, cost in costs.items() if rule != best)
    return (
        f"{head} of {rows[0]['n_series']:,} part-places: {best} costs least, {costs[best]:.3f} of "
        f"the value asked for; {others}; with all known beforehand {bound:.3f}."
    )


def _rows(
    name: str, values: TextArray, rule: str, units: TextArray, amounts: IntArray, counts: IntArray
) -> pa.Table:
    if not len(values):
        return _SCHEMA.empty_table()
    groups, rows = np.unique(np.stack([values, units]), axis=1, return_inverse=True)
    sums = np.zeros((len(_AMOUNTS) + len(_COUNTS), groups.shape[1]), np.int64)
    for place, each in enumerate(np.concatenate([amounts, counts])):
        np.add.at(sums[place], rows.ravel(), each)
    columns = {
        "group_by": [name] * groups.shape[1],
        "group_value": groups[0].tolist(),
        "policy": [rule] * groups.shape[1],
        "unit": groups[1].tolist(),
        **dict(zip((*_AMOUNTS, *_COUNTS), sums, strict=True)),
    }
    return pa.table(columns, schema=_SCHEMA)


def _whole(amounts: FloatArray) -> IntArray:
    whole: IntArray = np.rint(amounts * _SCALE).astype(np.int64)
    return whole
