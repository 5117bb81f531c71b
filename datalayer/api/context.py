"""What every route of the API shares: who calls, which publication, and which parameters exist."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic.json_schema import SkipJsonSchema

from datalayer.api.call import call_of
from datalayer.api.cursors import LONGEST_CURSOR, Cursor
from datalayer.api.problems import MEDIA_TYPE
from datalayer.api.schemas import Problem
from datalayer.kernel.contract.manifest import PUBLICATION_ID, is_publication_id
from datalayer.kernel.errors import InvalidSelection, UnknownParameter
from datalayer.portal import Portal, Publication

_MOST_LISTED = 100
"""Parameters that a refusal names all of; of more it names those most like the one given."""
PUBLICATION_EXAMPLE = "20261121T060000Z-1a2b3c4d"
PUBLICATION_ID_PATTERN = f"^{PUBLICATION_ID.pattern}$"

Pin = Annotated[
    str | SkipJsonSchema[None],
    Query(
        description="A kept publication's id, to read that one whatever is active.",
        # Of the schema: one of the parameter stands in the form of the documentation page, where
        # every call that is tried there would ask for a publication that nobody has.
        examples=[PUBLICATION_EXAMPLE],
        json_schema_extra={"pattern": PUBLICATION_ID_PATTERN},
    ),
]
CursorText = Annotated[
    str | SkipJsonSchema[None],
    Query(
        alias="cursor",
        max_length=LONGEST_CURSOR,
        description="The `next` of the answer before; pins its publication.",
    ),
]

_PROBLEMS = {
    400: "The request can't be understood",
    401: "A sign-in or an API key is needed",
    404: "Unknown",
    406: "None of the media types asked for can be given",
    410: "The publication is not kept any more",
    414: "The address is too long",
    422: "A parameter can't be used",
    429: "Too many requests",
    431: "Request line and headers are too large together",
    503: "Nothing published, or temporarily unavailable",
}
_PROBLEMS_OF_FILES = {
    412: "The file is another one than `If-Match` names",
    416: "The file has none of the bytes that `Range` asks for",
}


def read_router(*tags: str) -> APIRouter:
    """Return a router for reads: its problems are documented and unknown parameters refused."""
    return APIRouter(
        prefix="/v1",
        tags=list(tags),
        responses=problems(*_PROBLEMS),
        dependencies=[Depends(refuse_unknown_parameters)],
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document describes the problems of these *statuses*."""
    schema = Problem.model_json_schema()
    return {
        status: {
            "description": (_PROBLEMS | _PROBLEMS_OF_FILES).get(status, "Refused"),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def open_publication(
    request: Request, portal: Portal, publication_id: str | None, cursor: Cursor | None = None
) -> Publication:
    """Return the publication to read: the cursor's, the pinned one, or the active one.

    Raises:
        InvalidSelection: *publication_id* can't be one, or is another than the cursor's.
        UnknownPublication, NothingPublished, SignInRequired: As for ``Portal.open``.
    """
    if publication_id is not None and not is_publication_id(publication_id):
        expected = f"a publication's id such as {PUBLICATION_EXAMPLE}"
        raise InvalidSelection(parameter="p", found=repr(publication_id[:80]), expected=expected)
    if cursor and publication_id not in (None, cursor.publication_id):
        expected = f"{cursor.publication_id}, which the cursor is of, or left out"
        raise InvalidSelection(parameter="p", found=publication_id, expected=expected)
    wanted = cursor.publication_id if cursor else publication_id
    return portal.open(wanted, call_of(request).identity)


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse parameters that the OpenAPI document doesn't list, or not as often.

    Left out silently, a misspelt one would answer another question than was asked.

    Raises:
        UnknownParameter: There is none of that name.
        InvalidSelection: It is given more often than it may be.
    """
    route = request.scope["route"]
    if not route.include_in_schema:
        return
    known: dict[str, float] = request.app.state.query_parameters[route.path_format, request.method]
    for name in request.query_params:
        if name not in known:
            listed = (
                known
                if len(known) <= _MOST_LISTED
                else get_close_matches(name[:80], known, n=5, cutoff=0.0)
            )
            expected = f"one of {', '.join(listed)}" if known else "left out: there is none here"
            raise UnknownParameter(parameter="parameter", found=repr(name[:80]), expected=expected)
        given, most = len(request.query_params.getlist(name)), known[name]
        if given > most:
            expected = "given once" if most == 1 else f"given at most {most} times"
            raise InvalidSelection(parameter=name, found=f"given {given} times", expected=expected)


def query_parameters(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, float]]:
    """Return how often each parameter may stand in a query, by path and method.

    Args:
        document: The API's OpenAPI document.
    """
    return {
        (path, method.upper()): {
            each["name"]: _most_values(each)
            for each in operation.get("parameters", ())
            if each["in"] == "query"
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _most_values(parameter: dict[str, Any]) -> float:
    if parameter.get("explode") is False:
        return 1
    schema = parameter["schema"]
    for each in (schema, *schema.get("anyOf", ())):
        if each.get("type") == "array":
            return float(each.get("maxItems", math.inf))
    return 1
