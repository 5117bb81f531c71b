"""Questions about what to buy by what it avoids: parts that a budget buys, and what it takes."""

from __future__ import annotations

from typing import Final

from datalayer.reading.question import Question, sql_question
from datalayer.reading.questions.availability import BuyListing
from datalayer.reading.views import count_matches, question_sql, select_matches, with_query

COLUMNS: Final = (
    *("is_bought", "rank", "item_id", "location_id", "from_quantity", "quantity", "cost"),
    *("down_hours_avoided", "contract_id", "name", "unit", "location", "source"),
)
"""Columns of a part that is bought, in the order of an answer."""

_STEP: Final = (*COLUMNS[1:],)
_READ: Final = ("fact_buy_list", "fact_availability", "dim_item", "dim_location")


def bought_parts(wanted: BuyListing, *, limit: int, offset: int = 0) -> Question:
    """Return the question of the parts that a budget buys, then of those as much again would.

    The steps of a part at a place are one row; one that the budget buys in part is in both. What
    avoids most for its cost is first.

    Columns: ``COLUMNS``; see ``sql/bought_parts.sql``.

    Args:
        wanted: Which, and the budget.
        limit: Rows of a page.
        offset: Rows of the pages before.
    """
    steps = question_sql("bought_steps")
    listed = select_matches(steps, _STEP, wanted.met.predicates, ("rank",))
    base = with_query("listed", listed, question_sql("bought_parts"))
    # What is bought comes first without being sorted: its ranks are all below the others'.
    return Question(
        name="bought_parts",
        sql=select_matches(base, COLUMNS, (), ("rank",)),
        parameters=wanted.parameters(),
        data_sets=_READ,
        limit=limit,
        offset=offset,
        total_sql=count_matches(f"({base})", ()),
        file_name="buy_list",
    )


def choices() -> Question:
    """Return the question of the places and contracts that the buy list can be narrowed to.

    Columns: see ``sql/buy_list_choices.sql``.
    """
    return sql_question("buy_list_choices", {}, "fact_buy_list", "dim_location")


def cost_of_avoiding(share: float) -> Question:
    """Return the question of what it costs to avoid *share*, from 0 to 1, of the hours lost today.

    One row. Columns: see ``sql/cost_of_avoiding.sql``.
    """
    return sql_question("cost_of_avoiding", {"share": share}, "fact_buy_list", "fact_availability")
