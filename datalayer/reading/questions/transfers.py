"""Questions about what to move from one place to another before anything is bought."""

from __future__ import annotations

from typing import Final

from datalayer.kernel.contract.registry import ColumnType, Registry
from datalayer.reading.filters import (
    Conditions,
    Filter,
    after_position,
    filters_of,
    unpublished_column,
)
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.views import count_matches, question_sql, select_matches

COLUMNS: Final = (
    *("rank", "item_id", "name", "unit", "from_location_id", "from_location", "to_location_id"),
    *("to_location", "quantity", "km", "days", "distance_assumed", "freight", "value"),
    *("receiver_hours_avoided", "donor_hours_lost", "donor_stock_left", "donor_monthly_demand"),
    *("contract_id", "source"),
)
"""Columns of a move, in the order of an answer."""

TOLD: Final = (
    *("rank", "item_id", "name", "unit", "from_location_id", "from_location", "to_location_id"),
    *("to_location", "quantity", "km", "days", "distance_assumed", "freight", "receiver_gain"),
    *("donor_loss", "purchase_put_off", "value", "receiver_hours_avoided", "donor_hours_lost"),
    *("donor_stock_left", "donor_reorder_point", "donor_monthly_demand", "contract_id", "source"),
)
"""Columns of a move with all that it was weighed by, in the order of an answer."""

_RANK: Final = unpublished_column("rank", ColumnType.INTEGER)
_FILTERED: Final = ("item_id", "from_location_id", "to_location_id", "contract_id")
_READ: Final = ("fact_transfer", "dim_item", "dim_location")


def moves(
    location_id: str | None, contract_id: str | None, *, limit: int, offset: int = 0
) -> Question:
    """Return the question of the moves to a place, what is worth most first.

    Columns: ``COLUMNS``; see ``sql/moves.sql``.

    Args:
        location_id: Where they go; None for all.
        contract_id: Whose towers need them most there; None for all.
        limit: Rows of a page.
        offset: Rows of the pages before.
    """
    base = question_sql("moves")
    return Question(
        name="moves",
        sql=select_matches(base, COLUMNS, (), ("rank",)),
        parameters={"location_id": location_id, "contract_id": contract_id},
        data_sets=_READ,
        limit=limit,
        offset=offset,
        total_sql=count_matches(f"({base})", ()),
        file_name="moves",
    )


def filters(registry: Registry) -> dict[str, Filter]:
    """Return what moves can be filtered by, by name."""
    columns = registry.data_sets["fact_transfer"]
    return filters_of([*map(columns.column, _FILTERED)])


def listed(met: Conditions, *, limit: int | None = None, after: Position | None = None) -> Question:
    """Return the question of the moves that meet *met*, what is worth most first.

    Columns: ``TOLD``; see ``sql/moves_told.sql``.

    Args:
        met: What moves must meet.
        limit: Most rows of one page; None for all.
        after: The rank behind which the page begins; None for the first.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    base = question_sql("moves_told")
    later = met + after_position([_RANK], after)
    return Question(
        name="moves_told",
        sql=select_matches(base, TOLD, later.predicates, ("rank",)),
        parameters=later.parameters,
        data_sets=_READ,
        limit=limit,
        order=("rank",),
        total_sql=count_matches(f"({base})", met.predicates),
        file_name="moves",
    )


def together(location_id: str | None, contract_id: str | None) -> Question:
    """Return the question of what the same moves are worth together; one row.

    Columns: see ``sql/moves_together.sql``.
    """
    parameters = {"location_id": location_id, "contract_id": contract_id}
    return sql_question("moves_together", parameters, "fact_transfer")


def replayed() -> Question:
    """Return the question of what such moves would have avoided and caused before; one row.

    Columns: see ``sql/moves_replayed.sql``.
    """
    return sql_question("moves_replayed", {}, "agg_transfer")


def brought(item_id: str, location_id: str) -> Question:
    """Return the question of how many of a part moves bring to a place; one row.

    Columns: see ``sql/moves_brought.sql``.
    """
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("moves_brought", parameters, "fact_transfer")
