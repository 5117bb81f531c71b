"""Stock positions and exceptions: what to order, and what to look at first."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from datalayer.api.addresses import PART
from datalayer.api.answers import rows_answer
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import DIALECT, document_rows
from datalayer.api.parameters import (
    ItemId,
    Location,
    Placed,
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
from datalayer.kernel.contract.registry import ColumnType
from datalayer.portal import NETWORK, Portal
from datalayer.reading.filters import NO_CONDITIONS
from datalayer.reading.questions import exceptions, inventory

Alerts = Annotated[
    bool,
    read_as("alerts", ColumnType.BOOLEAN),
    Query(
        description="Only positions that ask for an order, or are at or below the reorder point.",
        openapi_examples={"alerts": {"value": True}},
    ),
]
Alert = Annotated[
    bool, Field(description="Asks for an order, or is at or below the reorder point.")
]


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of stock and exceptions."""
    router = read_router("inventory")
    _add_positions(router, portal)
    _add_position(router, portal)
    _add_exceptions(router, portal)
    return router


def _add_positions(router: APIRouter, portal: Portal) -> None:
    stock, catalogue = (portal.registry.data_sets[name] for name in ("fact_inventory", "dim_item"))
    of_part = [catalogue.column(name) for name in inventory.ITEM_COLUMNS]
    filters = filters_on(stock, *inventory.FILTERS) | filters_on(catalogue, *inventory.ITEM_FILTERS)
    columns = [each.name for each in (*stock.columns, *of_part)] + ["alert"]
    row = chosen_row_model("StockOfPart", [*stock.columns, *of_part], alert=(Alert, ...))
    example = row_example([*stock.columns, *of_part]) | {"alert": True}

    @router.get(
        "/inventory",
        operation_id="list_inventory",
        summary="Stock positions and reorder alerts",
        responses=rows_response(
            rows_model("Inventory", row, with_total=True),
            example,
            data_sets=("fact_inventory", "dim_item"),
        ),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_inventory(request: Request, page: Placed, alerts: Alerts = False) -> Response:
        """Stock positions at one location by part, each with what the catalogue says of it."""
        asked = open_page(request, portal, page, filters, columns, ("item_id",))
        met = asked.conditions + (inventory.ALERTS if alerts else NO_CONDITIONS)
        question = inventory.positions(
            portal.registry, page.location, met, limit=page.limit, after=asked.after
        )
        require = partial(asked.publication.require_location, page.location)
        return rows_answer(request, asked.publication, asked.arrange(question), require)


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
