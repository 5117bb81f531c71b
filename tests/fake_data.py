"""Fake data that keep the contract: a small network whose figures agree with each other."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Registry

HISTORY_DAYS = 60
FUTURE_DAYS = 28
ORIGIN_DAYS = 14
SOURCES = ("arima", "naive")
NAMES = (
    ("Bateria estacionária 12 V 100 Ah", "Energia"),
    ("Conector RF fêmea 7/16", "Conectores"),
    ("Cabo coaxial 1/2 polegada", "Cabos"),
    ("Ar-condicionado split 12.000 BTU", "Climatização"),
    ("Retificador 48 V 50 A", "Energia"),
    ("Abraçadeira de nylon", None),
)
ARROW_TYPES = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """What a publication's data tell; the same story makes the same data."""

    items: int
    generated_at: datetime
    dataset_id: str
    model_version: str
    salt: str

    @cached_property
    def through(self) -> date:
        """Last day of observed demand."""
        return self.generated_at.astimezone(UTC).date() - timedelta(days=1)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Part codes, sorted."""
        return tuple(f"P{number:05d}" for number in range(1, self.items + 1))

    @cached_property
    def history(self) -> tuple[date, ...]:
        """Days of observed demand."""
        return tuple(self.through - timedelta(days=n) for n in reversed(range(HISTORY_DAYS)))

    @cached_property
    def cutoffs(self) -> tuple[date, ...]:
        """Cutoffs of the backtest."""
        return tuple(self.through - timedelta(days=ORIGIN_DAYS * n) for n in (2, 1))

    @cached_property
    def demand(self) -> Mapping[tuple[str, date], float]:
        """Demand by part and day, zeros included."""
        chance = random.Random(f"{self.salt}|demand")
        return {
            (code, day): float(chance.choice((0, 0, 1, 2, 5))) if index else 1.0
            for code in self.codes
            for index, day in enumerate(self.history)
        }

    def expected(self, code: str, source: str) -> float:
        """The forecast of a part by a source, the same for every day."""
        chance = random.Random(f"{self.salt}|{code}|{source}")
        return round(0.5 + 2 * chance.random(), 3)


_made: dict[tuple[tuple[str, ...], Story], dict[str, pa.Table]] = {}


def made_tables(registry: Registry, story: Story) -> dict[str, pa.Table]:
    """Return a table for each data set of *registry*, sorted by its key.

    Kept for the next test that asks for the same: tables never change.
    """
    key = (tuple(registry.fingerprints.values()), story)
    if key not in _made:
        _made[key] = {d.name: _table(d, story) for d in registry.data_sets.values()}
    return dict(_made[key])


def _table(data_set: DataSet, story: Story) -> pa.Table:
    rows = [_completed(row, i, data_set, story) for i, row in enumerate(_rows(data_set, story))]
    rows.sort(key=lambda row: tuple(row[name] for name in data_set.key))
    schema = pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in data_set.columns])
    return pa.Table.from_pylist(rows, schema=schema)


def _rows(data_set: DataSet, story: Story) -> list[Row]:
    make = _MAKERS.get(data_set.name)
    return make(story) if make else [{} for _ in range(3)]


def _completed(row: Row, index: int, data_set: DataSet, story: Story) -> Row:
    fixed = {
        "dataset_id": story.dataset_id,
        "generated_at": story.generated_at,
        "model_version": story.model_version,
        "source": SOURCES[0],
    }
    known = {**fixed, **row}
    return {
        column.name: known[column.name] if column.name in known else _filled(column, index, story)
        for column in data_set.columns
    }


def _filled(column: Column, index: int, story: Story) -> object:
    if column.reference is not None:
        return "network" if column.reference.data_set == "dim_location" else story.codes[0]
    if column.allowed:
        return column.allowed[index % len(column.allowed)]
    if column.type in (ColumnType.DOUBLE, ColumnType.INTEGER):
        return _number(column, index)
    return {
        ColumnType.TEXT: f"{column.name} {index:06d}",
        ColumnType.DATE: story.through + timedelta(days=index),
        ColumnType.TIMESTAMP: story.generated_at,
        ColumnType.BOOLEAN: index % 2 == 0,
    }[column.type]


def _number(column: Column, index: int) -> float:
    low = column.minimum if column.minimum is not None else 0
    if column.key_position is not None:
        return math.ceil(low) + index
    high = column.maximum if column.maximum is not None else low + 100
    middle = (low + high) / 2
    return math.ceil(middle) if column.type is ColumnType.INTEGER else middle


def _dim_item(story: Story) -> list[Row]:
    return [
        {
            "item_id": code,
            "sku": f"NC-{code}",
            "name": NAMES[i % len(NAMES)][0] + (f" {i}" if i >= len(NAMES) else ""),
            "category": NAMES[i % len(NAMES)][1],
            "unit": "un",
            "stocked": True,
            "assumed": "lead_time_days,unit_cost",
        }
        for i, code in enumerate(story.codes)
    ]


def _dim_location(story: Story) -> list[Row]:
    return [
        {
            "location_id": "network",
            "name": "Rede",
            "level": "network",
            "parent_location_id": None,
            "state": None,
            "latitude": None,
            "longitude": None,
            "supplied_from": None,
            "supply_days": None,
        }
    ]


def _fact_demand(story: Story) -> list[Row]:
    return [
        {"item_id": code, "location_id": "network", "date": day, "quantity": quantity}
        for (code, day), quantity in story.demand.items()
        if quantity or day == story.history[0]
    ]


def _fact_forecast(story: Story) -> list[Row]:
    future = [story.through + timedelta(days=n) for n in range(1, FUTURE_DAYS + 1)]
    planned = [(story.through, day) for day in future]
    return [
        {**row, "actual": story.demand.get((row["item_id"], row["date"]))}
        for row in _forecast_rows(story, [*_backtest_days(story), *planned])
    ]


def _fact_backtest(story: Story) -> list[Row]:
    return [
        {**row, "actual": story.demand[row["item_id"], row["date"]]}
        for row in _forecast_rows(story, _backtest_days(story))
    ]


def _backtest_days(story: Story) -> list[tuple[date, date]]:
    return [
        (cutoff, cutoff + timedelta(days=n))
        for cutoff in story.cutoffs
        for n in range(1, ORIGIN_DAYS + 1)
    ]


def _forecast_rows(story: Story, days: list[tuple[date, date]]) -> list[Row]:
    return [
        {
            "item_id": code,
            "location_id": "network",
            "source": source,
            "date": day,
            "cutoff": cutoff,
            "forecast": story.expected(code, source),
            **_quantiles(story.expected(code, source)),
        }
        for code in story.codes
        for source in SOURCES
        for cutoff, day in days
    ]


def _quantiles(mean: float) -> Row:
    levels = (25, 50, 100, 250, 500, 750, 900, 950, 975, 990)
    return {f"q{level:03d}": round(mean * level / 500, 4) for level in levels}


def _measures(source: str) -> Row:
    better = source == SOURCES[0]
    return {
        "mape": None,
        "wape": 0.6 if better else 0.9,
        "wql": 0.5 if better else 0.8,
        "total_error": 0.2 if better else 0.3,
        "mase": 0.8 if better else 1.1,
        "rmsse": 0.7 if better else 1.0,
        "bias": -0.05 if better else 0.1,
        "tracking_signal": -0.1 if better else 0.3,
        "scaled_pinball": 0.3 if better else 0.5,
        "coverage_50": 0.52,
        "coverage_80": 0.81,
        "coverage_95": 0.94,
        "fva_vs_naive": 0.4 if better else 0.0,
        "fva_low": 0.3 if better else 0.0,
        "fva_high": 0.5 if better else 0.0,
        "n_origins": 2,
        "n_obs": 2 * ORIGIN_DAYS,
        "is_champion": better,
        "source": source,
        "horizon": ORIGIN_DAYS,
    }


def _fact_metrics(story: Story) -> list[Row]:
    return [
        {"item_id": code, "location_id": "network", **_measures(source)}
        for code in story.codes
        for source in SOURCES
    ]


def _agg_metrics(story: Story) -> list[Row]:
    groups = {("all", "all"), *(("category", _category(i)) for i in range(story.items))}
    return [
        {"group_by": group_by, "group_value": value, **_measures(source)}
        for group_by, value in groups
        for source in SOURCES
    ]


def _agg_policy(story: Story) -> list[Row]:
    groups = {"all": {"all"}, "category": {_category(i) for i in range(story.items)}}
    return [
        {
            "group_by": group_by,
            "group_value": value,
            "policy": policy,
            "service_asked": 0.95,
            "service_achieved": achieved,
            "fill_rate": 0.97,
            "mean_stock": 12.0,
            "n_windows": 2
            * sum(group_by == "all" or _category(i) == value for i in range(story.items)),
        }
        for group_by, values in groups.items()
        for value in values
        for policy, achieved in (("lead_time_quantile", 0.95), ("textbook", 0.88))
    ]


def _agg_policy_money(story: Story) -> list[Row]:
    groups = {"all": {"all"}, "category": {_category(i) for i in range(story.items)}}
    costs = {
        "myopic_lost_sales": (30.0, 20.0),
        "lead_time_quantile": (80.0, 5.0),
        "textbook": (70.0, 15.0),
        "newsvendor": (60.0, 8.0),
        "order_nothing": (0.0, 200.0),
        "perfect_foresight": (10.0, 0.0),
    }
    return [
        {
            "group_by": group_by,
            "group_value": value,
            "policy": policy,
            "is_hindsight": policy == "perfect_foresight",
            "holding_cost": holding * count,
            "lost_cost": lost * count,
            "cost": (holding + lost) * count,
            "units_asked": 40.0 * count,
            "cost_per_unit": (holding + lost) / 40.0,
            "value_asked": 500.0 * count,
            "cost_share": (holding + lost) / 500.0,
            "n_series": count,
            "n_windows": 3 * count,
            "n_assumed": count,
        }
        for group_by, values in groups.items()
        for value in values
        for count in [sum(group_by == "all" or _category(i) == value for i in range(story.items))]
        for policy, (holding, lost) in costs.items()
    ]


def _category(index: int) -> str:
    return NAMES[index % len(NAMES)][1] or "unclassified"


def _agg_daily(story: Story) -> list[Row]:
    category_of = {code: _category(i) for i, code in enumerate(story.codes)}
    sums: dict[tuple[str, str, date], Row] = {}
    for row in _fact_forecast(story):
        key = (category_of[row["item_id"]], row["source"], row["date"])
        total = sums.setdefault(key, {"forecast": 0.0, "actual": None})
        total["forecast"] += row["forecast"]
        if row["actual"] is not None:
            total["actual"] = (total["actual"] or 0.0) + row["actual"]
    return [
        {
            "date": day,
            "location_id": "network",
            "category": category,
            "source": source,
            **total,
            "forecast_7d_mean": _mean(_window(sums, category, source, day, range(-6, 1))),
            "forecast_30d_total": sum(_window(sums, category, source, day, range(30))),
        }
        for (category, source, day), total in sums.items()
    ]


def _window(
    sums: Mapping[tuple[str, str, date], Row], category: str, source: str, day: date, days: range
) -> list[float]:
    keys = [(category, source, day + timedelta(days=n)) for n in days]
    return [sums[key]["forecast"] for key in keys if key in sums]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _fact_inventory(story: Story) -> list[Row]:
    # Stock grows faster than the reorder point: it is below it for the first two only.
    statuses = ("reorder", "overdue", *("ok", "overstock") * len(story.codes))
    policies = ("lead_time_quantile", "tower_hour_price", "textbook")
    return [
        {
            "item_id": code,
            "location_id": "network",
            "as_of": story.through,
            "current_stock": 10.0 * (i + 1),
            "on_order": 0.0,
            "moved": 0.0,
            "lead_time_days": 14.0,
            "service_level": 0.95,
            "safety_stock": 8.0,
            "reorder_point": 20.0 + i,
            "days_of_cover": 7.0 * (i + 1),
            "stockout_date": story.through + timedelta(days=7 * (i + 1)) if i < 4 else None,
            "stockout_probability": 0.9 / (i + 1),
            "order_quantity": 30.0 if i < 2 else 0.0,
            "order_by": story.through + timedelta(days=i) if i < 2 else None,
            "status": statuses[i],
            "policy": policies[i % len(policies)],
            "assumed": "current_stock,lead_time_days",
        }
        for i, code in enumerate(story.codes)
    ]


def _fact_exception(story: Story) -> list[Row]:
    return [
        {
            "rank": i + 1,
            "item_id": code,
            "location_id": "network",
            "observed": 7.0 * (i + 1),
            "expected": 14.0,
            "threshold": 0.0,
            "value_at_risk": 1000.0 / (i + 1),
            "since": story.through,
        }
        for i, code in enumerate(story.codes[:4])
    ]


def _fact_action(story: Story) -> list[Row]:
    # The two that are below their reorder point; order and expedite are told apart by the ref.
    return [
        {
            "item_id": code,
            "location_id": "network",
            "action": "order",
            "ref": "-",
            "rank": i + 1,
            "tier": "late" if status == "overdue" else "this_week",
            "is_leading": True,
            "quantity": 30.0,
            "due": story.through + timedelta(days=i),
            "arrives": story.through + timedelta(days=14 + i),
            "promised": None,
            "runs_out": story.through + timedelta(days=7 * (i + 1)),
            "stockout_probability": 0.9 / (i + 1),
            "check_first": None,
            "check_observed": None,
            "check_expected": None,
            "checks": 0,
            "reason_code": "below_reorder_point",
            "reasons": 1,
            "from_location_id": None,
            "assumed": "current_stock",
        }
        for i, (code, status) in enumerate(
            reversed([*zip(story.codes, ("reorder", "overdue"), strict=False)])
        )
    ]


def _fact_lead_time(story: Story) -> list[Row]:
    return [
        {
            "item_id": code,
            "location_id": "network",
            "span": span,
            "days": days,
            "demand": days * story.expected(code, SOURCES[0]),
            **{
                f"q{level:03d}": round(days * story.expected(code, SOURCES[0]) * level / 500, 4)
                for level in range(25, 1000, 50)
            },
        }
        for code in story.codes
        for span, days in (("lead_time", 14.0), ("lead_time_and_review", 21.0))
    ]


def _fact_projection(story: Story) -> list[Row]:
    return [
        {
            "item_id": code,
            "location_id": "network",
            "date": story.through + timedelta(days=n),
            "demand": n * story.expected(code, SOURCES[0]),
            **_quantiles(n * story.expected(code, SOURCES[0])),
            "receipts": 0.0,
            "position": 10.0 * (i + 1) - n * story.expected(code, SOURCES[0]),
            "position_with_action": 10.0 * (i + 1)
            + (30.0 if i < 2 and n >= 14 else 0.0)
            - n * story.expected(code, SOURCES[0]),
            "stockout_probability": 0.0,
        }
        for i, code in enumerate(story.codes)
        for n in range(1, FUTURE_DAYS + 1)
    ]


def _fact_period(story: Story) -> list[Row]:
    monday = story.through - timedelta(days=story.through.weekday())
    weeks = [monday + timedelta(weeks=n) for n in range(-4, 4)]
    return [
        {
            "item_id": code,
            "location_id": "network",
            "source": source,
            "date": week,
            "grain": "week",
            "forecast": 7 * story.expected(code, source),
            "cutoff": min(week - timedelta(days=14), story.through),
            "actual": sum(days) if len(days) == 7 else None,
            **_quantiles(7 * story.expected(code, source)),
        }
        for code in story.codes
        for source in SOURCES
        for week in weeks
        for days in [
            [
                story.demand[code, day]
                for day in (week + timedelta(days=n) for n in range(7))
                if (code, day) in story.demand
            ]
        ]
    ]


def _fact_open_order(story: Story) -> list[Row]:
    return [
        {
            "order_id": f"45{i:08d}",
            "line": "10",
            "item_id": code,
            "location_id": "network",
            "quantity": 5.0,
            "due": story.through + timedelta(days=3 * i),
        }
        for i, code in enumerate(story.codes[2:4])
    ]


def _agg_availability(story: Story) -> list[Row]:
    """A curve of three points, today's stock and that of service levels, of one contract."""
    points = [("money", 0), ("money", 1), ("money", 2), ("service", 0), ("today", 0)]
    return [_curve_point(policy, point) for policy, point in points]


