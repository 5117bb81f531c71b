"""SQL made from the registry: the views of a snapshot and the reads of a whole data set.

The one module of the read side that quotes identifiers and paths.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Registry
from datalayer.publications.stages import Snapshot

Operator = Literal["=", ">=", "<=", "in", "contains", "null"]

_FOLDED = "folded_item"


@dataclass(frozen=True)
class OrderBy:
    """A column that rows are ordered by, from its least value or from its greatest."""

    column: str
    descending: bool = False

    def __str__(self) -> str:
        """Return it as callers write it: a minus before what begins with its greatest value."""
        return f"-{self.column}" if self.descending else self.column


def attach_statements(
    snapshot: Snapshot, registry: Registry, columns_in: Callable[[Path], Collection[str]]
) -> tuple[str, ...]:
    """Return the DDL of a snapshot: its schema, a view for every data set, and one to search.

    A column that readers can do without, and that the snapshot's own contract did not have yet,
    is empty, and so is an optional data set that the snapshot lacks: what was served goes on being
    served when the contract has grown.

    Args:
        snapshot: What is to be read.
        registry: Its columns are those of the views.
        columns_in: Returns the names of the columns in a file.
    """
    schema, written_for = snapshot.manifest.publication_id, snapshot.manifest.contract.fingerprints
    there, views = registry.of(snapshot.manifest).data_sets, []
    for name, data_set in registry.data_sets.items():
        if name not in there:
            views.append(_empty_view(schema, data_set))
            continue
        path, absent = snapshot.path(name), set[str]()
        if written_for.get(name) != registry.fingerprints[name]:
            optional = {column.name for column in data_set.columns if not column.required}
            absent = optional.difference(columns_in(path))
        views.append(_view(schema, data_set, path, absent))
    folded = f"create view {_FOLDED} as {question_sql('folded_item')}"
    return (f"create schema {quoted_name(schema)}", *views, use_statement(schema), folded)


def fold_statements(publication_id: str) -> tuple[str, ...]:
    """Return the DDL that keeps the folded texts of a snapshot's parts, which were a view.

    Folding them anew takes longer than the rest of a search.
    """
    kept = f"create table {_FOLDED} as {question_sql('folded_item')}"
    return use_statement(publication_id), f"drop view {_FOLDED}", kept


@lru_cache
def question_sql(question: str) -> str:
    """Return the text of ``questions/sql/<question>.sql``."""
    path = files("datalayer.reading") / "questions" / "sql" / f"{question}.sql"
    return path.read_text(encoding="utf-8")


def columns_query(path: Path) -> str:
    """Return a query of the columns of a file, their names in ``column_name``."""
    return f"describe select * from {_file(path)}"


def detach_statement(publication_id: str) -> str:
    """Return the statement that drops a snapshot's schema and its views."""
    return f"drop schema if exists {quoted_name(publication_id)} cascade"


@lru_cache
def use_statement(publication_id: str) -> str:
    """Return the statement that makes a cursor read this snapshot and no other."""
    return f"use {quoted_name(publication_id)}"


def whole_query(data_set: DataSet, filters: Sequence[str] = ()) -> str:
    """Return a query of every row that meets *filters*, in key order.

    The files are written and proved to be in key order and one thread keeps that order, so
    sorting would only cost the reading of the whole file.
    """
    names = ", ".join(quoted_name(column.name) for column in data_set.columns)
    return f"select {names} from {quoted_name(data_set.name)}{_where(filters)}"


def first_rows(sql: str) -> str:
    """Return *sql* cut after ``$page_rows`` rows and one, which tells that more follow."""
    return f"select * from ({sql}) limit $page_rows + 1"


def rows_from_offset(sql: str) -> str:
    """Return *sql* cut as by ``first_rows``, behind its first ``$page_offset`` rows."""
    return f"{first_rows(sql)} offset $page_offset"


def select_arranged(sql: str, columns: Sequence[str], order: Sequence[OrderBy]) -> str:
    """Return *columns* of the rows of *sql*, all if empty, by *order* if there is one.

    Nulls come last, whichever way the values go.
    """
    named = ", ".join(map(quoted_name, columns)) or "*"
    terms = ", ".join(
        f"{quoted_name(each.column)}{' desc' if each.descending else ''} nulls last"
        for each in order
    )
    return f"select {named} from ({sql}){f' order by {terms}' if terms else ''}"


