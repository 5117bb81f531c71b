"""Extracts over HTTP: whole files, streamed, with what proves them whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from datalayer.api.answers import cache_control, json_answer
from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.files import FILE_RESPONSES, FileRequest, Files
from datalayer.api.kept_answers import Read
from datalayer.api.parameters import DataSetName, End, Start
from datalayer.api.schemas import METADATA_EXAMPLE
from datalayer.portal import ExtractRequest, Part, Portal

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


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the routes of the extracts of *portal*."""
    router = read_router("extracts")

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
        described = await anyio.to_thread.run_sync(describe, limiter=files.turns)
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
        responses=FILE_RESPONSES,
        response_class=Response,
    )
    async def file(
        request: Request,
        name: DataSetName,
        format: Format,  # noqa: A002 - as above
        parts: Parts,
        dialect: Dialect = None,
        p: Pin = None,
    ) -> Response:
        publication = await run_in_threadpool(open_publication, request, portal, p)
        wanted = ExtractRequest(name, format, dialect, parts.part())
        return await files.answer(request, FileRequest(publication, wanted, pinned=p is not None))

    return router


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
