"""Which policy orders follow, said wherever orders are listed or explained."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from datalayer.runtime import portal
from tests.marked_list import publish_orders
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

PAGES = ["monday.py", "orders.py"]
BY_PRICE = "cada peça é pedida até o que vale o que custa"


def publish(publisher: Publisher, *, by_price: int) -> None:
    """Publish a list of orders with the first *by_price* positions planned by price."""
    publish_orders(publisher, 23)
    portal().activate(ADMIN, confirmed=True)
    tables = publisher.tables()
    rows = tables["fact_inventory"].to_pylist()
    planned = [
        row | {"policy": "tower_hour_price" if place < by_price else "lead_time_quantile"}
        for place, row in enumerate(rows)
    ]
    table = pa.Table.from_pylist(planned, schema=tables["fact_inventory"].schema)
    publisher.publish(tables=tables | {"fact_inventory": table})
    portal().activate(ADMIN, confirmed=True)


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("page", PAGES)
def test_service_levels_are_named(publisher: Publisher, open_page: OpenPage, page: str) -> None:
    publish(publisher, by_price=0)

    assert "Os pedidos seguem níveis de serviço por criticidade." in texts(open_page(page))


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("page", PAGES)
def test_the_price_of_a_tower_hour_is_named_and_what_cannot_follow_it(
    publisher: Publisher, open_page: OpenPage, page: str
) -> None:
    publish(publisher, by_price=2)

    said = texts(open_page(page))

    assert BY_PRICE in said
    assert "não se podem pesar" in said or "não se pode pesar" in said


@pytest.mark.usefixtures("state")
def test_all_by_price_leaves_nothing_to_add(publisher: Publisher, open_page: OpenPage) -> None:
    publish(publisher, by_price=10_000)

    said = texts(open_page())

    assert BY_PRICE in said
    assert "pesar" not in said


@pytest.mark.usefixtures("state")
def test_a_part_planned_by_price_says_what_its_level_comes_of(
    publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, by_price=10_000)

    app = open_page("forecast.py", item="P00003")

    said = "".join(str(each.value) for each in app.get("html"))
    assert "Esse nível vem do preço da hora de torre" in said
    assert "exigidos" not in said.split("Esse nível")[1].split("</li>")[0]


def publish_not_held(publisher: Publisher, item_id: str) -> None:
    """Publish a list of orders with a part that isn't to be held in stock."""
    publish_orders(publisher, 23)
    portal().activate(ADMIN, confirmed=True)
    levels = ("safety_stock", "reorder_point", "order_up_to", "order_quantity")
    not_held = {**dict.fromkeys(levels, 0.0), "policy": "not_stocked", "status": "ok"}
    tables = publisher.tables()
    ranked = sorted(tables["fact_action"].to_pylist(), key=lambda row: int(row["rank"]))
    others = [row for row in ranked if row["item_id"] != item_id]
    acted = [row | {"rank": rank} for rank, row in enumerate(others, start=1)]
    acted.sort(key=lambda row: str(row["item_id"]))
    changed: dict[str, list[dict[str, Any]]] = {
        "dim_item": [
            row | {"stocked": row["item_id"] != item_id} for row in tables["dim_item"].to_pylist()
        ],
        "fact_inventory": [
            row | (not_held if row["item_id"] == item_id else {"policy": "lead_time_quantile"})
            for row in tables["fact_inventory"].to_pylist()
        ],
        "fact_action": acted,
        "fact_buy_list": [],
    }
    made = {
        name: pa.Table.from_pylist(rows, schema=tables[name].schema)
        for name, rows in changed.items()
    }
    publisher.publish(tables=tables | made)
    portal().activate(ADMIN, confirmed=True)


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("page", PAGES)
def test_parts_that_are_not_held_are_counted_apart(
    publisher: Publisher, open_page: OpenPage, page: str
) -> None:
    publish_not_held(publisher, "P00003")

    said = texts(open_page(page))

    assert "1 posição não se mantém em estoque\\: nada dela se pede." in said
    assert "Os pedidos seguem níveis de serviço por criticidade." in said


@pytest.mark.usefixtures("state")
def test_the_part_s_page_says_that_it_is_not_held(
    publisher: Publisher, open_page: OpenPage
) -> None:
    publish_not_held(publisher, "P00003")

    app = open_page("forecast.py", item="P00003")

    said = texts(app) + "".join(str(each.value) for each in app.get("html"))
    assert "não mantida em estoque" in said
    assert said.count("Esta peça não se mantém em estoque") == 2


@pytest.mark.usefixtures("state")
def test_the_inventory_says_that_it_is_not_held(publisher: Publisher, open_page: OpenPage) -> None:
    publish_not_held(publisher, "P00003")

    app = open_page("inventory.py", item="P00003")

    said = texts(app) + "".join(str(each.value) for each in app.get("html"))
    assert "Esta peça não se mantém em estoque\\: nada dela se pede" in said
    assert said.count(", não mantida</td>") == 1
    assert "O serviço exigido" not in said
