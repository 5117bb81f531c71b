"""The list of actions: what there is to do, without what planners put aside."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import rows_answer
from datalayer.api.context import read_router
from datalayer.api.described_parameters import document_rows
from datalayer.api.parameters import Page, open_page
from datalayer.api.row_schemas import chosen_row_model, row_example, rows_model, rows_response
from datalayer.portal import Portal
from datalayer.reading.filters import filters_of
from datalayer.reading.questions import actions, listings

_READ: Final = ("fact_action", "dim_item", "dim_location")


def create_router(portal: Portal) -> APIRouter:
    """Return the route of the list of actions."""
    router = read_router("actions")
    told = listings.told_columns(portal.registry)
    filters = filters_of(listings.filter_columns(portal.registry).values())
    columns = [column.name for column in told]
    model = rows_model("Actions", chosen_row_model("ActionListed", told), with_total=True)

    @router.get(
        "/actions",
        operation_id="list_actions",
        summary="What there is to do, the most urgent first",
        responses=rows_response(model, row_example(told), data_sets=_READ),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_actions(request: Request, page: Page) -> Response:
        """Of each part and place the first action that planners have not put aside, by rank.

        With `action` the first of that kind. All actions of a part, put aside or not, are rows of
        the data set `fact_action`.
        """
        asked = open_page(request, portal, page, filters, columns, ("rank",))
        wanted = portal.listing(asked.publication, request.query_params.multi_items())
        question = actions.listed(
            asked.publication.registry,
            wanted,
            limit=page.limit,
            after=asked.after,
            columns=columns,
        )
        return rows_answer(request, asked.publication, asked.arrange(question), changes=True)

    return router
