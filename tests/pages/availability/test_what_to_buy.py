"""The buy list: its rows, and the files of what it buys."""

from __future__ import annotations

from html import unescape

import pyarrow as pa
import pytest

from datalayer.portal import NETWORK
from datalayer.runtime import portal
from pages.components.availability import buy_words
from tests.availability import STEPS, available_tables
from tests.pages.availability.availability_page import (
    downloaded,
    listed,
    opened,
    publish,
    publish_tables,
    told,
)
from tests.pages.conftest import ADMIN, OpenPage
from tests.pages.speaking import speaking
from tests.publisher import Publisher
from tests.repaired_parts import with_repairs


def test_what_a_budget_buys_is_taken_along_as_orders(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, budget="1700")
    button = next(each for each in app.main.get("link_button") if "orders" in each.proto.label)
    rows = downloaded(button.proto.url)

    assert len(rows) == 2
    assert "budget=1700" in button.proto.url


def test_a_row_says_that_its_part_comes_back_from_repair(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, tables=with_repairs(publisher.tables()))

    rows = listed(opened(open_page, budget="1700"))

    said = ["comes back from repair in 30 days; 20% are beyond repair" in row for row in rows]
    assert ["P00002" in row for row in rows] == said
    assert any(said)


def test_without_a_budget_nothing_becomes_an_order(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    labels = [each.proto.label for each in opened(open_page).main.get("link_button")]

    assert not any("orders" in label for label in labels)


def test_a_choice_that_leaves_nothing_of_the_list_says_so(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, available_tables(publisher, STEPS[:2]))

    said = told(opened(open_page, location="DEPOT", main="CT-A"))

    assert "Nothing of the list is for this place and contract." in said
    assert "All of this list costs" not in said


def test_a_list_that_ends_at_once_is_said_to_have_nothing_worth_it(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    tables["fact_buy_list"] = tables["fact_buy_list"].slice(0, 0)
    publish_tables(publisher, tables)

    (info,) = opened(open_page).info

    assert "lists nothing to buy: it knows no part of which more is worth it" in info.value


@pytest.mark.parametrize(("dearest", "price"), [(130.0, "130"), (0.42, "0.42")])
def test_targets_that_no_stock_meets_are_named_with_what_is_bought_for_them(
    dearest: float, price: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    priced = {"rule": "target", "unmet": ["CT-B"], "dearest": dearest}
    lineage = {"currency": "BRL", "forecast": {"tower_hours": priced}}
    publisher.publish(tables=available_tables(publisher), lineage=lineage)
    portal().activate(ADMIN, confirmed=True)

    said = told(opened(open_page))

    assert "No stock meets the target of Beta" in said
    assert "worth its cost at R$ " in said
    assert f"R$ {price} for a tower-hour" in said


def test_where_every_target_can_be_met_none_is_named(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    assert "No stock meets" not in told(opened(open_page))


def test_the_steps_of_a_part_are_one_row(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    steps = tables["fact_buy_list"].to_pylist()
    for place, step in enumerate(steps):
        step |= {"item_id": steps[0]["item_id"], "from_quantity": 2.0 + 2.0 * place}
    tables["fact_buy_list"] = pa.Table.from_pylist(steps, tables["fact_buy_list"].schema)
    publish_tables(publisher, tables)

    rows = listed(opened(open_page))

    assert len(rows) == 1
    assert "buy 8" in rows[0]
    assert "on top of 2" in rows[0]
    assert "R$ 3,200" in rows[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("contract", "X", "one of network"),
        ("point", "99", "a point of the curve, from 0 to 2"),
        ("point", "-1", "a point of the curve"),
        ("budget", "-5", "a number of at least 0"),
        ("budget", "1e300", "a number of at most"),
        ("location", "Mars", "one of network"),
        ("main", "X", "one of network"),
        ("page", "x", "the number of a page"),
    ],
)
def test_what_an_address_asks_in_vain_is_named_and_left_out(
    name: str, value: str, expected: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, **{name: value})

    assert expected in app.warning[0].value.replace("\\", "")
    assert listed(app)


@pytest.mark.parametrize(
    ("row", "is_told"),
    [
        ({"quantity": 40.0, "from_quantity": 2.0, "cost": 20.0}, True),
        ({"quantity": 40.0, "from_quantity": 30.0, "cost": 20.0}, False),
        ({"quantity": 3.0, "from_quantity": 0.0, "cost": 20.0}, False),
        ({"quantity": 40.0, "from_quantity": 2.0, "cost": 5000.0}, False),
        ({"quantity": 40.0, "from_quantity": 2.0, "cost": 0.0}, False),
    ],
)
def test_a_quantity_that_looks_absurd_says_why(row: dict[str, float], is_told: bool) -> None:
    effect = {"cost": 10_000.0, "all_cost": 20_000.0}

    assert bool(buy_words.why_so_many(row, effect, "BRL")) is is_told


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "100%"), (0.9999, "over 99.9%"), (0.00001, "under 0.1%"), (0.61, "61%")],
)
def test_a_share_is_all_or_nothing_only_where_it_is(value: float, text: str) -> None:
    with speaking("en"):
        assert buy_words.share(value) == text


def test_a_row_leads_to_its_part(state: object, publisher: Publisher, open_page: OpenPage) -> None:
    publish(publisher)

    app = opened(open_page)
    body = next(each.proto.body for each in app.main.get("html") if "farol-buys" in each.proto.body)

    assert f"location_id={NETWORK}" in body
    assert 'href="forecast?item=' in unescape(body)


@pytest.mark.parametrize("asked", [{}, {"budget": "1700"}, {"location": NETWORK, "budget": "900"}])
def test_the_file_has_the_steps_that_the_list_is_made_of(
    asked: dict[str, str], state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, **asked)
    button = next(each for each in app.main.get("link_button") if "CSV" in each.proto.label)
    rows = downloaded(button.proto.url)

    assert rows
    assert f"{len(rows)} row" in button.proto.label
    assert {row["location_id"] for row in rows} == {NETWORK}
