"""Every failure of the API is a problem in JSON that names what was found; none has a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from datalayer.api.application import create_api
from datalayer.portal import Portal, PublicationView
from tests.portals import get, request


@pytest.mark.parametrize(
    ("address", "status", "named"),
    [
        ("/v1/nothing", 404, "/v1/nothing"),
        ("/", 404, "/"),
        ("/v1/datasets/oracle", 404, "dim_item"),
        ("/v1/datasets/oracle/rows", 404, "dim_item"),
        ("/v1/extracts/oracle.csv", 404, "dim_item"),
        ("/v1/extracts/..%2Faccounts.parquet", 404, "accounts"),
        ("/v1/extracts/dim_item.xlsx", 422, "'csv' or 'parquet'"),
        ("/v1/items/nobody/timeseries", 404, "P00001"),
        ("/v1/items?publication=20261121T060000Z-00000000", 404, "nearest"),
        ("/v1/items?limit=0", 422, "limit"),
        ("/v1/items/P00001/timeseries?source=oracle", 422, "prophet"),
        ("/v1/items/P00001/timeseries?start=yesterday", 422, "start"),
        ("/v1/items/P00001/timeseries?start=2026-02-01&end=2026-01-01", 422, "2026-01-01"),
        ("/v1/datasets/dim_item/rows?offset=-1", 422, "offset"),
        ("/v1/datasets/dim_item/rows?top=5", 422, "one of limit, offset, publication"),
        ("/v1/items/P00001/timeseries?sources=naive", 422, "location_id, source, start, end"),
        ("/v1/datasets/oracle/rows?limit=5", 404, "dim_item"),
        ("/v1/extracts/fact_forecast.csv?source=naive", 422, "item_id is missing"),
    ],
)
def test_a_wrong_call_is_told_what_was_wrong(
    api: FastAPI, address: str, status: int, named: str
) -> None:
    answer = get(api, address)

    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in problem["detail"]
    assert problem["title"]
    assert problem["type"] == "about:blank"


def test_an_unknown_part_comes_with_suggestions(api: FastAPI) -> None:
    assert get(api, "/v1/items/P00004x/timeseries").json()["suggestions"][0] == "P00004"


def test_nothing_can_be_written(api: FastAPI) -> None:
    answer = request(api, "POST", "/v1/items")

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_published_is_a_service_not_ready(empty_portal: Portal) -> None:
    answer = get(create_api(empty_portal), "/v1/items")

    assert answer.status_code == 503
    assert "No publication is active" in answer.json()["detail"]


def test_files_that_vanished_are_a_failure_of_the_service(
    api: FastAPI, portal: Portal, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "snapshots" / portal.open().manifest.publication_id
    folder.chmod(0o755)
    (folder / "fact_metrics.parquet").unlink()

    answer = get(api, "/v1/datasets/fact_metrics/rows")

    assert answer.status_code == 503
    assert "could not be read" in answer.json()["detail"]


def test_what_nobody_foresaw_has_a_reference_that_the_log_has_too(
    api: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(PublicationView, "search_items", fail)

    with capture_logs() as logs:
        answer = get(api, "/v1/items")

    problem = answer.json()
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert [entry["reference"] for entry in logs if entry["log_level"] == "error"] == [
        problem["reference"]
    ]


def test_a_file_that_fails_half_way_breaks_off(
    api: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object) -> Iterator[bytes]:
        yield b"item_id\r\n"
        raise ZeroDivisionError

    monkeypatch.setattr("datalayer.extracts.csv_chunks", failing)

    with capture_logs(), pytest.raises(ZeroDivisionError):
        get(api, "/v1/extracts/dim_item.csv")
