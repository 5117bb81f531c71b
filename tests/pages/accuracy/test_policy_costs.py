"""The page of accuracy on what rules to order by would have cost."""

from __future__ import annotations

from typing import Any

import pytest

from datalayer import runtime
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.part.test_part import publish_changed, republish
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")

PAGE = "accuracy.py"
Row = dict[str, Any]


def test_the_cheapest_rule_is_named_with_how_much_less_it_costs(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en")

    said = texts(app)
    assert "“Left against lost, in money” costs least" in said
    assert "1.25 per unit asked for, 41.0% less than “Service levels”" in said
    assert "Ordering nothing would have cost" in said
    assert "which no rule reaches" in said


def test_it_is_said_in_portuguese(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="pt")

    said = texts(app)
    assert "“Sobra contra falta, em dinheiro” custa menos" in said
    assert "1,25 por unidade pedida, 41,0% menos que “Níveis de serviço”" in said


def test_parts_in_several_units_are_told_by_the_value_asked_for(
    active: Publisher, open_page: OpenPage
) -> None:
    def mixed(rows: list[Row]) -> list[Row]:
        return [row | {"unit": "m" if place < 2 else "un"} for place, row in enumerate(rows)]

    republish(active, dim_item=mixed)

    said = texts(open_page(PAGE, locale="en"))

    assert "per unit asked for" not in said
    assert "10.00 for every" in said


def test_nothing_ordered_may_be_the_cheapest(active: Publisher, open_page: OpenPage) -> None:
    def free(rows: list[Row]) -> list[Row]:
        share = {"lost_cost": 0.0, "cost": 0.0, "holding_cost": 0.0}
        share |= {"cost_share": 0.0, "cost_per_unit": 0.0}
        named = ("order_nothing", "perfect_foresight")
        return [row | share if row["policy"] in named else row for row in rows]

    republish(active, agg_policy_money=free)

    said = texts(open_page(PAGE, locale="en"))

    assert "“Order nothing” costs least" in said
    assert "100.0% less than “Service levels”" in said


def test_without_a_known_cost_nothing_is_claimed(active: Publisher, open_page: OpenPage) -> None:
    publish_changed(active, agg_policy_money=lambda _rows: [])
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert "What the rules would have cost is not published of this group" in texts(app)


def test_how_many_costs_are_assumed_is_said(open_page: OpenPage) -> None:
    said = texts(open_page(PAGE, locale="en"))

    assert "What a lost unit or holding costs is assumed for 6 of them." in said
