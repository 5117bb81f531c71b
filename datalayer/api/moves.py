"""Moves over HTTP: what to bring from one place to another before anything is bought."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import rows_answer
from datalayer.api.context import read_router
from datalayer.api.described_parameters import document_rows
from datalayer.api.parameters import Page, open_page
from datalayer.api.row_schemas import chosen_row_model, row_example, rows_model, rows_response
from datalayer.portal import Portal
from datalayer.reading.questions import transfer_columns, transfers
from datalayer.reading.questions.data_sets import data_set_named

_READ: Final = ("fact_transfer", "dim_item", "dim_location")


def create_router(portal: Portal) -> APIRouter:
    """Return the route of moves."""
    router = read_router("availability")
    columns = transfer_columns.told_columns(portal.registry)
    names = [column.name for column in columns]
    filters = transfers.filters(portal.registry)
    model = rows_model("Moves", chosen_row_model("PartMove", columns), with_total=True)

    @router.get(
        "/availability/moves",
        operation_id="list_moves",
        summary="What to bring from one place to another before anything is bought",
        responses=rows_response(model, row_example(columns), data_sets=_READ),
        openapi_extra=document_rows(names, filters.values()),
    )
    def list_moves(request: Request, page: Page) -> Response:
        """Moves by rank, what is worth most first; the buy list begins once all are made.

        A `freight` of null isn't known, and isn't taken off the `value`.
        """
        asked = open_page(request, portal, page, filters, names, ("rank",))
        data_set_named(asked.publication.registry, "fact_transfer")
        question = transfers.moves(asked.conditions, limit=page.limit, after=asked.after)
        return rows_answer(request, asked.publication, asked.arrange(question))

    return router
