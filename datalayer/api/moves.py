"""Moves over HTTP: what to bring from one place to another before anything is bought."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, create_model

from datalayer.api.answers import object_answer, rows_answer
from datalayer.api.buy_list import Rank
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import document_rows
from datalayer.api.parameters import Page, open_page
from datalayer.api.row_schemas import (
    chosen_row_model,
    object_response,
    row_example,
    row_model,
    rows_model,
    rows_response,
)
from datalayer.api.schemas import Envelope, Labels
from datalayer.portal import Portal, move_reasons
from datalayer.reading.questions import transfer_columns, transfers
from datalayer.reading.questions.data_sets import data_set_named

_READ: Final = ("fact_transfer", "dim_item", "dim_location")
_WHY_EXAMPLE: Final = {
    "en": "At CD Recife, 2 un of Bateria 12 V (P00001) avoid 18 tower-hours a month until what is "
    "bought today would be delivered, worth R$ 900. At CD Campinas hardly anything is lost for "
    "want of them. 5 un stay on the shelf there once all moves are made, no less than its reorder "
    "point of 5 un; it uses 1 un a month. Bringing them costs R$ 42. All together the move is "
    "worth R$ 858, and stands at 1 of 3.",
    "pt_BR": "Em CD Recife, 2 un de Bateria 12 V (P00001) evitam 18 horas de torre por mês até a "
    "entrega do que se compre hoje, o que vale R$ 900. Em CD Campinas, quase nada se perde sem "
    "elas. Lá ficam 5 un na prateleira, feitas as transferências, não menos que seu ponto de "
    "pedido de 5 un; o uso é de 1 un por mês. Levá-las custa R$ 42. Ao todo, a transferência vale "
    "R$ 858 e está na posição 1 de 3.",
}


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of moves."""
    router = read_router("availability")
    _add_list(router, portal)
    _add_explanation(router, portal)
    return router


def _add_list(router: APIRouter, portal: Portal) -> None:
    columns = transfer_columns.told_columns(portal.registry)
    names = [column.name for column in columns]
    filters = transfers.filters(portal.registry)
    model = rows_model("Moves", chosen_row_model("PartMove", columns), with_total=True)

    @router.get(
        "/availability/moves",
        operation_id="list_moves",
        summary="What to bring from one place to another before anything is bought",
        responses=rows_response(model, row_example(columns), data_sets=_READ),
        openapi_extra=document_rows(names, filters.values()),
    )
    def list_moves(request: Request, page: Page) -> Response:
        """Moves by rank, what is worth most first; the buy list begins once all are made.

        A `freight` of null isn't known, and isn't taken off the `value`.
        """
        asked = open_page(request, portal, page, filters, names, ("rank",))
        data_set_named(asked.publication.registry, "fact_transfer")
        question = transfers.moves(asked.conditions, limit=page.limit, after=asked.after)
        return rows_answer(request, asked.publication, asked.arrange(question))


def _add_explanation(router: APIRouter, portal: Portal) -> None:
    columns = transfer_columns.told_columns(portal.registry)
    row: Any = row_model("PartMoveTold", columns)
    fields: dict[str, Any] = {
        "move": (row, ...),
        "why": (Labels, Field(description="Why the one place gives, and the other takes.")),
    }
    explained: Any = create_model("PartMoveExplained", __base__=BaseModel, **fields)
    model = create_model("MoveExplanation", __base__=Envelope, data=(explained, ...))
    example = {"move": row_example(columns), "why": _WHY_EXAMPLE}

    @router.get(
        "/availability/moves/{rank}/explanation",
        operation_id="get_move_explanation",
        summary="Why a part is to be moved from one place to another",
        responses=object_response(model, example, data_sets=_READ),
    )
    def move_explanation(request: Request, rank: Rank, p: Pin = None) -> Response:
        """The move and the reason in both languages: gain, loss, freight, and what stays."""
        publication = open_publication(request, portal, p)
        data_set_named(publication.registry, "fact_transfer")
        reason = move_reasons.move_reason(publication, rank)
        data = {"move": reason.move, "why": vars(reason.why)}
        return object_answer(request, publication, data, _READ)
