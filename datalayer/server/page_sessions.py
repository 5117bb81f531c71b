"""How many browsers may have a page open at once; the next one is told to come again.

Each open page holds a websocket and a session of Streamlit's, some MiB of memory. Where all are
taken, whoever opens a page is answered before the websocket is: see ``PageSessions.refuses``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from datalayer.access.authentication import Authentication
from datalayer.access.sign_in_throttle import household

MEBIBYTE: Final = 1024 * 1024
BYTES_EACH: Final = 8 * MEBIBYTE
"""What a session is reckoned to take: four times what one was measured to, of 3,000 parts."""

SHARE_OF_MEMORY: Final = 0.5
LEAST, MOST = 50, 1_000
RETRY_AFTER_S: Final = 15
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


def sessions_that_fit(memory_bytes: int) -> int:
    """Return how many sessions half of *memory_bytes* holds, from 50 to 1,000."""
    return max(LEAST, min(MOST, int(memory_bytes * SHARE_OF_MEMORY / BYTES_EACH)))


def memory_bytes() -> int:
    """Return the memory that this process may take: its container's, else the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return machine


class PageSessions:
    """Counts the open websockets of pages; *most* gives how many there may be at this moment.

    One address holds no more than half of them, so that nobody alone keeps everybody else out,
    unless it is one that many share.
    """

    def __init__(self, most: Callable[[], int], authentication: Authentication) -> None:
        self.refused = 0
        self._most = most
        self._authentication = authentication
        self._open: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many are open."""
        return self._open.total()

    def refuses(self, scope: Scope) -> bool:
        """Return True if whoever sends this request can't have another session, and count it."""
        most, address = self._most(), self._address(scope)
        many = self._authentication.stands_for_many(address)
        share = most if many else max(most // 2, 1)
        full = len(self) >= most or self._open[household(address)] >= share
        self.refused += full
        return full

    @contextmanager
    def held(self, scope: Scope) -> Iterator[None]:
        """Count the session of this request for the block."""
        address = household(self._address(scope))
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def _address(self, scope: Scope) -> str:
        client = scope.get("client")
        peer = client[0] if client else None
        return self._authentication.address(peer, scope["headers"])


class PageSessionCap:
    """Wraps *app*: opens no websocket beyond what *sessions* has room for."""

    def __init__(self, app: ASGIApp, sessions: PageSessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse a websocket."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
        elif self._sessions.refuses(scope):
            await receive()
            await _refuse(scope, send)
        else:
            with self._sessions.held(scope):
                await self._app(scope, receive, send)


async def _refuse(scope: Scope, send: Send) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1013})
        return
    headers = [(b"retry-after", b"%d" % RETRY_AFTER_S), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"", "more_body": False})