def _agg_promise(story: Story) -> list[Row]:
    """What was promised at two cutoffs, whose mean the curve tells."""
    rows = []
    for policy, point in [("money", 0), ("money", 1), ("money", 2), ("service", 0)]:
        told = _curve_point(policy, point)
        for place, share in enumerate((0.8, 1.2)):
            rows.append(
                {
                    "contract_id": "network",
                    "policy": policy,
                    "point": point,
                    "cutoff": story.through - timedelta(days=56 - 28 * place),
                    "towers_down_promised": told["towers_down_promised"] * share,
                    "towers_down_happened": told["towers_down_happened"] * share,
                }
            )
    return rows


def _curve_point(policy: str, point: int) -> Row:
    down = 8.0 / (1 + point) if policy == "money" else 5.0
    supported = point < 2
    return {
        "contract_id": "network",
        "policy": policy,
        "point": point,
        "name": "Rede",
        "tower_hour_price": 10.0 * (1 + point) if policy == "money" else None,
        "towers": 1000.0,
        "target_availability": 0.995,
        "stock_value": 1000.0 * (1 + point),
        "towers_down": down,
        "towers_down_low": down / 2,
        "towers_down_high": down * 2,
        "towers_down_forecast": down * 0.9,
        "availability": 1 - down / 1000.0,
        "chance_target_met": 0.6,
        "penalty_cost": 14_600.0 * down,
        "towers_down_promised": down,
        "towers_down_happened": down * 1.1,
        "n_windows": 2,
        "supported": supported,
        "not_supported_because": None if supported else "tail_not_seen",
    }


