"""The files of a kept publication as they were published, byte for byte."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from datalayer.api.answers import object_answer
from datalayer.api.context import open_publication, read_router
from datalayer.api.files import FileRequest, Files, file_responses
from datalayer.api.parameters import DataSetName
from datalayer.api.path_prefix import address
from datalayer.api.publications import PublicationId
from datalayer.api.row_schemas import object_response
from datalayer.api.schemas import PublishedFiles
from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.errors import UnknownDataSet
from datalayer.portal import ExtractRequest, Portal, Publication

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

    return router


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
