"""What each policy would have achieved in the past: service, and the stock that it took.

At each cutoff of the backtest an order is imagined to be placed with stock and open orders right
at the reorder point. The demand that came until its delivery either was met from that or not,
and what is left on the shelf when the delivery arrives is the stock that the policy cost; half an
order lies on top of it on average. Lead times count in whole periods here, because demand of a
part of a period is not observed, and as they are on average, because what they were is not known.

Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
section 6.6: P1, the share of cycles without a stock-out; average stock, safety stock plus half
an order. Here the safety stock is the one that was left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    TextArray,
    divide,
    rows_of,
    running_sums,
)
from ml_jobs.columns import add_rows, numbers
from ml_jobs.panel import NETWORK, Frequency, Panel
from ml_jobs.stocking.inventory import StockLevels, StockPolicy
from ml_jobs.stocking.lead_time import Duration, LeadSums, whole_periods
from ml_jobs.stocking.repair import Repair
from ml_jobs.stocking.stock_facts import QUANTILE_POLICY, TEXTBOOK_POLICY

EVERYONE = "all"
KEY = ("group_by", "group_value", "policy")
SUMS = ("asked", "met", "demand", "short", "stock", "windows")

_SCHEMA = pa.schema(
    [*((name, pa.string()) for name in KEY), *((name, pa.float64()) for name in SUMS)]
)


@dataclass(frozen=True)
class Replay:
    """The windows of one cutoff; shape (S,) each.

    Attributes:
        demand: What was missing after the lead time that followed the cutoff (`missing_after`),
            units; NaN where it is not over yet.
        asked: Service level asked.
        review_demand: Expected demand of a review period, units: what an order holds.
        reorder_points: By policy, units.
    """

    demand: FloatArray
    asked: FloatArray
    review_demand: FloatArray
    reorder_points: Mapping[str, FloatArray]


def in_whole_periods(levels: StockLevels, frequency: Frequency) -> StockLevels:
    """Return the levels with all times rounded up to whole periods, as they can be replayed."""
    days = levels.lead_time.days
    whole = np.where(
        np.isfinite(days), whole_periods(days, frequency) * frequency.days_per_step, np.nan
    )
    return replace(
        levels,
        lead_time=Duration(whole, levels.lead_time.sd_days),
        repair=levels.repair.in_whole_periods(frequency),
    )


def demand_after(panel: Panel, cutoff: int, periods: IntArray) -> FloatArray:
    """Return the demand of the *periods* periods after the first *cutoff*, units, shape (S,).

    NaN where the panel ends earlier, or the series had not begun at the cutoff.
    """
    steps = np.arange(int(periods.max(initial=1)))
    inside = np.minimum(cutoff + steps, panel.demand.shape[1] - 1)
    asked = steps < periods[:, None]
    summed = np.where(asked, np.nan_to_num(panel.demand[:, inside]), 0.0).sum(axis=1)
    over = (cutoff + periods <= panel.demand.shape[1]) & (panel.starts < cutoff)
    return np.where(over, summed, np.nan)


def missing_after(
    panel: Panel, cutoff: int, periods: IntArray, repair: Repair, lot: FloatArray
) -> FloatArray:
    """Return what is missing the *periods* periods after the *cutoff*, units, shape (S,).

    That is all that was asked for in that time; of a part that is repaired, what was condemned of
    it, and what failed within the last repair time and isn't back yet. Which ones were condemned is
    not known: of a fifth, each fifth lot that failed. NaN as in `demand_after`, and where some that
    are still away may have failed before the panel begins.
    """
    asked = demand_after(panel, cutoff, periods)
    rows = np.flatnonzero(repair.is_repaired & np.isfinite(asked))
    if not rows.size:
        return asked
    of_rows, size = rows_of(repair, rows), lot[rows]
    failed = running_sums(np.nan_to_num(panel.demand[rows])) / size[:, None]
    condemned = np.floor(of_rows.condemned[:, None] * failed + 0.5 + 1e-9)
    end = cutoff + periods[rows]
    within = np.rint(of_rows.days / panel.frequency.days_per_step).astype(np.int64)
    repairable, place = failed - condemned, np.arange(len(rows))
    coming_back = repairable[place, end] - repairable[place, np.maximum(end - within, 0)]
    gone = condemned[place, end] - condemned[:, cutoff]
    asked[rows] = np.where(end < within, np.nan, (gone + coming_back) * size)
    return asked


def demand_before(panel: Panel, periods: int) -> FloatArray:
    """Return the demand of the last *periods* periods of the *panel*, units, shape (S,).

    What a series had not begun to be asked for counts as nothing.
    """
    recent: FloatArray = np.nan_to_num(panel.demand[:, -periods:]).sum(axis=1)
    return recent


def replay_policies(
    panel: Panel, cutoff: int, levels: StockLevels, sums: LeadSums, policy: StockPolicy
) -> Replay:
    """Return both policies beside the demand that followed the *cutoff* they were made at.

    *panel* is the whole history; lead times in *levels* are whole periods. Of what isn't to be held
    no service is asked.
    """
    days = levels.lead_time.days
    periods = whole_periods(days, panel.frequency)
    demand = missing_after(panel, cutoff, periods, levels.repair, sums.lead.lot)
    return Replay(
        np.where(np.isfinite(days), demand, np.nan),
        np.where(levels.stocked, levels.service_level, np.nan),
        np.maximum(sums.cycle.mean - sums.lead.mean, 0.0),
        {
            QUANTILE_POLICY: policy.reorder_point,
            TEXTBOOK_POLICY: policy.textbook_reorder_point,
        },
    )


def policy_sums(
    panel: Panel, groupings: Mapping[str, TextArray], replay: Replay, *, judged: BoolArray
) -> pa.Table:
    """Return the sums that ``agg_policy`` is made of, for one partition and one cutoff.

    Only the series of the whole network count, as in ``agg_metrics``, and of them those that are
    *judged*, shape (S,). *groupings* holds the value of each series by grouping, shape (S,) each.
    """
    network = judged & (np.array(panel.location_ids) == NETWORK)
    named = {EVERYONE: np.full(len(network), EVERYONE), **groupings}
    parts = [
        _rows(name, values, policy, _sums_of(replay, reorder_point, network))
        for policy, reorder_point in replay.reorder_points.items()
        for name, values in named.items()
    ]
    return add_sums(parts)


def _sums_of(replay: Replay, reorder_point: FloatArray, counted: BoolArray) -> FloatArray:
    """What each series adds to each of ``SUMS``, shape (6, S); 0 where it does not count."""
    known = counted & np.isfinite(replay.demand + reorder_point + replay.asked)
    left = np.maximum(reorder_point - replay.demand, 0.0)
    sums = np.stack(
        [
            replay.asked,
            replay.demand <= reorder_point + 1e-9,
            replay.demand,
            np.maximum(replay.demand - reorder_point, 0.0),
            left + 0.5 * replay.review_demand,
            np.ones(len(known)),
        ]
    )
    return np.where(known, sums, 0.0)


def _rows(name: str, values: TextArray, policy: str, sums: FloatArray) -> pa.Table:
    groups, rows = np.unique(values, return_inverse=True)
    totals = [np.bincount(rows, weights=of, minlength=len(groups)) for of in sums]
    columns: dict[str, object] = {
        "group_by": [name] * len(groups),
        "group_value": groups.tolist(),
        "policy": [policy] * len(groups),
        **dict(zip(SUMS, totals, strict=True)),
    }
    return pa.table(columns, schema=_SCHEMA)


def add_sums(parts: Iterable[pa.Table]) -> pa.Table:
    """Add up what `policy_sums` found, of any partitions and cutoffs; no part gives no row."""
    return add_rows([_SCHEMA.empty_table(), *parts], KEY)


def agg_policy(sums: pa.Table, *, source: str) -> pa.Table:
    """Return the service and the stock of each policy by group, from the sums of `add_sums`.

    *source* is the one that lead-time demand was forecast with.
    """
    seen = sums.filter(pc.greater(sums.column("windows"), 0))
    found = {name: seen.column(name).to_numpy() for name in SUMS}
    windows = found["windows"]
    missed = divide(found["short"], found["demand"])
    return pa.table(
        {
            **{name: seen.column(name) for name in KEY},
            "source": pa.repeat(pa.scalar(source), seen.num_rows),
            "service_asked": numbers(divide(found["asked"], windows)),
            "service_achieved": numbers(divide(found["met"], windows)),
            "fill_rate": numbers(1.0 - missed),
            "mean_stock": numbers(divide(found["stock"], windows)),
            "n_windows": windows.astype(np.int64),
        }
    )
