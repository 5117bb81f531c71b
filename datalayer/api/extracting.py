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
from datalayer.api.described_parameters import arrangement_parameters, document_filter_of
from datalayer.api.files import FileRequest, Files, file_responses
from datalayer.api.kept_answers import Read
from datalayer.api.parameters import DataSetName, End, Start
from datalayer.api.schemas import METADATA_EXAMPLE
from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.portal import ExtractRequest, Part, Portal
from datalayer.reading.arrangement import arrangement_of
from datalayer.reading.extracts.requests import MEDIA_TYPES
from datalayer.reading.filters import MOST_VALUES, Filter, row_filters_of
from datalayer.reading.questions.data_sets import data_set_named

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
        list[str] | None,
        Query(
            max_length=MOST_VALUES,
            description="One part, or several.",
            openapi_examples={"a part": {"value": ["P00001"]}},
        ),
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
        """Return them as a part of a data set; several parts are for ``filters``."""
        item_ids = self.item_id or []
        item_id = item_ids[0] if len(item_ids) == 1 else None
        return Part(item_id, self.location, tuple(self.source or ()), self.start, self.end)

    def filters(self) -> list[tuple[str, str]]:
        """Return what of them is a filter on columns."""
        item_ids = self.item_id or []
        return [("item_id", each) for each in item_ids] if len(item_ids) > 1 else []


Parts = Annotated[_PartParameters, Depends()]


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the routes of the extracts of *portal*."""
    router = read_router("extracts")
    filters = _filters_of_all(portal.registry)
    described = _described(portal.registry)

    def requested(
        request: Request, name: str, form: tuple[str, str | None], parts: _PartParameters
    ) -> ExtractRequest:
        asked = request.query_params
        data_set = data_set_named(portal.registry, name)
        columns = [each.name for each in data_set.columns]
        met = [pair for pair in asked.multi_items() if pair[0] in filters]
        return ExtractRequest(
            name,
            *form,
            parts.part(),
            tuple(sorted([*parts.filters(), *met])),
            arrangement_of(columns, asked.get("columns"), asked.get("order"), data_set.key),
        )

    # Ahead of the file's, whose name would swallow this one's.
    @router.get(
        "/extracts/{name}.{format}.metadata.json",
        operation_id="describe_extract",
        summary="What a file is: columns, dialect, origin, rows, size and SHA-256",
        responses={200: _DESCRIPTION},
        openapi_extra={"parameters": described},
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
        wanted = requested(request, name, (format, dialect), parts)
        describe = partial(portal.extracts.describe, publication, wanted, call_of(request).identity)
        described = await anyio.to_thread.run_sync(describe, limiter=files.makings)
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
        responses=file_responses(*MEDIA_TYPES),
        response_class=Response,
        openapi_extra={"parameters": described},
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
        wanted = requested(request, name, (format, dialect), parts)
        return await files.answer(request, FileRequest(publication, wanted, pinned=p is not None))

    return router


def _filters_of_all(registry: Registry) -> dict[str, list[tuple[DataSet, Filter]]]:
    """Return the filters on columns by name, with the data sets that have each of them."""
    found: dict[str, list[tuple[DataSet, Filter]]] = {}
    for data_set in registry.data_sets.values():
        for name, each in row_filters_of(data_set.columns).items():
            if name not in _PartParameters.__dataclass_fields__:
                found.setdefault(name, []).append((data_set, each))
    return found


def _described(registry: Registry) -> list[dict[str, Any]]:
    """Return what the OpenAPI document says of arranging and filtering any data set."""
    columns = dict.fromkeys(
        column.name for data_set in registry.data_sets.values() for column in data_set.columns
    )
    filters = [
        document_filter_of([data_set.name for data_set, _ in those], [each for _, each in those])
        for those in _filters_of_all(registry).values()
    ]
    return [*arrangement_parameters(list(columns)), *filters]


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
