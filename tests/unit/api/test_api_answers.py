"""What every answer has: exact rows in the envelope that says where they come from."""

from __future__ import annotations

from operator import attrgetter

import numpy as np
import pyarrow as pa
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from datalayer.api.application import create_api
from datalayer.api.call import Call
from datalayer.api.forms import Form
from datalayer.api.kept_answers import AnswerKey, KeptAnswers
from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Portal, SeriesSelection
from tests.portals import get
from tests.reading import series_of, with_column
from tests.served_portal import ServedPortal


@pytest.mark.parametrize(
    "address",
    [
        "/v1/publications/active",
        "/v1/publications",
        "/v1/datasets",
        "/v1/datasets/fact_forecast",
        "/v1/datasets/fact_forecast/rows",
        "/v1/items?q=cabo",
        "/v1/items/P00001",
        "/v1/items/P00001/timeseries",
        "/v1/forecasts/summary",
        "/v1/inventory",
        "/v1/inventory/P00001",
        "/v1/exceptions",
        "/v1/metrics",
        "/v1/regret",
    ],
)
def test_every_answer_says_where_it_comes_from(
    shared_api: FastAPI, shared: ServedPortal, address: str
) -> None:
    answer = get(shared_api, address).json()

    manifest = shared.portal.open().manifest
    about = answer["metadata"]
    assert list(answer)[:2] == ["data", "next"]
    assert about["publication_id"] == manifest.publication_id
    assert about["dataset_id"] == manifest.dataset_id
    assert about["model_version"] == manifest.model_version
    assert about["generated_at"] == "2026-11-21T06:00:00Z"
    assert about["data_through"] == "2026-11-20"
    assert about["loaded_at"].endswith("Z")
    assert isinstance(about["sources"], list)


def test_a_series_has_the_rows_that_the_page_draws(
    shared_api: FastAPI, shared: ServedPortal
) -> None:
    rows = get(shared_api, "/v1/items/P00001/timeseries?source=arima&start=2026-11-20").json()[
        "data"
    ]

    selection = SeriesSelection("P00001", sources=("arima",))
    drawn = series_of(shared.portal.open(), selection).table.to_pylist()
    recent = [row for row in drawn if row["date"].isoformat() >= "2026-11-20"]
    assert [row["q950"] for row in rows] == [row["q950"] for row in recent]
    assert [row["date"] for row in rows] == [row["date"].isoformat() for row in recent]


def test_several_sources_may_be_asked_for(shared_api: FastAPI) -> None:
    answer = get(shared_api, "/v1/items/P00001/timeseries?source=arima&source=naive").json()

    assert answer["metadata"]["sources"] == ["arima", "naive"]


def test_arrow_holds_the_rows_and_the_metadata_of_the_json(shared_api: FastAPI) -> None:
    address = "/v1/datasets/fact_metrics/rows?limit=5"
    told = get(shared_api, address).json()

    table = pa.ipc.open_stream(get(shared_api, address, accept=Form.ARROW.value).content).read_all()

    about = table.schema.metadata[b"farol"].decode()
    assert table.column("wape").to_pylist() == [row["wape"] for row in told["data"]]
    assert table.num_rows == 5
    assert f'"next":"{told["next"]}"' in about
    assert told["metadata"]["publication_id"] in about


def test_arrow_holds_nothing_under_its_nulls(shared_api: FastAPI) -> None:
    address = "/v1/items/P00001/timeseries"

    table = pa.ipc.open_stream(get(shared_api, address, accept=Form.ARROW.value).content).read_all()

    beneath = [
        np.frombuffer(column.buffers()[1], np.float64)[: len(column)][np.array(column.is_null())]
        for name in table.column_names
        for column in table.column(name).chunks
        if column.type == pa.float64()
    ]
    assert sum(map(len, beneath)) > 100
    assert set(np.concatenate(beneath)) == {0.0}


def test_the_api_document_has_the_registrys_columns(
    shared_api: FastAPI, registry: Registry
) -> None:
    schemas = get(shared_api, "/v1/openapi.json").json()["components"]["schemas"]

    for data_set in registry.data_sets.values():
        row = schemas[f"{data_set.name}_row"]
        assert list(row["properties"]) == [column.name for column in data_set.columns]
        assert "required" not in row  # which of them come is for `columns` to say
    whole = schemas["Item"]
    assert set(whole["required"]) == {
        column.name for column in registry.data_sets["dim_item"].columns
    }


def test_a_column_added_to_the_registry_arrives_in_the_api_document(
    portal: Portal, registry: Registry
) -> None:
    portal.registry = with_column(registry, "dim_item", "shelf")

    schemas = get(create_api(portal), "/v1/openapi.json").json()["components"]["schemas"]

    assert "shelf" in schemas["dim_item_row"]["properties"]


@pytest.mark.parametrize("pinned", [False, True])
def test_an_answer_is_kept_under_the_publication_it_was_read_from_unless_it_is_pinned(
    shared_api: FastAPI, shared: ServedPortal, pinned: bool
) -> None:
    active_id = shared.portal.active_id() or ""
    stale: AnswerKey = ("20261120T060000Z-00000000", "/api/v1/items", b"", Form.JSON.value)
    kept = KeptAnswers(1_000_000, attrgetter("size_bytes"))

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(kept_answers=kept, key=stale)
        await shared_api({**scope, "state": {"call": call}}, receive, send)

    get(called, f"/v1/items?p={active_id}" if pinned else "/v1/items")

    of_active = kept.get((active_id, *stale[1:]))
    assert (kept.get(stale) is not None, of_active is not None) == (pinned, not pinned)
