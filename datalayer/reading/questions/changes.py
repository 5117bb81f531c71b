"""Questions that two publications are compared by."""

from __future__ import annotations

from datetime import date

from datalayer.reading.question import Question, question_sql


def forecast_end() -> Question:
    """Return the question of the last date that the network's forecasts reach: last_date."""
    return Question("forecast_span", question_sql("forecast_span"), {}, ("agg_daily",))


def planned_parts(first_date: date | None, last_date: date | None) -> Question:
    """Return the question of what is planned for each part; forecasts summed between the dates.

    Both dates are inclusive; without them all forecasts are 0.
    """
    return Question(
        name="planned_parts",
        sql=question_sql("planned_parts"),
        parameters={"first_date": first_date, "last_date": last_date},
        data_sets=("dim_item", "fact_forecast", "fact_inventory", "fact_metrics"),
    )
