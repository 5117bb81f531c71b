"""The REST API over one portal. Mounted at /api; it reads and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel

from datalayer.api.answers import file_answer, json_answer, metadata, rows_answer
from datalayer.api.problems import MEDIA_TYPE, answer_with_problems
from datalayer.api.schemas import (
    DataSetAnswer,
    DataSets,
    Problem,
    PublicationAnswer,
    rows_model,
)
from datalayer.contract.registry import DataSet, Registry
from datalayer.errors import InvalidSelection, UnknownDataSet
from datalayer.portal import NETWORK, ExtractFormat, Portal, PublicationView, SeriesSelection

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in ((404, "Unknown"), (422, "Invalid parameter"), (503, "Nothing published"))
}

Publication = Annotated[
    str | None, Query(description="A kept publication's id; the active one if left out.")
]


@dataclass(frozen=True)
class _SpanParameters:
    location_id: str = NETWORK
    source: Annotated[tuple[str, ...], Query(description="All sources if left out.")] = ()
    start: date | None = None
    end: date | None = None

    def of(self, item_id: str) -> SeriesSelection:
        """Return the selection of one part."""
        return SeriesSelection(item_id, self.location_id, self.source, self.start, self.end)


Span = Annotated[_SpanParameters, Depends()]


def create_api(portal: Portal) -> FastAPI:
    """Return the API of *portal*; its row models and their documentation follow the registry."""
    api = FastAPI(title="Farol", version=portal.registry.version, docs_url=None, redoc_url=None)
    api.include_router(_publications(portal))
    api.include_router(_data_sets(portal))
    api.include_router(_extracts(portal))
    api.include_router(_items(portal))
    answer_with_problems(api)
    return api


def _publications(portal: Portal) -> APIRouter:
    router = _router()

    @router.get("/publications/active", responses=_answers(PublicationAnswer))
    def active_publication() -> Response:
        view = portal.open()
        rows = {file.data_set: file.rows for file in view.manifest.files}
        about = metadata(view.provenance(tuple(rows)))
        return json_answer(
            {"metadata": about, "rows": rows, "lineage": dict(view.manifest.lineage)}
        )

    return router


def _data_sets(portal: Portal) -> APIRouter:
    router = _router()

    @router.get("/datasets", responses=_answers(DataSets))
    def data_sets(publication: Publication = None) -> Response:
        view = portal.open(publication)
        names = tuple(portal.registry.data_sets)
        summaries = [_summary(view, each) for each in portal.registry.data_sets.values()]
        return json_answer({"metadata": metadata(view.provenance(names)), "data_sets": summaries})

    @router.get("/datasets/{name}", responses=_answers(DataSetAnswer))
    def data_set(name: str, publication: Publication = None) -> Response:
        view = portal.open(publication)
        described = _description(view, _named(portal.registry, name))
        return json_answer({"metadata": metadata(view.provenance((name,))), "data_set": described})

    for each in portal.registry.data_sets.values():
        _add_rows_route(router, portal, each)

    @router.get("/datasets/{name}/rows", include_in_schema=False)
    def unknown_rows(name: str) -> Response:
        raise UnknownDataSet(name, tuple(portal.registry.data_sets))

    return router


def _add_rows_route(router: APIRouter, portal: Portal, data_set: DataSet) -> None:
    """Add a route of its own for *data_set*, so that its columns stand in the OpenAPI document."""

    @router.get(
        f"/datasets/{data_set.name}/rows",
        name=f"rows_{data_set.name}",
        description=data_set.description.en,
        responses=_answers(rows_model(data_set)),
    )
    def rows(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
        publication: Publication = None,
    ) -> Response:
        return rows_answer(request, portal.open(publication).rows(data_set.name, limit, offset))


def _extracts(portal: Portal) -> APIRouter:
    router = _router()

    @router.get("/extracts/{name}.{format}")
    def extract(
        name: str,
        format: ExtractFormat,  # noqa: A002 - the word that callers and file names use
        span: Span,
        item_id: str | None = None,
        publication: Publication = None,
    ) -> Response:
        if not item_id and span != _SpanParameters():
            raise InvalidSelection("item_id", "missing", "given wherever only a span is wanted")
        view = portal.open(publication)
        selection = span.of(item_id) if item_id else None
        return file_answer(view, view.extract(name, format, selection))

    return router


def _items(portal: Portal) -> APIRouter:
    router = _router()

    @router.get("/items", description="Parts by code, sku or words of the name.")
    def items(
        request: Request,
        q: str = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 20,
        publication: Publication = None,
    ) -> Response:
        return rows_answer(request, portal.open(publication).search_items(q, limit))

    @router.get("/items/{item_id}/timeseries")
    def timeseries(
        request: Request, item_id: str, span: Span, publication: Publication = None
    ) -> Response:
        selection = span.of(item_id)
        return rows_answer(request, portal.open(publication).forecast_series(selection))

    return router


def _router() -> APIRouter:
    return APIRouter(
        prefix="/v1", responses=_PROBLEMS, dependencies=[Depends(_refuse_unknown_parameters)]
    )


def _refuse_unknown_parameters(request: Request) -> None:
    """Left out silently, a misspelt parameter would answer another question than was asked."""
    route = request.scope["route"]
    if not route.include_in_schema:
        return
    documented = request.app.openapi()["paths"][route.path_format]["get"].get("parameters", [])
    known = [each["name"] for each in documented if each["in"] == "query"]
    for name in request.query_params:
        if name not in known:
            raise InvalidSelection("parameter", name[:80], f"one of {', '.join(known)}")


def _answers(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model}}


def _named(registry: Registry, name: str) -> DataSet:
    if name not in registry.data_sets:
        raise UnknownDataSet(name, tuple(registry.data_sets))
    return registry.data_sets[name]


def _summary(view: PublicationView, data_set: DataSet) -> dict[str, object]:
    return {
        "name": data_set.name,
        "rows": view.manifest.file(data_set.name).rows,
        "freshness": view.freshness()[data_set.name].value,
        "label": asdict(data_set.label),
        "description": asdict(data_set.description),
    }


def _description(view: PublicationView, data_set: DataSet) -> dict[str, object]:
    columns = [
        {
            "name": column.name,
            "type": column.type.value,
            "unit": column.unit,
            "required": column.required,
            "key_position": column.key_position,
            "minimum": column.minimum,
            "maximum": column.maximum,
            "allowed": column.allowed,
            "label": asdict(column.label),
            "description": asdict(column.description),
        }
        for column in data_set.columns
    ]
    return {**_summary(view, data_set), "key": data_set.key, "columns": columns}
