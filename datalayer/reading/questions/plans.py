"""Questions about what is to come of one part: its stock, and its demand by week or month."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.database import Parameter
from datalayer.reading.filters import unpublished_column
from datalayer.reading.question import Question, sql_question
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.questions.forecasts import SeriesSelection, check_sources_and_span
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.views import question_sql, with_query

_STOCK_LEVELS: Final = {
    "stock_q025": 2.5,
    "stock_q100": 10,
    "stock_q500": 50,
    "stock_q900": 90,
    "stock_q975": 97.5,
}


def projected_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``projection``."""
    data_set = data_set_named(registry, "fact_projection")
    order = _made("position_with_order", "Expected stock with what is proposed to order")
    levels = (
        _made(name, f"Stock stays at or below this in {level:g} % of cases, without the order")
        for name, level in _STOCK_LEVELS.items()
    )
    first, rest = ("date", "position"), ("stockout_probability", "source")
    columns = (
        *(data_set.column(name) for name in first),
        order,
        data_set.column("receipts"),
        *levels,
        *(data_set.column(name) for name in rest),
    )
    return tuple(replace(each, required=each.name == "date") for each in columns)


def _made(name: str, described: str) -> Column:
    return unpublished_column(
        name, ColumnType.DOUBLE, described=f"{described}; null if the stock is not known."
    )


def projection(
    registry: Registry, manifest: Manifest, item_id: str, location_id: str = NETWORK
) -> Question:
    """Return the question of how the stock of a part at a place is expected to go on.

    Columns: see ``sql/item_projection.sql``. Zero rows where none is projected.

    Raises:
        UnknownDataSet: The publication is from before stock was projected.
    """
    data_set_named(registry, "fact_projection")
    parameters: dict[str, Parameter] = {
        "item_id": item_id,
        "location_id": location_id,
        "data_through": manifest.data_through,
    }
    listed = "order_listed" if "fact_action" in registry.data_sets else "no_order_listed"
    question = sql_question("item_projection", parameters, "fact_projection", "fact_inventory")
    return replace(question, sql=with_query("ordered", question_sql(listed), question.sql))


def periods(registry: Registry, selection: SeriesSelection) -> Question:
    """Return the question of the demand of a part at a place by week or month.

    Columns: those of fact_period, by source and date. Start and end are of the periods' first
    days.

    Raises:
        InvalidSelection: A source is unknown or the span is empty.
        UnknownDataSet: The publication is from before there were periods.
    """
    data_set_named(registry, "fact_period")
    check_sources_and_span(registry, selection.sources, selection.start, selection.end)
    parameters = {**vars(selection), "sources": tuple(sorted(set(selection.sources)))}
    return sql_question("item_periods", parameters, "fact_period")
