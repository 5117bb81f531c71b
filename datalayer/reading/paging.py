"""One page of an answer, as JSON text made by DuckDB while it reads, or as a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from datalayer.reading.arrow_text import text_bytes
from datalayer.reading.database import Parameter
from datalayer.reading.question import Position, Question
from datalayer.reading.reader import Reader, sources_in
from datalayer.reading.results import Result
from datalayer.reading.views import first_rows, json_query


@dataclass(frozen=True)
class JsonRows:
    """One page as text; no row of it has passed through Python.

    Attributes:
        data: The rows as JSON objects with commas between, UTF-8, without brackets; dates ISO
            8601, times UTC with a Z.
        rows: How many there are.
        more: Whether rows follow beyond the page.
        last: Where a page after this one begins, if the question has an order.
        sources: The forecast sources among the rows.
        total: All rows of the answer, page or not; None where nobody counts.
    """

    data: bytes
    rows: int
    more: bool
    last: Position
    sources: tuple[str, ...]
    total: int | None


@dataclass(frozen=True)
class TablePage:
    """One page as a table; ``more``, ``last`` and ``total`` as in ``JsonRows``."""

    result: Result
    more: bool
    last: Position
    total: int | None


def json_rows(reader: Reader, question: Question) -> JsonRows:
    """Read one page of the answer to *question* as JSON.

    Raises:
        ReadFailed, QueryTooLong: As for ``Database.query``.
    """
    columns = reader.columns(question)
    beside = dict.fromkeys((*question.order, *(("source",) if "source" in columns else ())))
    read = reader.query(
        json_query(_cut(question), columns, tuple(beside)), **question.parameters, **_page(question)
    )
    page = _within(read, question)
    found = sources_in(page) if "source" in columns else ()
    return JsonRows(
        data=_joined(page.column("row_json")),
        rows=page.num_rows,
        more=read.num_rows > page.num_rows,
        last=_last(page, question.order),
        sources=question.sources or tuple(sorted(found)),
        total=_total(reader, question),
    )


def table_page(reader: Reader, question: Question) -> TablePage:
    """Read one page of the answer to *question* as a table.

    Raises:
        ReadFailed, QueryTooLong: As for ``Database.query``.
    """
    read = reader.query(_cut(question), **question.parameters, **_page(question))
    table = _within(read, question)
    found = sources_in(table) if "source" in table.column_names else ()
    return TablePage(
        result=reader.result(table, *question.data_sets, sources=question.sources or found),
        more=read.num_rows > table.num_rows,
        last=_last(table, question.order),
        total=_total(reader, question),
    )


def _joined(rows: pa.ChunkedArray) -> bytes:
    """Return the texts one behind the other, without the comma behind the last."""
    views = [text_bytes(chunk) for chunk in rows.chunks if len(chunk)]
    return b"".join([*views[:-1], *(view[:-1] for view in views[-1:])])


def _cut(question: Question) -> str:
    return question.sql if question.limit is None else first_rows(question.sql)


def _within(read: pa.Table, question: Question) -> pa.Table:
    return read if question.limit is None else read.slice(0, question.limit)


def _page(question: Question) -> dict[str, Parameter]:
    return {} if question.limit is None else {"page_rows": question.limit}


def _last(table: pa.Table, order: tuple[str, ...]) -> Position:
    if not (order and table.num_rows):
        return ()
    values = (table.column(name)[-1].as_py() for name in order)
    return tuple(v.isoformat() if isinstance(v, date | datetime) else v for v in values)


def _total(reader: Reader, question: Question) -> int | None:
    if question.total_sql is None:
        return None
    named = set(re.findall(r"\$(\w+)", question.total_sql))
    parameters = {name: value for name, value in question.parameters.items() if name in named}
    (rows,) = reader.query(question.total_sql, **parameters).column("rows").to_pylist()
    return int(rows)
