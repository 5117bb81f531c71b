"""What the API answers: exact rows, with the publication that they come from."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from fastapi import FastAPI

from datalayer.api.application import create_api
from datalayer.contract.registry import Registry
from datalayer.portal import Portal, SeriesSelection
from tests.portals import ADMIN, get
from tests.publisher import Publisher
from tests.reading import with_column


@pytest.mark.parametrize(
    "address",
    [
        "/v1/publications/active",
        "/v1/datasets",
        "/v1/datasets/fact_forecast",
        "/v1/datasets/fact_forecast/rows",
        "/v1/items?q=cabo",
        "/v1/items/P00001/timeseries",
    ],
)
def test_every_answer_says_where_it_comes_from(api: FastAPI, portal: Portal, address: str) -> None:
    metadata = get(api, address).json()["metadata"]

    manifest = portal.open().manifest
    assert metadata["publication_id"] == manifest.publication_id
    assert metadata["dataset_id"] == manifest.dataset_id
    assert metadata["model_version"] == manifest.model_version
    assert metadata["generated_at"] == "2026-11-21T06:00:00Z"
    assert metadata["data_through"] == "2026-11-20"
    assert metadata["loaded_at"].endswith("Z")
    assert isinstance(metadata["sources"], list)


def test_the_data_sets_are_those_of_the_registry(api: FastAPI, registry: Registry) -> None:
    data_sets = get(api, "/v1/datasets").json()["data_sets"]

    assert [each["name"] for each in data_sets] == list(registry.data_sets)
    assert {each["name"]: each["rows"] for each in data_sets}["dim_item"] == 6


def test_a_data_set_is_described_with_its_key_and_columns(api: FastAPI, registry: Registry) -> None:
    described = get(api, "/v1/datasets/fact_forecast").json()["data_set"]

    columns = registry.data_sets["fact_forecast"].columns
    assert described["key"] == ["item_id", "location_id", "source", "date"]
    assert [each["name"] for each in described["columns"]] == [c.name for c in columns]
    assert described["columns"][0]["label"]["pt_BR"]


def test_rows_come_in_pages_in_key_order(api: FastAPI) -> None:
    first = get(api, "/v1/datasets/dim_item/rows?limit=2").json()["rows"]
    second = get(api, "/v1/datasets/dim_item/rows?limit=2&offset=2").json()["rows"]

    codes = [row["item_id"] for row in first + second]
    assert codes == ["P00001", "P00002", "P00003", "P00004"]


def test_a_series_has_the_rows_that_the_page_draws(api: FastAPI, portal: Portal) -> None:
    rows = get(api, "/v1/items/P00001/timeseries?source=arima&start=2026-11-20").json()["rows"]

    selection = SeriesSelection("P00001", sources=("arima",))
    drawn = portal.open().forecast_series(selection).table.to_pylist()
    recent = [row for row in drawn if row["date"].isoformat() >= "2026-11-20"]
    assert [row["q950"] for row in rows] == [row["q950"] for row in recent]
    assert [row["date"] for row in rows] == [row["date"].isoformat() for row in recent]


def test_several_sources_may_be_asked_for(api: FastAPI) -> None:
    answer = get(api, "/v1/items/P00001/timeseries?source=arima&source=naive").json()

    assert answer["metadata"]["sources"] == ["arima", "naive"]


def test_a_kept_publication_may_be_asked_for(
    api: FastAPI, portal: Portal, publisher: Publisher
) -> None:
    first = publisher.published[0].publication_id
    publisher.publish(items=8)
    portal.activate(ADMIN)

    pinned = get(api, f"/v1/items?publication={first}").json()

    assert len(pinned["rows"]) == 6
    assert len(get(api, "/v1/items").json()["rows"]) == 8


def test_what_the_caller_has_already_is_not_sent_again(
    api: FastAPI, portal: Portal, publisher: Publisher
) -> None:
    address = "/v1/items/P00001/timeseries"
    etag = get(api, address).headers["etag"]

    again = get(api, address, **{"If-None-Match": etag})
    other = get(api, f"{address}?source=naive", **{"If-None-Match": etag})
    publisher.publish()
    portal.activate(ADMIN)
    later = get(api, address, **{"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    assert later.status_code == 200


def test_a_csv_extract_is_whole_and_says_its_rows(api: FastAPI, portal: Portal) -> None:
    answer = get(api, "/v1/extracts/fact_forecast.csv")

    _, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    publication_id = portal.open().manifest.publication_id
    assert len(rows) == int(answer.headers["x-row-count"]) == 672
    assert answer.headers["x-publication-id"] == publication_id
    assert answer.headers["x-model-version"] == "2026.11.0"
    assert f"fact_forecast_{publication_id}.csv" in answer.headers["content-disposition"]


def test_a_parquet_extract_is_the_published_file(api: FastAPI, portal: Portal) -> None:
    answer = get(api, "/v1/extracts/dim_item.parquet")

    published = portal.open().manifest.file("dim_item")
    assert hashlib.sha256(answer.content).hexdigest() == published.sha256
    assert int(answer.headers["content-length"]) == published.size_bytes


def test_an_extract_may_be_of_one_part(api: FastAPI) -> None:
    answer = get(api, "/v1/extracts/fact_forecast.csv?item_id=P00001&source=arima")

    assert answer.headers["x-row-count"] == "56"


def test_the_api_document_has_the_registrys_columns(api: FastAPI, registry: Registry) -> None:
    schemas = get(api, "/openapi.json").json()["components"]["schemas"]

    for data_set in registry.data_sets.values():
        row = schemas[f"{data_set.name}_row"]
        assert list(row["properties"]) == [column.name for column in data_set.columns]
        required = [column.name for column in data_set.columns if column.required]
        assert row["required"] == required


def test_a_column_added_to_the_registry_arrives_in_the_api_document(
    portal: Portal, registry: Registry
) -> None:
    portal.registry = with_column(registry, "dim_item", "shelf")

    schemas = get(create_api(portal), "/openapi.json").json()["components"]["schemas"]

    assert "shelf" in schemas["dim_item_row"]["properties"]


def test_the_api_has_no_pages_that_load_from_other_hosts(api: FastAPI) -> None:
    assert get(api, "/docs").status_code == 404
    assert get(api, "/redoc").status_code == 404


def test_nothing_in_the_api_trains_predicts_or_tunes(api: FastAPI) -> None:
    document = get(api, "/openapi.json").json()

    forbidden = ("predict", "inference", "train", "optimize", "features", "preprocess", "model")
    assert not [p for p in document["paths"] for word in forbidden if f"/{word}" in p]
    assert {method for path in document["paths"].values() for method in path} == {"get"}
