"""Questions about the exceptions: what to look at first."""

from __future__ import annotations

from datalayer.kernel.contract.registry import Registry
from datalayer.reading.filters import Conditions, equal
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions import data_sets
from datalayer.reading.questions.locations import NETWORK

FILTERS = ("reason_code", "severity", "item_id")


def first(limit: int, location_id: str = NETWORK) -> Question:
    """Return the question of a location's first exceptions by rank, with the part's ``name``."""
    parameters = {"location_id": location_id}
    return sql_question("exceptions", parameters, "fact_exception", "dim_item", limit=limit)


def rows(
    registry: Registry,
    location_id: str,
    conditions: Conditions,
    *,
    limit: int,
    after: Position | None = None,
) -> Question:
    """Return the question of the exceptions at a location that meet *conditions*, by rank.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    data_set = registry.data_sets["fact_exception"]
    here = conditions + equal(data_set.column("location_id"), location_id)
    return data_sets.rows(data_set, here, limit=limit, after=after, with_total=True)
