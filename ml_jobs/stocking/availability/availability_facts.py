"""Gold of availability: the curve, what each part is worth where it lies, and what to buy first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import FloatArray, IntArray, TextArray, divide
from ml_jobs.columns import numbers, six_digits
from ml_jobs.fleet import Contract, Fleet
from ml_jobs.options import MONEY
from ml_jobs.stocking.availability.buying import Steps
from ml_jobs.stocking.availability.curve import TODAY, read_sums
from ml_jobs.stocking.availability.spread import Cumulants
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.support import NO_PART, reasons_against, record_of, row_keys
from ml_jobs.stocking.availability.waiting import MONTH_HOURS
from ml_jobs.stocking.availability.worth import Worth

MOST_BUYS = 100_000

NO_COST, NO_TOWER, NO_FORECAST, NO_STOCK = "no_cost", "no_tower", "no_forecast", "no_stock"
"""Why a part is in no figure: what isn't known of it."""


def left_out(worth: Worth, stock: FloatArray) -> TextArray:
    """Return why each series can't be weighed, empty where it can, shape (S,)."""
    reasons: TextArray = np.select(
        [~worth.demand.covered, ~np.isfinite(stock), ~worth.priced, ~(worth.hours > 0)],
        [NO_FORECAST, NO_STOCK, NO_COST, NO_TOWER],
        "",
    )
    return reasons


def fact_availability(series: StockedSeries, worth: Worth, target: FloatArray) -> pa.Table:
    """Return a row for every series: what is there, what would be worth it, what that avoids.

    Figures have six digits, so that their sums are within a millionth of the curve's.

    Args:
        series: S of them.
        worth: Of the same, by what is forecast; its hours count every contract's alike.
        target: Units that are worth their cost at the contracts' prices, shape (S,).
    """
    position = series.levels.position
    reasons = left_out(worth, position)
    known = reasons == ""
    wanted = np.maximum(target, np.nan_to_num(position))
    now, then = worth.hours_down(position), worth.hours_down(wanted)
    next_unit = worth.avoided_by_next(position) / worth.demand.lot
    figures = {
        "expected_backorders": worth.expected_backorders(position),
        "expected_backorders_at_target": worth.expected_backorders(wanted),
        "down_hours": now,
        "down_hours_at_target": then,
        "next_unit_down_hours": next_unit,
        "next_unit_per_1000": 1000.0 * divide(next_unit, series.unit_cost),
        "own_service_level": 1.0 - worth.chance_of_more(wanted),
        "days_at_store": worth.days_at_store(np.nan_to_num(position)),
    }
    columns = {
        "position": position,
        "target_quantity": target,
        **{name: six_digits(values) for name, values in figures.items()},
    }
    return pa.table(
        {
            "item_id": pa.array(series.item_ids, pa.string()),
            "location_id": pa.array(series.location_ids, pa.string()),
            **{name: numbers(np.where(known, values, np.nan)) for name, values in columns.items()},
            "supported": pa.array(
                np.where(known, worth.is_supported(wanted), False), pa.bool_(), mask=~known
            ),
            "left_out": pa.array(reasons, pa.string(), mask=known),
            "late_days": numbers(np.where(known, series.late_days, np.nan)),
            "source": pa.array(series.sources, pa.string()),
        }
    )


def buy_rows(
    series: StockedSeries,
    steps: Steps,
    ratio: FloatArray,
    contract_ids: tuple[str, ...],
) -> pa.Table:
    """Return the steps to buy of a partition, in no order.

    Args:
        series: S of them.
        steps: With what they avoid in weighed hours.
        ratio: Tower-hours, every contract's alike, for a weighed one, shape (S,).
        contract_ids: K codes.
    """
    avoided = steps.avoided * ratio[steps.series]
    main = np.array(contract_ids)[series.towers.argmax(axis=1)]
    return pa.table(
        {
            "item_id": pa.array(series.item_ids[steps.series], pa.string()),
            "location_id": pa.array(series.location_ids[steps.series], pa.string()),
            "from_quantity": numbers(steps.stock),
            "quantity": numbers(steps.quantity),
            "cost": numbers(steps.cost),
            "down_hours_avoided": numbers(avoided),
            "per_money": numbers(steps.per_money),
            "contract_id": pa.array(main[steps.series], pa.string()),
            "source": pa.array(series.sources[steps.series], pa.string()),
        }
    )


def fact_buy_list(parts: Iterable[pa.Table]) -> pa.Table:
    """Return the steps of all partitions, what avoids most for its cost first, with running sums.

    Steps of one part that follow each other in the list are one row: "buy 2". The list ends after
    ``MOST_BUYS`` rows.
    """
    whole = pa.concat_tables(parts)
    rows = whole.sort_by(
        [
            ("per_money", "descending"),
            ("item_id", "ascending"),
            ("location_id", "ascending"),
            ("from_quantity", "ascending"),
        ]
    )
    groups = _runs(rows)
    merged = rows.append_column("run", pa.array(groups)).group_by("run", use_threads=False)
    first = ("item_id", "location_id", "from_quantity", "contract_id", "source")
    added = ("quantity", "cost", "down_hours_avoided")
    found = merged.aggregate(
        [*((name, "first") for name in first), *((name, "sum") for name in added)]
    ).slice(0, MOST_BUYS)
    columns = {name: found.column(f"{name}_first") for name in first}
    sums = {name: found.column(f"{name}_sum").to_numpy() for name in added}
    return pa.table(
        {
            "rank": np.arange(1, found.num_rows + 1),
            "item_id": columns["item_id"],
            "location_id": columns["location_id"],
            "from_quantity": columns["from_quantity"],
            **{name: numbers(values) for name, values in sums.items()},
            "cumulative_cost": numbers(np.cumsum(sums["cost"])),
            "cumulative_down_hours_avoided": numbers(np.cumsum(sums["down_hours_avoided"])),
            "contract_id": columns["contract_id"],
            "source": columns["source"],
        }
    )


