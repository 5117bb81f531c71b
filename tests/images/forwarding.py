"""A port of this machine that leads to another host: browsers trust localhost without TLS."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK_BYTES = 1 << 16


@contextmanager
def forwarded(host: str, port: int) -> Iterator[int]:
    """Lead a port of 127.0.0.1 to *host* for the block; yields it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, host, port), daemon=True).start()
        yield int(listener.getsockname()[1])
        # close() alone would leave accept() waiting.
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, host: str, port: int) -> None:
    with suppress(OSError):  # the listener was closed
        while True:
            pair = listener.accept()[0], socket.create_connection((host, port))
            threading.Thread(target=_join, args=pair, daemon=True).start()


def _join(here: socket.socket, there: socket.socket) -> None:
    """Copy what comes from either side to the other until one has said all."""
    with here, there, selectors.DefaultSelector() as ready, suppress(ConnectionError):
        ready.register(here, selectors.EVENT_READ, there)
        ready.register(there, selectors.EVENT_READ, here)
        while True:
            for key, _ in ready.select():
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                if not (data := source.recv(_CHUNK_BYTES)):
                    return
                target.sendall(data)
