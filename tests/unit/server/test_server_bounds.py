"""How a server is bounded, and how it tells whom it refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import ANY

import pytest
from starlette.applications import Starlette
from starlette.types import Message
from structlog.testing import capture_logs

from datalayer.access.authentication import open_authentication
from datalayer.api.metrics import Metrics
from datalayer.server.connections import Refusal
from datalayer.server.server_bounds import RefusalLog, ServerBounds
from datalayer.server.upload_gate import UploadRules
from tests.clocks import SecondsClock
from tests.portals import portal_settings


@pytest.fixture
def clock() -> SecondsClock:
    return SecondsClock(100.0)


@pytest.fixture
def refusals(clock: SecondsClock) -> RefusalLog:
    return RefusalLog(Metrics(), clock=clock)


def test_the_first_refusal_is_told_at_once(refusals: RefusalLog) -> None:
    with capture_logs() as told:
        refusals.note(Refusal.FULL, "203.0.113.1")

    assert [(each["event"], each["reason"], each["count"]) for each in told] == [
        ("server.refused", "full", 1)
    ]


def test_thousands_of_refusals_are_one_line_a_minute(
    refusals: RefusalLog, clock: SecondsClock
) -> None:
    refusals.note(Refusal.FULL, "203.0.113.1")

    with capture_logs() as told:
        for number in range(5_000):
            clock.now_s += 0.01
            refusals.note(Refusal.FULL, f"203.0.113.{number % 200}")
            refusals.tell()
        clock.now_s += 60
        refusals.tell()

    assert [each["count"] for each in told] == [5_000]


def test_another_reason_is_told_at_once(refusals: RefusalLog) -> None:
    refusals.note(Refusal.FULL, "203.0.113.1")

    with capture_logs() as told:
        refusals.note(Refusal.SLOW, "203.0.113.1")

    assert [each["reason"] for each in told] == ["slow"]


def test_a_server_that_cannot_be_bounded_is_told_in_the_log(tmp_path: Path) -> None:
    authentication = open_authentication(portal_settings(tmp_path))
    bounds = ServerBounds(
        Starlette(),
        authentication=authentication,
        metrics=Metrics(),
        pages=lambda: 0,
        uploads=UploadRules(authentication, 0, ""),
    )
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Message:
        return next(messages)

    async def send(_: Message) -> None:
        pass

    with capture_logs() as told:
        asyncio.run(bounds({"type": "lifespan", "state": {}}, receive, send))

    assert told == [{"event": "server.unbounded", "server": ANY, "log_level": "warning"}]
