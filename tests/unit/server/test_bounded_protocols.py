"""What a connection may send, how long it may take, and what it is answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from datalayer.server import bounded_protocols, connections
from tests.bounded_server import BoundedServer, ask, bounded_server, read_all, read_some
from tests.integration.servers import wait_until

HOST = b"Host: portal\r\n"
GET = b"GET /hello HTTP/1.1\r\n" + HOST + b"\r\n"
HALF = b"GET /hello HTTP/1.1\r\n" + HOST + b"X-A: "
PROBE = b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BoundedServer]:
    with bounded_server(tmp_path) as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every wait end within a moment."""
    for name in ("HEAD_WITHIN_S", "BODY_WITHIN_S", "STUCK_FOR_S"):
        monkeypatch.setattr(connections, name, 0.2)
    monkeypatch.setattr("datalayer.server.server_bounds.SWEEP_EVERY_S", 0.05)


def allow(monkeypatch: pytest.MonkeyPatch, most: int, surplus: int = 2) -> None:
    """Let there be *most* connections."""
    monkeypatch.setattr("datalayer.server.server_bounds.most_connections", lambda _: most)
    monkeypatch.setattr(connections, "SURPLUS", surplus)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def with_headers(size_bytes: int) -> bytes:
    """Return a request whose one header has a value of *size_bytes*."""
    return b"GET /hello HTTP/1.1\r\n" + HOST + b"X: " + b"a" * size_bytes + b"\r\n\r\n"


@pytest.mark.parametrize("size_bytes", [70_000, 300_000, 5_000_000])
def test_a_giant_header_is_refused(server: BoundedServer, size_bytes: int) -> None:
    with server.connect() as connection:
        answer = ask(connection, with_headers(size_bytes))

    assert status(answer) == 431


def test_a_giant_header_without_an_end_is_refused(server: BoundedServer) -> None:
    with server.connect() as connection:
        answer = ask(connection, HALF + b"a" * 5_000_000)

    assert status(answer) == 431


def test_a_header_of_common_size_is_read(server: BoundedServer) -> None:
    with server.connect() as connection:
        connection.sendall(with_headers(60_000))
        answer = read_some(connection)

    assert status(answer) == 200


def test_more_headers_than_anybody_sends_are_refused(server: BoundedServer) -> None:
    lines = b"".join(b"X-%d: 1\r\n" % number for number in range(101))

    with server.connect() as connection:
        answer = ask(connection, b"GET /hello HTTP/1.1\r\n" + HOST + lines + b"\r\n")

    assert status(answer) == 431


