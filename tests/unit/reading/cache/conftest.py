"""A real Redis, shared or one to stop, and a server that never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.redis_server import RedisServer, running_redis


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for tests that leave it as it is."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may stop."""
    with running_redis(tmp_path) as server:
        yield server


def never() -> NoReturn:
    """Fail: what is asked for was to be found in the cache."""
    raise AssertionError("this was to be found in the cache")


@dataclass(frozen=True)
class MuteServer:
    """A server that takes connections and never says a word."""

    socket: socket.socket

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.socket.getsockname()[1]}/0"

    def connections(self) -> int:
        """Take the connections that have come in since the last call and count them."""
        self.socket.setblocking(False)
        count = 0
        with suppress(BlockingIOError):
            while True:
                self.socket.accept()[0].close()
                count += 1
        return count


@pytest.fixture
def mute_server() -> Iterator[MuteServer]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield MuteServer(listening)
