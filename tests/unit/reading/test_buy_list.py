"""What a budget buys, part by part, and what it takes to avoid a share of what stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.reading.publication import Publication
from datalayer.reading.question import Question
from datalayer.reading.questions import buy_list

Rows = list[dict[str, Any]]
Open = Callable[[Manifest], Publication]


def rows_of(publication: Publication, question: Question) -> Rows:
    rows: Rows = publication.table(question).table.to_pylist()
    return rows


def bought(publication: Publication, *asked: tuple[str, str], **page: int) -> Rows:
    wanted = buy_list.buy_listing(publication.registry, asked)
    return rows_of(publication, buy_list.bought_parts(wanted, **{"limit": 100, **page}))


def named(rows: Rows) -> list[tuple[str, bool, float]]:
    return [(row["item_id"], row["is_bought"], row["quantity"]) for row in rows]


def test_the_steps_of_a_part_at_a_place_are_one_row(available: Publication) -> None:
    rows = bought(available)

    assert named(rows) == [
        ("P00002", True, 3.0),
        ("P00003", True, 2.0),
        ("P00005", True, 3.0),
        ("P00006", True, 1.0),
    ]
    assert rows[0]["from_quantity"] == 2.0
    assert (rows[0]["cost"], rows[0]["down_hours_avoided"]) == (100.2, 50.03)


def test_what_as_much_again_would_buy_stands_behind_what_is_bought(available: Publication) -> None:
    rows = bought(available, ("budget", "300.3"))

    assert named(rows) == [
        ("P00002", True, 3.0),
        ("P00003", True, 1.0),
        ("P00005", False, 3.0),
        ("P00003", False, 1.0),
    ]


def test_what_is_bought_costs_what_the_effect_of_the_budget_says(available: Publication) -> None:
    wanted = buy_list.buy_listing(available.registry, [("budget", "400.4")])
    effect = rows_of(available, buy_list.budget_effect(wanted))[0]

    rows = [row for row in bought(available, ("budget", "400.4")) if row["is_bought"]]

    assert len(rows) == effect["parts"]
    assert sum(row["cost"] for row in rows) == pytest.approx(effect["cost"], abs=1e-9)
    assert sum(row["down_hours_avoided"] for row in rows) == pytest.approx(
        effect["down_hours_avoided"], abs=1e-9
    )


def test_a_budget_of_nothing_buys_nothing(available: Publication) -> None:
    assert bought(available, ("budget", "0")) == []


def test_pages_neither_repeat_nor_miss_a_part(available: Publication) -> None:
    wanted = buy_list.buy_listing(available.registry, [])
    pages = [bought(available, limit=3, offset=offset) for offset in (0, 3)]

    assert available.count(buy_list.bought_parts(wanted, limit=3)) == 4
    assert pages[0][:3] + pages[1] == bought(available)


def test_a_filter_leaves_parts_of_a_place(available: Publication) -> None:
    rows = bought(available, ("location_id", "DEPOT"))

    assert [row["item_id"] for row in rows] == ["P00003", "P00006"]
    assert rows[0]["location"] == "Depósito"


def test_the_list_can_be_narrowed_to_its_own_places_and_contracts(available: Publication) -> None:
    rows = rows_of(available, buy_list.choices())

    pairs = {(row["location_id"], row["contract_id"], row["steps"]) for row in rows}
    assert pairs == {
        ("DEPOT", "CT-A", 1),
        ("DEPOT", "CT-B", 2),
        ("network", "CT-A", 2),
        ("network", "CT-B", 1),
    }


def test_a_share_of_what_is_lost_costs_the_steps_up_to_it(available: Publication) -> None:
    # 142.35 hours are lost: 50 of them by the first step, 80.07 by the first four.
    assert rows_of(available, buy_list.cost_of_avoiding(49 / 142.35)) == [{"cost": 100.0}]
    assert rows_of(available, buy_list.cost_of_avoiding(0.5)) == [{"cost": 400.3}]


def test_more_than_the_list_avoids_has_no_cost(available: Publication) -> None:
    assert rows_of(available, buy_list.cost_of_avoiding(0.9)) == [{"cost": None}]


def test_nothing_is_told_of_a_publication_without_availability(silent: Publication) -> None:
    assert bought(silent) == []
    assert rows_of(silent, buy_list.choices()) == []
    assert rows_of(silent, buy_list.cost_of_avoiding(0.1)) == [{"cost": None}]
