"""Files of orders over HTTP: those of the list's tiers, in the form that another program takes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, problems, read_router
from datalayer.api.files import Files
from datalayer.portal import Extract, OrdersOfTiers, Portal
from datalayer.reading.filters import MOST_VALUES
from datalayer.reading.questions.data_sets import data_set_named

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. `X-Row-Count` says how many orders it has, `Repr-Digest` (RFC "
        "9530) proves it whole.",
        "content": {"text/csv": _BINARY, "application/zip": _BINARY},
    },
    304: {"description": "Nothing changed"},
    **problems(412),
}


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the route of the files of orders of *portal*."""
    router = read_router("orders")

    @router.get(
        "/orders.{format}",
        operation_id="order_file",
        summary="What is to be ordered, as a file for another program",
        responses=_RESPONSES,
        response_class=Response,
    )
    async def order_file(
        request: Request,
        format: Annotated[  # noqa: A002 - the word that callers and file names use
            Literal["csv", "zip"],
            Path(openapi_examples={"a file for each place": {"value": "zip"}}),
        ],
        profile: Annotated[
            str,
            Query(
                description="The form of the file: one of the contract's `orderProfiles`.",
                openapi_examples={"for a spreadsheet": {"value": "generic"}},
            ),
        ],
        tier: Annotated[
            list[str],
            Query(
                max_length=MOST_VALUES,
                description="Tiers of the list of actions: one or more of those of `fact_action`.",
                openapi_examples={"urgent": {"value": ["late", "this_week"]}},
            ),
        ],
        location: Annotated[
            list[str] | None,
            Query(
                max_length=MOST_VALUES,
                description="Places, none of which lies in another; all that none lies below if "
                "left out.",
                openapi_examples={"the network": {"value": ["network"]}},
            ),
        ] = None,
        p: Pin = None,
    ) -> Response:
        """The orders of the tiers, without those that planners put aside.

        The zip has a file for each receiving place where the profile wants it so; one file of CSV
        can then be of one place only.
        """
        publication = await run_in_threadpool(open_publication, request, portal, p)

        def make() -> Extract:
            data_set_named(publication.registry, "fact_action")
            standing = portal.marks.standing(publication)
            wanted = OrdersOfTiers(tuple(tier), tuple(location or ()), standing)
            identity = call_of(request).identity
            return portal.order_files.of_tiers(publication, profile, wanted, identity, form=format)

        extract = await anyio.to_thread.run_sync(make, limiter=files.makings)
        return await run_in_threadpool(partial(files.send, request, extract))

    return router