def _fact_availability(story: Story) -> list[Row]:
    return [
        {
            "item_id": code,
            "location_id": "network",
            **_worth_of_stock(i),
        }
        for i, code in enumerate(story.codes)
    ]


def _worth_of_stock(index: int) -> Row:
    """Of two parts in three; the third takes no tower down."""
    if index % 3 == 0:
        weighed = ("target_quantity", "expected_backorders", "expected_backorders_at_target")
        hours = ("down_hours", "down_hours_at_target", "next_unit_down_hours", "next_unit_per_1000")
        names = ("position", *weighed, *hours, "own_service_level", "supported")
        names += ("days_at_store", "late_days")
        return {**dict.fromkeys(names), "left_out": "no_tower"}
    return {
        "left_out": None,
        "position": 2.0,
        "target_quantity": 4.0,
        "expected_backorders": 1.0,
        "expected_backorders_at_target": 0.25,
        "down_hours": 73.0 / index,
        "down_hours_at_target": 18.25 / index,
        "next_unit_down_hours": 36.5 / index,
        "next_unit_per_1000": 50.0 / index,
        "own_service_level": 0.97,
        "days_at_store": None,
        "supported": True,
        "late_days": 0.0,
    }


def _fact_buy_list(story: Story) -> list[Row]:
    weighed = [code for i, code in enumerate(story.codes) if i % 3]
    return [
        {
            "rank": place,
            "item_id": code,
            "location_id": "network",
            "from_quantity": 2.0,
            "quantity": 2.0,
            "cost": 800.0,
            "down_hours_avoided": 16.0 - place,
            "cumulative_cost": 800.0 * place,
            "cumulative_down_hours_avoided": sum(16.0 - each for each in range(1, place + 1)),
            "class_budget": None,
            "class_cumulative_cost": None,
            "contract_id": "network",
        }
        for place, code in enumerate(weighed[:8], start=1)
    ]


