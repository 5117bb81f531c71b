"""Puts the bounded protocols in their place when the server starts, whoever built the server.

`streamlit run` builds its server by itself and takes no protocol from anybody; `uvicorn app:app`
has chosen one before the application is imported. Both ask the application to start before they
accept a connection, and look at that moment's protocol for each connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn

from datalayer.access.authentication import Authentication
from datalayer.api.metrics import Metrics
from datalayer.server.bounded_protocols import MESSAGE_BYTES, BoundedHttp, BoundedWebSocket
from datalayer.server.connections import (
    SWEEP_EVERY_S,
    Connections,
    Refusal,
    most_connections,
    raise_file_limit,
)
from datalayer.server.upload_gate import UploadRules

TOLD_EVERY_S: Final = 60.0

log = structlog.get_logger(__name__)


class ServerBounds:
    """Wraps *app*; see the module.

    Args:
        app: What answers.
        authentication: Knows addresses, and which of them stand for many.
        metrics: Counts connections and refusals.
        pages: Gives how many pages are open.
        uploads: Tell whose files are taken, which are longer than other bodies.
    """

    def __init__(
        self,
        app: ASGIApp,
        authentication: Authentication,
        metrics: Metrics,
        pages: Callable[[], int],
        uploads: UploadRules,
    ) -> None:
        self._app = app
        self._uploads = uploads
        self._pages = pages
        self._authentication = authentication
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the start is the moment to bound the server."""
        if scope["type"] == "lifespan":
            # uvicorn gives the method of an object that has the server's configuration.
            lifespan = getattr(receive, "__self__", None)
            if isinstance(lifespan, LifespanOn):
                self._bound(lifespan.config)
            else:
                log.warning("server.unbounded", server=type(lifespan).__name__)
        await self._app(scope, receive, send)

    def _bound(self, config: Config) -> None:
        raise_file_limit()
        loop = asyncio.get_running_loop()
        refusals = RefusalLog(self._metrics, clock=loop.time)
        connections = Connections(
            self._authentication,
            most=lambda: most_connections(self._pages()),
            clock=loop.time,
            note=refusals.note,
        )
        self._metrics.watch_connections(lambda: len(connections))
        # Typed as a class, and called as what makes one.
        http = partial(BoundedHttp, connections=connections, uploads=self._uploads)
        config.http_protocol_class = http  # type: ignore[assignment]
        config.ws_protocol_class = partial(BoundedWebSocket, connections=connections)  # type: ignore[assignment]
        config.ws_max_size = MESSAGE_BYTES

        def sweep() -> None:
            connections.sweep()
            refusals.tell()
            loop.call_later(SWEEP_EVERY_S, sweep)

        sweep()
        log.info("server.bounded", most_connections=most_connections())


class RefusalLog:
    """Counts refused connections, and logs them by reason: the first at once, then each minute.

    Args:
        clock: Gives seconds that only go forward.
    """

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._untold: dict[Refusal, tuple[int, str]] = {}
        self._told_at: dict[Refusal, float] = {}

    def note(self, reason: Refusal, address: str) -> None:
        """Count a connection from *address* that was refused for *reason*."""
        self._metrics.count_refused_connection(reason.value)
        self._untold[reason] = (self._untold.get(reason, (0, ""))[0] + 1, address)
        self._tell_of(reason)

    def tell(self) -> None:
        """Log what is due; to be called every second or so."""
        for reason in list(self._untold):
            self._tell_of(reason)

    def _tell_of(self, reason: Refusal) -> None:
        now = self._clock()
        if now - self._told_at.get(reason, float("-inf")) < TOLD_EVERY_S:
            return
        self._told_at[reason] = now
        count, address = self._untold.pop(reason)
        log.warning("server.refused", reason=reason.value, count=count, latest_address=address)
