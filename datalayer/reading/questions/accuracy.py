"""Questions about how good forecasts were in the backtest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.database import Parameter
from datalayer.reading.filters import unpublished_column
from datalayer.reading.question import Question, sql_question
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.views import count_matches, question_sql, with_query

FILTERS = ("group_by", "group_value", "source", "horizon")
"""Columns of agg_metrics that its rows are asked for by."""

MONEY: Final = "money"
"""The measure in which amounts are multiplied by the cost of the part."""

NearerSort = Literal["much", "sure", "money", "part"]
"""How parts on which the naive source was nearer are sorted; see ``sql/accuracy_parts.sql``."""

_MEASURES: Final = ("fva_vs_naive", "fva_low", "fva_high", "verdict", "n_origins")
_TESTED: Final = ("fact_metrics", "dim_item")
_SHARED: Final = (
    "counted_parts",
    "judged_parts",
    "sources_in_use",
    "longest_horizon",
    "weighed_parts",
    "tested_parts",
)
"""Queries that the others read by their names; each may read those before it."""


@dataclass(frozen=True)
class JudgedParts:
    """Which parts the accuracy is asked of, and of which forecasts.

    Attributes:
        category: Only parts of that category, ``unclassified`` for those without; None for all.
        demand_class: Likewise.
        source: The source judged; None for the one in use of each part, its champion.
    """

    location_id: str = NETWORK
    category: str | None = None
    demand_class: str | None = None
    source: str | None = None


def of_item(item_id: str, location_id: str = NETWORK) -> Question:
    """Return the question of the rows of fact_metrics of one part, champion first."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("item_metrics", parameters, "fact_metrics")


def overall() -> Question:
    """Return the question of how good each source was over all parts, by source and horizon.

    Columns: see ``sql/accuracy_of_sources.sql``.
    """
    return sql_question("accuracy_of_sources", {}, "agg_metrics")


def choices(location_id: str = NETWORK) -> Question:
    """Return the question of sources, categories, classes and places that were tested.

    Columns: see ``sql/accuracy_choices.sql``.
    """
    parameters = {"location_id": location_id}
    return sql_question("accuracy_choices", parameters, *_TESTED, "dim_location")


def units(parts: JudgedParts) -> Question:
    """Return the question of the units that *parts* are counted in.

    Columns: see ``sql/accuracy_units.sql``.
    """
    parameters = {name: value for name, value in vars(parts).items() if name != "source"}
    question = sql_question("accuracy_units", parameters, "dim_item", "fact_inventory")
    return replace(question, sql=_with_shared("accuracy_units"))


def verdicts(parts: JudgedParts) -> Question:
    """Return the question of how many of *parts* were tested, and how each came out: one row.

    Columns: see ``sql/accuracy_verdicts.sql``.
    """
    return _asked("accuracy_verdicts", parts, *_TESTED, "fact_inventory")


def value_added(parts: JudgedParts) -> Question:
    """Return the question of how much better than the naive source forecasts were, by group.

    Columns: see ``sql/accuracy_value_added.sql``.
    """
    return _asked("accuracy_value_added", parts, "fact_metrics", "agg_metrics", "dim_item")


def calibration(parts: JudgedParts) -> Question:
    """Return the question of which share of actuals each quantile and band held.

    Columns: see ``sql/accuracy_calibration.sql``.
    """
    return _asked("accuracy_calibration", parts, "fact_backtest", *_TESTED)


def errors(parts: JudgedParts, measure: str) -> Question:
    """Return the question of bias, tracking signal and errors, by source and by demand class.

    Args:
        parts: Which parts.
        measure: A unit of the answer to ``units``, or ``MONEY``; only such parts are added up.

    Columns: see ``sql/accuracy_errors.sql``.
    """
    return _asked("accuracy_errors", parts, "fact_backtest", *_TESTED, measure=measure)


def totals(parts: JudgedParts, measure: str) -> Question:
    """Return the question of demand and forecasts of *parts* together, by week or month.

    *measure* is as for ``errors``. Columns: see ``sql/accuracy_totals.sql``.
    """
    data_sets = ("fact_period", *_TESTED, "fact_inventory")
    return _asked("accuracy_totals", parts, *data_sets, measure=measure)


def naive_nearer(parts: JudgedParts, sort: NearerSort = "much") -> Question:
    """Return the question of the parts on which the naive source had the smaller error.

    Columns, and how they are sorted: see ``sql/accuracy_parts.sql``.
    """
    question = _asked("accuracy_parts", parts, *_TESTED, "fact_backtest", sort=sort)
    counted = count_matches(f"({question.sql})", ())
    return replace(question, total_sql=counted, file_name="naive_nearer")


def nearer_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``naive_nearer``, as *registry* describes them."""
    parts, measures = (registry.data_sets[name] for name in ("dim_item", "fact_metrics"))
    described = {column.name: column for column in (*parts.columns, *measures.columns)}
    names = ("item_id", "name", "source", "demand_class", "unit", "unit_cost", *_MEASURES)
    return (*(described[name] for name in names), unpublished_column("used", ColumnType.DOUBLE))


def policies(parts: JudgedParts) -> Question:
    """Return the question of service and stock of each policy, of a group and by class.

    They are published for the whole network, so the place of *parts* changes nothing.
    Columns: see ``sql/accuracy_policies.sql``.
    """
    parameters = {"category": parts.category, "demand_class": parts.demand_class}
    question = sql_question("accuracy_policies", parameters, "agg_policy", "dim_item")
    return replace(question, sql=_with_shared("accuracy_policies"))


def policy_costs(parts: JudgedParts) -> Question:
    """Return the question of what each rule to order by would have cost, of a group.

    They are published for the whole network, so the place of *parts* changes nothing. It has no
    rows where a publication says nothing of it.
    Columns: see ``sql/accuracy_policy_costs.sql``.
    """
    parameters = {"category": parts.category, "demand_class": parts.demand_class}
    question = sql_question("accuracy_policy_costs", parameters, "agg_policy_money", "dim_item")
    return replace(question, sql=_with_shared("accuracy_policy_costs"))


def _asked(name: str, parts: JudgedParts, *data_sets: str, **more: Parameter) -> Question:
    parameters: dict[str, Parameter] = {**vars(parts), **more}
    return replace(sql_question(name, parameters, *data_sets), sql=_with_shared(name))


@lru_cache
def _with_shared(name: str) -> str:
    """Return the text of a question with the shared queries that it reads, and no other."""
    sql = question_sql(name)
    for shared in reversed(_SHARED):
        if shared in sql:
            sql = with_query(shared, question_sql(shared), sql)
    return sql
