"""What can be asked of one publication: SQL with its parameters, and how its rows are paged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from datalayer.reading.database import Parameter

Position = tuple[str | int | float | bool | None, ...]
"""Where a page begins: behind the row with these values in the ordering columns, dates as ISO
text; behind so many rows where rows are counted instead."""


@dataclass(frozen=True)
class Question:
    """One question; asked, its answer is a table for a page or a body for the API.

    Attributes:
        name: What it asks; part of the cache's key.
        sql: A query over the publication's views; values stand in it as ``$name`` only.
        parameters: A value for every ``$name``.
        data_sets: The data sets read, in order of importance.
        sources: Forecast sources of the answer; empty to take them from its column ``source``.
        limit: Most rows of one page; None for all in one. *sql* itself is not limited.
        order: The columns that order the answer and, together, name a row; a ``Position`` has
            values of these. Empty where it counts rows.
        total_sql: A query of the number of all rows, as column ``rows``; None where nobody counts.
    """

    name: str
    sql: str
    parameters: Mapping[str, Parameter]
    data_sets: tuple[str, ...]
    sources: tuple[str, ...] = ()
    limit: int | None = None
    order: tuple[str, ...] = field(default=())
    total_sql: str | None = None


@lru_cache
def question_sql(question: str) -> str:
    """Return the text of ``sql/<question>.sql``."""
    return (files("datalayer.reading") / "questions/sql" / f"{question}.sql").read_text(encoding="utf-8")
