"""Forecasts summed up: totals and accuracy per source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from datalayer.api.answers import rows_answer
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import DIALECT, NO_NUL, document_sources
from datalayer.api.parameters import Category, End, Location, Start
from datalayer.api.row_schemas import rows_model, rows_response
from datalayer.portal import NETWORK, Portal
from datalayer.reading.filters import LONGEST_TEXT, plain_text
from datalayer.reading.publication import Publication
from datalayer.reading.questions import forecasts, items
from datalayer.reading.questions.forecasts import MOST_ITEMS, SummarySelection


class SourceSummary(BaseModel):
    """Totals of a span and accuracy over the backtest of one source."""

    source: str = Field(description="Forecast source.")
    first_date: date = Field(description="First date with a forecast in the span.")
    last_date: date = Field(description="Last date with a forecast in the span.")
    forecast_total: float = Field(ge=0, description="Sum of the forecasts [un].")
    actual_total: float | None = Field(
        ge=0, description="Sum of the demand observed on those dates [un]; null without any."
    )
    wape: float | None = Field(ge=0, description="WAPE over the whole backtest [share].")
    mape: float | None = Field(
        ge=0, description="MAPE over the whole backtest [share]; null where any actual is 0."
    )
    items: int | None = Field(description="Parts that WAPE and MAPE rest on.")
    horizon: int | None = Field(description="Periods after a cutoff that they cover.")


_EXAMPLE: dict[str, object] = {
    "source": "ensemble",
    "first_date": "2026-11-21",
    "last_date": "2026-12-18",
    "forecast_total": 1523.75,
    "actual_total": None,
    "wape": 0.61,
    "mape": None,
    "items": 1000,
    "horizon": 28,
}

ItemIds = Annotated[
    tuple[Annotated[str, Field(max_length=LONGEST_TEXT, pattern=NO_NUL)], ...],
    Query(
        max_length=MOST_ITEMS,
        description="Only these parts, the parameter once for each; all parts if left out.",
        openapi_examples={"parts": {"value": ["P00001", "P00002"]}},
    ),
]


@dataclass(frozen=True)
class SummaryParameters:
    """What is summed up."""

    start: Start = None
    end: End = None
    item_ids: ItemIds = ()
    category: Category = None
    location: Location = NETWORK
    p: Pin = None


Summary = Annotated[SummaryParameters, Depends()]


def create_router(portal: Portal) -> APIRouter:
    """Return the route of the summary."""
    router = read_router("forecasts")

    @router.get(
        "/forecasts/summary",
        operation_id="get_forecast_summary",
        summary="Totals and accuracy per source",
        responses=rows_response(
            rows_model("ForecastSummary", SourceSummary),
            _EXAMPLE,
            data_sets=("agg_daily", "agg_metrics", "fact_metrics"),
        ),
        openapi_extra={"parameters": [DIALECT, document_sources(portal.registry)]},
    )
    def forecast_summary(request: Request, asked: Summary) -> Response:
        """One row per source that has a forecast in the span.

        Totals are those of the span. WAPE and MAPE are measured on all pairs of forecast and
        actual of the backtest together, whatever the span; without `item_ids` they are known for
        the whole network only.
        """
        publication = open_publication(request, portal, asked.p)
        selection = SummarySelection(
            location_id=asked.location,
            sources=tuple(request.query_params.getlist("source")),
            start=asked.start,
            end=asked.end,
            category=asked.category,
            item_ids=asked.item_ids,
        )
        _require_items(publication, asked.item_ids)
        measured = publication.table(forecasts.measured_items()).table
        question = forecasts.summary(portal.registry, selection, measured)
        require = partial(publication.require_location, asked.location)
        return rows_answer(request, publication, question, require)

    return router


def _require_items(publication: Publication, item_ids: tuple[str, ...]) -> None:
    """Refuse codes that there are not: without them the total would be another one."""
    if not item_ids:
        return
    for item_id in item_ids:
        plain_text("item_ids", item_id)
    found = publication.table(items.among(item_ids)).table.column("item_id").to_pylist()
    for item_id in sorted(set(item_ids) - set(found)):
        publication.require_item(item_id)
