"""What can be asked of one publication: SQL with its parameters, and how its rows are paged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pydantic_core import to_json

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.database import Parameter, Parameters
from datalayer.reading.views import first_rows, question_sql, rows_from_offset

MOST_ROWS = 10_000
"""Most rows of one page; whole data sets are for the extracts."""

Position = tuple[str | int | float | bool | None, ...]
"""Where a page begins: behind the row with these values in the ordering columns, dates as ISO
text; behind so many rows where rows are counted instead."""


@dataclass(frozen=True)
class Question:
    """One question; a publication answers it with a table, a page or a stream.

    Attributes:
        name: What it asks; part of the cache's key.
        sql: A query over the publication's views; values stand in it as ``$name`` only.
        parameters: A value for every ``$name``.
        data_sets: The data sets read, in order of importance.
        sources: Forecast sources of the answer; empty to take them from its column ``source``.
        limit: Most rows of one page; None for all in one. *sql* itself is not limited.
        order: The columns that order the answer and, together, name a row; a ``Position`` has
            values of these. Empty where it counts rows.
        offset: How many rows the pages before had, where rows are counted; None where they aren't.
        columns: The columns that are shown; empty for all. Those of *order*, and the sources, may
            be among the others.
        total_sql: A query of the number of all rows, as column ``rows``; empty where nobody counts.
        file_name: What a file of the answer is called; the first data set where empty.
    """

    name: str
    sql: str
    parameters: Mapping[str, Parameter]
    data_sets: tuple[str, ...]
    sources: tuple[str, ...] = ()
    limit: int | None = None
    order: tuple[str, ...] = ()
    offset: int | None = None
    columns: tuple[str, ...] = ()
    total_sql: str = ""
    file_name: str = ""

    def page_query(self) -> tuple[str, Parameters]:
        """Return SQL and parameters of one page and one row more, which tells that more follow.

        Raises:
            InvalidSelection: The limit is not between 1 and 10,000.
        """
        if self.limit is None:
            return self.sql, self.parameters
        if not 1 <= self.limit <= MOST_ROWS:
            raise InvalidSelection(
                parameter="limit",
                found=self.limit,
                expected=Sentence("between 1 and {most}", most=MOST_ROWS),
            )
        parameters = {**self.parameters, "page_rows": self.limit}
        if self.offset is None:
            return first_rows(self.sql), parameters
        return rows_from_offset(self.sql), {**parameters, "page_offset": self.offset}


def sql_question(
    name: str,
    parameters: Mapping[str, Parameter],
    *data_sets: str,
    sources: tuple[str, ...] = (),
    limit: int | None = None,
) -> Question:
    """Return the question whose SQL is ``questions/sql/<name>.sql``; else as in ``Question``."""
    return Question(name, question_sql(name), parameters, data_sets, sources, limit)


def json_list(values: Iterable[object]) -> str:
    """Return *values* as a parameter that SQL takes apart with ``from_json``."""
    return to_json(list(values)).decode()


def json_rows(rows: pa.Table, names: Sequence[str]) -> str:
    """Return columns of *rows* as a parameter that SQL takes apart with ``from_json``."""
    return json_list(rows.select(list(names)).to_pylist())
