"""The files of a kept publication as they were published, byte for byte."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from datalayer.api.answers import cache_control, object_answer, origin_headers
from datalayer.api.call import call_of
from datalayer.api.context import open_publication, problems, read_router
from datalayer.api.files import FileRequest, Files, file_responses, repr_digest
from datalayer.api.kept_answers import Read, matches_etag
from datalayer.api.parameters import DataSetName
from datalayer.api.path_prefix import address
from datalayer.api.publication_schemas import PublishedFiles
from datalayer.api.publications import PublicationId
from datalayer.api.ranges import is_expected
from datalayer.api.row_schemas import object_response
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.contract.manifest import MANIFEST_NAME, PublishedFile
from datalayer.kernel.errors import FileChanged, UnknownDataSet
from datalayer.portal import ExtractRequest, Portal, Publication
from datalayer.publications.companions import COMPANIONS, read_companion

_COMPANION_TYPES = {
    MANIFEST_NAME: "application/json",
    ATTESTATION_NAME: "application/vnd.dsse.envelope.v1+json",
    "datapackage.json": "application/json",
    "croissant.json": "application/ld+json",
    "openlineage.ndjson": "application/x-ndjson",
}
_COMPANION_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, byte for byte; `Repr-Digest` (RFC 9530) and `ETag` are its "
        "SHA-256.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {"manifest_version": 1}},
            "application/vnd.dsse.envelope.v1+json": {
                "schema": {"type": "object"},
                "example": {"payloadType": "application/vnd.in-toto+json"},
            },
            "application/ld+json": {
                "schema": {"type": "object"},
                "example": {"@type": "sc:Dataset"},
            },
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"eventType":"START"}\n{"eventType":"COMPLETE"}\n',
            },
        },
    },
    304: {"description": "Nothing changed"},
    **problems(412),
}
CompanionName = Annotated[
    str,
    Path(
        max_length=100,
        description="Name of a file beside the data sets.",
        openapi_examples={"manifest": {"value": MANIFEST_NAME}},
        json_schema_extra={"enum": list(COMPANIONS)},
    ),
]

_EXAMPLE = {
    "data_set": "dim_item",
    "name": "dim_item.parquet",
    "href": "/api/v1/publications/20261121T060000Z-1a2b3c4d/files/dim_item.parquet",
    "size_bytes": 65_536,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "rows": 1000,
}


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the routes of the files of publications."""
    router = read_router("publications")

    @router.get(
        "/publications/{publication_id}/files",
        operation_id="list_publication_files",
        summary="The files of a publication, with size and SHA-256",
        responses=object_response(PublishedFiles, [_EXAMPLE]),
    )
    def published_files(request: Request, publication_id: PublicationId) -> Response:
        publication = open_publication(request, portal, publication_id)
        listed = [_describe(each, publication) for each in publication.manifest.files]
        return object_answer(request, publication, listed)

    @router.get(
        "/publications/{publication_id}/files/{name}.parquet",
        operation_id="get_publication_file",
        summary="One file of a publication, as it was published",
        responses=file_responses("parquet"),
        response_class=Response,
    )
    async def published_file(
        request: Request, publication_id: PublicationId, name: DataSetName
    ) -> Response:
        publication = await run_in_threadpool(open_publication, request, portal, publication_id)
        file = _file_of(publication, name)
        extract = ExtractRequest(file.data_set, "parquet")
        wanted = FileRequest(publication, extract, _file_name(file), file.sha256, pinned=True)
        return await files.answer(request, wanted)

    @router.get(
        "/publications/{publication_id}/files/{name}",
        operation_id="get_publication_companion",
        summary="Manifest, signature or a description of a publication, as it was published",
        responses=_COMPANION_RESPONSES,
        response_class=Response,
    )
    def companion(request: Request, publication_id: PublicationId, name: CompanionName) -> Response:
        """`metadata.json` names the files of the data sets with their SHA-256.

        `attestation.json` is there where the publication is signed; `datapackage.json`,
        `croissant.json` and `openlineage.ndjson` where they were published with it.
        """
        publication = open_publication(request, portal, publication_id)
        content = read_companion(publication.snapshot, name)
        return _companion_answer(request, publication, name, content)

    return router


def _companion_answer(
    request: Request, publication: Publication, name: str, content: bytes
) -> Response:
    """Return the file, or the word that nothing changed.

    Raises:
        FileChanged: It is another one than ``If-Match`` names.
    """
    provenance = publication.provenance(())
    call_of(request).outcome.read = Read(provenance, 0)
    etag, asked = f'"{publication.snapshot.companions[name]}"', request.headers
    validators = {"ETag": etag, "Cache-Control": cache_control(request, pinned=True)}
    if not is_expected(asked.get("if-match"), etag):
        raise FileChanged(found=asked["if-match"][:200], etag=etag)
    if matches_etag(asked.get("if-none-match", "").encode("latin-1"), etag.encode()):
        return Response(status_code=304, headers=validators)
    about = {
        "Content-Type": _COMPANION_TYPES[name],
        "Content-Disposition": f'attachment; filename="{name}"',
        "Repr-Digest": repr_digest(publication.snapshot.companions[name]),
    }
    return Response(content, headers=validators | about | origin_headers(provenance))


def _file_of(publication: Publication, name: str) -> PublishedFile:
    """Return the file of the data set *name*.

    Raises:
        UnknownDataSet: The publication has none.
    """
    files = {each.data_set: each for each in publication.manifest.files}
    if name not in files:
        raise UnknownDataSet(name=name, known=tuple(files))
    return files[name]


def _file_name(file: PublishedFile) -> str:
    return f"{file.data_set}.parquet"


def _describe(file: PublishedFile, publication: Publication) -> dict[str, object]:
    name = _file_name(file)
    return {
        "data_set": file.data_set,
        "name": name,
        "href": address(f"/api/v1/publications/{publication.id}/files/{name}"),
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "rows": file.rows,
    }
