"""Questions about locations."""

from __future__ import annotations

from datalayer.reading.question import Question, question_sql

NETWORK = "network"
"""The location that stands for all of them together."""


def location(location_id: str) -> Question:
    """Return the question of the row of a location: one row, or none."""
    parameters = {"location_id": location_id}
    return Question("location", question_sql("location"), parameters, ("dim_location",))
