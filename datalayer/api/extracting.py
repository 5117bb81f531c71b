"""Extracts over HTTP: whole files, streamed, with what proves them whole."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Literal

import anyio
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from datalayer.api.answers import cache_control, json_answer
from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.kept_answers import Read, matches_etag
from datalayer.api.parameters import DataSetName, End, Start
from datalayer.api.schemas import METADATA_EXAMPLE
from datalayer.portal import Extract, ExtractRequest, Part, Portal
from datalayer.reading.extracts.digests import Digest
from datalayer.reading.extracts.requests import MEDIA_TYPES

Format = Annotated[
    Literal["csv", "parquet", "arrow"],
    Path(openapi_examples={"comma-separated": {"value": "csv"}}),
]
Dialect = Annotated[
    Literal["rfc", "excel-br"] | None,
    Query(
        description="Of CSV only: `rfc` (RFC 4180, comma, point; the default) or `excel-br` "
        "(byte order mark, semicolon, decimal comma, dd/mm/aaaa).",
        openapi_examples={"RFC 4180": {"value": "rfc"}},
    ),
]
MOST_AT_A_TIME: Final = 8
"""Extracts that are being read at any moment; more take turns, and leave threads to other reads."""

_TRAILERS = "http.response.trailers"


@dataclass(frozen=True)
class _PartParameters:
    """The rows wanted; what is left out restricts nothing."""

    item_id: Annotated[
        str | None,
        Query(description="One part.", openapi_examples={"a part": {"value": "P00001"}}),
    ] = None
    location: Annotated[
        str | None,
        Query(
            description="One place; the rows of every place if left out, the network's included.",
            openapi_examples={"the network": {"value": "network"}},
        ),
    ] = None
    source: Annotated[
        list[str] | None,
        Query(
            description="Forecast sources; all if left out.",
            openapi_examples={"one": {"value": ["ensemble"]}},
        ),
    ] = None
    start: Start = None
    end: End = None

    def part(self) -> Part:
        """Return them as a part of a data set."""
        sources = tuple(self.source or ())
        return Part(self.item_id, self.location, sources, self.start, self.end)


Parts = Annotated[_PartParameters, Depends()]


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of the extracts of *portal*."""
    router = read_router("extracts")
    turns = anyio.CapacityLimiter(MOST_AT_A_TIME)

    # Ahead of the file's, whose name would swallow this one's.
    @router.get(
        "/extracts/{name}.{format}.metadata.json",
        operation_id="describe_extract",
        summary="What a file is: columns, dialect, origin, rows, size and SHA-256",
        responses={200: _DESCRIPTION},
    )
    async def description(
        request: Request,
        name: DataSetName,
        format: Format,  # noqa: A002 - the word that callers and file names use
        parts: Parts,
        dialect: Dialect = None,
        p: Pin = None,
    ) -> Response:
        publication = await run_in_threadpool(open_publication, request, portal, p)
        wanted = ExtractRequest(name, format, dialect, parts.part())
        describe = partial(portal.extracts.describe, publication, wanted, call_of(request).identity)
        described = await anyio.to_thread.run_sync(describe, limiter=turns)
        call_of(request).outcome.read = Read(publication.provenance((name,)), 0)
        headers = {
            "X-Publication-Id": publication.id,
            "Cache-Control": cache_control(request, pinned=p is not None),
        }
        return json_answer(described, headers)

    @router.get(
        "/extracts/{name}.{format}",
        operation_id="extract",
        summary="A data set, or rows of it, as a file",
        responses={200: _FILE, 304: {"description": "Nothing changed"}},
        response_class=Response,
    )
    def file(
        request: Request,
        name: DataSetName,
        format: Format,  # noqa: A002 - as above
        parts: Parts,
        dialect: Dialect = None,
        p: Pin = None,
    ) -> Response:
        publication = open_publication(request, portal, p)
        wanted = ExtractRequest(name, format, dialect, parts.part())
        extract = portal.extracts.extract(publication, wanted, call_of(request).identity)
        call_of(request).outcome.read = Read(extract.provenance, extract.rows)
        headers = {
            "ETag": f'"{extract.key}"',
            "Cache-Control": cache_control(request, pinned=p is not None),
        }
        asked = request.headers.get("if-none-match", "").encode("latin-1")
        if matches_etag(asked, headers["ETag"].encode()):
            return Response(status_code=304, headers=headers)
        return FileAnswer(extract, headers, turns)

    return router


class FileAnswer(Response):
    """A file on its way to a caller.

    What is known of it up front stands in the headers; what is not, in trailers where the server
    has them. An error half way breaks the connection: no length was kept, no last chunk was sent.

    Args:
        turns: Holds a thread for each read of the next bytes; none while they are sent.
    """

    def __init__(
        self, extract: Extract, headers: Mapping[str, str], turns: anyio.CapacityLimiter
    ) -> None:
        super().__init__(media_type=extract.media_type)
        del self.headers["content-length"]  # of the empty body that a Response begins with
        self.headers.update({**_headers(extract), **headers})
        self._chunks = extract.chunks
        self._turns = turns

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
        trailers = _TRAILERS in scope.get("extensions", {}) and self._chunks.announced is None
        # An error before the first bytes is still answered as a problem.
        chunk = await self._next()
        if trailers:
            self.headers["Trailer"] = "Repr-Digest"
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send({**start, "trailers": trailers})
        while chunk is not None and not gone.done():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await self._next()
        if gone.done():
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        if trailers:
            proof = (b"repr-digest", _repr_digest(self._chunks.digest).encode())
            await send({"type": _TRAILERS, "headers": [proof], "more_trailers": False})

    async def _next(self) -> bytes | None:
        read = partial(next, self._chunks, None)
        return await anyio.to_thread.run_sync(read, limiter=self._turns)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(extract: Extract) -> Mapping[str, str]:
    provenance, known = extract.provenance, extract.chunks.announced
    headers = {
        "Content-Disposition": f'attachment; filename="{extract.file_name}"',
        "X-Row-Count": str(extract.rows),
        "X-Publication-Id": provenance.publication_id,
        "X-Dataset-Id": provenance.dataset_id,
        "X-Model-Version": provenance.model_version,
        "X-Generated-At": provenance.generated_at.isoformat().replace("+00:00", "Z"),
    }
    if known is None:
        return headers
    return {**headers, "Content-Length": str(known.size_bytes), "Repr-Digest": _repr_digest(known)}


def _repr_digest(digest: Digest) -> str:
    """Return the field of RFC 9530."""
    encoded = b64encode(bytes.fromhex(digest.sha256)).decode()
    return f"sha-256=:{encoded}:"


_FILE: dict[str, Any] = {
    "description": "The file. `X-Row-Count` says its rows; `Content-Length` and `Repr-Digest` "
    "(RFC 9530) come ahead of it once it was made before, and are in its description at any time.",
    "content": {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in MEDIA_TYPES.values()
    },
}
_DESCRIPTION: dict[str, Any] = {
    "description": "The description, in the shape of CSV on the Web.",
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "example": {
                "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
                "url": f"dim_item_{METADATA_EXAMPLE['publication_id']}_rfc.csv",
                "rows": 1000,
                "size_bytes": 123_456,
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "metadata": METADATA_EXAMPLE | {"data_sets": ["dim_item"], "sources": []},
                "dialect": {"name": "rfc", "delimiter": ",", "header": True},
                "tableSchema": {"columns": [{"name": "item_id", "datatype": {"base": "string"}}]},
            },
        }
    },
}
