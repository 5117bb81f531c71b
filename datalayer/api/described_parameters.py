"""How the OpenAPI document tells of parameters that follow from the registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from datalayer.api.row_schemas import example_of
from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.csv_dialects import DIALECTS
from datalayer.reading.filters import (
    GREATEST_INTEGER,
    LEAST_INTEGER,
    LONGEST_TEXT,
    MOST_VALUES,
    Filter,
)
from datalayer.reading.views import Operator

NO_NUL = r"^[^\x00]*$"

DIALECT: Final[dict[str, Any]] = {
    "name": "dialect",
    "in": "query",
    "required": False,
    "description": "Of CSV only: `rfc` (RFC 4180, comma, point, text as it is; the default) or "
    "`excel-br` (byte order mark, semicolon, decimal comma, dd/mm/aaaa, text guarded for a "
    "spreadsheet). A list that is asked for with a dialect comes as CSV unless `Accept` asks for "
    "another form by name.",
    # An example of the parameter, rather than of its values, would stand in the documentation
    # page's form, and be sent along with calls that ask for JSON.
    "schema": {"type": "string", "enum": list(DIALECTS), "examples": ["rfc"]},
}


def document_rows(columns: Sequence[str], filters: Iterable[Filter] = ()) -> dict[str, Any]:
    """Return what the OpenAPI document says of rows of *columns*, for a route's ``openapi_extra``.

    They may be arranged, met by *filters*, and written in a dialect of CSV.
    """
    return {"parameters": [DIALECT, *arrangement_parameters(columns), *filter_parameters(filters)]}


def filter_parameters(filters: Iterable[Filter]) -> list[dict[str, Any]]:
    """Return what the OpenAPI document says of *filters*."""
    return [_parameter(each) for each in filters]


def arrangement_parameters(columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the OpenAPI document says of choosing and ordering by *columns*."""
    signed = [f"{sign}{name}" for name in columns for sign in ("", "-")]
    return [
        _one_text(
            "columns",
            columns,
            "The columns wanted, in this order, with commas between; all if left out.",
            list(columns[:2]),
        ),
        _one_text(
            "order",
            signed,
            "Columns that the rows are ordered by, with commas between; a minus before one puts "
            "its greatest value first. Nulls come last, equal rows in the order of the key.",
            [f"-{columns[-1]}", columns[0]],
        ),
    ]


def document_filter_of(data_sets: Sequence[str], filters: Sequence[Filter]) -> dict[str, Any]:
    """Return what the document says of one filter that these *data_sets* have, each its own."""
    described = _parameter(filters[0])
    schemas = [_schema(each.column) for each in filters]
    if any(each != schemas[0] for each in schemas):
        described["schema"] = {"type": "array", "items": {"type": "string"}}
    named = ", ".join(f"`{name}`" for name in data_sets)
    return {**described, "description": f"Of {named}. {described['description']}"}


def document_sources(registry: Registry) -> dict[str, Any]:
    """Return what the OpenAPI document says of ``source``, a list of forecast sources."""
    return document_list(
        "source",
        {"type": "string", "enum": list(registry.sources)},
        "Forecast sources; all if left out.",
        ["ensemble"] if "ensemble" in registry.sources else list(registry.sources)[:1],
    )


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


def _one_text(
    name: str, values: Sequence[str], description: str, example: list[str]
) -> dict[str, Any]:
    """Return what the document says of a list that is given once, with commas between."""
    schema = {"type": "string", "enum": list(values)}
    bounds = {"minItems": 1, "uniqueItems": True}
    return {
        **document_list(name, schema, description, example),
        "schema": {"type": "array", "items": schema, **bounds},
        "style": "form",
        "explode": False,
    }


def _parameter(each: Filter) -> dict[str, Any]:
    description = each.column.description.en
    example = example_of(each.column)
    if each.operator == "=":
        text = f"{description} One or several values."
        return document_list(each.name, _schema(each.column), text, [example])
    examples = {"null": True, "contains": example or "a"}
    return {
        "name": each.name,
        "in": "query",
        "required": False,
        "description": f"{description} {_COMPARED[each.operator]}",
        "schema": {"type": "boolean"} if each.operator == "null" else _schema(each.column),
        "example": examples.get(each.operator, example),
    }


_COMPARED: Final[dict[Operator, str]] = {
    ">=": "The least, inclusive.",
    "<=": "The greatest, inclusive.",
    "contains": "A piece of the text, whatever its case and accents.",
    "null": "Whether there is no value.",
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
