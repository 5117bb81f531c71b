"""Data sets over the API: the contract whole, and rows by every column of it."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from datalayer.kernel.contract.registry import Registry
from datalayer.reading.csv_dialects import DIALECTS
from datalayer.reading.filters import row_filters_of
from tests.portals import ADMIN, get
from tests.publisher import Publisher, replace_column
from tests.reading import published_rows
from tests.served_portal import ServedPortal


def test_the_data_sets_are_those_of_the_registry(shared_api: FastAPI, registry: Registry) -> None:
    data_sets = get(shared_api, "/v1/datasets").json()["data"]

    assert [each["name"] for each in data_sets] == list(registry.data_sets)
    assert {each["name"]: each["rows"] for each in data_sets}["dim_item"] == 6


def test_a_data_set_is_described_by_its_whole_contract(
    shared_api: FastAPI, registry: Registry
) -> None:
    described = get(shared_api, "/v1/datasets/fact_forecast").json()["data"]

    contract = registry.data_sets["fact_forecast"]
    columns = {each["name"]: each for each in described["columns"]}
    assert list(columns) == [column.name for column in contract.columns]
    assert columns["q950"]["quantile_level"] == 0.95
    assert columns["item_id"]["reference"] == "dim_item.item_id"
    assert columns["forecast"]["unit"] == "un/period"
    assert columns["source"]["value_labels"] or columns["source"]["allowed"]
    assert [rule["name"] for rule in described["rules"]] == [rule.name for rule in contract.rules]
    assert described["freshness_limits"]["stale_after_hours"] > 0
    assert described["key"] == list(contract.key)


def test_the_digest_of_a_file_is_its_manifests(shared: ServedPortal, shared_api: FastAPI) -> None:
    described = get(shared_api, "/v1/datasets/dim_item").json()["data"]

    assert described["sha256"] == shared.portal.open().manifest.file("dim_item").sha256


@pytest.mark.parametrize("address", ["/v1/datasets/nope", "/v1/datasets/nope/rows"])
def test_an_unknown_data_set_is_a_problem_that_names_the_known(
    shared_api: FastAPI, address: str
) -> None:
    answer = get(shared_api, address)

    assert answer.status_code == 404
    assert "dim_item, dim_location" in answer.json()["detail"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_data_set_comes_as_csv(
    shared: ServedPortal, shared_api: FastAPI, registry: Registry, dialect: str
) -> None:
    rows = {file.data_set: file.rows for file in shared.portal.open().manifest.files}
    # Parts that lie at one place have nothing to move.
    assert {name for name in registry.data_sets if not rows[name]} == {
        "fact_repair",
        "fact_transfer",
        "agg_transfer",
    }
    for name in registry.data_sets:
        answer = get(shared_api, f"/v1/datasets/{name}/rows?dialect={dialect}")

        assert answer.status_code == 200, name
        lines = answer.text.splitlines()
        assert (len(lines) > 1) == (rows[name] > 0), name
        assert lines, name


@pytest.mark.parametrize("name", ["fact_forecast", "agg_daily", "fact_exception", "dim_location"])
def test_the_pages_together_are_the_whole(
    shared: ServedPortal, shared_api: FastAPI, name: str
) -> None:
    rows, cursor = [], ""
    while cursor is not None:
        query = f"limit=97{cursor}"
        page = get(shared_api, f"/v1/datasets/{name}/rows?{query}").json()
        rows += page["data"]
        cursor = f"&cursor={page['next']}" if page["next"] else None

    key = shared.portal.registry.data_sets[name].key
    whole = published_rows(shared.portal.open(), name, 10_000).table.select(key).to_pylist()
    assert [[row[k] for k in key] for row in rows] == [
        [row[k].isoformat() if hasattr(row[k], "isoformat") else row[k] for k in key]
        for row in whole
    ]


@pytest.mark.parametrize("category", ["Filtro\u00a0de óleo", "Peças\nde reposição", "x" * 900])
def test_pages_go_on_behind_whatever_text_the_contract_allows_in_a_key(
    served: ServedPortal, publisher: Publisher, category: str
) -> None:
    tables = publisher.tables()
    names = dict.fromkeys(filter(None, tables["dim_item"].column("category").to_pylist()))
    longer = {each: f"{category} {each}" for each in names}
    for name in ("dim_item", "agg_daily"):
        values = tables[name].column("category").to_pylist()
        table = replace_column(
            tables[name], "category", [longer.get(each, each) for each in values]
        )
        key = publisher.registry.data_sets[name].key
        tables[name] = table.sort_by([(each, "ascending") for each in key])
    publisher.publish(tables=tables)
    served.portal.activate(ADMIN)
    address = "/api/v1/datasets/agg_daily/rows?columns=category&limit=7"

    first = served.get(address).json()
    second = served.get(f"{address}&cursor={first['next']}")

    assert second.status_code == 200
    assert len(second.json()["data"]) == 7


def test_rows_are_filtered_by_the_types_of_the_contract(shared_api: FastAPI) -> None:
    address = (
        "/v1/datasets/fact_forecast/rows?limit=10000&source=naive&item_id=P00001&item_id=P00002"
        "&date_min=2026-12-01&date_max=2026-12-02"
    )

    rows = get(shared_api, address).json()["data"]

    assert {(r["item_id"], r["source"], r["date"]) for r in rows} == {
        (item, "naive", day)
        for item in ("P00001", "P00002")
        for day in ("2026-12-01", "2026-12-02")
    }


def test_every_column_is_a_documented_filter_with_an_example(
    shared_api: FastAPI, registry: Registry
) -> None:
    paths = get(shared_api, "/v1/openapi.json").json()["paths"]

    for data_set in registry.data_sets.values():
        listed = paths[f"/v1/datasets/{data_set.name}/rows"]["get"]["parameters"]
        documented = {each["name"]: each for each in listed}
        assert set(row_filters_of(data_set.columns)) <= set(documented)
        assert all("example" in documented[name] for name in row_filters_of(data_set.columns))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("colour=red", "one of"),
        ("date=soon", "a date such as"),
        ("forecast_min=much", "a number such as"),
        ("source=oracle", "one of prophet"),
        ("limit=10001", "a whole number from 1 to 10,000"),
        ("limit=0", "a whole number from 1 to 10,000"),
        ("limit=1.0", "a whole number from 1 to 10,000"),
        ("limit=", "a whole number from 1 to 10,000"),
        ("limit=9999999999999999999999", "a whole number from 1 to 10,000"),
        ("limit=5&limit=6", "given once"),
        ("forecast_min=1&forecast_min=2", "given once"),
        ("item_id=%00", "without NUL"),
        ("cursor=nonsense", "next"),
        ("p=yesterday", "publication's id"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_what_would_be_right(
    shared_api: FastAPI, query: str, expected: str
) -> None:
    answer = get(shared_api, f"/v1/datasets/fact_forecast/rows?{query}")

    assert answer.status_code == 422
    assert expected in answer.json()["detail"]


def test_a_cursor_of_another_data_set_is_refused(shared_api: FastAPI) -> None:
    cursor = get(shared_api, "/v1/datasets/fact_demand/rows?limit=1").json()["next"]

    answer = get(shared_api, f"/v1/datasets/dim_item/rows?limit=1&cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/invalid-cursor")


def test_every_read_has_a_readable_name_and_an_example(shared_api: FastAPI) -> None:
    paths = get(shared_api, "/v1/openapi.json").json()["paths"]

    for path, operations in paths.items():
        if path.startswith(("/v1/datasets", "/v1/items", "/v1/inventory", "/v1/publications")):
            read = operations["get"]
            assert read["operationId"].startswith(("list_", "get_"))
            if not path.endswith((".atom", ".csv", ".parquet")):
                assert "example" in read["responses"]["200"]["content"]["application/json"]
            assert {"401", "404", "410", "422", "429", "503"} <= set(read["responses"])