def _runs(rows: pa.Table) -> IntArray:
    """Number the runs of rows of the same part at the same place, shape (N,)."""
    if not rows.num_rows:
        return np.empty(0, np.int64)
    items, places = (np.array(rows.column(name).to_pylist()) for name in ("item_id", "location_id"))
    new = np.ones(len(items), bool)
    new[1:] = (items[1:] != items[:-1]) | (places[1:] != places[:-1])
    runs: IntArray = np.cumsum(new) - 1
    return runs


def agg_availability(
    sums: pa.Table, fleet: Fleet, prices: FloatArray, *, future: int, source: str
) -> pa.Table:
    """Return the curve by contract: what stock is worth, and the towers that stand still.

    A contract of which no part is known has one row, of today's stock, without figures.

    Args:
        sums: What `add_curves` returned.
        fleet: The contracts.
        prices: Of a tower-hour at each point of the curve, shape (P,).
        future: The cutoff of the forecast proper; the others were in the past.
        source: The source that the demand of the windows was forecast with.
    """
    cutoffs = sums.column("cutoff").to_numpy()
    order = [(name, "ascending") for name in ("contract_id", "policy", "point")]
    now = _told(sums.filter(pa.array(cutoffs == future))).sort_by(order)
    known = read_sums(now, "parts") > 0
    keys = row_keys(now)
    record = record_of(_past(sums, future), keys)
    spread = Cumulants(*(read_sums(now, name) for name in ("down", "variance", "third")))
    by_id = {contract.contract_id: contract for contract in fleet.contracts}
    contracts = [by_id[contract] for _, _, contract in keys]
    towers = np.array([each.towers or np.nan for each in contracts])
    targets = np.array([np.nan if each.target is None else each.target for each in contracts])
    supported = reasons_against(
        keys,
        record,
        down=spread.mean,
        counted=read_sums(now, "supported"),
        two_levels=read_sums(now, "two_levels"),
    )
    reasons = np.where(known, supported, NO_PART)

    def told(values: FloatArray) -> pa.Array:
        return numbers(np.where(known, values, np.nan))

    at_price = np.array([prices[point] if policy == MONEY else np.nan for policy, point, _ in keys])
    return pa.table(
        {
            "contract_id": now.column("contract_id"),
            "name": pa.array([each.name for each in contracts], pa.string()),
            "policy": now.column("policy"),
            "point": now.column("point"),
            "tower_hour_price": numbers(at_price),
            "towers": numbers(towers),
            "target_availability": numbers(targets),
            "stock_value": told(read_sums(now, "value")),
            "towers_down": told(spread.mean),
            "towers_down_low": told(spread.quantile(0.05)),
            "towers_down_high": told(spread.quantile(0.95)),
            "towers_down_forecast": told(read_sums(now, "forecast_down")),
            "availability": told(1.0 - divide(spread.mean, towers)),
            "chance_target_met": told(
                np.where(
                    np.isfinite(targets * towers),
                    spread.chance_within((1.0 - targets) * towers),
                    np.nan,
                )
            ),
            "penalty_cost": told(_penalties(contracts, spread)),
            "towers_down_promised": numbers(record.promised),
            "towers_down_happened": numbers(record.happened),
            "n_windows": record.cutoffs,
            "supported": pa.array(reasons == ""),
            "not_supported_because": pa.array(reasons, pa.string(), mask=reasons == ""),
            "source": pa.repeat(pa.scalar(source), now.num_rows),
        }
    )


def _penalties(contracts: Sequence[Contract], spread: Cumulants) -> FloatArray:
    """What each row's contract charges a month on average, (R,); NaN where it names no price."""
    prices = np.array([each.penalty_per_hour or np.nan for each in contracts])
    most = np.array([each.capped_hours for each in contracts]) / MONTH_HOURS
    return MONTH_HOURS * prices * spread.mean_up_to(most)


def agg_promise(sums: pa.Table, days: Mapping[int, date], *, future: int, source: str) -> pa.Table:
    """Return what the curve had promised at each past cutoff, beside what came.

    Args:
        sums: What `add_curves` returned.
        days: The last day known at each past cutoff.
        future: The cutoff of the forecast proper.
        source: The source that the demand of the windows was forecast with.
    """
    names = ("contract_id", "policy", "point", "cutoff")
    past = _past(sums, future).sort_by([(name, "ascending") for name in names])
    known = [days[cutoff] for cutoff in past.column("cutoff").to_pylist()]
    return pa.table(
        {
            **{name: past.column(name) for name in names[:-1]},
            "cutoff": pa.array(known, pa.date32()),
            "towers_down_promised": numbers(read_sums(past, "down")),
            "towers_down_happened": numbers(read_sums(past, "happened")),
            "source": pa.repeat(pa.scalar(source), past.num_rows),
        }
    )


def _told(sums: pa.Table) -> pa.Table:
    """The sums of contracts of which some part is known, and of today's stock of the others."""
    known = pc.greater(sums.column("parts"), 0)
    return sums.filter(pc.or_(known, pc.equal(sums.column("policy"), TODAY)))


def _past(sums: pa.Table, future: int) -> pa.Table:
    """The sums of past cutoffs, but those whose windows no series has seen the end of yet."""
    past = _told(sums.filter(pc.not_equal(sums.column("cutoff"), future)))
    promised = past.filter(pc.greater(past.column("down"), 0)).column("cutoff")
    return past.filter(pc.is_in(past.column("cutoff"), promised.unique()))
