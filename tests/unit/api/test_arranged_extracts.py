"""Extracts by the columns, the order and the filters that rows are asked for by."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.access.api_keys import Scope
from datalayer.access.identity import Role
from datalayer.kernel.contract.manifest import Manifest
from tests.served_portal import ServedPortal, served_portal

QUERIES = [
    ("fact_inventory", "status=reorder&status=ok"),
    ("dim_item", "abc_class=A&category=Energia&category=Cabos"),
    ("dim_item", "item_id=P00001&item_id=P00003"),
    ("fact_exception", "reason_code=biased"),
    ("fact_forecast", "location_id=network&source=naive&date_min=2026-11-21&forecast_max=2.5"),
    ("fact_forecast", "item_id=P00002&columns=forecast,date"),
    ("fact_forecast", "order=-forecast,source&columns=item_id,forecast"),
    ("fact_metrics", "is_champion=true&order=wql"),
    ("dim_item", "order=-unit_cost"),
    ("dim_item", "name_contains=A&category_null=false"),
    ("fact_forecast", "actual_null=true&source=naive&columns=item_id,date,actual"),
]


def rows_in(answer: httpx.Response, file_format: str) -> list[dict[str, Any]]:
    """Return the rows of a file as JSON has them."""
    assert answer.status_code == 200, answer.text
    if file_format == "csv":
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))
    table = (
        pq.read_table(io.BytesIO(answer.content))
        if file_format == "parquet"
        else pa.ipc.open_stream(answer.content).read_all()
    )
    return json.loads(json.dumps(table.to_pylist(), default=lambda value: value.isoformat()))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("data_set", "query"), QUERIES)
@pytest.mark.parametrize("file_format", ["csv", "parquet", "arrow"])
def test_an_extract_has_the_rows_that_are_listed(
    shared: ServedPortal, data_set: str, query: str, file_format: str
) -> None:
    listed = shared.get(f"/api/v1/datasets/{data_set}/rows?{query}&limit=10000").json()["data"]

    answer = shared.get(f"/api/v1/extracts/{data_set}.{file_format}?{query}")

    found = rows_in(answer, file_format)
    assert int(answer.headers["x-row-count"]) == len(listed) == len(found) > 0
    assert [list(row) for row in found] == [list(row) for row in listed]
    name = next(each for each in listed[0] if each != "generated_at")
    texts = [
        ["" if row[name] is None else str(row[name]) for row in each] for each in (found, listed)
    ]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("severity=high", "severity is given; it must be left out: dim_item has no such column"),
        ("columns=forecast", "columns is 'forecast'; it must be a column such as"),
        ("order=forecast", "order is 'forecast'; it must be a column such as"),
        ("unit_cost_min=dear", "unit_cost_min is 'dear'; it must be a number"),
        ("abc_class=Z", "one of A, B, C"),
        ("abc_clas=A", "'abc_clas'; it must be one of abc_class"),
    ],
)
def test_what_a_data_set_does_not_have_is_refused(
    shared: ServedPortal, query: str, told: str
) -> None:
    answer = shared.get(f"/api/v1/extracts/dim_item.csv?{query}")

    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_a_part_of_the_published_file_is_no_published_file(shared: ServedPortal) -> None:
    names = shared.get("/api/v1/extracts/dim_item.parquet?columns=sku")

    assert pq.read_schema(io.BytesIO(names.content)).names == ["sku"]
    whole = shared.get("/api/v1/extracts/dim_item.parquet")
    assert len(pq.read_schema(io.BytesIO(whole.content)).names) > 1


def test_the_description_says_what_was_asked_for(shared: ServedPortal) -> None:
    query = "columns=forecast,date&order=-forecast&location_id=network&item_id=P00001"

    about = shared.get(f"/api/v1/extracts/fact_forecast.csv.metadata.json?{query}").json()

    assert [each["name"] for each in about["tableSchema"]["columns"]] == ["forecast", "date"]
    assert "primaryKey" not in about["tableSchema"]
    assert about["order"] == ["-forecast"]
    assert about["part"] == {"item_id": "P00001", "location_id": ["network"]}
    file = shared.get(
        f"/api/v1/extracts/fact_forecast.csv?{query}", **{"Accept-Encoding": "identity"}
    )
    assert about["size_bytes"] == len(file.content)


def test_each_arrangement_is_a_file_of_its_own(shared: ServedPortal) -> None:
    tags = {
        shared.get(f"/api/v1/extracts/dim_item.csv?{query}").headers["etag"]
        for query in ("", "columns=sku", "columns=sku,name", "order=-sku", "abc_class=A")
    }

    assert len(tags) == 5


def test_the_audit_log_tells_what_was_taken(activated: Manifest, tmp_path: Any) -> None:
    with served_portal(tmp_path) as served:
        served.get("/api/v1/extracts/dim_item.csv?columns=sku&order=-sku&abc_class=A")
        (entry,) = [each for each in served.portal.audit.entries(10) if each.outcome == "delivered"]

    assert entry.details["columns"] == "sku"
    assert entry.details["order"] == "-sku"
    assert entry.details["filters"] == "abc_class=A"


def test_filters_don_t_let_a_planner_take_more_than_a_part(
    activated: Manifest, tmp_path: Any
) -> None:
    with served_portal(tmp_path, access="members") as served:
        planner = {"Cookie": served.cookie("ana", Role.PLANNER)}
        analyst = {"X-API-Key": served.key(Scope.READ)}
        path = "/api/v1/extracts/fact_demand.csv"

        assert served.get(f"{path}?item_id=P00001&columns=date", **planner).status_code == 200
        assert served.get(f"{path}?item_id=P00001&item_id=P00002", **planner).status_code == 403
        assert served.get(f"{path}?location_id=network", **planner).status_code == 403
        assert served.get(f"{path}?location_id=network", **analyst).status_code == 200