@lru_cache(maxsize=500)
def json_query(sql: str, columns: tuple[tuple[str, str], ...], beside: tuple[str, ...]) -> str:
    """Return a query of the rows of *sql* as JSON text, times in ISO 8601 in UTC with a Z.

    Nothing is gathered or numbered: planning that would take longer than a small read.

    Args:
        sql: The rows.
        columns: Names and types of their columns.
        beside: Names of columns that are wanted as they are, too.

    Returns:
        SQL whose columns are row_json (an object and a comma) and those of *beside*, which need
        not stand in the object.
    """
    written = ", ".join(
        f"replace(strftime({quoted_name(name)}, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z') "
        f"as {quoted_name(name)}"
        if kind.startswith("TIMESTAMP")
        else quoted_name(name)
        for name, kind in columns
    )
    as_they_are = "".join(f", row.{quoted_name(name)}" for name in beside)
    named = [name for name, _ in columns]
    hidden = [name for name in beside if name not in named]
    if not hidden:
        return (
            f"select to_json(row)::varchar || ',' as row_json{as_they_are} "
            f"from (select {written} from ({sql})) as row"
        )
    fields = ", ".join(f"{quoted_name(name)} := row.{quoted_name(name)}" for name in named)
    return (
        f"select to_json(struct_pack({fields}))::varchar || ',' as row_json{as_they_are} "
        f"from (select {', '.join([written, *map(quoted_name, hidden)])} from ({sql})) as row"
    )


def compares(column: Column, operator: Operator, parameter: str) -> str:
    """Return a filter: *column* compares so with *parameter*, or is ``in`` it.

    What ``in`` compares with is a list whose values are text of the column's type; ``contains``
    looks for text whatever its case and accents; ``null`` compares with whether there is no value.
    """
    if operator == "contains":
        looked_in = f"lower(strip_accents({quoted_name(column.name)}))"
        return f"contains({looked_in}, lower(strip_accents(${parameter})))"
    if operator == "null":
        return f"({quoted_name(column.name)} is null) = ${parameter}"
    if operator == "in":
        listed = f"cast(${parameter} as {column.type.value}[])"
        return f"list_contains({listed}, {quoted_name(column.name)})"
    return f"{quoted_name(column.name)} {operator} ${parameter}"


def after_key(columns: Sequence[Column], parameters: Sequence[str]) -> str:
    """Return a filter: the row stands behind the one whose *columns* have these *parameters*.

    The first comparison says nothing that the second doesn't; it is there because DuckDB skips
    row groups by it, and not by the alternatives behind it.

    Args:
        columns: The columns that order the rows, none of them null.
        parameters: A parameter for each of them.
    """
    column, value = quoted_name(columns[0].name), f"${parameters[0]}"
    if len(columns) == 1:
        return f"{column} > {value}"
    rest = after_key(columns[1:], parameters[1:])
    return f"{column} >= {value} and ({column} > {value} or ({column} = {value} and {rest}))"


def given_rows(columns: Mapping[str, ColumnType], parameter: str) -> str:
    """Return a query of the rows that a *parameter* holds as a JSON list of objects.

    Args:
        columns: The members of the objects.
        parameter: Its name.
    """
    types = json.dumps([{name: kind.value for name, kind in columns.items()}])
    objects = f"select unnest(from_json(${parameter}, {quoted_text(types)})) as object"
    # In two steps: all at once (recursive := true), DuckDB 2.0.0 takes 140 KB a row.
    return f"select unnest(object) from ({objects})"


def not_among(columns: Sequence[Column], parameter: str) -> str:
    """Return a filter: the values of *columns* are none of those in ``given_rows`` of a parameter.

    No value of them may be null.
    """
    named = ", ".join(quoted_name(column.name) for column in columns)
    types = {column.name: column.type for column in columns}
    return f"({named}) not in (select {named} from ({given_rows(types, parameter)}))"


def select_matches(
    sql: str, columns: Sequence[str], filters: Sequence[str], order: Sequence[str]
) -> str:
    """Return *columns* of the rows of *sql* that meet *filters*, by the columns in *order*."""
    named, ordering = (", ".join(map(quoted_name, names)) for names in (columns, order))
    return f"select {named} from ({sql}){_where(filters)} order by {ordering}"


