"""Questions about what following the proposals would have cost at past cutoffs."""

from __future__ import annotations

from typing import Final

from datalayer.reading.question import Question, sql_question

FILTERS: Final = ("group_by", "group_value", "rule")
"""Columns of agg_regret that its rows are asked for by."""

EVERYONE: Final = "all"
GROUPINGS: Final = ("abc_class", "demand_class", "location", "supplier")
"""What the ledger's groups are made by, beside all parts together."""

RULES: Final = ("textbook", "order_skipped", "tower_hour_price", "lead_time_quantile")
"""What following is held against, the most asked for first; one of the last two is followed."""


def by_group(group_by: str) -> Question:
    """Return the question of what each rule would have cost, of all parts and by group.

    Args:
        group_by: One of `GROUPINGS`.

    Columns: see ``sql/regret_by_group.sql``.
    """
    parameters = {"group_by": group_by}
    return sql_question("regret_by_group", parameters, "agg_regret", "dim_location")
