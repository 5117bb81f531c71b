"""Marks of planners: those of the rows that stand in a publication, and a part's history."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from datalayer.api.addresses import PART
from datalayer.api.answers import rows_answer
from datalayer.api.context import read_router
from datalayer.api.described_parameters import document_rows
from datalayer.api.parameters import ItemId, Page, open_page
from datalayer.api.row_schemas import chosen_row_model, row_example, rows_model, rows_response
from datalayer.marks.tables import HISTORY, KEY, STANDING
from datalayer.portal import Portal
from datalayer.reading.filters import filters_of
from datalayer.reading.questions import marks

_READ: Final = ("fact_action",)


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of marks; they are made on pages, and read here."""
    router = read_router("marks")
    _add_standing(router, portal)
    _add_history(router, portal)
    return router


def _add_standing(router: APIRouter, portal: Portal) -> None:
    names = (*KEY, "state", "kind", "marked_by")
    filters = filters_of(column for column in STANDING if column.name in names)
    columns = [column.name for column in STANDING]
    model = rows_model("Marks", chosen_row_model("MarkedRow", STANDING), with_total=True)

    @router.get(
        "/marks",
        operation_id="list_marks",
        summary="What planners say of the rows of the list",
        responses=rows_response(model, row_example(STANDING), data_sets=_READ),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_marks(request: Request, page: Page) -> Response:
        """The rows of the list of actions that somebody marked, by part, each with its state.

        A row whose `state` is `put_aside` belongs on no list and in no file of orders. A row that
        went and came again has none of the marks from before.
        """
        asked = open_page(request, portal, page, filters, columns, KEY)
        question = marks.given(
            "marks",
            portal.marks.standing(asked.publication),
            STANDING,
            KEY,
            asked.conditions,
            limit=page.limit,
            after=asked.after,
        )
        return rows_answer(request, asked.publication, asked.arrange(question), changes=True)


def _add_history(router: APIRouter, portal: Portal) -> None:
    columns = [column.name for column in HISTORY]
    model = rows_model("MarksOfPart", chosen_row_model("MarkMade", HISTORY), with_total=True)
    filters = filters_of(column for column in HISTORY if column.name in KEY[1:])

    @router.get(
        f"/items/{PART}/marks",
        operation_id="list_item_marks",
        summary="All that planners ever said of a part",
        responses=rows_response(model, row_example(HISTORY), data_sets=_READ),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_item_marks(request: Request, item_id: ItemId, page: Page) -> Response:
        """Every mark of its rows in the order of their numbers, undone ones and gone rows too."""
        asked = open_page(request, portal, page, filters, columns, ("number",))
        question = marks.given(
            "item_marks",
            portal.marks.history(asked.publication, item_id),
            HISTORY,
            ("number",),
            asked.conditions,
            limit=page.limit,
            after=asked.after,
        )
        require = partial(asked.publication.require_item, item_id)
        return rows_answer(
            request, asked.publication, asked.arrange(question), require, changes=True
        )
