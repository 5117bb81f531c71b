"""Gold of moves: what to bring from where to where, and what such moves would have done before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, divide
from ml_jobs.columns import add_rows, numbers
from ml_jobs.stocking.availability.balancing import Balance, Moved
from ml_jobs.stocking.availability.waiting import waited

MOST_MOVES = 50_000

KEY = ("cutoff", "unit")
_MONEY_SCALE, _UNIT_SCALE = 1e6, 1e9
_SCALES = {
    "moves": 1.0,
    "units_moved": _UNIT_SCALE,
    "shortage_avoided": _UNIT_SCALE,
    "shortage_caused": _UNIT_SCALE,
    "hours_avoided": _UNIT_SCALE,
    "hours_caused": _UNIT_SCALE,
}
_SUMS = pa.schema(
    [("cutoff", pa.int64()), ("unit", pa.string()), *((name, pa.int64()) for name in _SCALES)]
)


def move_rows(
    balance: Balance, moves: Sequence[Moved], hours: FloatArray, contract_ids: tuple[str, ...]
) -> pa.Table:
    """Return the moves of a partition, in no order.

    Args:
        balance: That they were found in.
        moves: N of them.
        hours: Tower-hours a month of a unit that waits, every contract's alike, shape (S,).
        contract_ids: K codes.
    """
    series, worth = balance.series, balance.worth
    givers, takers = (
        np.array([getattr(each, end) for each in moves], np.int64) for end in ("giver", "taker")
    )
    keep = np.maximum(balance.bounds.keep, 0.0)
    left = series.levels.current_stock + moved_units(moves, len(series.item_ids))
    main = np.array(contract_ids)[series.towers.argmax(axis=1)]
    # Currency over months, at a price of weighed hours: hours a month, every contract's alike.
    months = np.array([balance.months_of(each) for each in moves]).reshape(-1, 2).T
    alike = divide(hours, worth.hours * balance.terms.price)
    gain, loss, put_off = (
        _rounded([getattr(each.move, name) for each in moves])
        for name in ("gain", "loss", "put_off")
    )
    freight = _rounded([np.nan if each.freight is None else each.freight for each in moves])
    lanes = [each.lane for each in moves]
    return pa.table(
        {
            "item_id": pa.array(series.item_ids[givers], pa.string()),
            "from_location_id": pa.array(series.location_ids[givers], pa.string()),
            "to_location_id": pa.array(series.location_ids[takers], pa.string()),
            "quantity": numbers(np.array([each.units for each in moves], np.float64)),
            "km": pa.array([lane.km for lane in lanes], pa.float64()),
            "days": pa.array([lane.days for lane in lanes], pa.float64()),
            "distance_assumed": pa.array(
                [None if lane.km is None else lane.assumed for lane in lanes], pa.bool_()
            ),
            "freight": numbers(freight),
            "receiver_gain": numbers(gain),
            "donor_loss": numbers(loss),
            "purchase_put_off": numbers(put_off),
            "value": numbers(gain + put_off - loss - np.nan_to_num(freight)),
            "receiver_hours_avoided": numbers(
                np.nan_to_num(divide(gain * alike[takers], months[0]))
            ),
            "donor_hours_lost": numbers(np.nan_to_num(divide(loss * alike[givers], months[1]))),
            "donor_stock_left": numbers(left[givers]),
            "donor_reorder_point": numbers(keep[givers]),
            "donor_monthly_demand": numbers(balance.monthly_demand[givers]),
            "contract_id": pa.array(main[takers], pa.string()),
            "source": pa.array(series.sources[takers], pa.string()),
        }
    )


def moved_units(moves: Sequence[Moved], count: int) -> FloatArray:
    """Return the units that each of *count* series gets; those that it gives are negative."""
    more = np.zeros(count)
    for each in moves:
        more[each.giver] -= each.units
        more[each.taker] += each.units
    return more


def fact_transfer(parts: Iterable[pa.Table]) -> pa.Table:
    """Return the moves of all partitions, what is worth most first, ``MOST_MOVES`` at most."""
    whole = pa.concat_tables(parts)
    names = ("item_id", "from_location_id", "to_location_id")
    order = [("value", "descending"), *((name, "ascending") for name in names)]
    rows = whole.sort_by(order).slice(0, MOST_MOVES)
    return rows.add_column(0, "rank", pa.array(np.arange(1, rows.num_rows + 1)))


def replayed_moves(balance: Balance, hours: FloatArray) -> pa.Table:
    """Return what moves would have avoided and caused, found at a cutoff that is over, by unit.

    The stock is that of today, as what lay there then isn't known; everything else is what was
    known at the cutoff. Of a move counts what came at both ends: at the taker until the delivery,
    at the giver until the one after the next review; where either isn't known, the move does not.

    Args:
        balance: As of the cutoff.
        hours: Tower-hours a month of a unit that waits, every contract's alike, shape (S,).
    """
    series, window = balance.series, balance.series.windows[balance.cutoff]
    seen = np.isfinite(window.actual) & np.isfinite(window.lead_actual)
    moves = [each for each in balance.moves() if seen[each.giver] and seen[each.taker]]
    more = moved_units(moves, len(seen))
    before, after = series.levels.position, series.levels.position + more
    came = np.where(more > 0, window.lead_actual, window.actual)
    short = np.maximum(came - before, 0.0) - np.maximum(came - after, 0.0)
    lot, fetched = balance.worth.demand.lot, balance.worth.fetched
    waits = waited(came, before, lot, fetched) - waited(came, after, lot, fetched)
    avoided, caused = np.where(more > 0, short, 0.0), np.where(more < 0, -short, 0.0)
    rows = np.flatnonzero(more != 0)
    givers = np.array([each.giver for each in moves], np.int64)
    found: Mapping[str, FloatArray] = {
        "moves": np.bincount(givers, minlength=len(seen)).astype(np.float64),
        "units_moved": np.maximum(more, 0.0),
        "shortage_avoided": avoided,
        "shortage_caused": caused,
        "hours_avoided": hours * np.where(more > 0, waits, 0.0),
        "hours_caused": hours * np.where(more < 0, -waits, 0.0),
    }
    units = series.units[rows].tolist()
    columns = {
        name: np.rint(values[rows] * _SCALES[name]).astype(np.int64)
        for name, values in found.items()
    }
    every = {"cutoff": np.full(len(rows), balance.cutoff), "unit": units, **columns}
    return add_moves([pa.table(every, schema=_SUMS)])


def add_moves(parts: Iterable[pa.Table]) -> pa.Table:
    """Add up what `replayed_moves` found of all partitions and cutoffs."""
    return add_rows([_SUMS.empty_table(), *parts], KEY)


def agg_transfer(sums: pa.Table, days: Mapping[int, object], *, source: str) -> pa.Table:
    """Return what moves would have avoided and caused, by cutoff and unit.

    Args:
        sums: What `add_moves` returned.
        days: The last day that was known at each cutoff.
        source: The source that demand was forecast with.
    """
    rows = sums.sort_by([(name, "ascending") for name in KEY])
    return pa.table(
        {
            "cutoff": pa.array([days[each] for each in rows["cutoff"].to_pylist()], pa.date32()),
            "unit": rows["unit"],
            "moves": rows["moves"],
            **{
                name: numbers(rows[name].to_numpy().astype(np.float64) / scale)
                for name, scale in _SCALES.items()
                if name != "moves"
            },
            "source": pa.repeat(pa.scalar(source), rows.num_rows),
        }
    )


def _a_month(hours: FloatArray, months: FloatArray) -> pa.Array:
    """Of *hours* over some *months*; of no time at all none."""
    return numbers(np.nan_to_num(divide(hours, months)))


def _rounded(money: Sequence[float]) -> FloatArray:
    """A millionth of the currency: so ranks do not hang on how numbers were added."""
    rounded: FloatArray = np.round(np.array(money, np.float64) * _MONEY_SCALE) / _MONEY_SCALE
    return rounded
