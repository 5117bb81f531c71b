"""What stands between the portal and its servers, and misbehaves when told to.

The servers behind are real; only what passes on the way to them is held up, changed or refused.
Both listen on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

Returned = TypeVar("Returned")
Answer = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[web.Request, Answer], Awaitable[web.StreamResponse]]

_NOT_PASSED_ON = {"transfer-encoding", "connection", "content-encoding"}
_PIECE_BYTES = 65_536


class Loop:
    """An event loop on a thread of its own, for the block."""

    def __enter__(self) -> Loop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="between")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Returned]) -> Returned:
        """Run *work* on the loop and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class StoreBetween:
    """An S3 store behind 127.0.0.1:*port*, as far as ``behave`` lets it through."""

    def __init__(self, loop: Loop, port: int, endpoint: str) -> None:
        self.endpoint = f"127.0.0.1:{port}"
        self._loop = loop
        self._port = port
        self._behind = f"http://{endpoint}"
        self._behaviour: Behaviour = passes
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    def listen(self) -> None:
        """Take connections; after ``vanish`` too."""
        self._behaviour = passes
        if self._runner is None:
            self._loop.run(self._start())

    def vanish(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._runner is not None:
            self._loop.run(self._stop())

    def behave(self, behaviour: Behaviour) -> None:
        """Answer by *behaviour* from this moment."""
        self._behaviour = behaviour

    async def _start(self) -> None:
        self._client = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def _stop(self) -> None:
        runner, client, self._runner, self._client = self._runner, self._client, None, None
        if runner and client:
            await runner.cleanup()
            await client.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        assert self._client
        address = URL(self._behind + request.raw_path, encoded=True)
        body = await request.read()
        async with self._client.request(
            request.method, address, headers=request.headers, data=body
        ) as answer:
            headers = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() not in _NOT_PASSED_ON
            }
            whole = answer.status, headers, await answer.read()
        return await self._behaviour(request, whole)


async def passes(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Answer as the store does."""
    status, headers, body = answer
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    if request.method != "HEAD":
        await response.write(body)
    await response.write_eof()
    return response


async def is_slow(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Answer half a second late."""
    await asyncio.sleep(0.5)
    return await passes(request, answer)


async def says_nothing(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Take the request and answer after a minute, when nobody waits any more."""
    await asyncio.sleep(60)
    raise web.HTTPGatewayTimeout


async def tells_wrong_bytes(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Turn bytes over in the middle of every Parquet file; its size stays."""
    status, headers, body = answer
    if not request.path.endswith(".parquet"):
        return await passes(request, answer)
    changed = bytearray(body)
    middle = len(changed) // 2
    changed[middle : middle + 16] = bytes(each ^ 0xFF for each in changed[middle : middle + 16])
    return await passes(request, (status, headers, bytes(changed)))


async def tells_another_manifest(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Answer with a web page where a manifest was asked for, and say that all is well."""
    if not request.path.endswith("metadata.json"):
        return await passes(request, answer)
    body = b"<html><body>Please sign in to the network</body></html>"
    headers = {"Content-Type": "text/html", "Content-Length": str(len(body))}
    return await passes(request, (200, headers, body))


async def cuts_off(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Announce a whole Parquet file, send half of it and hang up."""
    status, headers, body = answer
    if not request.path.endswith(".parquet"):
        return await passes(request, answer)
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response


async def denies(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Refuse whatever is asked: the key is one that may do nothing."""
    body = (
        b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code>'
        b"<Message>Access Denied.</Message></Error>"
    )
    return web.Response(status=403, body=body, content_type="application/xml")


async def is_busy(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Ask to come again later."""
    return web.Response(status=503, headers={"Retry-After": "3600"})


class RedisBetween:
    """A Redis behind 127.0.0.1:*port*, whose answers come *delay_s* later."""

    def __init__(self, loop: Loop, port: int, redis_port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self.delay_s = 0.0
        self._loop = loop
        self._port = port
        self._redis_port = redis_port
        self._server: asyncio.Server | None = None

    def listen(self) -> None:
        """Take connections."""
        self._server = self._loop.run(asyncio.start_server(self._pass, "127.0.0.1", self._port))

    def close(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind = await asyncio.open_connection("127.0.0.1", self._redis_port)
        except OSError:
            writer.transport.abort()
            return
        copies = [
            asyncio.create_task(self._copy(reader, behind[1])),
            asyncio.create_task(self._copy(behind[0], writer, delayed=True)),
        ]
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        for copy in copies:
            copy.cancel()
        for each in (writer, behind[1]):
            each.transport.abort()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, delayed: bool = False
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE_BYTES):
                if delayed and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()
