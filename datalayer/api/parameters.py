"""Parameters that reads share: strictly typed, with examples for the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema

from datalayer.api.context import CursorText, Pin, open_publication
from datalayer.api.cursors import read_cursor
from datalayer.api.row_schemas import example_of
from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import NETWORK, Portal, Publication
from datalayer.reading.filters import (
    GREATEST_INTEGER,
    LEAST_INTEGER,
    LONGEST_TEXT,
    MOST_VALUES,
    VALUE_READERS,
    Conditions,
    Filter,
    conditions,
    filters_of,
)
from datalayer.reading.question import MOST_ROWS, Position

_FEW_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
NO_NUL = r"^[^\x00]*$"
_TEXT: dict[str, Any] = {"min_length": 1, "max_length": LONGEST_TEXT, "pattern": NO_NUL}


def read_as(name: str, kind: ColumnType) -> BeforeValidator:
    """Read the text of a parameter as strictly, and refuse it with the same words, as filters.

    It stands after the bounds: before them, pydantic would leave these out of the document.
    """
    return BeforeValidator(partial(VALUE_READERS[kind], name))


def _page_rows(text: str) -> int:
    """Return the value of ``limit``; its bounds are told whatever is wrong with it."""
    rows = int(text) if _FEW_DIGITS.fullmatch(text) else 0
    if not 1 <= rows <= MOST_ROWS:
        expected = f"a whole number from 1 to {MOST_ROWS:,}"
        raise InvalidSelection(parameter="limit", found=ascii(text[:80]), expected=expected)
    return rows


Limit = Annotated[
    int,
    Query(
        ge=1,
        le=MOST_ROWS,
        description="Most rows of one page.",
        openapi_examples={"page": {"value": 50}},
    ),
    BeforeValidator(_page_rows),
]
Start = Annotated[
    date | SkipJsonSchema[None],
    Query(
        description="First day, inclusive; the beginning of the data if left out.",
        openapi_examples={"day": {"value": "2026-11-01"}},
    ),
    read_as("start", ColumnType.DATE),
]
End = Annotated[
    date | SkipJsonSchema[None],
    Query(
        description="Last day, inclusive; the end of the forecast if left out.",
        openapi_examples={"day": {"value": "2026-12-18"}},
    ),
    read_as("end", ColumnType.DATE),
]
Location = Annotated[
    str,
    Query(
        **_TEXT,
        description="A `location_id` of dim_location; the whole network if left out.",
        openapi_examples={"network": {"value": NETWORK}},
    ),
    read_as("location", ColumnType.TEXT),
]
ItemId = Annotated[
    str,
    Path(
        **_TEXT,
        description="Code of a part.",
        openapi_examples={"part": {"value": "P00001"}},
    ),
    read_as("item_id", ColumnType.TEXT),
]
DataSetName = Annotated[
    str,
    Path(
        **_TEXT,
        description="Name of a data set.",
        openapi_examples={"forecasts": {"value": "fact_forecast"}},
    ),
    read_as("name", ColumnType.TEXT),
]


@dataclass(frozen=True)
class PageParameters:
    """Which page of an answer, and of which publication."""

    limit: Limit = 100
    cursor: CursorText = None
    p: Pin = None


@dataclass(frozen=True)
class PlacedPageParameters(PageParameters):
    """A page of the rows of one location."""

    location: Location = NETWORK


Page = Annotated[PageParameters, Depends()]
Placed = Annotated[PlacedPageParameters, Depends()]


def open_page(
    request: Request, portal: Portal, page: PageParameters, filters: Mapping[str, Filter]
) -> tuple[Publication, Conditions, Position | None]:
    """Return the publication to read, what rows must meet, and where the page before ended.

    The last is None for a first page.

    Raises:
        InvalidSelection: Cursor, publication or a filter's value can't be used.
        UnknownPublication, NothingPublished, SignInRequired: As for ``Portal.open``.
    """
    cursor = read_cursor(request)
    publication = open_publication(request, portal, page.p, cursor)
    met = conditions(filters, request.query_params.multi_items())
    return publication, met, cursor.after if cursor else None


def filters_on(data_set: DataSet, *names: str) -> dict[str, Filter]:
    """Return the filters on those of the named columns that *data_set* has."""
    return filters_of(column for column in data_set.columns if column.name in names)


def document_filters(filters: Iterable[Filter]) -> dict[str, Any]:
    """Return what the OpenAPI document says of *filters*, for a route's ``openapi_extra``."""
    return {"parameters": [_parameter(each) for each in filters]}


def document_sources(registry: Registry) -> dict[str, Any]:
    """Return what the OpenAPI document says of ``source``, a list of forecast sources."""
    return document_list(
        "source",
        {"type": "string", "enum": list(registry.sources)},
        "Forecast sources; all if left out.",
        ["ensemble"] if "ensemble" in registry.sources else list(registry.sources)[:1],
    )


def _parameter(each: Filter) -> dict[str, Any]:
    description = each.column.description.en
    example = example_of(each.column)
    if each.operator == "=":
        text = f"{description} One or several values."
        return document_list(each.name, _schema(each.column), text, [example])
    bound = "least" if each.operator == ">=" else "greatest"
    return {
        "name": each.name,
        "in": "query",
        "required": False,
        "description": f"{description} The {bound}, inclusive.",
        "schema": _schema(each.column),
        "example": example,
    }


def document_list(
    name: str, schema: dict[str, Any], description: str, example: list[Any]
) -> dict[str, Any]:
    """Return what the OpenAPI document says of a parameter that may be given several times."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "array", "items": schema, "maxItems": MOST_VALUES},
        "example": example,
    }


def _schema(column: Column) -> dict[str, Any]:
    if column.allowed:
        return {"type": "string", "enum": list(column.allowed)}
    schemas: dict[ColumnType, dict[str, Any]] = {
        ColumnType.TEXT: {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL},
        ColumnType.DATE: {"type": "string", "format": "date"},
        ColumnType.TIMESTAMP: {"type": "string", "format": "date-time"},
        ColumnType.DOUBLE: {"type": "number"},
        ColumnType.INTEGER: {
            "type": "integer",
            "minimum": LEAST_INTEGER,
            "maximum": GREATEST_INTEGER,
        },
        ColumnType.BOOLEAN: {"type": "boolean"},
    }
    return schemas[column.type]
