"""Availability keeps its rules, or validation finds which one it breaks, and in which row."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tests.availability import available_tables
from tests.publisher import Publisher
from tests.unit.kernel.validation.conftest import Tables, Validate, changed, found


@pytest.fixture
def available(publisher: Publisher) -> Tables:
    """Sound tables with two contracts and a list that buys two parts in two steps each."""
    return available_tables(publisher)


def test_availability_that_keeps_the_rules_is_sound(available: Tables, validated: Validate) -> None:
    report = validated(available)

    assert report.passed, report.summary()


BROKEN: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
    ("agg_availability", "supported_or_why", 0, {"not_supported_because": "not_kept"}),
    ("agg_availability", "supported_or_why", 2, {"not_supported_because": None}),
    ("agg_availability", "figures_or_why", 0, {"towers_down": None}),
    ("agg_availability", "figures_or_why", 0, {"stock_value": None}),
    ("agg_availability", "figures_or_why", 2, {"not_supported_because": "no_part"}),
    ("agg_availability", "band_around_mean", 0, {"towers_down_low": 9.0}),
    ("agg_availability", "band_around_mean", 0, {"towers_down_high": 1.0}),
    ("agg_availability", "more_stock_less_down", 1, {"stock_value": 10.0}),
    ("agg_availability", "more_stock_less_down", 1, {"towers_down": 8.1}),
    (
        *("agg_availability", "less_not_supported", 0),
        {"supported": False, "not_supported_because": "not_kept"},
    ),
    ("fact_availability", "weighed_or_left_out", 1, {"left_out": "no_cost"}),
    ("fact_availability", "weighed_or_left_out", 1, {"down_hours": None}),
    ("fact_availability", "target_avoids", 1, {"down_hours_at_target": 74.0}),
    ("fact_buy_list", "ranks_without_gaps", 5, {"rank": 9}),
    ("fact_buy_list", "sums_so_far", 2, {"cumulative_cost": 90.0}),
    ("fact_buy_list", "sums_so_far", 2, {"cumulative_down_hours_avoided": 9.0}),
    ("fact_buy_list", "steps_in_order", 2, {"from_quantity": 3.0}),
    ("fact_buy_list", "steps_worth_less_and_less", 2, {"down_hours_avoided": 0.2}),
)


@pytest.mark.parametrize(("name", "rule", "row", "values"), BROKEN)
def test_a_row_that_breaks_a_rule_is_found_and_shown(
    available: Tables, validated: Validate, name: str, rule: str, row: int, values: dict[str, Any]
) -> None:
    report = validated(changed(available, name, row, **values))

    faults = {(fault.data_set, fault.check): fault for fault in report.faults}
    assert faults[name, f"rule:{rule}"].samples


def test_a_step_that_comes_before_the_one_it_rests_on_is_found(
    available: Tables, validated: Validate
) -> None:
    rows = available["fact_buy_list"].to_pylist()
    first, second = rows[0]["from_quantity"], rows[2]["from_quantity"]
    rows[0]["from_quantity"], rows[2]["from_quantity"] = second, first
    listed = pa.Table.from_pylist(rows, schema=available["fact_buy_list"].schema)

    report = validated({**available, "fact_buy_list": listed})

    assert found(report) == {("fact_buy_list", None, "rule:steps_in_order")}
