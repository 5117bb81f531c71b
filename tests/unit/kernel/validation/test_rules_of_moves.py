"""Moves keep their rules, or validation finds which one they break."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tests.unit.kernel.validation.conftest import Tables, Validate, changed, found


def test_moves_that_keep_the_rules_are_sound(filled: Tables, validated: Validate) -> None:
    report = validated(filled)

    assert report.passed, report.summary()


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("ranks_without_gaps", {"rank": 7}),
        ("moves_something", {"quantity": 0.0, "donor_stock_left": 10.0}),
        ("giver_keeps_reorder_point", {"quantity": 6.0}),
        ("left_is_what_stays", {"donor_stock_left": 9.0}),
        ("taker_not_above_level", {"quantity": 7.0}),
        ("gains_enough", {"donor_loss": 200.0}),
        ("value_adds_up", {"value": 1.0}),
    ],
)
def test_a_move_that_breaks_a_rule_is_found(
    filled: Tables, validated: Validate, rule: str, values: dict[str, Any]
) -> None:
    report = validated(changed(filled, "fact_transfer", 2, **values))

    assert ("fact_transfer", None, f"rule:{rule}") in found(report)


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("fact_action.moves_name_the_giver", {"from_location_id": None}),
        ("fact_action.moves_name_the_giver", {"ref": "D2"}),
        ("fact_action.moves_name_the_giver", {"from_location_id": "D2", "ref": "D2"}),
        ("fact_action.moves_first_in_their_tier", {"rank": 6}),
        ("fact_action.moved_as_in_inventory", {"quantity": 9.0}),
        ("fact_transfer.moves_are_actions", {"quantity": 9.0}),
        ("fact_transfer.moves_are_actions", {"ref": "D3"}),
    ],
)
def test_a_move_on_the_list_that_breaks_a_rule_is_found(
    filled: Tables, validated: Validate, rule: str, values: dict[str, Any]
) -> None:
    rows = filled["fact_action"].to_pylist()
    place = next(n for n, row in enumerate(rows) if row["action"] == "move" and row["rank"] > 2)
    name, broken = rule.split(".")

    report = validated(changed(filled, "fact_action", place, **values))

    assert (name, None, f"rule:{broken}") in found(report)


def test_stock_that_counts_as_moved_without_a_move_is_found(
    filled: Tables, validated: Validate
) -> None:
    stocks = filled["fact_inventory"].to_pylist()
    moved = {row["item_id"] for row in filled["fact_action"].to_pylist() if row["action"] == "move"}
    (stock,) = (row for row in stocks if row["location_id"] == "D2" and row["moved"] > 4)
    never = next(row["item_id"] for row in stocks if row["item_id"] not in moved)
    claimed = pa.Table.from_pylist(
        sorted(
            [*stocks, {**stock, "item_id": never}],
            key=lambda row: (row["item_id"], row["location_id"]),
        ),
        schema=filled["fact_inventory"].schema,
    )

    report = validated({**filled, "fact_inventory": claimed})

    assert ("fact_action", None, "rule:moved_as_in_inventory") in found(report)


def test_an_order_that_names_a_giver_is_found(filled: Tables, validated: Validate) -> None:
    rows = filled["fact_action"].to_pylist()
    place = next(n for n, row in enumerate(rows) if row["action"] == "order")

    report = validated(changed(filled, "fact_action", place, from_location_id="D1"))

    assert ("fact_action", None, "rule:moves_name_the_giver") in found(report)


def test_a_status_that_forgets_moves_is_found(filled: Tables, validated: Validate) -> None:
    rows = filled["fact_inventory"].to_pylist()
    place = next(n for n, row in enumerate(rows) if row["location_id"] == "D2" and row["moved"] > 4)

    report = validated(changed(filled, "fact_inventory", place, status="reorder"))

    assert ("fact_inventory", None, "rule:status_follows_stock") in found(report)


def test_a_place_that_gives_and_takes_a_part_is_found(filled: Tables, validated: Validate) -> None:
    first = filled["fact_transfer"]["item_id"][0].as_py()
    back = {"item_id": first, "from_location_id": "D2", "to_location_id": "D1"}

    report = validated(changed(filled, "fact_transfer", 2, **back))

    assert ("fact_transfer", None, "rule:gives_or_takes") in found(report)


@pytest.mark.parametrize("more", [{"shortage_caused": 13.0}, {"shortage_avoided": 13.0}])
def test_more_shortage_than_was_moved_is_found(
    filled: Tables, validated: Validate, more: dict[str, float]
) -> None:
    report = validated(changed(filled, "agg_transfer", 0, **more))

    assert ("agg_transfer", None, "rule:no_more_than_moved") in found(report)
