"""Stock positions and exceptions: what to order, and what to look at first."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import anyio
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from datalayer.api.addresses import PART
from datalayer.api.answers import rows_answer
from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import DIALECT, document_rows
from datalayer.api.files import LIST_FILE, Files
from datalayer.api.parameters import (
    ItemId,
    Location,
    Placed,
    Search,
    filters_on,
    open_page,
    read_as,
)
from datalayer.api.row_schemas import (
    chosen_row_model,
    row_answer_model,
    row_example,
    row_model,
    row_response,
    rows_model,
    rows_response,
)
from datalayer.kernel.contract.registry import Column, ColumnType
from datalayer.portal import NETWORK, Extract, Portal, Publication
from datalayer.reading.arrangement import arrangement_of
from datalayer.reading.filters import NO_CONDITIONS, Filter, conditions
from datalayer.reading.questions import exceptions, inventory

Alerts = Annotated[
    bool,
    read_as("alerts", ColumnType.BOOLEAN),
    Query(
        description="Only positions that ask for an order, or are at or below the reorder point.",
        openapi_examples={"alerts": {"value": True}},
    ),
]


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the routes of stock and exceptions; its files go by *files*."""
    router = read_router("inventory")
    _add_positions(router, portal)
    _add_file(router, portal, files)
    _add_position(router, portal)
    _add_exceptions(router, portal)
    return router


def _add_positions(router: APIRouter, portal: Portal) -> None:
    columns, names, filters = _of_positions(portal)
    row = chosen_row_model("StockOfPart", columns)

    @router.get(
        "/inventory",
        operation_id="list_inventory",
        summary="Stock positions and reorder alerts",
        responses=rows_response(
            rows_model("Inventory", row, with_total=True),
            row_example(columns),
            data_sets=("fact_inventory", "dim_item"),
        ),
        openapi_extra=document_rows(names, filters.values()),
    )
    def list_inventory(
        request: Request, page: Placed, q: Search = "", alerts: Alerts = False
    ) -> Response:
        """Stock positions at one location by part, each with what the catalogue says of it."""
        asked = open_page(request, portal, page, filters, names, ("item_id",))
        met = asked.conditions + (inventory.ALERTS if alerts else NO_CONDITIONS)
        wanted = inventory.selection(portal.registry, (), location_id=page.location, text=q)
        _prepare(asked.publication, wanted)
        question = inventory.positions(
            portal.registry, wanted, met, limit=page.limit, after=asked.after
        )
        require = partial(asked.publication.require_location, page.location)
        return rows_answer(request, asked.publication, asked.arrange(question), require)


def _add_file(router: APIRouter, portal: Portal, files: Files) -> None:
    _columns, names, filters = _of_positions(portal)

    @router.get(
        "/inventory.csv",
        operation_id="get_inventory_file",
        summary="Stock positions as one file of CSV",
        responses=LIST_FILE,
        response_class=Response,
        openapi_extra=document_rows(names, filters.values()),
    )
    async def inventory_file(
        request: Request,
        location: Location = NETWORK,
        q: Search = "",
        alerts: Alerts = False,
        p: Pin = None,
    ) -> Response:
        """All positions that `inventory` answers with page by page, in the same order.

        A file that can't be read to its end breaks off; it is never taken for whole.
        """

        def make() -> Extract:
            publication = open_publication(request, portal, p)
            asked = request.query_params
            met = conditions(filters, asked.multi_items())
            wanted = inventory.selection(portal.registry, (), location_id=location, text=q)
            _prepare(publication, wanted)
            return portal.list_files.of_stock(
                publication,
                wanted,
                call_of(request).identity,
                met=met + (inventory.ALERTS if alerts else NO_CONDITIONS),
                arrangement=arrangement_of(
                    names, asked.get("columns"), asked.get("order"), ("item_id",)
                ),
                dialect=asked.get("dialect"),
            )

        extract = await anyio.to_thread.run_sync(make, limiter=files.turns)
        return await run_in_threadpool(partial(files.send, request, extract))


def _of_positions(portal: Portal) -> tuple[tuple[Column, ...], list[str], dict[str, Filter]]:
    """Return the columns of a position, their names, and what positions are filtered by."""
    columns = inventory.columns(portal.registry)
    return columns, [each.name for each in columns], inventory.filters(portal.registry)


def _prepare(publication: Publication, wanted: inventory.StockSelection) -> None:
    if wanted.text:
        publication.prepare_search()


def _add_position(router: APIRouter, portal: Portal) -> None:
    columns = portal.registry.data_sets["fact_inventory"].columns
    model = row_answer_model("StockAnswer", row_model("Stock", columns), optional=True)

    @router.get(
        f"/inventory/{PART}",
        operation_id="get_inventory",
        summary="The stock position of a part",
        responses=row_response(model, row_example(columns), data_sets=("fact_inventory",)),
        openapi_extra={"parameters": [DIALECT]},
    )
    def stock_position(
        request: Request, item_id: ItemId, location: Location = NETWORK, p: Pin = None
    ) -> Response:
        """Its row of the stock, or null where none of the part is planned at the location."""
        publication = open_publication(request, portal, p)
        require = partial(publication.require_item_and_location, item_id, location)
        question = inventory.of_item(item_id, location)
        return rows_answer(request, publication, question, require, single=True)


def _add_exceptions(router: APIRouter, portal: Portal) -> None:
    data_set = portal.registry.data_sets["fact_exception"]
    filters = filters_on(data_set, *exceptions.FILTERS)
    columns = [column.name for column in data_set.columns]
    model = rows_model(
        "Exceptions", chosen_row_model("Exception", data_set.columns), with_total=True
    )

    @router.get(
        "/exceptions",
        operation_id="list_exceptions",
        summary="What to look at first",
        responses=rows_response(
            model, row_example(data_set.columns), data_sets=("fact_exception",)
        ),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_exceptions(request: Request, page: Placed) -> Response:
        """Exceptions at one location by rank, the most urgent first."""
        asked = open_page(request, portal, page, filters, columns, data_set.key)
        question = exceptions.rows(
            portal.registry, page.location, asked.conditions, limit=page.limit, after=asked.after
        )
        require = partial(asked.publication.require_location, page.location)
        return rows_answer(request, asked.publication, asked.arrange(question), require)
