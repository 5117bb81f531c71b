"""Questions about how good forecasts were in the backtest."""

from __future__ import annotations

from datalayer.reading.question import Question, sql_question
from datalayer.reading.questions.locations import NETWORK

FILTERS = ("group_by", "group_value", "source", "horizon")
"""Columns of agg_metrics that its rows are asked for by."""


def of_item(item_id: str, location_id: str = NETWORK) -> Question:
    """Return the question of the rows of fact_metrics of one part, champion first."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("item_metrics", parameters, "fact_metrics")


def overall() -> Question:
    """Return the question of how good each source was over all parts, by source and horizon.

    Columns: see ``sql/overall_accuracy.sql``.
    """
    return sql_question("overall_accuracy", {}, "agg_metrics")
