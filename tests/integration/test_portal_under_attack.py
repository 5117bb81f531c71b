"""The portal as it is started: attacks from one host keep nobody from being answered."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.bounded_server import ask
from tests.integration.servers import wait_until
from tests.running_portal import RunningPortal, Server, running_portal

RERUN = BackMsg(rerun_script=ClientState()).SerializeToString()
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "
FILES = 400
ATTACKERS = 500


@pytest.fixture(scope="module", params=get_args(Server))
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPortal]:
    """A portal with one session and few open files, by each way to start it."""
    folder = tmp_path_factory.mktemp("attacked")
    with running_portal(folder, server=request.param, FAROL_MAX_SESSIONS="1") as portal:
        resource.prlimit(portal.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
        yield portal


def attacker(portal: RunningPortal) -> socket.socket:
    return socket.create_connection(("127.0.0.1", portal.port), timeout=30)


def open_page(portal: RunningPortal) -> int:
    return httpx.get(portal.address, timeout=30).status_code


def test_a_giant_header_is_refused_however_the_portal_was_started(portal: RunningPortal) -> None:
    with attacker(portal) as connection:
        answer = ask(connection, HALF + b"a" * 5_000_000 + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_more_half_sent_requests_than_open_files_shut_nobody_out(portal: RunningPortal) -> None:
    with ExitStack() as attack:
        for _ in range(ATTACKERS):
            connection = attack.enter_context(attacker(portal))
            connection.sendall(HALF)

        probes = [httpx.get(f"{portal.address}/health/live", timeout=30) for _ in range(10)]
        pages = [open_page(portal) for _ in range(10)]

    assert [probe.status_code for probe in probes] == [200] * 10
    assert pages == [200] * 10
    assert '"reason": "full"' in portal.log.read_text()


def test_who_comes_when_all_sessions_are_taken_is_told_so_until_one_ends(
    portal: RunningPortal,
) -> None:
    stream = f"{portal.address.replace('http', 'ws')}/_stcore/stream"
    with connect(stream, compression=None):
        page = httpx.get(portal.address, timeout=30)
        with pytest.raises(InvalidStatus) as refused:
            connect(stream, compression=None)
        probe = httpx.get(f"{portal.address}/health/live", timeout=30)

    assert (page.status_code, page.headers["Retry-After"]) == (503, "15")
    assert "O portal está cheio" in page.text
    assert "The portal is full" in page.text
    assert refused.value.response.status_code == 503
    assert probe.status_code == 200
    wait_until(lambda: open_page(portal) == 200, within_s=30, problem="it stays full")


def test_a_page_that_is_left_leaves_no_open_file(portal: RunningPortal) -> None:
    files = Path(f"/proc/{portal.pid}/fd")
    stream = f"{portal.address.replace('http', 'ws')}/_stcore/stream"

    def draw_a_page() -> None:
        wait_until(lambda: open_page(portal) == 200, within_s=30, problem="it stays full")
        with connect(stream, compression=None) as page:
            page.send(RERUN)
            page.recv()

    draw_a_page()
    wait_until(lambda: open_page(portal) == 200, within_s=30, problem="it stays full")
    before = len(list(files.iterdir()))

    for _ in range(10):
        draw_a_page()

    # Three files for each page would be left; a connection that is about to end may be there.
    wait_until(
        lambda: len(list(files.iterdir())) < before + 10, within_s=30, problem="files stay open"
    )
    assert "Exception" not in portal.log.read_text()
