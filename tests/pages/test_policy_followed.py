"""Which policy orders follow, said wherever orders are listed or explained."""

from __future__ import annotations

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
