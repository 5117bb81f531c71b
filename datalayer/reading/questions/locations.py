"""Questions about locations."""

from __future__ import annotations

from datalayer.reading.question import Question, sql_question

NETWORK = "network"
"""The location that stands for all of them together."""


def location(location_id: str) -> Question:
    """Return the question of the row of a location: one row, or none."""
    return sql_question("location", {"location_id": location_id}, "dim_location")


def of_item(item_id: str) -> Question:
    """Return the question of the places that a part has anything at, the network first.

    Columns: see ``sql/item_locations.sql``.
    """
    read = ("dim_location", "fact_demand", "fact_forecast", "fact_inventory")
    return sql_question("item_locations", {"item_id": item_id}, *read)
