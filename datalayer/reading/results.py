"""What a read returns: a table together with where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa


@dataclass(frozen=True)
class Provenance:
    """Where a result came from; every chart, answer and file carries one.

    Attributes:
        data_sets: The data sets read, in order of importance.
        generated_at: When the results were computed, UTC.
        data_through: Last day of observed demand behind them.
        loaded_at: When this portal loaded the publication, UTC.
        sources: Forecast sources in the result; empty where none applies.
    """

    publication_id: str
    dataset_id: str
    model_version: str
    generated_at: datetime
    data_through: date
    loaded_at: datetime
    data_sets: tuple[str, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A table and its provenance. Zero rows is a normal value."""

    table: pa.Table
    provenance: Provenance
