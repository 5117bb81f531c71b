"""Questions about locations."""

from __future__ import annotations

from datalayer.reading.question import Question, sql_question

NETWORK = "network"
"""The location that stands for all of them together."""


def location(location_id: str) -> Question:
    """Return the question of the row of a location: one row, or none."""
    return sql_question("location", {"location_id": location_id}, "dim_location")
