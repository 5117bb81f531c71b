"""Questions about the catalogue of parts."""

from __future__ import annotations

from dataclasses import replace

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidCursor
from datalayer.reading.filters import Conditions, plain_text
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions import data_sets, search
from datalayer.reading.views import count_matches, question_sql, select_matches, with_empty_column

FILTERS = ("item_id", "category", "abc_class", "demand_class", "criticality", "supplier")

MATCH = "match"
"""The column, beside those of the data set, that says how well a part matches a text."""


def item(item_id: str) -> Question:
    """Return the question of the row of a part: one row, or none."""
    return sql_question("item", {"item_id": item_id}, "dim_item")


def among(item_ids: tuple[str, ...]) -> Question:
    """Return the question of which of *item_ids* there are; columns: item_id, name."""
    return sql_question("items_named", {"item_ids": tuple(sorted(set(item_ids)))}, "dim_item")


def suggestions(item_id: str, limit: int) -> Question:
    """Return the question of the codes nearest to one that does not exist."""
    parameters = {"item_id": item_id}
    return sql_question("item_suggestions", parameters, "dim_item", limit=limit)


def catalogue(
    registry: Registry,
    text: str,
    conditions: Conditions,
    *,
    limit: int,
    after: Position | None = None,
) -> Question:
    """Return the question of the parts that match *text* and meet *conditions*.

    The best match comes first, each with its match as ``search.parts`` has it; without text all
    parts by their code, without a match.

    Raises:
        InvalidSelection: *text* can't be looked for.
        InvalidCursor: *after* is not of these rows.
    """
    data_set = registry.data_sets["dim_item"]
    if not text.strip():
        rows = data_sets.rows(data_set, conditions, limit=limit, after=after, with_total=True)
        return replace(rows, sql=with_empty_column(rows.sql, MATCH))
    base = question_sql("search_items")
    columns = [*(column.name for column in data_set.columns), MATCH]
    found = select_matches(base, columns, conditions.predicates, search.BEST_FIRST)
    return Question(
        name="search_items",
        sql=found,
        parameters={**conditions.parameters, **search.parameters(plain_text("q", text))},
        data_sets=("dim_item",),
        limit=limit,
        offset=row_offset(after),
        total_sql=count_matches(f"({base})", conditions.predicates),
    )


def row_offset(after: Position | None) -> int:
    """Return how many rows the pages before had, where rows are counted.

    Raises:
        InvalidCursor: *after* is no number of rows.
    """
    match after:
        case None:
            return 0
        case (int(rows),) if rows >= 0 and not isinstance(rows, bool):
            return rows
    raise InvalidCursor(found=ascii(list(after))[:80])
