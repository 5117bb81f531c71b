"""The receiver that the documents show takes what the portal sends, and nothing else."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.errors import NoticeNotTaken
from datalayer.notices.webhook import Webhook
from tests.redis_server import free_port

SCRIPT = Path(__file__).parents[3] / "docs/examples/receive_notices.py"
KEY = bytes(range(7, 39))
BODY = b'{"data": {"effect": {"pt-BR": "Pedidos propostos: 14"}}}'


class Receiving:
    """The receiver, running, and what sends to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self._port = port

    def send(self, message_id: str, *, key: bytes = KEY, age_s: int = 0) -> None:
        webhook = Webhook(f"http://127.0.0.1:{self._port}/", key, 10.0)
        webhook.send(message_id, BODY, datetime.now(UTC) - timedelta(seconds=age_s))

    def end(self) -> list[str]:
        """End it, and return what it printed of notices."""
        self.process.terminate()
        printed, _ = self.process.communicate(timeout=10)
        return printed.splitlines()


@pytest.fixture
def receiving() -> Iterator[Receiving]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, SCRIPT, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"whsec_{base64.b64encode(KEY).decode()}\n")
        process.stdin.close()
        process.stdin = None
        assert process.stdout.readline() == "Waiting for notices\n"
        try:
            yield Receiving(process, port)
        finally:
            process.kill()


def test_a_notice_is_taken_once_however_often_it_comes(receiving: Receiving) -> None:
    receiving.send("one")
    receiving.send("one")
    receiving.send("two")

    assert receiving.end() == ["Pedidos propostos: 14"] * 2


def test_one_that_another_key_signed_is_refused(receiving: Receiving) -> None:
    with pytest.raises(NoticeNotTaken, match="answered 400"):
        receiving.send("one", key=bytes(32))

    assert receiving.end() == []


@pytest.mark.parametrize("age_s", [600, -600])
def test_one_of_another_time_is_refused(receiving: Receiving, age_s: int) -> None:
    with pytest.raises(NoticeNotTaken, match="answered 400"):
        receiving.send("one", age_s=age_s)

    assert receiving.end() == []
