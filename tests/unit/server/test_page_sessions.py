"""How many pages may be open at once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.types import Scope

from datalayer.access.authentication import open_authentication
from datalayer.server.page_sessions import MEBIBYTE, PageSessions, sessions_that_fit
from tests.portals import portal_settings

PROXY = "10.0.0.5"


@pytest.fixture
def sessions(tmp_path: Path) -> PageSessions:
    """Room for four pages."""
    return PageSessions(
        lambda: 4, open_authentication(portal_settings(tmp_path, trusted_proxies=PROXY))
    )


def request(address: str, forwarded_for: str = "") -> Scope:
    headers = [(b"x-forwarded-for", forwarded_for.encode())] if forwarded_for else []
    return {"type": "websocket", "client": (address, 50_000), "headers": headers}


def test_there_is_room_until_all_are_taken_and_again_when_one_ends(sessions: PageSessions) -> None:
    with ExitStack() as opened:
        for _ in range(4):
            opened.enter_context(sessions.held(request("127.0.0.1")))
        full = sessions.refuses(request("203.0.113.1"))

    assert full
    assert not sessions.refuses(request("203.0.113.1"))
    assert sessions.refused == 1


def test_one_address_takes_no_more_than_half_of_them(sessions: PageSessions) -> None:
    with sessions.held(request("203.0.113.1")), sessions.held(request("203.0.113.1")):
        assert sessions.refuses(request("203.0.113.1"))
        assert not sessions.refuses(request("203.0.113.2"))


def test_one_ipv6_network_takes_no_more_than_half_of_them(sessions: PageSessions) -> None:
    with (
        sessions.held(request("2001:db8::1")),
        sessions.held(request("2001:db8::2")),
    ):
        assert sessions.refuses(request("2001:db8::3"))


def test_visitors_behind_a_trusted_proxy_are_told_apart(sessions: PageSessions) -> None:
    first = request(PROXY, forwarded_for="203.0.113.1")
    second = request(PROXY, forwarded_for="203.0.113.2")

    with sessions.held(first), sessions.held(first):
        assert sessions.refuses(first)
        assert not sessions.refuses(second)


@pytest.mark.parametrize(
    ("memory_mib", "fit"), [(512, 50), (2_048, 128), (8_192, 512), (64_000, 1_000)]
)
def test_more_memory_holds_more_sessions(memory_mib: int, fit: int) -> None:
    assert sessions_that_fit(memory_mib * MEBIBYTE) == fit
