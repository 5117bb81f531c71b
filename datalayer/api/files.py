"""Files over HTTP: whole or one range of them, packed or plain, with what proves them whole."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import anyio
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from datalayer.api.answers import cache_control, origin_headers, requested_coding
from datalayer.api.call import call_of
from datalayer.api.context import problems
from datalayer.api.forms import Coding
from datalayer.api.kept_answers import Read, matches_etag
from datalayer.api.ranges import is_expected, requested_span, still_holds
from datalayer.kernel.errors import FileChanged
from datalayer.portal import Delivery, Extract, ExtractRequest, Portal, Publication
from datalayer.reading.extracts.requests import MEDIA_TYPES

MOST_AT_A_TIME: Final = 8
"""Files that are being read at any moment; more take turns, and leave threads to other reads."""

MOST_MADE_AT_A_TIME: Final = 2
"""Files that are being made to learn their size; those that are sent don't wait for them."""

LIST_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file. `X-Row-Count` says how many rows it has.",
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "Nothing changed"},
    **problems(412),
}
"""What the OpenAPI document says of the answers to a request for the file of a list."""

_TRAILERS = "http.response.trailers"


@dataclass(frozen=True)
class FileRequest:
    """A file that a request asks for.

    Attributes:
        name: What it is saved as; None for the extract's own name.
        etag: Its strong tag without quotes; None for the extract's own key.
        pinned: Whether the address names the publication.
    """

    publication: Publication
    extract: ExtractRequest
    name: str | None = None
    etag: str | None = None
    pinned: bool = False


class Files:
    """Answers requests for files of *portal*."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.turns = anyio.CapacityLimiter(MOST_AT_A_TIME)
        self.makings = anyio.CapacityLimiter(MOST_MADE_AT_A_TIME)

    async def answer(self, request: Request, wanted: FileRequest) -> Response:
        """Return the file, a range of it, its headers alone, or the word that nothing changed.

        What must be known up front for it, where a length or a range is asked for, is found out
        by making the file once.

        Raises:
            FileChanged: It is another one than ``If-Match`` names.
            RangeNotSatisfiable: It has none of the bytes asked for.
            PortalError: As for ``Extracts.extract``.
        """
        prepare = partial(self._prepare, request, wanted)
        prepared = await anyio.to_thread.run_sync(prepare, limiter=self.turns)
        if isinstance(prepared, Response):
            return prepared
        return await anyio.to_thread.run_sync(prepared, limiter=self.makings)

    def send(self, request: Request, extract: Extract) -> Response:
        """Return *extract*, which changes while its address doesn't: whole, or its headers alone.

        Raises:
            FileChanged: It is another one than ``If-Match`` names.
        """
        call, asked = call_of(request), request.headers
        call.outcome.read = Read(extract.provenance, extract.rows)
        etag = f'"{extract.key}"'
        validators = {"ETag": etag, "Cache-Control": cache_control(request, pinned=False)}
        if not is_expected(asked.get("if-match"), etag):
            raise FileChanged(found=asked["if-match"][:200], etag=etag)
        if matches_etag(asked.get("if-none-match", "").encode("latin-1"), etag.encode()):
            return Response(status_code=304, headers=validators)
        headers = {**validators, **_headers(extract, None, None), "Accept-Ranges": "none"}
        if call.head:
            return Response(headers=headers)
        return FileAnswer(extract.chunks, headers, self.turns)

    def _prepare(self, request: Request, wanted: FileRequest) -> Response | Callable[[], Response]:
        """Return the answer, or what returns it once it has made the file."""
        call, asked = call_of(request), request.headers
        range_text = None if call.head else asked.get("range")
        # A range is of the plain file: part of a packed one is of use to nobody.
        coding = None if range_text else _coding(request, wanted.extract)
        take = partial(
            self._portal.extracts.extract,
            wanted.publication,
            wanted.extract,
            call.identity,
            coding=coding,
        )
        extract = take()
        call.outcome.read = Read(extract.provenance, extract.rows)
        etag = f'"{wanted.etag or extract.key}"'
        headers = _validators(request, wanted, etag)
        if not is_expected(asked.get("if-match"), etag):
            raise FileChanged(found=asked["if-match"][:200], etag=etag)
        if matches_etag(asked.get("if-none-match", "").encode("latin-1"), etag.encode()):
            return Response(status_code=304, headers=headers)
        if range_text and not still_holds(asked.get("if-range"), etag):
            range_text = None
        # HTTP/1.0 knows no chunks: without a length its end would be no proof of being whole.
        is_sized = bool(range_text) or call.head or request.scope["http_version"] == "1.0"
        finish = partial(self._finish, wanted, headers, coding, range_text, head=call.head)
        if is_sized and extract.chunks.announced is None:
            return lambda: finish(take(is_sized=True))
        return finish(extract)

    def _finish(
        self,
        wanted: FileRequest,
        validators: Mapping[str, str],
        coding: str | None,
        range_text: str | None,
        extract: Extract,
        *,
        head: bool,
    ) -> Response:
        headers = {**validators, **_headers(extract, wanted.name, coding)}
        if head:
            return Response(headers=headers)
        return self._part(extract, range_text, headers) or FileAnswer(
            extract.chunks, headers, self.turns
        )

    def _part(
        self, extract: Extract, range_text: str | None, headers: Mapping[str, str]
    ) -> Response | None:
        """Return the bytes that *range_text* asks for; None where the whole file is to answer."""
        whole = extract.chunks.announced
        span = requested_span(range_text, whole.size_bytes) if range_text and whole else None
        part = extract.part(span) if span else None
        if not (whole and span and part):
            return None
        about = {
            "Content-Range": f"bytes {span.begin}-{span.end - 1}/{whole.size_bytes}",
            "Content-Length": str(span.end - span.begin),
        }
        return FileAnswer(part, {**headers, **about}, self.turns, status_code=206)


class FileAnswer(Response):
    """A file on its way to a caller.

    What is known of it up front stands in the headers; what is not, in trailers where the server
    has them. An error half way breaks the connection: no length was kept, no last chunk was sent.

    Args:
        turns: Holds a thread for each read of the next bytes; none while they are sent.
    """

    def __init__(
        self,
        chunks: Delivery,
        headers: Mapping[str, str],
        turns: anyio.CapacityLimiter,
        status_code: int = 200,
    ) -> None:
        super().__init__(status_code=status_code)
        del self.headers["content-length"]  # of the empty body that a Response begins with
        self.headers.update(headers)
        self._chunks = chunks
        self._turns = turns
        self._is_unproved = "repr-digest" not in self.headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; stop reading it as soon as the caller is gone.

        Raises:
            PortalError: It could not be read to its end.
        """
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await self._send(scope, send, gone)
        finally:
            gone.cancel()
            await asyncio.shield(run_in_threadpool(self._chunks.close))

    async def _send(self, scope: Scope, send: Send, gone: asyncio.Future[None]) -> None:
        trailers = _TRAILERS in scope.get("extensions", {}) and self._is_unproved
        # An error before the first bytes is still answered as a problem.
        chunk = await self._next()
        if trailers:
            self.headers["Trailer"] = "Repr-Digest"
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers, "trailers": trailers})
        while chunk is not None and not gone.done():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await self._next()
        if gone.done():
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        if trailers:
            proof = (b"repr-digest", repr_digest(self._chunks.digest.sha256).encode())
            await send({"type": _TRAILERS, "headers": [proof], "more_trailers": False})

    async def _next(self) -> bytes | None:
        read = partial(next, self._chunks, None)
        return await anyio.to_thread.run_sync(read, limiter=self._turns)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _coding(request: Request, wanted: ExtractRequest) -> Literal["gzip", "zstd"] | None:
    """Return how to pack a file; Parquet is packed already, and Arrow is read as it comes."""
    coding = requested_coding(request) if wanted.format == "csv" else Coding.PLAIN
    if coding is Coding.PLAIN:
        return None
    return "zstd" if coding is Coding.ZSTD else "gzip"


