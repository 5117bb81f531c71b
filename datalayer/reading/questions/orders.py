"""Questions about what is to be ordered: the orders of some tiers, and what is told of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from datalayer.kernel.contract.registry import ColumnType, Registry
from datalayer.reading.question import MOST_ROWS, Question, json_list, sql_question
from datalayer.reading.questions.marks import not_put_aside
from datalayer.reading.views import given_rows, question_sql, select_matches

ORDERED = ("fact_action", "dim_item", "dim_location", "fact_inventory")


def of_tiers(
    registry: Registry, tiers: Sequence[str], location_ids: Sequence[str], standing: pa.Table
) -> Question:
    """Return the question of the orders of some tiers that nobody put aside, the most urgent first.

    Columns: item_id, location_id, quantity.

    Args:
        registry: That of the publication.
        tiers: At least one.
        location_ids: Places; none for all that no other place lies below.
        standing: The marked rows, as ``PlannerMarks.standing`` has them.
    """
    met = not_put_aside(registry, standing)
    sql = question_sql("orders_of_tiers")
    columns = ["item_id", "location_id", "quantity"]
    return Question(
        "orders_of_tiers",
        select_matches(sql, columns, met.predicates, ["rank"]),
        {
            "tiers": json_list(tiers),
            "locations": json_list(location_ids),
            **met.parameters,
        },
        ("fact_action", "dim_location"),
        limit=MOST_ROWS,
    )


def of_ranks(ranks: Sequence[int]) -> Question:
    """Return the question of some rows of the list by their *ranks*, and what their orders keep.

    Columns: see ``sql/orders_of_ranks.sql``.
    """
    parameters = {"ranks": json_list(ranks)}
    read = ("fact_action", "dim_item", "fact_inventory", "fact_repair")
    return sql_question("orders_of_ranks", parameters, *read)


def ordered(rows: Sequence[tuple[str, str, float]]) -> Question:
    """Return the question of what a publication says of *rows*: part, place and quantity each.

    Columns: position, item_id, location_id, quantity, and as a row each: dim_item, dim_location,
    fact_inventory, fact_action.
    """
    listed = [
        {"position": position, "item_id": item, "location_id": place, "quantity": quantity}
        for position, (item, place, quantity) in enumerate(rows)
    ]
    return sql_question("ordered_rows", {"rows": json_list(listed)}, *ORDERED)


def location_tree() -> Question:
    """Return the question of all locations, each with the one above it."""
    return sql_question("location_tree", {}, "dim_location")


def given(rows: Sequence[Mapping[str, object]], types: Mapping[str, ColumnType]) -> Question:
    """Return the question of *rows* that are brought along, with columns of *types*."""
    parameters = {"given": json_list(rows)}
    return Question("given_rows", given_rows(types, "given"), parameters, ())
