"""Questions that two publications are compared by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Column, ColumnType
from datalayer.reading.filters import unpublished_column
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions.marks import given

DATA_SETS = (
    "dim_item",
    "fact_forecast",
    "fact_inventory",
    "fact_metrics",
    "fact_demand",
    "fact_action",
    "fact_repair",
)
"""What a comparison reads."""


def forecast_end() -> Question:
    """Return the question of the last date that the network's forecasts reach: last_date."""
    return sql_question("forecast_span", {}, "agg_daily")


def planned_parts(
    location_id: str,
    first_date: date | None,
    last_date: date | None,
    *,
    item_id: str | None = None,
) -> Question:
    """Return the question of what is planned for each part; forecasts summed between the dates.

    Both dates are inclusive; without them all forecasts are 0. With *item_id*, of that part alone.
    """
    dates = {"first_date": first_date, "last_date": last_date}
    here = {"location": location_id, "item": item_id}
    return sql_question("planned_parts", {**here, **dates}, *DATA_SETS)


def demand_start() -> Question:
    """Return the question of the day from which on demand is known: first_date."""
    return sql_question("demand_start", {}, "fact_demand")


def demand_between(
    location_id: str, after: date, through: date, *, item_id: str | None = None
) -> Question:
    """Return the question of the demand since *after* and until *through*, by part and period.

    With *item_id*, of that part alone.
    """
    here = {"location": location_id, "item": item_id}
    return sql_question(
        "demand_between", {**here, "after": after, "through": through}, "fact_demand"
    )


def item_costs() -> Question:
    """Return the question of what a unit of each part costs: item_id, unit, unit_cost."""
    return sql_question("item_costs", {}, "dim_item")


def changed_parts(parts: pa.Table, limit: int | None, after: Position | None) -> Question:
    """Return the question of rows of ``Changes.parts`` by their rank, as numbers of JSON.

    Args:
        parts: The rows, all of them.
        limit: Most rows of one page; None for all in one.
        after: Where the page before ended, a rank; None for the first.

    Raises:
        InvalidCursor: *after* is no rank.
    """
    return _ranked("changed_parts", parts, limit, after)


def changed_orders(rows: pa.Table, limit: int | None, after: Position | None) -> Question:
    """Return the question of proposed orders that changed; else as ``changed_parts``."""
    return _ranked("changed_orders", rows, limit, after)


def order_steps(rows: pa.Table) -> Question:
    """Return the question of the steps from one sum of orders to another, all of them."""
    return _ranked("order_steps", rows, None, None)


def _ranked(name: str, parts: pa.Table, limit: int | None, after: Position | None) -> Question:
    columns = [_column(field) for field in parts.schema]
    numbers = [
        pa.field(field.name, pa.float64()) if pa.types.is_decimal(field.type) else field
        for field in parts.schema
    ]
    # Only what a page can show travels to the database.
    first = after[0] if after and isinstance(after[0], int) else 0
    left = parts.filter(pc.greater(parts["rank"], first))
    left = left if limit is None else left.slice(0, limit + 1)
    question = given(
        name,
        left.cast(pa.schema(numbers)),
        columns,
        ("rank",),
        limit=limit,
        after=after,
    )
    return replace(question, data_sets=DATA_SETS, total_sql="")


def _column(field: pa.Field) -> Column:
    kinds = {
        pa.string(): ColumnType.TEXT,
        pa.int64(): ColumnType.INTEGER,
        pa.bool_(): ColumnType.BOOLEAN,
    }
    return unpublished_column(field.name, kinds.get(field.type, ColumnType.DOUBLE))
