"""Accuracy: how good each source was, over all parts and by group."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import rows_answer
from datalayer.api.context import read_router
from datalayer.api.described_parameters import document_rows
from datalayer.api.parameters import Page, filters_on, open_page
from datalayer.api.row_schemas import chosen_row_model, row_example, rows_model, rows_response
from datalayer.portal import Portal
from datalayer.reading.questions import accuracy, data_sets


def create_router(portal: Portal) -> APIRouter:
    """Return the route of the measures."""
    router = read_router("accuracy")
    data_set = portal.registry.data_sets["agg_metrics"]
    filters = filters_on(data_set, *accuracy.FILTERS)
    columns = [column.name for column in data_set.columns]
    model = rows_model("Metrics", chosen_row_model("Metric", data_set.columns), with_total=True)

    @router.get(
        "/metrics",
        operation_id="list_metrics",
        summary="Accuracy of every source by group",
        responses=rows_response(model, row_example(data_set.columns), data_sets=("agg_metrics",)),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_metrics(request: Request, page: Page) -> Response:
        """Measures over the backtest of the whole network, one row per group, source, horizon."""
        asked = open_page(request, portal, page, filters, columns, data_set.key)
        question = data_sets.rows(
            data_set, asked.conditions, limit=page.limit, after=asked.after, with_total=True
        )
        return rows_answer(request, asked.publication, asked.arrange(question))

    return router
