"""Questions about the buy list: its steps, what a budget buys of it, and why a step is where it is.

All of them have no rows where a publication has no buy list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from datalayer.kernel.contract.registry import ColumnType, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.database import Parameter
from datalayer.reading.filters import (
    NO_CONDITIONS,
    VALUE_READERS,
    Conditions,
    Filter,
    after_position,
    conditions,
    filters_of,
    given_more_than_once,
    unpublished_column,
)
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions.availability import CONTRACT
from datalayer.reading.views import count_matches, question_sql, select_matches, with_query

WORTH: Final = (
    *("position", "target_quantity", "expected_backorders", "down_hours"),
    *("next_unit_per_1000", "own_service_level", "supported", "late_days"),
)
"""What the buy list tells of fact_availability."""
ITEM_COLUMNS: Final = ("name", "unit", "supplier", "criticality", "category")
"""What it tells of dim_item."""
STEP: Final = (
    *("rank", "item_id", "location_id", "from_quantity", "quantity", "cost"),
    *("down_hours_avoided", "hours_per_1000"),
)
OF_CLASS: Final = ("class_budget", "class_cumulative_cost")
"""What there is to spend on a step's class, and what that costs so far, filtered or not."""
WITHIN_CLASS_BUDGET: Final = "within_class_budget"
SUMS: Final = ("cumulative_cost", "cumulative_down_hours_avoided")
COLUMNS: Final = (
    *(*STEP, *SUMS, *OF_CLASS, "contract_id"),
    *(*ITEM_COLUMNS, "location", *WORTH, "source"),
)
"""Columns of a step of the buy list, in the order of an answer."""

_LISTED: Final = (
    *(*STEP, *OF_CLASS, "contract_id"),
    *(*ITEM_COLUMNS, "location", *WORTH, "source"),
)
_READ: Final = ("fact_buy_list", "fact_availability", "dim_item", "dim_location")
_ORDERED: Final = (
    *("item_id", "location_id", "name", "unit", "location", "from_quantity", "quantity"),
    *("cost", "down_hours_avoided", "first_rank", "steps_from", "steps_to", "all_steps"),
)
PART_COLUMNS: Final = (
    *("is_bought", "rank", "item_id", "location_id", "from_quantity", "quantity", "cost"),
    *("down_hours_avoided", "contract_id", "name", "unit", "location"),
    *("repair_days", "condemnation", "source"),
)
"""Columns of a part that is bought, in the order of an answer."""
_RANK: Final = unpublished_column("rank", ColumnType.INTEGER)
_OF_PART: Final = ("item_id", "supplier", "criticality", "category")


@dataclass(frozen=True, eq=False)
class BuyListing:
    """Which steps of the buy list are wanted.

    Attributes:
        met: What they must meet. It is of parts and places, so that the steps of a part at a place
            are all there or none is, or of their classes' budgets, which end each part's steps as
            they end the list: no quantity stands on top of one that isn't listed.
        budget: What there is to spend on them, in the publication's currency; None for all.
    """

    met: Conditions = NO_CONDITIONS
    budget: float | None = None

    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters of their SQL."""
        return {**self.met.parameters, "budget": self.budget}


def filters(registry: Registry) -> dict[str, Filter]:
    """Return what the buy list can be filtered by, by name; beside them there is the budget."""
    item, place = (registry.data_sets[name] for name in ("dim_item", "dim_location"))
    supported = unpublished_column(
        "supported",
        ColumnType.BOOLEAN,
        described="Whether the past saw a chance as small as the one that the part's stock is for.",
    )
    within = unpublished_column(
        WITHIN_CLASS_BUDGET,
        ColumnType.BOOLEAN,
        described="Whether the budget of the part's class, if there is one, pays for the step.",
    )
    made = (CONTRACT, supported, within)
    return filters_of([*map(item.column, _OF_PART), place.column("location_id"), *made])


def buy_listing(registry: Registry, asked: Iterable[tuple[str, str]]) -> BuyListing:
    """Return the listing that *asked*, pairs of a filter's name and a value as text, means.

    Several values of one column are alternatives; different filters must all be met. Names that
    are no filters are left alone; ``budget`` is one. What no row has finds no row.

    Raises:
        InvalidSelection: A value can't be one of its column, or the budget isn't a number of at
            least 0, given once.
    """
    pairs = list(asked)
    budgets = [text for name, text in pairs if name == "budget"]
    if len(budgets) > 1:
        raise given_more_than_once("budget")
    budget = budget_of(budgets[0]) if budgets else None
    return BuyListing(conditions(filters(registry), pairs), budget)


def budget_of(text: str) -> float:
    """Return the budget that *text* says.

    Raises:
        InvalidSelection: It isn't a number of at least 0.
    """
    budget = VALUE_READERS[ColumnType.DOUBLE]("budget", text)
    if not isinstance(budget, float) or budget < 0:
        expected = Sentence("a number of at least 0")
        raise InvalidSelection(parameter="budget", found=ascii(text[:80]), expected=expected)
    return budget or 0.0  # and no -0


def steps(
    wanted: BuyListing = BuyListing(),
    *,
    limit: int | None = None,
    after: Position | None = None,
) -> Question:
    """Return the question of the steps *wanted*, what avoids most for its cost first.

    The sums so far are of the rows wanted, not of the whole list: with a filter they say what the
    rows shown cost, and the budget is for those alone.

    Columns: ``COLUMNS``; see ``sql/bought_steps.sql`` and ``sql/cut_steps.sql``.

    Args:
        wanted: Which; all if left out.
        limit: Most rows of one page; None for all.
        after: The rank behind which the page begins; None for the first.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    base = _of_listing("buy_list", wanted)
    later = after_position([_RANK], after)
    return Question(
        name="buy_list",
        sql=select_matches(base, COLUMNS, later.predicates, ("rank",)),
        parameters={**wanted.parameters(), **later.parameters},
        data_sets=_READ,
        limit=limit,
        order=("rank",),
        total_sql=count_matches(f"({base})", ()),
        file_name="buy_list",
    )


