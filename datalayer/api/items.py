"""Parts: the catalogue, one part, and a part's history with its forecasts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from datalayer.api.addresses import PART
from datalayer.api.answers import rows_answer
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import (
    DIALECT,
    document_rows,
    document_sources,
)
from datalayer.api.parameters import (
    End,
    ItemId,
    Location,
    Page,
    Search,
    Start,
    filters_on,
    open_page,
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
from datalayer.kernel.contract.registry import Column, Registry
from datalayer.portal import NETWORK, Portal, SeriesSelection
from datalayer.reading.questions import forecasts, items, plans

_MATCH: dict[str, Any] = {
    items.MATCH: (
        Literal["exact", "prefix", "words", "inside", "near"] | None,
        Field(
            description="With `q` only, else null: how it is met. By a whole code, the beginning "
            "of one, the beginnings of words, somewhere in words or code, or with one slip.",
            examples=["words"],
        ),
    )
}
_SERIES = ("date", "source", "forecast", "actual", "cutoff")


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of parts."""
    router = read_router("items")
    _add_catalogue(router, portal)
    _add_series(router, portal)
    _add_projection(router, portal)
    _add_item(router, portal)
    return router


def _add_catalogue(router: APIRouter, portal: Portal) -> None:
    data_set = portal.registry.data_sets["dim_item"]
    filters = filters_on(data_set, *items.FILTERS)
    columns = [*(column.name for column in data_set.columns), items.MATCH]
    row = chosen_row_model("ItemRow", data_set.columns, **_MATCH)
    model = rows_model("Items", row, with_total=True)

    @router.get(
        "/items",
        operation_id="list_items",
        summary="Search the catalogue of parts",
        responses=rows_response(model, row_example(data_set.columns), data_sets=("dim_item",)),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_items(request: Request, page: Page, q: Search = "") -> Response:
        """Parts by code; with `q` the best match first, near misses last, each with its `match`.

        Near misses are left out where a code begins with `q`, of which eight words count.
        """
        asked = open_page(
            request, portal, page, filters, columns, data_set.key, in_key_order=not q.strip()
        )
        question = items.catalogue(
            portal.registry, q, asked.conditions, limit=page.limit, after=asked.after
        )
        if q.strip():
            asked.publication.prepare_search()
        return rows_answer(request, asked.publication, asked.arrange(question))


def _add_series(router: APIRouter, portal: Portal) -> None:
    columns = _series_columns(portal.registry)
    row = row_model("SeriesPoint", columns)
    example = row_example(columns)

    @router.get(
        f"/items/{PART}/timeseries",
        operation_id="get_item_timeseries",
        summary="History and forecasts of a part",
        responses=rows_response(
            rows_model("Series", row), example, data_sets=("fact_forecast", "fact_demand")
        ),
        openapi_extra={"parameters": [DIALECT, document_sources(portal.registry)]},
    )
    def item_timeseries(
        request: Request,
        item_id: ItemId,
        start: Start = None,
        end: End = None,
        location: Location = NETWORK,
        p: Pin = None,
    ) -> Response:
        """Rows without a source are the observed demand, zeros included; they come first.

        Then one row per source and date: the forecast of a past date is what was forecast at the
        last cutoff before it. The whole series is one page.
        """
        publication = open_publication(request, portal, p)
        sources = tuple(request.query_params.getlist("source"))
        selection = SeriesSelection(item_id, location, sources, start, end)
        question = forecasts.series(portal.registry, publication.manifest, selection)
        require = partial(publication.require_item_and_location, item_id, location)
        return rows_answer(request, publication, question, require)


def _add_projection(router: APIRouter, portal: Portal) -> None:
    columns = plans.projected_columns(portal.registry)
    row = row_model("ProjectedStock", columns)

    @router.get(
        f"/items/{PART}/projection",
        operation_id="get_item_projection",
        summary="How the stock of a part is expected to go on",
        responses=rows_response(
            rows_model("Projection", row),
            row_example(columns),
            data_sets=("fact_projection", "fact_inventory"),
        ),
        openapi_extra={"parameters": [DIALECT]},
    )
    def item_projection(
        request: Request, item_id: ItemId, location: Location = NETWORK, p: Pin = None
    ) -> Response:
        """Stock at the end of each day or period, from the last day observed on.

        The first row is what lies there on that day. Below 0 is what will lack. The quantiles are
        of the stock without what is to be ordered.
        """
        publication = open_publication(request, portal, p)
        registry, manifest = publication.registry, publication.manifest
        question = plans.projection(registry, manifest, item_id, location)
        require = partial(publication.require_item_and_location, item_id, location)
        return rows_answer(request, publication, question, require)


def _add_item(router: APIRouter, portal: Portal) -> None:
    columns = portal.registry.data_sets["dim_item"].columns
    model = row_answer_model("ItemAnswer", row_model("Item", columns))

    @router.get(
        f"/items/{PART}",
        operation_id="get_item",
        summary="One part of the catalogue",
        responses=row_response(model, row_example(columns), data_sets=("dim_item",)),
        openapi_extra={"parameters": [DIALECT]},
    )
    def item(request: Request, item_id: ItemId, p: Pin = None) -> Response:
        """Its row of the catalogue, or a problem that names the nearest codes."""
        publication = open_publication(request, portal, p)
        require = partial(publication.require_item, item_id)
        return rows_answer(request, publication, items.item(item_id), require, single=True)


def _series_columns(registry: Registry) -> list[Column]:
    data_set = registry.data_sets["fact_forecast"]
    columns = [*(data_set.column(name) for name in _SERIES), *data_set.quantiles]
    # The rows of the observed demand have only a date and an actual.
    return [replace(each, required=each.name == "date") for each in columns]
