"""Questions about stock positions: what to order."""

from __future__ import annotations

from datalayer.kernel.contract.registry import Registry
from datalayer.reading.filters import Conditions, after_position, equal
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.views import count_matches, question_sql, select_matches

FILTERS = ("item_id", "status", "order_by")
ITEM_FILTERS = ("category", "abc_class")
ITEM_COLUMNS = ("name", "category", "abc_class")
"""What a stock position says of its part."""
ALERTS = Conditions(('"alert"',))
"""Stock positions that ask for an order."""


def of_item(item_id: str, location_id: str = NETWORK) -> Question:
    """Return the question of the stock position of a part: one row, or none."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("item_inventory", parameters, "fact_inventory")


def known() -> Question:
    """Return the question of how many stock positions there are, and of how many stock is known.

    Columns: see ``sql/stock_known.sql``.
    """
    return sql_question("stock_known", {}, "fact_inventory")


def positions(
    registry: Registry,
    location_id: str,
    conditions: Conditions,
    *,
    limit: int,
    after: Position | None = None,
) -> Question:
    """Return the question of the stock positions at a location that meet *conditions*, by part.

    Conditions may be on the columns of fact_inventory, on ``ITEM_COLUMNS`` and on ``alert``
    (see ``sql/stock_positions.sql``).

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    data_set = registry.data_sets["fact_inventory"]
    here = conditions + equal(data_set.column("location_id"), location_id)
    met = here + after_position([data_set.column("item_id")], after)
    base = question_sql("stock_positions")
    columns = [*(column.name for column in data_set.columns), "alert", *ITEM_COLUMNS]
    return Question(
        name="stock_positions",
        sql=select_matches(base, columns, met.predicates, ("item_id",)),
        parameters=met.parameters,
        data_sets=("fact_inventory", "dim_item"),
        limit=limit,
        order=("item_id",),
        total_sql=count_matches(f"({base})", here.predicates),
    )
