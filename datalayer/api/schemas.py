"""The shapes that answers of the API share: envelope, index, data sets, problems."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

METADATA_EXAMPLE: dict[str, object] = {
    "publication_id": "20261121T060000Z-1a2b3c4d",
    "dataset_id": "demand-2026-11",
    "model_version": "2026.11.0",
    "generated_at": "2026-11-21T06:00:00Z",
    "data_through": "2026-11-20",
    "loaded_at": "2026-11-21T07:00:00Z",
    "data_sets": ["fact_forecast"],
    "sources": ["ensemble"],
}


class PublicationOrigin(BaseModel):
    """A publication, and what it was computed from."""

    publication_id: str
    dataset_id: str = Field(description="The demand data behind it.")
    model_version: str = Field(description="Version of what computed it.")
    generated_at: datetime = Field(description="When the results were computed, UTC.")
    data_through: date = Field(description="Last day of observed demand behind them.")
    loaded_at: datetime = Field(description="When this portal took the publication in, UTC.")


class Metadata(PublicationOrigin):
    """Where an answer comes from."""

    publication_id: str = Field(description="The publication that was read.")
    data_sets: list[str] = Field(description="Data sets read, in order of importance.")
    sources: list[str] = Field(description="Forecast sources among the rows.")


class Envelope(BaseModel):
    """What surrounds the data of every answer."""

    next: str | None = Field(description="Cursor of the page that follows; null after the last.")
    metadata: Metadata


class Address(BaseModel):
    """One address that can be read."""

    href: str = Field(description="Where it is; a template by RFC 6570 if `templated`.")
    templated: bool
    title: str


class Index(BaseModel):
    """What there is, and where."""

    name: str
    version: str = Field(description="Version of the contract.")
    active_publication: str | None = Field(
        description="What is read unless `p` says another; null without one that you may read."
    )
    documentation: str
    openapi: str
    addresses: list[Address]


class IndexAnswer(BaseModel):
    """The index of the API."""

    data: Index


class Labels(BaseModel):
    """One text in the two languages of the portal."""

    en: str
    pt_BR: str


class ColumnDescription(BaseModel):
    """One column of a data set."""

    name: str
    type: str = Field(description="As DuckDB names it.")
    unit: str = Field(description="Symbol of the unit, or empty.")
    required: bool = Field(description="Never null.")
    key_position: int | None = Field(description="Place in the key, from 1; null outside it.")
    minimum: float | None
    maximum: float | None
    allowed: list[str] = Field(description="The only values there are; empty if any is allowed.")
    reference: str | None = Field(description="`data_set.column` that has every value, or null.")
    quantile_level: float | None = Field(description="Level as a fraction, in quantile columns.")
    label: Labels
    description: Labels
    value_labels: dict[str, Labels]


class RuleDescription(BaseModel):
    """A rule that a publication had to keep before it was served."""

    name: str
    description: Labels
    query: str = Field(description="Counts the rows that break the rule.")


class FreshnessLimits(BaseModel):
    """When data count as due and as stale, in hours after ``generated_at``."""

    due_after_hours: float
    stale_after_hours: float


class DataSetSummary(BaseModel):
    """One data set of a publication."""

    name: str
    rows: int
    size_bytes: int = Field(description="Size of its Parquet file.")
    sha256: str = Field(description="SHA-256 of its Parquet file.")
    freshness: Literal["fresh", "due", "stale", "unknown"]
    label: Labels
    description: Labels


class DataSetDescription(DataSetSummary):
    """One data set with the contract that it keeps."""

    key: list[str]
    freshness_limits: FreshnessLimits
    columns: list[ColumnDescription]
    rules: list[RuleDescription]


class DataSets(Envelope):
    """Every data set."""

    data: list[DataSetSummary]


class DataSetAnswer(Envelope):
    """One data set."""

    data: DataSetDescription


class Problem(BaseModel):
    """What went wrong, as RFC 9457 writes it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", description="Stable; under it the kind is explained.")
    title: str
    status: int
    detail: str = Field(description="What was found, and what would be right.")
    reference: str | None = Field(None, description="Under which the log has the details.")


class ProblemKind(BaseModel):
    """A kind of problem."""

    slug: str
    status: int
    title: str
    advice: str = Field(description="What a caller can do about it.")
    type: str = Field(description="Stands in every problem of this kind.")


class ProblemKinds(BaseModel):
    """Every kind of problem."""

    data: list[ProblemKind]
    next: None


class ProblemKindAnswer(BaseModel):
    """One kind of problem."""

    data: ProblemKind
