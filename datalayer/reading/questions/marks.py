"""Questions about the rows that planners mark, and about their marks, which a caller brings."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Column, Registry
from datalayer.reading.filters import NO_CONDITIONS, Conditions, after_position
from datalayer.reading.question import Position, Question, json_list, sql_question
from datalayer.reading.views import count_matches, given_rows, not_among, select_matches


def markable_rows() -> Question:
    """Return the question of every row that can be marked, with what tells that it got worse.

    Columns: item_id, location_id, action, ref, tier, stockout_probability.
    """
    return sql_question("markable_rows", {}, "fact_action")


def not_put_aside(registry: Registry, standing: pa.Table) -> Conditions:
    """Return the condition on rows of ``fact_action`` that nobody has put aside.

    Lists and files of orders leave those out.

    Args:
        registry: That of the publication that is read.
        standing: Its marked rows, as ``PlannerMarks.standing`` has them.
    """
    data_set = registry.data_sets["fact_action"]
    columns = [data_set.column(name) for name in data_set.key]
    aside = standing.filter(pc.equal(standing["state"], "put_aside")).select(data_set.key)
    given_keys = json_list(aside.to_pylist())
    return Conditions((not_among(columns, "put_aside"),), {"put_aside": given_keys})


def given(
    name: str,
    table: pa.Table,
    columns: Sequence[Column],
    key: tuple[str, ...],
    conditions: Conditions = NO_CONDITIONS,
    *,
    limit: int | None = None,
    after: Position | None = None,
) -> Question:
    """Return the question of those rows of *table* that meet *conditions*, in the order of *key*.

    The rows travel as a parameter: what planners write is in no publication.

    Args:
        name: What is asked.
        table: Has *columns*, by their names.
        columns: Of the answer.
        key: Columns that together name a row.
        conditions: On *columns*.
        limit: Most rows of one page; None for all in one.
        after: Where the page before ended; None for the first.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    sql = given_rows({column.name: column.type for column in columns}, "given")
    by_name = {column.name: column for column in columns}
    met = conditions + after_position([by_name[each] for each in key], after)
    return Question(
        name=name,
        sql=select_matches(sql, list(by_name), met.predicates, key),
        parameters={"given": json_list(table.to_pylist()), **met.parameters},
        data_sets=("fact_action",),
        limit=limit,
        order=key,
        total_sql=count_matches(f"({sql})", conditions.predicates),
        file_name=name,
    )