def _validators(request: Request, wanted: FileRequest, etag: str) -> dict[str, str]:
    """Return what stands in the answer to whoever has the file already, too."""
    varies = {"Vary": "Accept-Encoding"} if wanted.extract.format == "csv" else {}
    kept = cache_control(request, pinned=wanted.pinned)
    return {"ETag": etag, "Cache-Control": kept, **varies}


def _headers(extract: Extract, name: str | None, coding: str | None) -> dict[str, str]:
    provenance, known = extract.provenance, extract.chunks.announced
    headers = {
        "Content-Type": extract.media_type,
        "Content-Disposition": f'attachment; filename="{name or extract.file_name}"',
        "Accept-Ranges": "bytes",
        "X-Row-Count": str(extract.rows),
        **origin_headers(provenance),
    }
    if coding:
        headers["Content-Encoding"] = coding
    if known:
        headers["Content-Length"] = str(known.size_bytes)
        headers["Repr-Digest"] = repr_digest(known.sha256)
    return headers


def repr_digest(sha256: str) -> str:
    """Return the field of RFC 9530 of a digest in hex."""
    encoded = b64encode(bytes.fromhex(sha256)).decode()
    return f"sha-256=:{encoded}:"


def file_responses(*formats: str) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of the answers to a request for a file.

    Args:
        formats: Those that it may have, as in ``MEDIA_TYPES``.
    """
    schema = {"schema": {"type": "string", "format": "binary"}}
    content = {MEDIA_TYPES[each]: schema for each in formats}
    return {
        200: {
            "description": "The file. `X-Row-Count` says its rows; `Content-Length` and "
            "`Repr-Digest` (RFC 9530) come ahead of it once it was made before, and are in the "
            "answer to `HEAD` and in its description at any time.",
            "content": content,
        },
        206: {"description": "The bytes that `Range` asks for", "content": content},
        304: {"description": "Nothing changed"},
        **problems(412, 416),
    }
