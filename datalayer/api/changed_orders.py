"""Why proposed orders are others than in another publication: the steps, and the orders moved."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from datalayer.api.answers import object_answer, rows_answer
from datalayer.api.changed_parts import PART_FILTERS, is_file, kept_values, page_rows
from datalayer.api.context import PUBLICATION_EXAMPLE, CursorText, open_publication, read_router
from datalayer.api.cursors import read_cursor
from datalayer.api.described_parameters import DIALECT
from datalayer.api.parameters import Limit, Location
from datalayer.api.publication_schemas import (
    ChangedOrdersAnswer,
    OrderStepsAnswer,
    StepMeasure,
)
from datalayer.api.publications import EARLIER_EXAMPLE, After, Before, require_location_of_either
from datalayer.api.row_schemas import row_response
from datalayer.portal import NETWORK, Portal, Publication
from datalayer.reading.changed_orders import ChangedOrders, SumOf, changed_orders
from datalayer.reading.changes import compare
from datalayer.reading.order_change_rows import order_rows, step_rows, steps_object
from datalayer.reading.questions import changes

_PARAMETERS: Final = [*PART_FILTERS, DIALECT]
_ENDS_EXAMPLE: dict[str, object] = {
    "sum_before": 61_000.0,
    "sum_after": 74_300.5,
    "change": 13_300.5,
    "orders_before": 86,
    "orders_after": 116,
    "unknown_before": 2,
    "unknown_after": 0,
}
_STEPS_EXAMPLE: dict[str, object] = {
    "before": EARLIER_EXAMPLE,
    "after": PUBLICATION_EXAMPLE,
    "measure": "value",
    "currency": "BRL",
    **_ENDS_EXAMPLE,
    "left_out": {"cost": 1, "unit": 0, "currency": 0},
    "steps": [
        {"step": "expected_demand", "amount": 15_000.5, "parts": 64, "sum": 76_000.5},
        {"step": "stock_added", "amount": -1_700.0, "parts": 12, "sum": 74_300.5},
    ],
}
_ORDER_EXAMPLE: dict[str, object] = {
    "rank": 1,
    "item_id": "P00001",
    "name": "Bateria estacionária 12 V 100 Ah",
    "category": "Energia",
    "demand_class": "lumpy",
    "reason": "changed",
    "unit_before": "un",
    "unit_after": "un",
    "order_before": 0.0,
    "order_after": 30.0,
    "order_change": 30.0,
    "value_before": 0.0,
    "value_after": 12_300.0,
    "value_change": 12_300.0,
    "cause": "expected_demand",
    "left_out": None,
}

StepsOf = Annotated[
    StepMeasure,
    Query(
        description="What adds up: money, or parts with an order.",
        openapi_examples={"money": {"value": "value"}},
    ),
]


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of the proposed orders of two publications."""
    router = read_router("publications")
    _add_steps(router, portal)
    _add_orders(router, portal)
    return router


def _add_steps(router: APIRouter, portal: Portal) -> None:
    @router.get(
        "/publications/{before}/changes/{after}/steps",
        operation_id="get_order_steps",
        summary="What the difference of proposed orders is made of",
        responses=row_response(OrderStepsAnswer, _STEPS_EXAMPLE, data_sets=changes.DATA_SETS),
        openapi_extra={"parameters": _PARAMETERS},
    )
    def order_steps(
        request: Request,
        before: Before,
        after: After,
        location: Location = NETWORK,
        measure: StepsOf = "value",
    ) -> Response:
        """From the sum of the one publication's orders to the other's, by cause.

        As CSV and as Arrow the two sums are rows, too: `before` first, `after` last; none where
        no cost is known.
        """
        later, found = _compared(request, portal, (before, after), location)
        if is_file(request):
            question = changes.order_steps(step_rows(found, SumOf(measure)))
            return rows_answer(request, later, question, changes=True)
        data = {"before": before, "after": after} | steps_object(found, SumOf(measure))
        return object_answer(request, later, data, changes.DATA_SETS)


def _add_orders(router: APIRouter, portal: Portal) -> None:
    @router.get(
        "/publications/{before}/changes/{after}/orders",
        operation_id="list_changed_orders",
        summary="Proposed orders that are others than before",
        responses=row_response(ChangedOrdersAnswer, [_ORDER_EXAMPLE], data_sets=changes.DATA_SETS),
        openapi_extra={"parameters": _PARAMETERS},
    )
    def list_changed_orders(
        request: Request,
        before: Before,
        after: After,
        location: Location = NETWORK,
        limit: Limit = 100,
        cursor: CursorText = None,  # noqa: ARG001 - documented here, read with the request
    ) -> Response:
        """The parts whose order moved, the greatest change in money first.

        Orders that are the same, and of parts of which neither says what to order, are left out.
        As CSV and as Arrow all of them come at once, unless `limit` is given.
        """
        later, found = _compared(request, portal, (before, after), location)
        begun = read_cursor(request)
        rows = order_rows(found.changed())
        most = page_rows(request, limit)
        question = changes.changed_orders(rows, most, begun.after if begun else None)
        return rows_answer(request, later, question, changes=True)


def _compared(
    request: Request, portal: Portal, ends: tuple[str, str], location: str
) -> tuple[Publication, ChangedOrders]:
    """Return the later publication, and the orders of both that the filters leave."""
    earlier, later = (open_publication(request, portal, each) for each in ends)
    require_location_of_either(earlier, later, location)
    found = compare(earlier, later, location)
    kept = kept_values(request, found.parts)
    return later, changed_orders(earlier, later, found, kept)
