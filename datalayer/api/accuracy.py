"""Accuracy: how good each source was, over all parts and by group."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import rows_answer
from datalayer.api.context import read_router
from datalayer.api.parameters import Page, document_filters, filters_on, open_page
from datalayer.api.row_schemas import row_example, row_model, rows_model, rows_response
from datalayer.portal import Portal
from datalayer.reading.questions import accuracy, data_sets


def create_router(portal: Portal) -> APIRouter:
    """Return the route of the measures."""
    router = read_router("accuracy")
    data_set = portal.registry.data_sets["agg_metrics"]
    filters = filters_on(data_set, *accuracy.FILTERS)
    model = rows_model("Metrics", row_model("Metric", data_set.columns), with_total=True)

    @router.get(
        "/metrics",
        operation_id="list_metrics",
        summary="Accuracy of every source by group",
        responses=rows_response(model, row_example(data_set.columns), data_sets=("agg_metrics",)),
        openapi_extra=document_filters(filters.values()),
    )
    def list_metrics(request: Request, page: Page) -> Response:
        """Measures over the backtest of the whole network, one row per group, source, horizon."""
        publication, met, after = open_page(request, portal, page, filters)
        question = data_sets.rows(data_set, met, limit=page.limit, after=after, with_total=True)
        return rows_answer(request, publication, question)

    return router