def _agg_regret(story: Story) -> list[Row]:
    """Two parts in three, whose costs are as even as their classes."""
    weighed = [i for i in range(story.items) if i % 3]
    groups: dict[tuple[str, str], int] = {}
    for i in weighed:
        abc_class = ("abc_class", "ABC"[i % 2])
        for group in (("all", "all"), ("location", "network"), abc_class):
            groups[group] = groups.get(group, 0) + 1
    return [
        _regret(by, value, rule, count)
        for (by, value), count in groups.items()
        for rule in ("lead_time_quantile", "order_skipped", "textbook", "tower_hour_price")
    ]


def _regret(group_by: str, group_value: str, rule: str, parts: int) -> Row:
    holdings = {"lead_time_quantile": 100.0, "order_skipped": 70.0, "textbook": 120.0}
    waits = {"lead_time_quantile": 3.0, "order_skipped": 9.0, "textbook": 5.0}
    holding, hours = holdings.get(rule, 60.0) * parts, waits.get(rule, 2.5) * parts
    is_followed, cost = rule == "lead_time_quantile", holding + 20.0 * hours
    more = {} if is_followed else {"cost": cost - 160.0 * parts, "hours": hours - 3.0 * parts}
    reach = {"cost": 25.0 * parts, "down_hours": 1.0 * parts}
    return {
        "group_by": group_by,
        "group_value": group_value,
        "rule": rule,
        "is_followed": is_followed,
        "n_cutoffs": 2,
        "n_series": parts,
        "n_windows": 2 * parts,
        "holding_cost": holding,
        "penalty_cost": 20.0 * hours,
        "unpriced_hours": hours / 2,
        **_measured("cost", cost, reach["cost"]),
        **_measured("down_hours", hours, reach["down_hours"]),
        **_measured("cost_more", more.get("cost"), reach["cost"]),
        **_measured("down_hours_more", more.get("hours"), reach["down_hours"]),
    }


