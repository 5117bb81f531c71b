"""Extracts over HTTP: exact files whose size and hash are told, and that break rather than lie."""

from __future__ import annotations

import asyncio
import base64
import csv
import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.api.application import create_api
from datalayer.api.call import Call
from datalayer.portal import ExtractRequest, Part, Portal
from tests.portals import ADMIN, PLANNER, get, make_portal
from tests.publisher import Publisher
from tests.served_portal import ServedPortal

CSV = "/v1/extracts/fact_forecast.csv"


def sha256_of(repr_digest: str) -> str:
    """Return the hexadecimal digest of a field of RFC 9530."""
    return base64.b64decode(repr_digest.removeprefix("sha-256=:").removesuffix(":")).hex()


def asked(app: FastAPI, path: str, **scope: Any) -> list[Message]:
    """Return what *app* sends to a server that offers more than the test client does."""
    sent: list[Message] = []

    async def talk() -> None:
        done = asyncio.Event()

        async def receive() -> Message:
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if scope.get("leaves") and message["type"] == "http.response.body":
                done.set()
                await asyncio.sleep(0)

        known = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        rest = {"query_string": b"", "headers": [], "root_path": "", "http_version": "2"}
        await app({**known, **rest, **scope}, receive, send)

    asyncio.run(talk())
    return sent


def test_a_file_is_whole_and_says_its_rows_and_origin(api: FastAPI, portal: Portal) -> None:
    answer = get(api, CSV)

    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    publication_id = portal.open().manifest.publication_id
    assert len(rows) == int(answer.headers["x-row-count"]) == 672
    assert answer.headers["x-publication-id"] == publication_id
    assert answer.headers["x-model-version"] == "2026.11.0"
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    name = f'attachment; filename="fact_forecast_{publication_id}_rfc.csv"'
    assert answer.headers["content-disposition"] == name


@pytest.mark.parametrize("query", ["", "?dialect=excel-br", "?item_id=P00001&source=arima"])
@pytest.mark.parametrize("file_format", ["csv", "parquet", "arrow"])
def test_page_and_api_give_the_same_bytes(
    shared: ServedPortal, shared_api: FastAPI, file_format: str, query: str
) -> None:
    if "dialect" in query and file_format != "csv":
        query = ""
    part = Part("P00001", sources=("arima",)) if "item_id" in query else Part()
    dialect = "excel-br" if "dialect" in query else None

    answer = get(shared_api, f"/v1/extracts/fact_forecast.{file_format}{query}")

    extract = shared.portal.extracts.extract(
        shared.portal.open(), ExtractRequest("fact_forecast", file_format, dialect, part), ANYONE
    )
    assert answer.content == b"".join(extract.chunks)


def test_size_and_hash_are_told_up_front_once_the_file_was_made(api: FastAPI) -> None:
    plain = {"Accept-Encoding": "identity"}
    first = get(api, CSV, **plain)
    second = get(api, CSV, **plain)

    assert "repr-digest" not in first.headers
    assert int(second.headers["content-length"]) == len(first.content)
    expected = hashlib.sha256(first.content).hexdigest()
    assert sha256_of(second.headers["repr-digest"]) == expected
    assert second.content == first.content


def test_the_published_file_is_proved_from_the_first_time_on(api: FastAPI, portal: Portal) -> None:
    answer = get(api, "/v1/extracts/dim_item.parquet")

    published = portal.open().manifest.file("dim_item")
    assert hashlib.sha256(answer.content).hexdigest() == published.sha256
    assert sha256_of(answer.headers["repr-digest"]) == published.sha256
    assert int(answer.headers["content-length"]) == published.size_bytes


