"""Accuracy: how good each source was, where the past was nearer, and what following cost."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import anyio
from fastapi import APIRouter, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema
from starlette.concurrency import run_in_threadpool

from datalayer.api.answers import rows_answer
from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import DIALECT, NO_NUL, document_rows
from datalayer.api.files import LIST_FILE, Files
from datalayer.api.parameters import Category, Location, Page, filters_on, open_page, read_as
from datalayer.api.row_schemas import chosen_row_model, row_example, rows_model, rows_response
from datalayer.kernel.contract.registry import ColumnType
from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import NETWORK, Extract, Portal, Publication
from datalayer.reading.filters import LONGEST_TEXT
from datalayer.reading.questions import accuracy, data_sets, regret

Source = Annotated[
    str | SkipJsonSchema[None],
    Query(
        max_length=LONGEST_TEXT,
        pattern=NO_NUL,
        description="The source that is judged; the one in use of each part if left out.",
        openapi_examples={"source": {"value": "ensemble"}},
    ),
    read_as("source", ColumnType.TEXT),
]
DemandClass = Annotated[
    str | SkipJsonSchema[None],
    Query(
        max_length=LONGEST_TEXT,
        pattern=NO_NUL,
        description="Only parts of that demand class; `unclassified` for those without.",
        openapi_examples={"class": {"value": "lumpy"}},
    ),
    read_as("demand_class", ColumnType.TEXT),
]
Sort = Annotated[
    accuracy.NearerSort,
    Query(
        description="By how much repeating the past was nearer, those beyond chance first, by what "
        "was used in money, or by code.",
        openapi_examples={"sort": {"value": "money"}},
    ),
]


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the routes of the measures; its files go by *files*."""
    router = read_router("accuracy")
    _add_measures(router, portal)
    _add_nearer_file(router, portal, files)
    _add_ledger(router, portal)
    return router


def _add_measures(router: APIRouter, portal: Portal) -> None:
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


def _add_nearer_file(router: APIRouter, portal: Portal, files: Files) -> None:
    @router.get(
        "/metrics/naive-nearer.csv",
        operation_id="get_naive_nearer_file",
        summary="Parts for which repeating the past was nearer, as one file of CSV",
        responses=LIST_FILE,
        response_class=Response,
        openapi_extra={"parameters": [DIALECT]},
    )
    async def naive_nearer_file(
        request: Request,
        location: Location = NETWORK,
        source: Source = None,
        category: Category = None,
        demand_class: DemandClass = None,
        sort: Sort = "much",
        p: Pin = None,
    ) -> Response:
        """All parts on which the naive source had the smaller error, as the page has them.

        Of each part the source is judged that is in use, its champion, unless another is asked
        for; over the longest horizon. A file that can't be read to its end breaks off.
        """
        asked = accuracy.JudgedParts(location, category, demand_class, source)

        def make() -> Extract:
            publication = open_publication(request, portal, p)
            _require_tested(publication, asked)
            return portal.list_files.of_nearer_parts(
                publication,
                asked,
                call_of(request).identity,
                sort=sort,
                dialect=request.query_params.get("dialect"),
            )

        extract = await anyio.to_thread.run_sync(make, limiter=files.turns)
        return await run_in_threadpool(partial(files.send, request, extract))


def _add_ledger(router: APIRouter, portal: Portal) -> None:
    data_set = portal.registry.data_sets["agg_regret"]
    filters = filters_on(data_set, *regret.FILTERS)
    columns = [column.name for column in data_set.columns]
    model = rows_model("Regrets", chosen_row_model("Regret", data_set.columns), with_total=True)

    @router.get(
        "/regret",
        operation_id="list_regret",
        summary="What following the proposals would have cost at past cutoffs",
        responses=rows_response(model, row_example(data_set.columns), data_sets=("agg_regret",)),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def list_regret(request: Request, page: Page) -> Response:
        """What each rule would have cost a month, one row per group and rule.

        `cost_more` and `down_hours_more` are the differences to the rule that is followed; where
        their ends have different signs, they can't be told from chance.
        """
        asked = open_page(request, portal, page, filters, columns, data_set.key)
        question = data_sets.rows(
            data_set, asked.conditions, limit=page.limit, after=asked.after, with_total=True
        )
        return rows_answer(request, asked.publication, asked.arrange(question))


def _require_tested(publication: Publication, asked: accuracy.JudgedParts) -> None:
    """Refuse a value that no tested part has: a file without rows would tell of no fault."""
    publication.require_location(asked.location_id)
    choices = publication.table(accuracy.choices(asked.location_id)).table.to_pylist()
    for name in ("source", "category", "demand_class"):
        known = [row["value"] for row in choices if row["filter"] == name]
        found = getattr(asked, name)
        if found is not None and found not in known:
            expected = f"one of {', '.join(known[:20])}"
            raise InvalidSelection(parameter=name, found=ascii(found[:80]), expected=expected)
