"""The buy list over HTTP: steps, what a budget buys of them, why they stand there, and files."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

import anyio
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, create_model
from starlette.concurrency import run_in_threadpool

from datalayer.api.answers import object_answer, rows_answer
from datalayer.api.call import call_of
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import (
    DIALECT,
    arrangement_parameters,
    filter_parameters,
)
from datalayer.api.files import LIST_FILE, Files
from datalayer.api.orders import ORDER_FILE, OrderFormat, form_parameters, language_named
from datalayer.api.parameters import Page, open_page, read_as
from datalayer.api.row_schemas import (
    chosen_row_model,
    object_response,
    row_answer_model,
    row_example,
    row_model,
    row_response,
    rows_model,
    rows_response,
)
from datalayer.api.schemas import Envelope, Labels
from datalayer.kernel.contract.registry import ColumnType, Registry
from datalayer.portal import BuyOrders, Extract, Portal, Publication, buy_reasons
from datalayer.reading.arrangement import arrangement_of
from datalayer.reading.questions import availability_columns, buy_list
from datalayer.reading.questions.data_sets import data_set_named

_READ: Final = ("fact_buy_list", "fact_availability", "dim_item", "dim_location")
_KEY: Final = ("rank",)
_BUDGET: Final[dict[str, Any]] = {
    "name": "budget",
    "in": "query",
    "required": False,
    "description": "What there is to spend, in the publication's currency. The list ends before "
    "the first step that goes beyond it; 0 buys nothing. With a filter it is for the rows that "
    "the filter leaves.",
    "schema": {"type": "number", "minimum": 0},
    "example": 300_000,
}
_WHY_EXAMPLE: Final = {
    "en": "Buying 2 un of Bateria 12 V (P00001) at CD Recife, on top of 2 un in stock and on "
    "order, costs R$ 840 and avoids 15 tower-hours a month: R$ 1,000 avoid 18 h.",
    "pt_BR": "Comprar 2 un de Bateria 12 V (P00001) em CD Recife, além de 2 un em estoque e "
    "pedidos, custa R$ 840 e evita 15 horas de torre por mês: R$ 1.000 evitam 18 h.",
}

Rank = Annotated[
    int,
    Path(
        ge=1,
        le=1_000_000_000,
        description="Rank in the list, from 1.",
        openapi_examples={"first": {"value": 1}},
    ),
    read_as("rank", ColumnType.INTEGER),
]


def create_router(portal: Portal, files: Files) -> APIRouter:
    """Return the routes of the buy list; its files go by *files*."""
    router = read_router("availability")
    _add_list(router, portal)
    _add_file(router, portal, files)
    _add_orders(router, portal, files)
    _add_effect(router, portal)
    _add_explanation(router, portal)
    return router


def asked_parameters(registry: Registry) -> list[dict[str, Any]]:
    """Return what the OpenAPI document says of which steps are wanted: filters and budget."""
    return [_BUDGET, *filter_parameters(buy_list.filters(registry).values())]


def _add_list(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.told_columns(portal.registry)
    names = [column.name for column in columns]
    filters = buy_list.filters(portal.registry)
    model = rows_model("BuyList", chosen_row_model("BuyStep", columns), with_total=True)

    @router.get(
        "/availability/buy-list",
        operation_id="list_buys",
        summary="What to buy, in the order of what it avoids for its cost",
        responses=rows_response(model, row_example(columns), data_sets=_READ),
        openapi_extra={"parameters": _listed_parameters(portal.registry, names)},
    )
    def list_buys(request: Request, page: Page) -> Response:
        """Steps by rank: each is a quantity of a part on top of those before it.

        With a filter, `cumulative_cost` and `cumulative_down_hours_avoided` are sums of the rows
        that it leaves, not of the whole list.
        """
        asked = open_page(request, portal, page, filters, names, _KEY)
        wanted = _wanted(asked.publication, request)
        question = buy_list.steps(wanted, limit=page.limit, after=asked.after)
        return rows_answer(request, asked.publication, asked.arrange(question))


def _add_file(router: APIRouter, portal: Portal, files: Files) -> None:
    names = list(buy_list.COLUMNS)

    @router.get(
        "/availability/buy-list.csv",
        operation_id="get_buy_list_file",
        summary="The buy list as one file of CSV",
        responses=LIST_FILE,
        response_class=Response,
        openapi_extra={"parameters": _listed_parameters(portal.registry, names)},
    )
    async def buy_list_file(request: Request, p: Pin = None) -> Response:
        """All steps that `availability/buy-list` answers with page by page, in the same order.

        A file that can't be read to its end breaks off; it is never taken for whole.
        """

        def make() -> Extract:
            publication = open_publication(request, portal, p)
            asked = request.query_params
            return portal.list_files.of_buys(
                publication,
                _wanted(publication, request),
                call_of(request).identity,
                arrangement=arrangement_of(names, asked.get("columns"), asked.get("order"), _KEY),
                dialect=asked.get("dialect"),
            )

        extract = await anyio.to_thread.run_sync(make, limiter=files.turns)
        return await run_in_threadpool(partial(files.send, request, extract))


def _add_orders(router: APIRouter, portal: Portal, files: Files) -> None:
    asked_and_form = [*form_parameters(portal.registry), *asked_parameters(portal.registry)]

    @router.get(
        "/availability/buy-list/orders.{format}",
        operation_id="buy_order_file",
        summary="The buy list as orders, as a file for another program",
        responses=ORDER_FILE,
        response_class=Response,
        openapi_extra={"parameters": asked_and_form},
    )
    async def buy_order_file(
        request: Request,
        format: OrderFormat,  # noqa: A002 - the word that callers and file names use
        p: Pin = None,
    ) -> Response:
        """One order for each part at a place, up to the budget, in the forms of `orders.csv`.

        Each row says that it follows the price of a tower-hour, and from where to where the list
        was cut. Parts whose order planners put aside are left out; their money buys nothing else.
        """

        def make() -> Extract:
            publication = open_publication(request, portal, p)
            asked = request.query_params
            wanted = _wanted(publication, request)
            data_set_named(publication.registry, "fact_action")
            return portal.order_files.of_buys(
                publication,
                asked.get("profile", ""),
                BuyOrders(wanted, portal.marks.standing(publication)),
                call_of(request).identity,
                form=format,
                language=language_named(asked.get("language")),
            )

        extract = await anyio.to_thread.run_sync(make, limiter=files.makings)
        return await run_in_threadpool(partial(files.send, request, extract))


def _add_effect(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.effect_columns()
    model = row_answer_model("BudgetEffect", row_model("BudgetBuys", columns))

    @router.get(
        "/availability/buy-list/effect",
        operation_id="get_budget_effect",
        summary="What a budget buys of the list, and what as much again would",
        responses=row_response(model, row_example(columns), data_sets=_READ),
        openapi_extra={"parameters": [DIALECT, *asked_parameters(portal.registry)]},
    )
    def budget_effect(request: Request, p: Pin = None) -> Response:
        """Steps, cost, hours, and the share of all hours that the listed steps avoid."""
        publication = open_publication(request, portal, p)
        question = buy_list.budget_effect(_wanted(publication, request))
        return rows_answer(request, publication, question, single=True)


def _add_explanation(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.told_columns(portal.registry)
    row: Any = row_model("BuyStepTold", columns)
    fields: dict[str, Any] = {
        "step": (row, ...),
        "before": (row | None, Field(description="The step before it; null for the first.")),
        "after": (row | None, Field(description="The step after it; null for the last.")),
        "why": (Labels, Field(description="Why it stands there.")),
    }
    explained: Any = create_model("BuyStepExplained", __base__=BaseModel, **fields)
    model = create_model("BuyExplanation", __base__=Envelope, data=(explained, ...))
    step = row_example(columns)
    example = {"step": step, "before": None, "after": None, "why": _WHY_EXAMPLE}

    @router.get(
        "/availability/buy-list/{rank}/explanation",
        operation_id="get_buy_explanation",
        summary="Why a step of the buy list stands where it does",
        responses=object_response(model, example, data_sets=_READ),
    )
    def buy_explanation(request: Request, rank: Rank, p: Pin = None) -> Response:
        """The step, the one before and the one after it, and the reason in both languages.

        Sums are of the whole list.
        """
        publication = open_publication(request, portal, p)
        data_set_named(publication.registry, "fact_buy_list")
        reason = buy_reasons.step_reason(publication, rank)
        steps = {"step": reason.step, "before": reason.before, "after": reason.after}
        data = {
            name: each and {column: each[column] for column in buy_list.COLUMNS}
            for name, each in steps.items()
        }
        return object_answer(request, publication, data | {"why": vars(reason.why)}, _READ)


def _wanted(publication: Publication, request: Request) -> buy_list.BuyListing:
    data_set_named(publication.registry, "fact_buy_list")
    return buy_list.buy_listing(publication.registry, request.query_params.multi_items())


def _listed_parameters(registry: Registry, names: list[str]) -> list[dict[str, Any]]:
    return [DIALECT, *arrangement_parameters(names), *asked_parameters(registry)]
