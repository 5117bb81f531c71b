"""Hosts that notices are sent to, each with manners of its own, on ports of this machine."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
GONE = b"HTTP/1.1 410 Gone\r\n\r\n"
SILENT = b""
"""No answer, and the connection stays open."""
DRIPPING = b"HTTP/1.1 "
"""What comes byte by byte, and never ends."""


def moved_to(address: str) -> bytes:
    """Return an answer that sends the caller to another address."""
    return f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {address}\r\n\r\n".encode()


@dataclass
class Received:
    """A request as it came."""

    head: bytes
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Its headers, their names in small letters."""
        lines = self.head.decode().split("\r\n")[1:]
        pairs = (line.partition(": ") for line in lines)
        return {name.lower(): text for name, _, text in pairs}


@dataclass
class ReceivingHost:
    """A host that gives its answers in turn, the last one again and again.

    Attributes:
        received: The requests that came whole.
    """

    port: int
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/farol?of=tests"


@contextmanager
def receiving_host(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[ReceivingHost]:
    """Receive on a port of this machine for the block."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = ReceivingHost(listening.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve() -> None:
            turn = 0
            while True:
                try:
                    link, _ = listening.accept()
                except OSError:
                    return
                answer = answers[min(turn, len(answers) - 1)]
                turn += 1
                talk = threading.Thread(target=_talk, args=(link, tls, answer, host, ended))
                threads.append(talk)
                talk.start()

        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield host
        finally:
            ended.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(5)


def _talk(
    link: socket.socket,
    tls: ssl.SSLContext | None,
    answer: bytes,
    host: ReceivingHost,
    ended: threading.Event,
) -> None:
    with suppress(OSError), link:
        link.settimeout(5)
        talking = tls.wrap_socket(link, server_side=True) if tls else link
        with talking:
            host.received.append(_read(talking))
            if answer == SILENT:
                ended.wait(5)
            elif answer == DRIPPING:
                while not ended.wait(0.01):
                    talking.sendall(b"1")
            else:
                talking.sendall(answer)


def _read(link: socket.socket) -> Received:
    content = b""
    while b"\r\n\r\n" not in content:
        content += _some(link)
    head, _, body = content.partition(b"\r\n\r\n")
    received = Received(head, body)
    while len(received.body) < int(received.headers["content-length"]):
        received.body += _some(link)
    return received


def _some(link: socket.socket) -> bytes:
    part = link.recv(65536)
    if not part:
        raise ConnectionError
    return part