def of_found_parts(sql: str, found: str) -> str:
    """Return the rows of *sql* whose part is among those of the query *found*."""
    # In brackets: it may have a WITH of its own.
    return f"select * from ({sql}) where item_id in (select item_id from ({found}))"


def count_matches(source: str, filters: Sequence[str]) -> str:
    """Return a query of how many rows of *source* meet *filters*, as column ``rows``.

    *source* is the quoted name of a view, or SQL in brackets.
    """
    return f"select count(*) as rows from {source}{_where(filters)}"


def with_query(name: str, sql: str, rest: str) -> str:
    """Return *rest*, a query that reads the rows of *sql* by *name*."""
    # In brackets: it may have a WITH of its own.
    return f"with {quoted_name(name)} as ({sql}) select * from ({rest})"


def count_values(source: str, filters_of: Mapping[str, Sequence[str]]) -> str:
    """Return a query of how many rows of *source* have which value in each of some columns.

    Args:
        source: The name of a view or of a query.
        filters_of: By column, the filters that a row must meet to be counted for it.

    Returns:
        SQL whose columns are filter (the column's name), value (as text) and rows.
    """
    counts = (
        f"select {quoted_text(name)} as filter, cast({quoted_name(name)} as varchar) as value, "
        f"count(*) as rows from {quoted_name(source)}{_where(filters)} group by {quoted_name(name)}"
        for name, filters in filters_of.items()
    )
    return f"{' union all '.join(counts)} order by filter, rows desc, value"


def with_empty_column(sql: str, name: str) -> str:
    """Return the rows of *sql* with one more column, of text, that has no values."""
    return f"select *, cast(null as varchar) as {quoted_name(name)} from ({sql})"


def with_constants(sql: str, parameters: Mapping[str, str]) -> str:
    """Return a query of the rows of *sql* with further columns, each the value of a parameter.

    Args:
        sql: The rows, without any of these columns.
        parameters: The name of a parameter for the name of each column.
    """
    columns = "".join(f", ${value} as {quoted_name(name)}" for name, value in parameters.items())
    return f"select *{columns} from ({sql})"


def as_lines(sql: str, cells: Sequence[str], *, separator: str, beside: Sequence[str] = ()) -> str:
    """Return a query of a column ``row_csv``: the text of *cells* over the rows of *sql*.

    Args:
        sql: The rows.
        cells: SQL of the text of each cell; null is an empty one.
        separator: Stands between the cells; a line ends with CR LF.
        beside: Names of columns that are wanted as they are, too.
    """
    joined = f", {quoted_text(separator)}, ".join(cells)
    as_they_are = "".join(f", {quoted_name(name)}" for name in beside)
    return f"select concat({joined}, chr(13), chr(10)) as row_csv{as_they_are} from ({sql})"


def size_of_lines(lines: str) -> str:
    """Return a query of how many *lines*, made by ``as_lines``, there are, and of their bytes."""
    return (
        "select count(*) as rows, cast(coalesce(sum(strlen(row_csv)), 0) as bigint) as bytes "
        f"from ({lines})"
    )


def quoted_name(name: str) -> str:
    """Return a name as SQL writes it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def quoted_text(text: str) -> str:
    """Return *text*, a constant of ours, as SQL writes it; values of callers are parameters."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _view(schema: str, data_set: DataSet, path: Path, absent: Collection[str]) -> str:
    columns = ", ".join(
        f"cast({'null' if c.name in absent else quoted_name(c.name)} as {c.type.value}) "
        f"as {quoted_name(c.name)}"
        for c in data_set.columns
    )
    return (
        f"create view {quoted_name(schema)}.{quoted_name(data_set.name)} as "
        f"select {columns} from {_file(path)}"
    )


def _empty_view(schema: str, data_set: DataSet) -> str:
    columns = ", ".join(
        f"cast(null as {c.type.value}) as {quoted_name(c.name)}" for c in data_set.columns
    )
    return (
        f"create view {quoted_name(schema)}.{quoted_name(data_set.name)} as "
        f"select {columns} where false"
    )


def _file(path: Path) -> str:
    return f"read_parquet({quoted_text(str(path.resolve()))})"


def _where(filters: Sequence[str]) -> str:
    return f" where {' and '.join(filters)}" if filters else ""
