"""Stock, exceptions and accuracy over the API: filters, pages and totals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from fastapi import FastAPI

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ADMIN, get
from tests.publisher import Publisher, set_value
from tests.reading import published_rows
from tests.served_portal import ServedPortal, served_portal

Row = dict[str, Any]


def rows_of(shared: ServedPortal, data_set: str) -> list[Row]:
    rows: list[Row] = published_rows(shared.portal.open(), data_set, 10_000).table.to_pylist()
    return rows


def found(api: FastAPI, address: str) -> list[Row]:
    rows: list[Row] = get(api, address).json()["data"]
    return rows


def test_positions_carry_what_the_catalogue_says(shared_api: FastAPI) -> None:
    page = get(shared_api, "/v1/inventory?limit=1").json()

    (row,) = page["data"]
    assert (row["item_id"], row["category"]) == ("P00001", "Energia")
    assert row["name"].startswith("Bateria")
    assert page["total"] == 6


def test_alerts_ask_for_an_order_or_are_at_the_reorder_point(
    shared: ServedPortal, shared_api: FastAPI
) -> None:
    alerts = {row["item_id"] for row in found(shared_api, "/v1/inventory?alerts=true")}

    expected = {
        row["item_id"]
        for row in rows_of(shared, "fact_inventory")
        if row["status"] in ("reorder", "overdue")
        or row["order_quantity"] > 0
        or row["current_stock"] + row["on_order"] <= row["reorder_point"]
    }
    assert alerts == expected
    assert 0 < len(alerts) < 6


def test_without_the_filter_alerts_are_marked(shared_api: FastAPI) -> None:
    marked = {r["item_id"] for r in found(shared_api, "/v1/inventory") if r["alert"]}

    assert marked == {r["item_id"] for r in found(shared_api, "/v1/inventory?alerts=true")}


@pytest.mark.parametrize("filters", ["", "status=ok&status=reorder&", "category=Energia&"])
def test_the_pages_together_are_the_whole(shared_api: FastAPI, filters: str) -> None:
    whole = get(shared_api, f"/v1/inventory?{filters}").json()

    rows, cursor = [], ""
    for _ in range(whole["total"]):
        page = get(shared_api, f"/v1/inventory?{filters}limit=1{cursor}").json()
        rows += page["data"]
        cursor = f"&cursor={page['next']}"

    assert rows == whole["data"]
    assert page["next"] is None
    assert page["total"] == whole["total"] > 1


def test_orders_up_to_a_date_can_be_asked_for(shared_api: FastAPI) -> None:
    until = found(shared_api, "/v1/inventory?order_by_max=2026-11-20")

    assert [row["order_by"] for row in until] == ["2026-11-20"]


@pytest.mark.parametrize("value", ["1", "yes", "True"])
def test_alerts_are_true_or_false(shared_api: FastAPI, value: str) -> None:
    answer = get(shared_api, f"/v1/inventory?alerts={value}")

    assert answer.status_code == 422
    assert "true or false" in answer.json()["detail"]


def test_one_position_is_its_row(shared_api: FastAPI) -> None:
    row = get(shared_api, "/v1/inventory/P00003").json()["data"]

    assert (row["item_id"], row["location_id"]) == ("P00003", "network")


def test_a_part_that_no_stock_is_planned_of_has_none(tmp_path: Path, registry: Registry) -> None:
    publisher = Publisher(FolderStore(tmp_path / "store"), registry)
    tables = publisher.tables(items=6)
    planned = tables["fact_inventory"]
    tables["fact_inventory"] = planned.filter(pc.not_equal(planned["item_id"], "P00003"))
    publisher.publish(tables=tables)

    with served_portal(tmp_path) as served:
        served.portal.activate(ADMIN)
        answer = served.get("/api/v1/inventory/P00003")

    assert answer.status_code == 200
    assert answer.json()["data"] is None


def test_the_position_of_an_unknown_part_is_a_problem(shared_api: FastAPI) -> None:
    assert get(shared_api, "/v1/inventory/P9").status_code == 404


@pytest.mark.parametrize("address", ["/v1/inventory", "/v1/inventory/P00001", "/v1/exceptions"])
def test_an_unknown_location_is_refused(shared_api: FastAPI, address: str) -> None:
    answer = get(shared_api, f"{address}?location=nowhere")

    assert answer.status_code == 422
    assert "dim_location" in answer.json()["detail"]


def test_exceptions_come_by_rank_with_their_number(shared_api: FastAPI) -> None:
    page = get(shared_api, "/v1/exceptions?limit=2").json()
    rest = get(shared_api, f"/v1/exceptions?limit=2&cursor={page['next']}").json()

    assert [row["rank"] for row in page["data"] + rest["data"]] == [1, 2, 3, 4]
    assert (page["total"], rest["next"]) == (4, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [("severity", "high"), ("reason_code", "biased"), ("item_id", "P00002")],
)
def test_exceptions_can_be_narrowed(
    shared: ServedPortal, shared_api: FastAPI, column: str, value: str
) -> None:
    ranks = [row["rank"] for row in found(shared_api, f"/v1/exceptions?{column}={value}")]

    assert ranks == [r["rank"] for r in rows_of(shared, "fact_exception") if r[column] == value]
    assert ranks


def test_accuracy_can_be_asked_for_by_group_and_source(
    shared: ServedPortal, shared_api: FastAPI
) -> None:
    page = get(shared_api, "/v1/metrics?group_by=category&source=arima&horizon=14").json()

    expected = [
        row["group_value"]
        for row in rows_of(shared, "agg_metrics")
        if (row["group_by"], row["source"]) == ("category", "arima")
    ]
    assert [row["group_value"] for row in page["data"]] == expected
    assert page["total"] == len(expected) > 1


def test_the_ledger_can_be_asked_for_by_group_and_rule(
    shared: ServedPortal, shared_api: FastAPI
) -> None:
    page = get(shared_api, "/v1/regret?group_by=abc_class&rule=textbook").json()

    expected = [
        (row["group_value"], row["cost_more"], row["down_hours_more_low"])
        for row in rows_of(shared, "agg_regret")
        if (row["group_by"], row["rule"]) == ("abc_class", "textbook")
    ]
    found = [(r["group_value"], r["cost_more"], r["down_hours_more_low"]) for r in page["data"]]
    assert found == expected
    assert page["total"] == len(expected) > 1


def test_the_file_has_all_rows_of_the_list_in_its_order(
    shared: ServedPortal, shared_api: FastAPI
) -> None:
    asked = "order=-days_of_cover,item_id&columns=item_id,days_of_cover,stock_value"

    answer = get(shared_api, f"/v1/inventory.csv?{asked}")

    rows = list(csv.DictReader(answer.text.splitlines()))
    listed = found(shared_api, f"/v1/inventory?{asked}")
    assert [row["item_id"] for row in rows] == [row["item_id"] for row in listed]
    assert list(rows[0]) == ["item_id", "days_of_cover", "stock_value"]
    assert answer.headers["X-Row-Count"] == str(len(rows)) == "6"
    assert answer.headers["X-Publication-Id"] == shared.portal.open().id
    audited = [entry for entry in shared.portal.audit.entries(10) if entry.action == "extract"]
    assert [entry.outcome for entry in audited[:2]] == ["delivered", "begun"]


def test_the_file_is_filtered_as_the_list(shared_api: FastAPI) -> None:
    asked = "status=ok&q=conector&order=-item_id"

    answer = get(shared_api, f"/v1/inventory.csv?{asked}&dialect=excel-br")

    rows = list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines(), delimiter=";"))
    listed = found(shared_api, f"/v1/inventory?{asked}")
    assert [row["item_id"] for row in rows] == [row["item_id"] for row in listed]


def test_a_file_that_did_not_change_is_not_sent_again(shared_api: FastAPI) -> None:
    etag = get(shared_api, "/v1/inventory.csv").headers["ETag"]

    again = get(shared_api, "/v1/inventory.csv", **{"If-None-Match": etag})
    other = get(shared_api, "/v1/inventory.csv?status=ok", **{"If-None-Match": etag})

    assert (again.status_code, other.status_code) == (304, 200)


@pytest.mark.parametrize(
    "asked", ["location=nowhere", "order=price", "status=late", "dialect=excel-fr", "page=2"]
)
def test_a_file_of_what_there_is_not_is_refused(shared_api: FastAPI, asked: str) -> None:
    assert get(shared_api, f"/v1/inventory.csv?{asked}").status_code in {400, 422}


def test_a_class_that_is_not_known_can_be_asked_for(tmp_path: Path, registry: Registry) -> None:
    publisher = Publisher(FolderStore(tmp_path / "store"), registry)
    tables = publisher.tables(items=6)
    tables["dim_item"] = set_value(tables["dim_item"], "abc_class", 2, None)
    publisher.publish(tables=tables)

    with served_portal(tmp_path) as served:
        served.portal.activate(ADMIN)
        rows = served.get("/api/v1/inventory?abc_class=unclassified").json()["data"]

    assert [(row["item_id"], row["abc_class"]) for row in rows] == [("P00003", None)]


def test_a_value_is_stock_times_cost_and_null_where_either_is_unknown(shared_api: FastAPI) -> None:
    for row in found(shared_api, "/v1/inventory"):
        known = row["unit_cost"] is not None and row["current_stock"] is not None
        expected = round(row["unit_cost"] * row["current_stock"], 2) if known else None
        assert row["stock_value"] == expected
