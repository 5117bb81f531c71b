"""Every failure of the API is a problem in JSON that names what was found; none has a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import Message
from structlog.testing import capture_logs

from datalayer.api.problems import PROBLEM_TYPES
from datalayer.kernel.errors import PortalError
from datalayer.portal import Portal
from tests.portals import get


@pytest.mark.parametrize(
    ("address", "status", "named"),
    [
        ("/v1/nothing", 404, "/v1/nothing"),
        ("/", 404, "/"),
        ("/v1/datasets/oracle", 404, "dim_item"),
        ("/v1/datasets/oracle/rows?limit=5", 404, "dim_item"),
        ("/v1/extracts/..%2Faccounts.parquet", 404, "accounts"),
        ("/v1/items/nobody/timeseries", 404, "P00001"),
        ("/v1/items?p=20261121T060000Z-00000000", 410, "nearest"),
        ("/v1/items?limit=0", 422, "limit"),
        ("/v1/items/P00001/timeseries?source=oracle", 422, "prophet"),
        ("/v1/items/P00001/timeseries?start=yesterday", 422, "start"),
        ("/v1/items/P00001/timeseries?start=2026-02-01&end=2026-01-01", 422, "2026-01-01"),
        (
            "/v1/datasets/dim_item/rows?top=5",
            422,
            "one of limit, cursor, p, total, dialect, columns, order, item_id",
        ),
        ("/v1/datasets/dim_item/rows?unit_cost_min=dear", 422, "unit_cost_min"),
        (
            "/v1/items/P00001/timeseries?sources=naive",
            422,
            "start, end, location, p, dialect, source",
        ),
    ],
)
def test_a_wrong_call_is_told_what_was_wrong(
    shared_api: FastAPI, address: str, status: int, named: str
) -> None:
    answer = get(shared_api, address)

    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in problem["detail"]


def test_an_unknown_part_comes_with_suggestions(shared_api: FastAPI) -> None:
    assert get(shared_api, "/v1/items/P00004x/timeseries").json()["suggestions"][0] == "P00004"


def test_files_that_vanished_are_a_failure_of_the_service(
    api: FastAPI, portal: Portal, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "snapshots" / portal.open().manifest.publication_id
    folder.chmod(0o755)
    (folder / "fact_metrics.parquet").unlink()

    answer = get(api, "/v1/datasets/fact_metrics/rows")

    assert answer.status_code == 503
    assert "could not be read" in answer.json()["detail"]


def test_who_leaves_in_the_middle_of_a_body_is_no_failure(shared_api: FastAPI) -> None:
    headers = [(b"host", b"portal"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/data/refresh",
        "raw_path": b"/v1/data/refresh",
        "query_string": b"",
        "headers": headers,
    }
    received: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        return received.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    with capture_logs() as logs:
        asyncio.run(shared_api(scope, receive, send))

    assert received == answered == logs == []


def test_every_error_is_of_a_kind_that_is_explained() -> None:
    assert {error.slug for error in classes_of(PortalError)} <= set(PROBLEM_TYPES)


def classes_of(base: type[PortalError]) -> Iterator[type[PortalError]]:
    """Yield *base* and every class below it."""
    yield base
    for derived in base.__subclasses__():
        yield from classes_of(derived)