def bought_orders(wanted: BuyListing, met: Conditions = NO_CONDITIONS, *, limit: int) -> Question:
    """Return the question of what is to be ordered of each part at a place, the best first.

    Columns: see ``sql/bought_orders.sql``.

    Args:
        wanted: Which steps are bought.
        met: What orders must meet, of those that they come to: what is left out frees no money for
            other steps.
        limit: Most orders.
    """
    bought = with_query("bought", _of_listing("buy_list", wanted), question_sql("bought_orders"))
    return Question(
        name="bought_orders",
        sql=select_matches(bought, _ORDERED, met.predicates, ("first_rank",)),
        parameters={**wanted.parameters(), **met.parameters},
        data_sets=_READ,
        limit=limit,
    )


def budget_effect(wanted: BuyListing) -> Question:
    """Return the question of what the budget of *wanted* buys, and what as much again would.

    One row, of zeros where nothing is listed. Columns: see ``sql/budget_effect.sql``.
    """
    return Question(
        name="budget_effect",
        sql=_of_listing("budget_effect", wanted),
        parameters=wanted.parameters(),
        data_sets=_READ,
    )


def bought_parts(wanted: BuyListing, *, limit: int, offset: int = 0) -> Question:
    """Return the question of the parts that a budget buys, then of those as much again would.

    The steps of a part at a place are one row; one that the budget buys in part is in both. What
    avoids most for its cost is first.

    Columns: ``PART_COLUMNS``; see ``sql/bought_parts.sql``.

    Args:
        wanted: Which, and the budget.
        limit: Rows of a page.
        offset: Rows of the pages before.
    """
    base = _of_listing("bought_parts", wanted)
    # What is bought comes first without being sorted: its ranks are all below the others'.
    return Question(
        name="bought_parts",
        sql=select_matches(base, PART_COLUMNS, (), ("rank",)),
        parameters=wanted.parameters(),
        data_sets=(*_READ, "fact_repair"),
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


def explained_step(rank: int) -> Question:
    """Return the question of the step at *rank*, with the one before it and the one after it.

    Columns: see ``sql/explained_step.sql``. Zero rows where the list is shorter, or there is none.
    """
    sql = with_query("bought", question_sql("bought_steps"), question_sql("explained_step"))
    return Question("explained_step", sql, {"rank": rank}, (*_READ, "fact_repair"))


def explained_part(item_id: str, location_id: str) -> Question:
    """Return the question of what a part's money avoids at a place, and elsewhere in the list.

    Columns: see ``sql/explained_part.sql``. Zero rows where nothing is known of it there.
    """
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("explained_part", parameters, *_READ, "fact_repair")


def _of_listing(name: str, wanted: BuyListing) -> str:
    """Return the SQL of ``sql/<name>.sql``, whose ``cut`` are the steps that *wanted* meets."""
    listed = select_matches(question_sql("bought_steps"), _LISTED, wanted.met.predicates, ("rank",))
    cut = with_query("listed", listed, question_sql("cut_steps"))
    return with_query("cut", cut, question_sql(name))
