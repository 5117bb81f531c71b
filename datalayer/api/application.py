"""The REST API over one portal, mounted at /api: reads, and the refresh that an admin starts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Path, Response

from datalayer.api import (
    accuracy,
    actions,
    availability,
    buy_list,
    changed_orders,
    data_sets,
    extracting,
    feed,
    forecasts,
    index,
    inventory,
    items,
    marks,
    moves,
    orders,
    publication_files,
    publications,
    refreshing,
)
from datalayer.api.answers import json_answer
from datalayer.api.context import query_parameters, read_router
from datalayer.api.documentation import documentation_routes
from datalayer.api.files import Files
from datalayer.api.links import add_links
from datalayer.api.path_prefix import address
from datalayer.api.problems import PROBLEM_TYPES, ProblemType, answer_with_problems, problem
from datalayer.api.row_schemas import json_response
from datalayer.api.schemas import ProblemKindAnswer, ProblemKinds
from datalayer.portal import Portal

_SUBJECTS = (
    index,
    # Before the parts, whose codes may hold slashes: theirs is the most general address.
    marks,
    availability,
    moves,
    items,
    forecasts,
    actions,
    publications,
    changed_orders,
    feed,
    data_sets,
    refreshing,
)
_SUBJECTS_OF_FILES = (publication_files, extracting, orders, buy_list, inventory, accuracy)


def create_api(portal: Portal) -> FastAPI:
    """Return the API of *portal*; its row models and their documentation follow the registry."""
    api = FastAPI(
        title="Farol",
        version=portal.registry.version,
        summary="Forecasts, stock and exceptions of spare parts, as they were published.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        root_path_in_servers=False,
        # An address has no slash at its end: the middleware forgives one.
        redirect_slashes=False,
        routes=documentation_routes(),
    )
    for subject in _SUBJECTS:
        api.include_router(subject.create_router(portal))
    files = Files(portal)
    for subject_of_files in _SUBJECTS_OF_FILES:
        api.include_router(subject_of_files.create_router(portal, files))
    _add_problem_types(api)
    answer_with_problems(api)
    # Made here and kept by FastAPI: no caller waits for it, and what is added to it stays.
    document = api.openapi()
    api.state.query_parameters = query_parameters(document)
    document["servers"] = [{"url": address("/api")}]
    add_links(document)
    _add_key(document)
    return api


def _add_key(document: dict[str, Any]) -> None:
    """Mark in *document* which calls take an API key, and which of them may do without."""
    scheme = {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "Needed to change something, and on a portal for members to read.",
    }
    document["components"]["securitySchemes"] = {"key": scheme}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            changes = path.startswith("/v1/data/")
            operation["security"] = [{"key": []}] if changes else [{}, {"key": []}]


def _add_problem_types(api: FastAPI) -> None:
    router = read_router("problems")
    example = _problem_type(PROBLEM_TYPES["unknown-part"])

    @router.get(
        "/problems",
        operation_id="list_problem_types",
        summary="The types of problems",
        responses={200: json_response(ProblemKinds, {"data": [example], "next": None})},
    )
    def problem_types() -> Response:
        kinds = [_problem_type(kind) for kind in PROBLEM_TYPES.values()]
        return json_answer({"data": kinds, "next": None})

    @router.get(
        "/problems/{slug}",
        operation_id="get_problem_type",
        summary="One type of problem",
        responses={200: json_response(ProblemKindAnswer, {"data": example})},
    )
    def problem_type(
        slug: Annotated[str, Path(openapi_examples={"a kind": {"value": "unknown-part"}})],
    ) -> Response:
        if slug not in PROBLEM_TYPES:
            return problem("not-found", f"There is no problem type {slug[:80]!a}")
        return json_answer({"data": _problem_type(PROBLEM_TYPES[slug])})

    api.include_router(router)


def _problem_type(kind: ProblemType) -> dict[str, object]:
    return asdict(kind) | {"type": kind.uri}
