"""Proposed orders of two publications over the API: steps that add up, and the orders moved."""

from __future__ import annotations

from csv import DictReader
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Portal
from tests.many_parts import multiplied
from tests.portals import ADMIN, get
from tests.publisher import Publisher, replace_column, set_value

Ends = tuple[Manifest, Manifest]


@pytest.fixture
def ends(publisher: Publisher, portal: Portal) -> Ends:
    """Two kept publications: other orders, one that is not known, one part without a cost."""
    for salt in ("first", "second"):
        is_later = salt == "second"
        tables = publisher.tables(salt=salt)
        quantities = [float(10 + 3 * place if is_later else 12) for place in range(6)]
        stock = replace_column(tables["fact_inventory"], "order_quantity", quantities)
        tables["fact_inventory"] = (
            set_value(stock, "order_quantity", 5, None) if is_later else stock
        )
        tables["fact_action"] = tables["fact_action"].slice(0, 0)
        costs = [None, *(2.125 * place for place in range(1, 6))]
        tables["dim_item"] = replace_column(tables["dim_item"], "unit_cost", costs)
        publisher.publish(tables=tables, salt=salt, lineage={"currency": "BRL"})
        portal.activate(ADMIN, confirmed=True)
    before, after = publisher.published[-2:]
    return before, after


def address(ends: Ends, answer: str, query: str = "") -> str:
    before, after = (each.publication_id for each in ends)
    return f"/v1/publications/{before}/changes/{after}/{answer}?{query}"


def steps(api: FastAPI, ends: Ends, query: str = "") -> dict[str, Any]:
    data: dict[str, Any] = get(api, address(ends, "steps", query)).json()["data"]
    return data


def test_steps_add_up_to_the_difference_to_the_last_cent(api: FastAPI, ends: Ends) -> None:
    data = steps(api, ends)

    amounts = [Decimal(str(step["amount"])) for step in data["steps"]]
    first, last = (Decimal(str(data[f"sum_{end}"])) for end in ("before", "after"))
    assert sum(amounts) == last - first == Decimal(str(data["change"]))
    assert data["steps"][-1]["sum"] == data["sum_after"]
    assert (data["before"], data["after"]) == tuple(each.publication_id for each in ends)
    assert data["currency"] == "BRL"


def test_what_is_not_known_is_counted_and_no_order_of_0(api: FastAPI, ends: Ends) -> None:
    data = steps(api, ends)

    assert (data["unknown_before"], data["unknown_after"]) == (0, 1)
    assert data["left_out"] == {"cost": 1, "unit": 0, "currency": 0}
    assert "known" in {step["step"] for step in data["steps"]}
    rows = get(api, address(ends, "orders")).json()["data"]
    unknown = next(row for row in rows if row["item_id"] == "P00006")
    assert (unknown["order_after"], unknown["value_after"], unknown["order_change"]) == (None,) * 3
    without_cost = next(row for row in rows if row["item_id"] == "P00001")
    assert (without_cost["value_before"], without_cost["left_out"]) == (None, "cost")


def test_orders_can_be_counted_instead(api: FastAPI, ends: Ends) -> None:
    data = steps(api, ends, "measure=orders")

    assert (data["sum_before"], data["sum_after"]) == (6, 5)
    assert [(step["step"], step["amount"]) for step in data["steps"]] == [("known", -1)]
    assert data["currency"] is None


def test_the_steps_come_as_csv_with_both_sums(api: FastAPI, ends: Ends) -> None:
    answer = get(api, address(ends, "steps", "dialect=rfc"))

    rows = list(DictReader(answer.text.splitlines()))
    amounts = [Decimal(row["amount"]) for row in rows]
    assert (rows[0]["step"], rows[-1]["step"]) == ("before", "after")
    assert amounts[0] + sum(amounts[1:-1]) == amounts[-1]
    assert rows[0]["model_version"] == ends[1].model_version


def test_the_orders_add_up_to_the_steps(api: FastAPI, ends: Ends) -> None:
    rows = get(api, address(ends, "orders")).json()["data"]

    known = [row for row in rows if row["left_out"] is None]
    first, last = (
        sum(Decimal(str(row[f"value_{end}"] or 0)) for row in known) for end in ("before", "after")
    )
    assert last - first == Decimal(str(steps(api, ends)["change"]))


def test_the_pages_of_the_orders_are_all_of_them(api: FastAPI, ends: Ends) -> None:
    first = get(api, address(ends, "orders", "limit=2")).json()
    second = get(api, address(ends, "orders", f"limit=10&cursor={first['next']}")).json()

    assert second["next"] is None
    whole = get(api, address(ends, "orders")).json()["data"]
    assert first["data"] + second["data"] == whole
    assert [row["rank"] for row in whole] == list(range(1, len(whole) + 1))


def test_only_parts_of_a_category_are_told(api: FastAPI, ends: Ends) -> None:
    rows = get(api, address(ends, "orders")).json()["data"]
    category = rows[0]["category"]

    found = get(api, address(ends, "orders", f"category={category}")).json()["data"]

    chosen = [row["item_id"] for row in rows if row["category"] == category]
    assert [row["item_id"] for row in found] == chosen
    assert 0 < len(found) < len(rows)


@pytest.mark.parametrize(
    "query",
    ["category=nowhere", "demand_class=nowhere", "measure=units", "location=moon", "p=x", "a=b"],
)
def test_what_there_is_not_is_refused(api: FastAPI, ends: Ends, query: str) -> None:
    assert get(api, address(ends, "steps", query)).status_code == 422


def test_money_of_two_currencies_is_null(
    api: FastAPI, ends: Ends, publisher: Publisher, portal: Portal
) -> None:
    later = publisher.publish(salt="dollars", lineage={"currency": "USD"})
    portal.activate(ADMIN, confirmed=True)

    data = steps(api, (ends[1], later))

    assert (data["sum_before"], data["sum_after"], data["currency"]) == (None, None, None)
    assert data["steps"] == []
    assert data["left_out"]["currency"] > 0


class TestFilesAreWhole:
    @pytest.fixture
    def many(self, publisher: Publisher, portal: Portal, registry: Registry) -> Ends:
        """Two kept publications of more parts than a page has, each with another order."""
        for salt, quantity in (("first", 1.0), ("second", 2.0)):
            tables = multiplied(publisher.tables(items=11, salt=salt), registry, 10)
            stock = tables["fact_inventory"]
            ordered = replace_column(stock, "order_quantity", [quantity] * stock.num_rows)
            tables |= {"fact_inventory": ordered, "fact_action": tables["fact_action"].slice(0, 0)}
            publisher.publish(tables=tables, salt=salt)
            portal.activate(ADMIN, confirmed=True)
        before, after = publisher.published[-2:]
        return before, after

    @pytest.mark.parametrize("answer", ["orders", ""])
    def test_a_file_has_all_rows_and_a_page_as_many_as_it_asks_for(
        self, api: FastAPI, many: Ends, answer: str
    ) -> None:
        path = address(many, answer).replace("/?", "?")

        whole = get(api, f"{path}dialect=rfc")
        page = get(api, f"{path}dialect=rfc&limit=7")

        rows = list(DictReader(whole.text.splitlines()))
        assert len({row["item_id"] for row in rows}) == len(rows) == 110
        assert (whole.headers["X-Row-Count"], "Link" in whole.headers) == (str(len(rows)), False)
        assert (page.headers["X-Row-Count"], "Link" in page.headers) == ("7", True)
