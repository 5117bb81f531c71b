"""The data sets: their contract, and their rows by filters that the contract types."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import object_answer, rows_answer
from datalayer.api.context import Pin, open_publication, read_router
from datalayer.api.described_parameters import document_rows
from datalayer.api.parameters import Counted, DataSetName, open_page
from datalayer.api.row_schemas import (
    chosen_row_model,
    object_response,
    row_example,
    rows_model,
    rows_response,
)
from datalayer.api.schemas import ColumnDescription, DataSetAnswer, DataSets
from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.contract.registry import Column, DataSet
from datalayer.kernel.errors import UnknownDataSet
from datalayer.portal import FreshnessState, Portal, Publication, questions
from datalayer.reading.filters import row_filters_of

_FILE_EXAMPLE = PublishedFile(
    data_set="dim_item",
    path="dim_item.parquet",
    size_bytes=65_536,
    sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    rows=1000,
)


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of the data sets; each one's rows have a route of their own."""
    router = read_router("data sets")
    _add_contract(router, portal)
    for data_set in portal.registry.data_sets.values():
        _add_rows(router, portal, data_set)
    _refuse_other_rows(router, portal)
    return router


def _add_contract(router: APIRouter, portal: Portal) -> None:
    first = next(iter(portal.registry.data_sets.values()))

    @router.get(
        "/datasets",
        operation_id="list_data_sets",
        summary="The data sets",
        responses=object_response(
            DataSets,
            [_summary(first, _FILE_EXAMPLE, FreshnessState.FRESH)],
            data_sets=(first.name,),
        ),
    )
    def data_sets(request: Request, p: Pin = None) -> Response:
        """Every data set with its rows, its freshness and the digest of its file."""
        publication = open_publication(request, portal, p)
        there = publication.registry.data_sets
        summaries = [_summary_of(publication, data_set) for data_set in there.values()]
        return object_answer(request, publication, summaries, tuple(there))

    @router.get(
        "/datasets/{name}",
        operation_id="get_data_set",
        summary="The contract of a data set",
        responses=object_response(
            DataSetAnswer,
            _summary(first, _FILE_EXAMPLE, FreshnessState.FRESH) | _contract(first),
            data_sets=(first.name,),
        ),
    )
    def data_set(request: Request, name: DataSetName, p: Pin = None) -> Response:
        """Columns with their units and labels in both languages, rules and freshness."""
        publication = open_publication(request, portal, p)
        found = questions.data_sets.data_set_named(publication.registry, name)
        content = _summary_of(publication, found) | _contract(found)
        return object_answer(request, publication, content, (name,))


def _add_rows(router: APIRouter, portal: Portal, data_set: DataSet) -> None:
    """Add a route of its own for *data_set*, so that its columns stand in the OpenAPI document."""
    filters = row_filters_of(data_set.columns)
    columns = [column.name for column in data_set.columns]
    row = chosen_row_model(f"{data_set.name}_row", data_set.columns)
    model = rows_model(f"{data_set.name}_rows", row, with_total="asked")

    @router.get(
        f"/datasets/{data_set.name}/rows",
        operation_id=f"list_{data_set.name}_rows",
        summary=f"Rows of {data_set.label.en[:1].lower()}{data_set.label.en[1:]}",
        description=f"{data_set.description.en} In key order unless `order` says another; every "
        "column is a filter.",
        responses=rows_response(model, row_example(data_set.columns), data_sets=(data_set.name,)),
        openapi_extra=document_rows(columns, filters.values()),
    )
    def rows(request: Request, page: Counted) -> Response:
        asked = open_page(request, portal, page, filters, columns, data_set.key)
        questions.data_sets.data_set_named(asked.publication.registry, data_set.name)
        question = questions.data_sets.rows(
            data_set,
            asked.conditions,
            limit=page.limit,
            after=asked.after,
            with_total=page.total,
        )
        return rows_answer(request, asked.publication, asked.arrange(question))


def _refuse_other_rows(router: APIRouter, portal: Portal) -> None:
    @router.get("/datasets/{name}/rows", include_in_schema=False)
    def unknown_rows(request: Request, name: str) -> Response:
        raise UnknownDataSet(
            name=name, known=tuple(open_publication(request, portal, None).registry.data_sets)
        )


def _summary_of(publication: Publication, data_set: DataSet) -> dict[str, object]:
    file = publication.manifest.file(data_set.name)
    return _summary(data_set, file, publication.freshness()[data_set.name])


def _summary(
    data_set: DataSet, file: PublishedFile, freshness: FreshnessState
) -> dict[str, object]:
    return {
        "name": data_set.name,
        "rows": file.rows,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "freshness": freshness.value,
        "label": asdict(data_set.label),
        "description": asdict(data_set.description),
    }


def _contract(data_set: DataSet) -> dict[str, object]:
    return {
        "key": data_set.key,
        "freshness_limits": asdict(data_set.freshness),
        "columns": [_column(column) for column in data_set.columns],
        "rules": [
            {"name": rule.name, "description": asdict(rule.description), "query": rule.query}
            for rule in data_set.rules
        ],
    }


def _column(column: Column) -> dict[str, object]:
    reference = column.reference
    described = {name: getattr(column, name) for name in ColumnDescription.model_fields}
    return {
        **described,
        "reference": f"{reference.data_set}.{reference.column}" if reference else None,
    }
