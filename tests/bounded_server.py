"""uvicorn in this process, on a port of its own, bounded as the portal's is."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from datalayer.access.authentication import open_authentication
from datalayer.api.metrics import Metrics
from datalayer.server.server_bounds import ServerBounds
from datalayer.server.upload_gate import UPLOADS, UploadRules
from tests.integration.servers import wait_until
from tests.portals import portal_settings

UPLOAD_BYTES = 4 * 1024 * 1024


@dataclass
class BoundedServer:
    """A server that listens on *port*.

    Attributes:
        ended: What became of the endless answers that clients left.
    """

    port: int
    metrics: Metrics
    ended: list[str] = field(default_factory=list)

    def connect(self) -> socket.socket:
        """Return a new connection, which gives up after a while."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def refused(self, reason: str) -> float:
        """Return how many connections were refused for *reason*."""
        labels = {"reason": reason}
        name = "farol_connections_refused_total"
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def open(self) -> float:
        """Return how many connections are open."""
        return self.metrics.registry.get_sample_value("farol_connections") or 0.0


def ask(connection: socket.socket, request: bytes) -> bytes:
    """Send *request*, and return all that comes until the server ends the connection."""
    with suppress(OSError):  # refused before all was sent; the answer is there all the same
        connection.sendall(request)
    return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Return all that comes until the server ends the connection, in whichever way."""
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionError:
        pass
    return received


def read_some(connection: socket.socket) -> bytes:
    """Return the next piece of what comes; empty where the connection has ended."""
    try:
        return connection.recv(65_536)
    except ConnectionError:
        return b""


@contextmanager
def bounded_server(folder: Path) -> Iterator[BoundedServer]:
    """Serve a small application for the block; its settings lie in *folder*."""
    metrics = Metrics()
    made = BoundedServer(0, metrics)
    authentication = open_authentication(portal_settings(folder))
    app = Starlette(
        routes=_routes(made),
        middleware=[
            Middleware(
                ServerBounds,
                authentication=authentication,
                metrics=metrics,
                pages=lambda: 0,
                uploads=UploadRules(authentication, UPLOAD_BYTES, ""),
            )
        ],
    )
    config = uvicorn.Config(app, port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, within_s=30, problem="the server did not start")
    made.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.should_exit = server.force_exit = True
        thread.join(timeout=30)


def _routes(made: BoundedServer) -> list[Route | WebSocketRoute]:
    async def hello(_: Request) -> Response:
        return PlainTextResponse("hello")

    async def length(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def endless(_: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 65_536
                    await asyncio.sleep(0)  # lets the server notice that nobody listens
            finally:
                made.ended.append("endless")

        return StreamingResponse(pieces())

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    return [
        Route("/hello", hello),
        Route("/health/live", hello),
        Route("/length", length, methods=["POST"]),
        Route(f"{UPLOADS}{{session}}/{{file}}", length, methods=["PUT"]),
        Route("/endless", endless),
        WebSocketRoute("/echo", echo),
    ]
