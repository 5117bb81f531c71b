"""Files of orders over HTTP: those of the list's tiers, in the form that another program takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, problems, read_router
from datalayer.api.described_parameters import NO_NUL, document_list
from datalayer.api.files import Files
from datalayer.kernel.contract.registry import Language, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import NETWORK, Extract, OrdersOfTiers, Portal
from datalayer.reading.filters import LONGEST_TEXT
from datalayer.reading.questions.data_sets import data_set_named

_LANGUAGES: Mapping[str, Language] = {"pt-BR": "pt_BR", "en": "en"}
"""Languages that files speak, by their names on the web (BCP 47)."""
_BINARY = {"schema": {"type": "string", "format": "binary"}}
ORDER_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. `X-Row-Count` says how many orders it has, `Repr-Digest` (RFC "
        "9530) proves it whole.",
        "content": {"text/csv": _BINARY, "application/zip": _BINARY},
    },
    304: {"description": "Nothing changed"},
    **problems(412),
}
"""What the OpenAPI document says of the answers to a request for a file of orders."""

OrderFormat = Annotated[
    Literal["csv", "zip"],
    Path(openapi_examples={"a file for each place": {"value": "zip"}}),
]


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the route of the files of orders of *portal*."""
    router = read_router("orders")

    @router.get(
        "/orders.{format}",
        operation_id="order_file",
        summary="What is to be ordered, as a file for another program",
        responses=ORDER_FILE,
        response_class=Response,
        openapi_extra={"parameters": _parameters(portal.registry)},
    )
    async def order_file(
        request: Request,
        format: OrderFormat,  # noqa: A002 - the word that callers and file names use
        p: Pin = None,
    ) -> Response:
        """The orders of the tiers, without those that planners put aside.

        The zip has a file for each receiving place where the profile wants it so; one file of CSV
        can then be of one place only.
        """
        publication = await run_in_threadpool(open_publication, request, portal, p)
        asked = request.query_params
        profile, language = asked.get("profile", ""), language_named(asked.get("language"))
        tiers, places = (tuple(asked.getlist(name)) for name in ("tier", "location"))

        def make() -> Extract:
            data_set_named(publication.registry, "fact_action")
            standing = portal.marks.standing(publication)
            wanted = OrdersOfTiers(tiers, places, standing)
            identity = call_of(request).identity
            return portal.order_files.of_tiers(
                publication, profile, wanted, identity, form=format, language=language
            )

        extract = await anyio.to_thread.run_sync(make, limiter=files.makings)
        return await run_in_threadpool(partial(files.send, request, extract))

    return router


def language_named(name: str | None) -> Language | None:
    """Return the language that *name* means on the web; None for None.

    Raises:
        InvalidSelection: Files don't speak it.
    """
    if name is not None and name not in _LANGUAGES:
        expected = Sentence("one of {values}", values=tuple(_LANGUAGES))
        raise InvalidSelection(parameter="language", found=repr(name[:80]), expected=expected)
    return _LANGUAGES[name] if name is not None else None


def form_parameters(registry: Registry) -> list[dict[str, Any]]:
    """Return what the OpenAPI document says of the form that a file of orders is to have."""
    profiles = list(registry.order_profiles)
    return [
        {
            "name": "profile",
            "in": "query",
            "required": True,
            "description": "The form of the file.",
            "schema": {"type": "string", "enum": profiles},
            "example": profiles[0],
        },
        {
            "name": "language",
            "in": "query",
            "required": False,
            "description": "Language of tier and reason; that of the profile if left out. Names of "
            "columns stay.",
            "schema": {"type": "string", "enum": list(_LANGUAGES)},
            "example": "pt-BR",
        },
    ]


def _parameters(registry: Registry) -> list[dict[str, Any]]:
    """Return what the OpenAPI document says of the parameters whose values *registry* lists."""
    tiers = list(registry.data_sets["fact_action"].column("tier").allowed)
    text = {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL}
    tier = document_list(
        "tier", {"type": "string", "enum": tiers}, "Tiers of the list of actions.", tiers[:2]
    )
    location = document_list(
        "location",
        text,
        "Places, none of which lies in another; all that none lies below if left out.",
        [NETWORK],
    )
    return [
        *form_parameters(registry),
        {**tier, "required": True, "schema": {**tier["schema"], "minItems": 1}},
        {**location, "schema": {**location["schema"], "uniqueItems": True}},
    ]