def test_an_address_that_is_too_long_is_refused(server: BoundedServer) -> None:
    with server.connect() as connection:
        answer = ask(connection, b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n")

    assert status(answer) == 414


def test_a_body_that_is_too_long_is_refused_by_what_it_announces(server: BoundedServer) -> None:
    head = b"POST /length HTTP/1.1\r\n" + HOST + b"Content-Length: 2000000\r\n\r\n"

    with server.connect() as connection:
        answer = ask(connection, head)

    assert status(answer) == 413


def test_a_body_that_grows_too_long_is_refused(server: BoundedServer) -> None:
    head = b"POST /length HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"

    with server.connect() as connection:
        answer = ask(connection, head + piece * 40)

    assert status(answer) == 413


def test_trailers_count_as_body(server: BoundedServer) -> None:
    head = b"POST /length HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"

    with server.connect() as connection:
        answer = ask(connection, head + b"1\r\nx\r\n0\r\nX: " + b"a" * 3_000_000)

    assert status(answer) == 413


def test_a_body_of_common_size_is_read(server: BoundedServer) -> None:
    head = b"POST /length HTTP/1.1\r\n" + HOST + b"Content-Length: 900000\r\n\r\n"

    with server.connect() as connection:
        connection.sendall(head + b"x" * 900_000)
        answer = read_some(connection)

    assert answer.endswith(b"900000")


def test_what_is_no_request_is_answered_with_a_problem(server: BoundedServer) -> None:
    with server.connect() as connection:
        answer = ask(connection, b"hello\r\n\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["type"].endswith("/malformed-request")


def test_requests_follow_each_other_on_one_connection(server: BoundedServer) -> None:
    with server.connect() as connection:
        for _ in range(50):
            connection.sendall(GET)
            assert status(read_some(connection)) == 200


def test_what_is_refused_behind_another_request_is_told_why(server: BoundedServer) -> None:
    with server.connect() as connection:
        connection.sendall(GET)
        first = read_some(connection)
        head = b"POST /length HTTP/1.1\r\n" + HOST + b"Content-Length: 2000000\r\n\r\n"
        second = ask(connection, head)

    assert (status(first), status(second)) == (200, 413)


def test_requests_may_come_in_one_piece(server: BoundedServer) -> None:
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    with server.connect() as connection:
        answers = ask(connection, GET * 5 + last)

    assert answers.count(b"HTTP/1.1 200 OK") == 6


def test_thousands_of_requests_in_one_piece_are_not_kept(server: BoundedServer) -> None:
    with server.connect() as connection:
        ask(connection, GET * 5_000)

    assert server.refused("invalid") == 1


@pytest.mark.usefixtures("impatient")
def test_half_a_request_is_not_waited_for(server: BoundedServer) -> None:
    with server.connect() as connection:
        answer = ask(connection, HALF)

    assert status(answer) == 408


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("before", "drop"),
    [(HALF, b"a"), (b"", b"\r\n"), (GET, b"\r\n")],
    ids=["of a header", "of empty lines", "of empty lines after a request"],
)
def test_what_drips_is_not_waited_for(server: BoundedServer, before: bytes, drop: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(before)
        connection.settimeout(0.02)

        def has_ended() -> bool:
            try:
                connection.sendall(drop)
                return connection.recv(65_536) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(has_ended, within_s=30, problem="it is waited for")

    assert server.refused("slow") == 1


@pytest.mark.usefixtures("impatient")
def test_who_says_nothing_is_not_waited_for_and_is_told_nothing(server: BoundedServer) -> None:
    with server.connect() as connection:
        assert read_all(connection) == b""


@pytest.mark.usefixtures("impatient")
def test_a_body_that_does_not_come_is_not_waited_for(server: BoundedServer) -> None:
    head = b"POST /length HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\n12345"

    with server.connect() as connection:
        answer = ask(connection, head)

    assert status(answer) == 408


@pytest.mark.usefixtures("impatient")
def test_who_takes_nothing_of_an_answer_is_let_go(server: BoundedServer) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\n" + HOST + b"\r\n")

        wait_until(lambda: server.ended != [], within_s=30, problem="it goes on for ever")

    assert server.refused("stuck") == 1


def test_half_a_request_makes_room_when_all_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 4)
    with bounded_server(tmp_path) as server, ExitStack() as stack:
        oldest, *_ = [stack.enter_context(half_sent(server)) for _ in range(4)]
        last = stack.enter_context(server.connect())
        last.sendall(GET)

        assert status(read_some(last)) == 200
        assert status(read_all(oldest)) == 503


def test_an_idle_connection_makes_room_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1)
    with bounded_server(tmp_path) as server, server.connect() as idle:
        idle.sendall(GET)
        answered = read_some(idle)
        with server.connect() as last:
            last.sendall(GET)

            assert status(answered) == 200
            assert status(read_some(last)) == 200
            assert read_all(idle) == b""


def test_where_all_are_at_work_the_next_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1)
    with bounded_server(tmp_path) as server, websocket(server), server.connect() as last:
        answer = ask(last, GET)

    assert status(answer) == 503
    assert b"retry-after: 5\r\n" in answer


def test_where_all_are_at_work_a_probe_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1)
    with bounded_server(tmp_path) as server, websocket(server), server.connect() as last:
        answer = ask(last, PROBE)

    assert status(answer) == 200


def test_what_is_full_takes_requests_again_when_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1)
    with bounded_server(tmp_path) as server:
        with websocket(server), server.connect() as refused:
            before = status(ask(refused, GET))
        wait_until(lambda: server.open() == 0, within_s=30, problem="they stay open")
        with server.connect() as admitted:
            admitted.sendall(GET)
            after = status(read_some(admitted))

    assert (before, after) == (503, 200)


def test_a_websocket_s_message_that_is_too_long_ends_it(server: BoundedServer) -> None:
    with websocket(server) as opened:
        opened.send("x" * (bounded_protocols.MESSAGE_BYTES + 1))

        with pytest.raises(ConnectionClosed) as ended:
            opened.recv()

    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1009


def test_a_websocket_that_is_closed_is_not_counted(server: BoundedServer) -> None:
    with websocket(server) as opened:
        opened.send("hello")
        said = opened.recv()
        during = server.open()

    wait_until(lambda: server.open() == 0, within_s=30, problem="it stays open")
    assert (said, during) == ("hello", 1)


@contextmanager
def half_sent(server: BoundedServer) -> Iterator[socket.socket]:
    """Give a connection whose request has begun to arrive."""
    before = server.open()
    with server.connect() as connection:
        connection.sendall(HALF)
        wait_until(lambda: server.open() > before, within_s=30, problem="not open")
        yield connection


def websocket(server: BoundedServer) -> ClientConnection:
    """Return a websocket that is open."""
    return connect(f"ws://127.0.0.1:{server.port}/echo", compression=None)
