"""What answers at the API's own address: what there is, and where."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import json_answer
from datalayer.api.call import call_of
from datalayer.api.context import PUBLICATION_EXAMPLE, read_router
from datalayer.api.path_prefix import address
from datalayer.api.row_schemas import json_response
from datalayer.api.schemas import IndexAnswer
from datalayer.kernel.errors import PortalError
from datalayer.portal import Portal

_EXAMPLE = {
    "name": "Farol",
    "version": "1.0.0",
    "active_publication": PUBLICATION_EXAMPLE,
    "documentation": "/api/v1/docs",
    "openapi": "/api/v1/openapi.json",
    "addresses": [
        {"href": "/api/v1/items", "templated": False, "title": "Search the catalogue of parts"}
    ],
}


def create_router(portal: Portal) -> APIRouter:
    """Return the route of the index."""
    router = read_router("index")

    @router.get(
        "",
        operation_id="get_index",
        summary="What there is, and where",
        responses={200: json_response(IndexAnswer, {"data": _EXAMPLE})},
    )
    def index(request: Request) -> Response:
        """Every address that can be read, with what it answers."""
        return json_answer({"data": _index(request, portal)}, {"Cache-Control": "no-store"})

    return router


def _index(request: Request, portal: Portal) -> dict[str, object]:
    document: dict[str, Any] = request.app.openapi()
    base = address("/api")
    reads = ((path, each["get"]) for path, each in document["paths"].items() if "get" in each)
    return {
        "name": document["info"]["title"],
        "version": document["info"]["version"],
        "active_publication": _active_id(request, portal),
        "documentation": f"{base}/v1/docs",
        "openapi": f"{base}/v1/openapi.json",
        "addresses": [
            {"href": f"{base}{path}", "templated": "{" in path, "title": described["summary"]}
            for path, described in reads
        ],
    }


def _active_id(request: Request, portal: Portal) -> str | None:
    """Return the active publication's id; None where there is none that the caller may read."""
    try:
        return portal.open(None, call_of(request).identity).id
    except PortalError:
        return None
