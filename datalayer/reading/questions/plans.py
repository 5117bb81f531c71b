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

_STOCK_LEVELS: Final = {
    "stock_q025": 2.5,
    "stock_q100": 10,
    "stock_q500": 50,
    "stock_q900": 90,
    "stock_q975": 97.5,
}
_PUBLISHED: Final = ("date", "position", "position_with_action", "receipts")


def projected_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``projection``."""
    data_set = data_set_named(registry, "fact_projection")
    made = (
        unpublished_column(
            name,
            ColumnType.DOUBLE,
            described=f"Stock stays at or below this in {level:g} % of cases, without the action; "
            "null if the stock is not known.",
        )
        for name, level in _STOCK_LEVELS.items()
    )
    rest = (data_set.column(name) for name in ("stockout_probability", "source"))
    columns = (*(data_set.column(name) for name in _PUBLISHED), *made, *rest)
    return tuple(replace(each, required=each.name == "date") for each in columns)


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
    return sql_question("item_projection", parameters, "fact_projection", "fact_inventory")


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
