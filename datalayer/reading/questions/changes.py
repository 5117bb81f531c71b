"""Questions that two publications are compared by."""

from __future__ import annotations

from datetime import date

from datalayer.reading.question import Question, sql_question


def forecast_end() -> Question:
    """Return the question of the last date that the network's forecasts reach: last_date."""
    return sql_question("forecast_span", {}, "agg_daily")


def planned_parts(first_date: date | None, last_date: date | None) -> Question:
    """Return the question of what is planned for each part; forecasts summed between the dates.

    Both dates are inclusive; without them all forecasts are 0.
    """
    dates = {"first_date": first_date, "last_date": last_date}
    data_sets = ("dim_item", "fact_forecast", "fact_inventory", "fact_metrics")
    return sql_question("planned_parts", dates, *data_sets)
