"""The shapes of rows, made from the registry, and how the OpenAPI document shows answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from datalayer.api.forms import Form
from datalayer.api.schemas import METADATA_EXAMPLE, Envelope
from datalayer.kernel.contract.registry import Column, ColumnType

_PYTHON_TYPES: dict[ColumnType, type] = {
    ColumnType.TEXT: str,
    ColumnType.DATE: date,
    ColumnType.TIMESTAMP: datetime,
    ColumnType.DOUBLE: float,
    ColumnType.INTEGER: int,
    ColumnType.BOOLEAN: bool,
}
_EXAMPLES: dict[ColumnType, object] = {
    ColumnType.TEXT: "text",
    ColumnType.DATE: "2026-11-21",
    ColumnType.TIMESTAMP: "2026-11-21T06:00:00Z",
    ColumnType.DOUBLE: 12.5,
    ColumnType.INTEGER: 28,
    ColumnType.BOOLEAN: True,
}
_FAMILIAR: dict[str, object] = {
    "item_id": "P00001",
    "sku": "NC-P00001",
    "location_id": "network",
    "name": "Bateria estacionária 12 V 100 Ah",
    "category": "Energia",
    "supplier": "Acme",
    "unit": "un",
    "group_by": "all",
    "group_value": "all",
    "assumed": "lead_time_days,unit_cost",
    "parent_location_id": None,
    "state": "SP",
    "latitude": -23.55,
    "longitude": -46.63,
    "dataset_id": "demand-2026-11",
    "model_version": "2026.11.0",
}


def row_model(name: str, columns: Iterable[Column], **more: Any) -> type[BaseModel]:  # noqa: ANN401
    """Return the model of a row of *columns*, and of fields *more* as pydantic takes them."""
    fields: dict[str, Any] = {column.name: _field(column) for column in columns}
    return create_model(name, **fields, **more)


def chosen_row_model(name: str, columns: Iterable[Column], **more: Any) -> type[BaseModel]:  # noqa: ANN401
    """Return the model of a row that has those of its columns that were asked for."""

    def nothing_required(schema: dict[str, Any]) -> None:
        schema.pop("required", None)

    fields: dict[str, Any] = {column.name: _field(column) for column in columns}
    config = ConfigDict(json_schema_extra=nothing_required)
    return create_model(name, __config__=config, **fields, **more)


def rows_model(
    name: str, row: type[BaseModel], *, with_total: Literal["asked"] | bool = False
) -> type[BaseModel]:
    """Return the model of an answer that consists of rows.

    Rows may have some of their columns only; their number is there always, *asked* for, or never.
    """
    row_type: Any = row
    described = "All rows, on this page or not."
    total: dict[str, Any] = {
        "asked": {"total": (int, Field(default=None, description=described))},
        True: {"total": (int, Field(description=described))},
        False: {},
    }[with_total]
    return create_model(name, __base__=Envelope, data=(list[row_type], ...), **total)


def row_answer_model(name: str, row: type[BaseModel], *, optional: bool = False) -> type[BaseModel]:
    """Return the model of an answer that is one *row*; null, too, where that is *optional*."""
    row_type: Any = row | None if optional else row
    return create_model(name, __base__=Envelope, data=(row_type, ...))


def example_of(column: Column) -> object:
    """Return a value as it might stand in *column*."""
    if column.allowed:
        return "ensemble" if "ensemble" in column.allowed else column.allowed[0]
    if column.name in _FAMILIAR:
        return _FAMILIAR[column.name]
    if column.type is ColumnType.DOUBLE and column.unit == "share":
        return 0.25
    return _EXAMPLES[column.type]


def row_example(columns: Iterable[Column]) -> dict[str, object]:
    """Return a row as it might be."""
    return {column.name: example_of(column) for column in columns}


def rows_response(
    model: type[BaseModel], example: dict[str, object], *, data_sets: tuple[str, ...]
) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document describes an answer of rows such as *example*.

    They come as JSON, CSV or an Arrow stream, and are read from *data_sets*.
    """
    return row_response(model, [example], data_sets=data_sets)


def row_response(
    model: type[BaseModel], example: object, *, data_sets: tuple[str, ...]
) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document describes an answer whose data are *example*.

    As for ``rows_response``, of one row as of many.
    """
    described = object_response(model, example, data_sets=data_sets)
    if "total" in model.model_fields:
        described[200]["content"]["application/json"]["example"]["total"] = 1
    described[200]["content"][Form.ARROW.value] = {
        "schema": {"type": "string", "contentMediaType": Form.ARROW.value},
        "example": "An Arrow IPC stream; next, total and metadata in its schema, under 'farol'.",
    }
    described[200]["content"][Form.CSV.value] = {
        "schema": {"type": "string", "contentMediaType": Form.CSV.value},
        "example": "The names of the columns, then a line for each row.",
    }
    described[200]["headers"] = {
        "Link": {
            "description": "Where the next page is, as `rel=next`; not there on the last one.",
            "schema": {"type": "string"},
        },
        "X-Total-Count": {
            "description": "All rows that match, where they are counted.",
            "schema": {"type": "integer"},
        },
    }
    return described


def object_response(
    model: type[BaseModel], example: object, *, data_sets: tuple[str, ...] = ()
) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document describes an answer with *example* as its data."""
    metadata = METADATA_EXAMPLE | {"data_sets": list(data_sets)}
    return {200: json_response(model, {"data": example, "next": None, "metadata": metadata})}


def json_response(model: type[BaseModel], example: object) -> dict[str, Any]:
    """Return how the OpenAPI document describes a JSON answer such as *example*."""
    return {"model": model, "content": {"application/json": {"example": example}}}


def _field(column: Column) -> Any:  # noqa: ANN401 - what pydantic's create_model takes
    python_type: Any = Literal[column.allowed] if column.allowed else _PYTHON_TYPES[column.type]
    unit = f" [{column.unit}]" if column.unit else ""
    described = Field(
        description=column.description.en + unit,
        examples=[example_of(column)],
        ge=None if column.allowed else column.minimum,
        le=None if column.allowed else column.maximum,
        max_length=column.form.max_length if column.form else None,
    )
    return (python_type if column.required else python_type | None, described)
