"""Over a real server, a file that is not whole is a broken connection to whoever fetches it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from datalayer.api.application import create_api
from datalayer.portal import Portal
from tests.integration.servers import wait_until
from tests.portals import make_portal
from tests.redis_server import free_port
from tests.served_portal import document_made_once

CSV = "/v1/extracts/fact_demand.csv"


@pytest.fixture
def portal(activated_folder: Path, tmp_path: Path) -> Iterator[Portal]:
    shutil.copytree(activated_folder, tmp_path, dirs_exist_ok=True)
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


@contextmanager
def served(portal: Portal) -> Iterator[int]:
    """Serve the API of *portal* for the block; gives the port."""
    port = free_port()
    with document_made_once():
        api = create_api(portal)
    config = uvicorn.Config(api, port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, within_s=20, problem="the server did not start")
        yield port
    finally:
        server.should_exit = True
        thread.join(20)


def fetched(port: int) -> bytes:
    return httpx.get(f"http://127.0.0.1:{port}{CSV}", timeout=20).content


def test_an_error_half_way_breaks_the_connection(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object) -> Iterator[bytes]:
        yield b"item_id\r\n"
        yield b"P00001\r\n"
        raise ZeroDivisionError

    monkeypatch.setattr("datalayer.reading.extracts.writing.csv_chunks", failing)

    with served(portal) as port, pytest.raises(httpx.RemoteProtocolError):
        fetched(port)

    assert portal.audit.entries(1)[0].outcome == "broken"


def test_a_file_other_than_announced_breaks_the_connection(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shorter(*arguments: object) -> Iterator[bytes]:
        yield b"item_id\r\n"
        yield b"P00001\r\n"

    with served(portal) as port:
        whole = fetched(port)
        monkeypatch.setattr("datalayer.reading.extracts.writing.csv_chunks", shorter)
        with pytest.raises(httpx.RemoteProtocolError):
            fetched(port)

    assert len(whole) > 100
    assert portal.audit.entries(1)[0].outcome == "altered"


def test_over_http_1_0_a_file_has_its_length_and_no_marks_of_chunks(portal: Portal) -> None:
    with served(portal) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"GET {CSV} HTTP/1.0\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        whole = fetched(port)

    head, body = answer.split(b"\r\n\r\n", 1)
    headers = dict(line.lower().split(b": ", 1) for line in head.splitlines()[1:])
    assert b"transfer-encoding" not in headers
    assert int(headers[b"content-length"]) == len(body)
    assert body == whole