def test_the_description_is_of_the_same_file(api: FastAPI) -> None:
    query = "?dialect=excel-br&item_id=P00001"
    about = get(api, f"/v1/extracts/fact_demand.csv.metadata.json{query}").json()

    answer = get(api, f"/v1/extracts/fact_demand.csv{query}")
    assert about["rows"] == int(answer.headers["x-row-count"]) == answer.text.count("\r\n") - 1
    assert about["size_bytes"] == len(answer.content)
    assert about["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert about["url"] in answer.headers["content-disposition"]
    assert about["part"] == {"item_id": "P00001"}
    assert about["metadata"]["data_through"] == "2026-11-20"


def test_what_the_caller_has_already_is_not_sent_again(
    api: FastAPI, portal: Portal, publisher: Publisher
) -> None:
    etag = get(api, CSV).headers["etag"]

    again = get(api, CSV, **{"If-None-Match": etag})
    other = get(api, f"{CSV}?dialect=excel-br", **{"If-None-Match": etag})
    publisher.publish()
    portal.activate(ADMIN)
    later = get(api, CSV, **{"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, later.status_code) == (200, 200)


def test_a_file_is_validated_like_every_answer(api: FastAPI) -> None:
    sent = get(api, CSV, **{"If-None-Match": "*"})

    assert sent.status_code == 304
    assert sent.headers["cache-control"] == "public, no-cache"


def test_a_kept_publication_may_be_asked_for(
    api: FastAPI, portal: Portal, publisher: Publisher
) -> None:
    first = publisher.published[0].publication_id
    publisher.publish(items=8)
    portal.activate(ADMIN)

    pinned = get(api, f"/v1/extracts/dim_item.csv?p={first}")

    assert pinned.headers["x-row-count"] == "6"
    assert "immutable" in pinned.headers["cache-control"]
    assert get(api, "/v1/extracts/dim_item.csv").headers["x-row-count"] == "8"


@pytest.mark.parametrize(
    ("address", "status", "named"),
    [
        ("oracle.csv", 404, "dim_item"),
        ("oracle.csv.metadata.json", 404, "dim_item"),
        ("dim_item.xlsx", 422, "format"),
        ("dim_item.csv?dialect=tsv", 422, "dialect"),
        ("dim_item.parquet?dialect=rfc", 422, "only CSV has one"),
        ("dim_item.csv?source=naive", 422, "no column source"),
        ("fact_forecast.csv?source=oracle", 422, "prophet"),
        ("fact_forecast.csv?start=yesterday", 422, "start"),
        ("fact_forecast.csv?start=2026-02-01&end=2026-01-01", 422, "2026-01-01"),
        ("fact_forecast.csv?item_id=%00", 422, "NUL"),
        ("fact_forecast.csv?sources=naive", 422, "one of"),
        ("fact_forecast.csv?p=20261121T060000Z-00000000", 410, "nearest"),
    ],
)
def test_a_wrong_call_is_told_what_was_wrong(
    shared_api: FastAPI, address: str, status: int, named: str
) -> None:
    answer = get(shared_api, f"/v1/extracts/{address}")

    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]
    assert answer.status_code == status


def test_a_file_that_fails_at_once_is_a_problem(
    api: FastAPI, portal: Portal, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "snapshots" / portal.open().manifest.publication_id
    folder.chmod(0o755)
    (folder / "dim_item.parquet").unlink()

    answer = get(api, "/v1/extracts/dim_item.parquet")

    assert answer.status_code == 503
    assert "could not be read" in answer.json()["detail"]


def test_a_file_that_fails_half_way_breaks_off(
    api: FastAPI, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object) -> Iterator[bytes]:
        yield b"item_id\r\n"
        yield b"P00001\r\n"
        raise ZeroDivisionError

    monkeypatch.setattr("datalayer.reading.extracts.writing.csv_chunks", failing)

    with pytest.raises(ZeroDivisionError):
        get(api, CSV)

    assert portal.audit.entries(1)[0].outcome == "broken"


def test_the_hash_is_a_trailer_where_the_server_has_them(api: FastAPI) -> None:
    sent = asked(api, CSV, extensions={"http.response.trailers": {}})

    body = b"".join(each["body"] for each in sent if each["type"] == "http.response.body")
    (name, value), *_ = sent[-1]["headers"]
    assert sent[0]["trailers"] is True
    assert (b"trailer", b"Repr-Digest") in sent[0]["headers"]
    assert sent[-1]["type"] == "http.response.trailers"
    assert name == b"repr-digest"
    assert sha256_of(value.decode()) == hashlib.sha256(body).hexdigest()


def test_who_leaves_is_not_read_for_any_longer(api: FastAPI, portal: Portal) -> None:
    sent = asked(api, CSV, leaves=True)

    bodies = [each for each in sent if each["type"] == "http.response.body"]
    assert len(bodies) == 1
    assert bodies[0]["more_body"]
    assert portal.audit.entries(1)[0].outcome == "broken"


class TestExtractsForMembers:
    @pytest.fixture
    def empty_portal(self, tmp_path: Path) -> Iterator[Portal]:
        portal = make_portal(tmp_path, access="members")
        yield portal
        portal.close()

    @pytest.mark.parametrize("end", ["", ".metadata.json"])
    @pytest.mark.parametrize(
        ("identity", "whole", "part"),
        [
            (None, 401, 401),
            (PLANNER, 403, 200),
            (Identity("anita", Role.ANALYST), 200, 200),
        ],
    )
    def test_a_whole_data_set_takes_an_analyst_and_a_parts_rows_a_member(
        self, portal: Portal, identity: Identity | None, whole: int, part: int, end: str
    ) -> None:
        api = create_api(portal)

        def status(query: str) -> int:
            state = {"call": Call(identity)} if identity else {}
            sent = asked(api, CSV + end, state=state, query_string=query.encode())
            return int(sent[0]["status"])

        assert (status(""), status("item_id=P00001")) == (whole, part)


def test_descriptions_that_take_long_hold_up_no_other_read(
    api: FastAPI, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, begun = threading.Event(), threading.Semaphore(0)
    describe = portal.extracts.describe

    def slow(*asked: Any) -> dict[str, object]:
        begun.release()
        released.wait()
        return describe(*asked)

    async def ask_all() -> list[int]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            slow_ones = [
                asyncio.create_task(client.get(f"{CSV}.metadata.json?item_id=P0000{n}"))
                for n in range(1, 4)
            ]
            try:
                while not begun.acquire(blocking=False):
                    await asyncio.sleep(0)
                other = await asyncio.wait_for(client.get("/v1/items"), timeout=20)
            finally:
                released.set()
            return [
                other.status_code,
                *(each.status_code for each in await asyncio.gather(*slow_ones)),
            ]

    monkeypatch.setattr(portal.extracts, "describe", slow)

    assert asyncio.run(ask_all()) == [200, 200, 200, 200]
