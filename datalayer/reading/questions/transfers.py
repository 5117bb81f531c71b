"""Questions about what to move from one place to another before anything is bought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from datalayer.kernel.contract.registry import ColumnType, Registry
from datalayer.reading.database import Parameter
from datalayer.reading.filters import (
    NO_CONDITIONS,
    Conditions,
    Filter,
    after_position,
    conditions,
    filters_of,
    unpublished_column,
)
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.views import count_matches, question_sql, select_matches, with_query

COLUMNS: Final = (
    *("rank", "item_id", "name", "unit", "from_location_id", "from_location", "to_location_id"),
    *("to_location", "quantity", "km", "days", "distance_assumed", "freight", "receiver_gain"),
    *("donor_loss", "purchase_put_off", "value", "receiver_hours_avoided", "donor_hours_lost"),
    *("donor_stock_left", "donor_reorder_point", "donor_monthly_demand", "contract_id", "source"),
)
"""Columns of a move, in the order of an answer."""

_RANK: Final = unpublished_column("rank", ColumnType.INTEGER)
_FILTERED: Final = ("item_id", "from_location_id", "to_location_id", "contract_id")
_READ: Final = ("fact_transfer", "dim_item", "dim_location")


def filters(registry: Registry) -> dict[str, Filter]:
    """Return what moves can be filtered by, by name."""
    columns = registry.data_sets["fact_transfer"]
    return filters_of([*map(columns.column, _FILTERED)])


def listing(registry: Registry, asked: Iterable[tuple[str, str]]) -> Conditions:
    """Return what *asked*, pairs of a filter's name and a value as text, wants of moves.

    Raises:
        InvalidSelection: A value can't be one of its column.
    """
    return conditions(filters(registry), asked)


def moves(
    met: Conditions = NO_CONDITIONS, *, limit: int | None = None, after: Position | None = None
) -> Question:
    """Return the question of the moves that meet *met*, what is worth most first.

    Columns: ``COLUMNS``; see ``sql/moves.sql``.

    Args:
        met: What moves must meet.
        limit: Most rows of one page; None for all.
        after: The rank behind which the page begins; None for the first.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    base = question_sql("moves")
    later = met + after_position([_RANK], after)
    return Question(
        name="moves",
        sql=select_matches(base, COLUMNS, later.predicates, ("rank",)),
        parameters=later.parameters,
        data_sets=_READ,
        limit=limit,
        order=("rank",),
        total_sql=count_matches(f"({base})", met.predicates),
        file_name="moves",
    )


def at_rank(rank: int) -> Question:
    """Return the question of the move at *rank*; zero rows where there is none."""
    return _chosen("move_at_rank", "rank = $rank", {"rank": rank})


def of_place(item_id: str, location_id: str) -> Question:
    """Return the question of the moves of a part to and from a place, what is worth most first."""
    return _chosen(
        "moves_of_place",
        "item_id = $item_id and $location_id in (from_location_id, to_location_id)",
        {"item_id": item_id, "location_id": location_id},
    )


def together(met: Conditions = NO_CONDITIONS) -> Question:
    """Return the question of what the moves that meet *met* are worth together; one row.

    Columns: see ``sql/moves_together.sql``.
    """
    listed = select_matches(question_sql("moves"), COLUMNS, met.predicates, ("rank",))
    sql = with_query("listed", listed, question_sql("moves_together"))
    return Question("moves_together", sql, met.parameters, _READ)


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


def _chosen(name: str, met: str, parameters: Mapping[str, Parameter]) -> Question:
    sql = select_matches(question_sql("moves"), COLUMNS, (met,), ("rank",))
    return Question(name, sql, parameters, _READ)
