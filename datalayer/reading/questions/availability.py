"""Questions about availability: towers that stand still by contract, and what to buy against it.

All of them have no rows where a publication says nothing of availability.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from datalayer.kernel.contract.registry import ColumnType
from datalayer.reading.database import Parameter
from datalayer.reading.filters import (
    NO_CONDITIONS,
    Conditions,
    after_position,
    unpublished_column,
)
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.views import count_matches, question_sql, select_matches

_FIGURES: Final = (
    *("stock_value", "towers_down", "towers_down_low", "towers_down_high", "availability"),
    *("chance_target_met", "supported", "not_supported_because"),
)
CONTRACT_FIGURES: Final[Mapping[str, tuple[str, ...]]] = {
    "today": _FIGURES,
    "service": _FIGURES,
    "meeting": ("point", "stock_value", "towers_down", "availability", "tower_hour_price"),
    "supported": ("point", "stock_value", "availability"),
}
"""Columns of the curve that a contract has, by which row of the curve they are of."""
CONTRACT_COLUMNS: Final = (
    *("contract_id", "name", "towers", "target_availability"),
    *(f"{row}_{name}" for row, names in CONTRACT_FIGURES.items() for name in names),
    "source",
)
"""Columns of a contract, in the order of an answer."""

CONTRACT: Final = unpublished_column(
    "contract_id", ColumnType.TEXT, described="The contract; 'network' where none is known."
)


def contracts(
    met: Conditions = NO_CONDITIONS, *, limit: int | None = None, after: Position | None = None
) -> Question:
    """Return the question of what is promised to whom, kept today, and asked for by the target.

    Columns: see ``sql/availability_contracts.sql``.

    Args:
        met: What contracts must meet.
        limit: Most rows of one page; None for all.
        after: The contract behind which the page begins; None for the first.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    base = question_sql("availability_contracts")
    later = met + after_position([CONTRACT], after)
    return Question(
        name="availability_contracts",
        sql=select_matches(base, CONTRACT_COLUMNS, later.predicates, ("contract_id",)),
        parameters=later.parameters,
        data_sets=("agg_availability",),
        limit=limit,
        order=("contract_id",),
        total_sql=count_matches(f"({base})", met.predicates),
        file_name="contracts",
    )


def curve(contract_id: str) -> Question:
    """Return the question of a contract's curve: points by their stock, then today, then service.

    Columns: see ``sql/availability_curve.sql``. Zero rows where there is no such contract.
    """
    parameters = {"contract_id": contract_id}
    return sql_question("availability_curve", parameters, "agg_availability")


def promises(contract_id: str, policy: str, point: int) -> Question:
    """Return the question of what a row of the curve had promised at each past cutoff.

    Columns: see ``sql/promises.sql``. Zero rows where nothing was tested in the past.
    """
    parameters: dict[str, Parameter] = {
        "contract_id": contract_id,
        "policy": policy,
        "point": point,
    }
    return sql_question("promises", parameters, "agg_promise")


def left_out() -> Question:
    """Return the question of how many parts are in no figure, by reason, and how many are weighed.

    Columns: see ``sql/stock_left_out.sql``.
    """
    return sql_question("stock_left_out", {}, "fact_availability")


def rates_assumed() -> Question:
    """Return the question of how many parts in the figures have no holding rate of their own.

    One row. Columns: see ``sql/rates_assumed.sql``.
    """
    return sql_question("rates_assumed", {}, "fact_availability", "dim_item")


def stock_worth(item_id: str, location_id: str | None = None) -> Question:
    """Return the question of what a part's stock is worth at one place, or at every place.

    Columns: see ``sql/stock_worth.sql``. Zero rows where nothing is known of it.
    """
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("stock_worth", parameters, "fact_availability")
