"""Availability: contracts with their curves, and what the stock of a part avoids."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import SkipJsonSchema

from datalayer.api.addresses import PART
from datalayer.api.answers import object_answer, rows_answer
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import DIALECT, NO_NUL, document_rows
from datalayer.api.parameters import ItemId, Location, Page, open_page, read_as
from datalayer.api.row_schemas import (
    chosen_row_model,
    object_response,
    row_example,
    row_model,
    rows_model,
    rows_response,
)
from datalayer.api.schemas import Envelope, Labels
from datalayer.kernel.contract.registry import ColumnType
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import NETWORK, Portal, Publication, buy_reasons
from datalayer.reading.filters import LONGEST_TEXT, filters_of
from datalayer.reading.questions import availability, availability_columns
from datalayer.reading.questions.data_sets import data_set_named

_CURVE: Final = ("agg_availability",)
_WORTH: Final = ("fact_availability",)
_EXPLAINED: Final = ("fact_availability", "fact_buy_list", "dim_item", "dim_location")
_TEXT: Final[dict[str, Any]] = {"min_length": 1, "max_length": LONGEST_TEXT, "pattern": NO_NUL}
_WHY_EXAMPLE: Final = {
    "en": "Bateria 12 V (P00001) at CD Recife has 4 un in stock and on order; worth holding: 2 un. "
    "Don't buy: one more costs R$ 18,000 and avoids 0.20 tower-hours a month. The same money "
    "avoids 61 h with what stands first in the list.",
    "pt_BR": "Bateria 12 V (P00001) em CD Recife tem 4 un em estoque e pedidos; vale ter: 2 un. "
    "Não compre: mais uma unidade custa R$ 18.000 e evita 0,20 horas de torre por mês. O mesmo "
    "dinheiro evita 61 h com o que vem primeiro na lista.",
}

ContractId = Annotated[
    str,
    Path(
        **_TEXT,
        description="Code of a contract.",
        openapi_examples={"contract": {"value": NETWORK}},
    ),
    read_as("contract_id", ColumnType.TEXT),
]
AnyLocation = Annotated[
    str | SkipJsonSchema[None],
    Query(
        **_TEXT,
        description="A `location_id` of dim_location; every place where stock of the part lies if "
        "left out.",
        openapi_examples={"network": {"value": NETWORK}},
    ),
    read_as("location", ColumnType.TEXT),
]


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of availability, but for those of the buy list."""
    router = read_router("availability")
    _add_contracts(router, portal)
    _add_curve(router, portal)
    _add_left_out(router, portal)
    _add_part(router, portal)
    _add_explanation(router, portal)
    return router


