"""The shapes of the API's answers; those of rows are made from the registry."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field, create_model

from datalayer.contract.registry import Column, ColumnType, DataSet

_PYTHON_TYPES: dict[ColumnType, type] = {
    ColumnType.TEXT: str,
    ColumnType.DATE: date,
    ColumnType.TIMESTAMP: datetime,
    ColumnType.DOUBLE: float,
    ColumnType.INTEGER: int,
    ColumnType.BOOLEAN: bool,
}


class Metadata(BaseModel):
    """Where an answer comes from."""

    publication_id: str
    dataset_id: str
    model_version: str
    generated_at: datetime
    data_through: date
    loaded_at: datetime
    data_sets: list[str]
    sources: list[str]


class ColumnDescription(BaseModel):
    """One column of a data set; labels and descriptions by language."""

    name: str
    type: str
    unit: str
    required: bool
    key_position: int | None
    minimum: float | None
    maximum: float | None
    allowed: list[str]
    label: dict[str, str]
    description: dict[str, str]


class DataSetSummary(BaseModel):
    """One data set of the active publication."""

    name: str
    rows: int
    freshness: str
    label: dict[str, str]
    description: dict[str, str]


class DataSetDescription(DataSetSummary):
    """One data set with its columns."""

    key: list[str]
    columns: list[ColumnDescription]


class DataSets(BaseModel):
    """Every data set."""

    metadata: Metadata
    data_sets: list[DataSetSummary]


class DataSetAnswer(BaseModel):
    """One data set."""

    metadata: Metadata
    data_set: DataSetDescription


class PublicationAnswer(BaseModel):
    """The active publication."""

    metadata: Metadata
    rows: dict[str, int]
    lineage: dict[str, Any]


class Problem(BaseModel):
    """What went wrong, as RFC 9457 writes it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    reference: str | None = Field(None, description="Under which the log has the details.")


def row_model(data_set: DataSet) -> type[BaseModel]:
    """Return the model of one row of *data_set*."""
    fields: dict[str, Any] = {column.name: _field(column) for column in data_set.columns}
    return create_model(f"{data_set.name}_row", **fields)


def rows_model(data_set: DataSet) -> type[BaseModel]:
    """Return the model of a page of rows of *data_set*."""
    row: Any = row_model(data_set)
    return create_model(f"{data_set.name}_rows", metadata=(Metadata, ...), rows=(list[row], ...))


def _field(column: Column) -> Any:  # noqa: ANN401 - what pydantic's create_model takes
    python_type: Any = _PYTHON_TYPES[column.type]
    unit = f" [{column.unit}]" if column.unit else ""
    description = column.description.en + unit
    if column.required:
        return (python_type, Field(description=description))
    return (python_type | None, Field(None, description=description))