def _measured(name: str, value: float | None, reach: float) -> Row:
    ends = (None, None) if value is None else (value - reach, value + reach)
    return {name: value, f"{name}_low": ends[0], f"{name}_high": ends[1]}


def _nothing_repaired(_: Story) -> list[Row]:
    """Nothing comes back; `tests.repaired_parts` has parts in repair."""
    return []


def _nothing_to_move(_: Story) -> list[Row]:
    """All stock lies in the network; `tests.places_that_share` has parts at two places."""
    return []


_MAKERS: Mapping[str, Callable[[Story], list[Row]]] = {
    "dim_item": _dim_item,
    "dim_location": _dim_location,
    "fact_demand": _fact_demand,
    "fact_forecast": _fact_forecast,
    "fact_backtest": _fact_backtest,
    "fact_metrics": _fact_metrics,
    "agg_metrics": _agg_metrics,
    "agg_daily": _agg_daily,
    "agg_policy": _agg_policy,
    "agg_policy_money": _agg_policy_money,
    "agg_availability": _agg_availability,
    "fact_inventory": _fact_inventory,
    "fact_exception": _fact_exception,
    "fact_action": _fact_action,
    "fact_lead_time": _fact_lead_time,
    "fact_projection": _fact_projection,
    "fact_period": _fact_period,
    "fact_open_order": _fact_open_order,
    "agg_promise": _agg_promise,
    "fact_availability": _fact_availability,
    "fact_buy_list": _fact_buy_list,
    "fact_repair": _nothing_repaired,
    "fact_transfer": _nothing_to_move,
    "agg_transfer": _nothing_to_move,
    "agg_regret": _agg_regret,
}
