"""Servers that do what a broken or slow object store does."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def bad_server(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run *behave* for each connection during the block; yields ``host:port``."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, behave, over, tls))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            # A listener that is shut down wakes whoever waits in accept().
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def says_nothing(connection: socket.socket, over: threading.Event) -> None:
    """Take the request and never answer."""
    over.wait()


def trickles(connection: socket.socket, over: threading.Event) -> None:
    """Announce a megabyte and send it a byte at a time."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"x")


def breaks_off(connection: socket.socket, over: threading.Event) -> None:
    """Announce a thousand bytes and hang up after ten."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")


def is_no_store(connection: socket.socket, over: threading.Event) -> None:
    """Answer as a web server that knows nothing of S3."""
    connection.recv(65536)
    body = b"<html>Not here</html>"
    head = f"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)


def is_overloaded(connection: socket.socket, over: threading.Event) -> None:
    """Answer that it is busy, and to come again in an hour."""
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 503 Slow Down\r\nRetry-After: 3600\r\nContent-Length: 0\r\n"
        b"Connection: close\r\n\r\n"
    )


def finds_the_clock_wrong(connection: socket.socket, over: threading.Event) -> None:
    """Refuse as S3 does a request that was signed more than a quarter of an hour ago."""
    connection.recv(65536)
    body = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference</Message></Error>"
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}"
    connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)


def holds(content: bytes) -> Behaviour:
    """Return a behaviour that answers every request with *content*."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + content)

    return behave


def _serve(
    listener: socket.socket, behave: Behaviour, over: threading.Event, tls: ssl.SSLContext | None
) -> None:
    callers: list[threading.Thread] = []
    with suppress(OSError):
        while not over.is_set():
            connection, _ = listener.accept()
            callers.append(threading.Thread(target=_attend, args=(connection, behave, over, tls)))
            callers[-1].start()
    for caller in callers:
        caller.join()


def _attend(
    connection: socket.socket, behave: Behaviour, over: threading.Event, tls: ssl.SSLContext | None
) -> None:
    # A client that gives up is what these servers are for.
    with suppress(OSError):
        secured = tls.wrap_socket(connection, server_side=True) if tls else connection
        with secured:
            behave(secured, over)
    connection.close()