def _add_contracts(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.contract_columns(portal.registry)
    names = [column.name for column in columns]
    filters = filters_of(columns[:1])
    model = rows_model("Contracts", chosen_row_model("Contract", columns), with_total=True)

    @router.get(
        "/availability/contracts",
        operation_id="list_contracts",
        summary="Contracts: what their towers are promised, and what today's stock keeps",
        responses=rows_response(model, row_example(columns), data_sets=_CURVE),
        openapi_extra=document_rows(names, filters.values()),
    )
    def list_contracts(request: Request, page: Page) -> Response:
        """One row per contract, by its code; `network` where none is known.

        `meeting_...` is what the target takes: the least stock of the curve that meets it and that
        the past supports; null where none does.
        """
        asked = open_page(request, portal, page, filters, names, ("contract_id",))
        data_set_named(asked.publication.registry, "agg_availability")
        question = availability.contracts(asked.conditions, limit=page.limit, after=asked.after)
        return rows_answer(request, asked.publication, asked.arrange(question))


def _add_curve(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.curve_columns(portal.registry)
    model = rows_model("Curve", row_model("CurvePoint", columns))

    @router.get(
        "/availability/contracts/{contract_id:code}/curve",
        operation_id="get_contract_curve",
        summary="Towers that stand still, by the value of the stock",
        responses=rows_response(model, row_example(columns), data_sets=_CURVE),
        openapi_extra={"parameters": [DIALECT]},
    )
    def contract_curve(request: Request, contract_id: ContractId, p: Pin = None) -> Response:
        """Points of the policy `money` by their stock, then today's stock, then service levels.

        What isn't `supported` can't be promised, and says why. The whole curve is one page.
        """
        publication = open_publication(request, portal, p)
        data_set_named(publication.registry, "agg_availability")
        refuse = partial(_refuse_contract, contract_id)
        return rows_answer(request, publication, availability.curve(contract_id), refuse)


def _add_left_out(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.left_out_columns(portal.registry)
    model = rows_model("LeftOut", row_model("LeftOutReason", columns))

    @router.get(
        "/availability/left-out",
        operation_id="list_left_out",
        summary="How many parts are in no figure of availability, and why",
        responses=rows_response(model, row_example(columns), data_sets=_WORTH),
        openapi_extra={"parameters": [DIALECT]},
    )
    def list_left_out(request: Request, p: Pin = None) -> Response:
        """One row per reason; the row without a reason counts the parts that are weighed."""
        publication = open_publication(request, portal, p)
        data_set_named(publication.registry, "fact_availability")
        return rows_answer(request, publication, availability.left_out())


def _add_part(router: APIRouter, portal: Portal) -> None:
    columns = availability_columns.worth_columns(portal.registry)
    model = rows_model("StockWorths", row_model("StockWorth", columns))

    @router.get(
        f"/items/{PART}/availability",
        operation_id="get_item_availability",
        summary="What the stock of a part avoids, and what more of it would",
        responses=rows_response(model, row_example(columns), data_sets=_WORTH),
        openapi_extra={"parameters": [DIALECT]},
    )
    def item_availability(
        request: Request, item_id: ItemId, location: AnyLocation = None, p: Pin = None
    ) -> Response:
        """One row for each place where stock of the part lies; why it is not weighed, if it isn't.

        No row where nothing is known of it.
        """
        publication = open_publication(request, portal, p)
        data_set_named(publication.registry, "fact_availability")
        require = partial(_require_part, publication, item_id, location)
        question = availability.stock_worth(item_id, location)
        return rows_answer(request, publication, question, require)


def _add_explanation(router: APIRouter, portal: Portal) -> None:
    fields: dict[str, Any] = {
        "item_id": (str, Field(description="The part.")),
        "location_id": (str, Field(description="The place.")),
        "why": (Labels, Field(description="Why it is to be bought there, or isn't.")),
    }
    explained: Any = create_model("PartExplained", __base__=BaseModel, **fields)
    model = create_model("PartExplanation", __base__=Envelope, data=(explained, ...))
    example = {"item_id": "P00001", "location_id": "CD-PE", "why": _WHY_EXAMPLE}

    @router.get(
        f"/items/{PART}/availability/explanation",
        operation_id="get_item_availability_explanation",
        summary="Why a part is, or is not, in the buy list",
        responses=object_response(model, example, data_sets=_EXPLAINED),
    )
    def explanation(
        request: Request, item_id: ItemId, location: Location = NETWORK, p: Pin = None
    ) -> Response:
        """In sentences, in both languages: of its first step, or why it has none."""
        publication = open_publication(request, portal, p)
        data_set_named(publication.registry, "fact_availability")
        publication.require_item_and_location(item_id, location)
        why = buy_reasons.part_reason(publication, item_id, location)
        data = {"item_id": item_id, "location_id": location, "why": vars(why)}
        return object_answer(request, publication, data, _EXPLAINED)


def _refuse_contract(contract_id: str) -> None:
    expected = Sentence("a contract_id of the data set agg_availability")
    raise InvalidSelection(parameter="contract_id", found=ascii(contract_id), expected=expected)


def _require_part(publication: Publication, item_id: str, location: str | None) -> None:
    publication.require_item(item_id)
    if location is not None:
        publication.require_location(location)
