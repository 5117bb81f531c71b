"""SQL made from the registry: the views of a snapshot and the reads of a whole data set.

The one module of the read side that quotes identifiers and paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datalayer.contract.registry import Column, DataSet, Registry
from datalayer.snapshots.stages import Snapshot


def attach_statements(snapshot: Snapshot, registry: Registry) -> tuple[str, ...]:
    """Return the DDL of a snapshot: its schema, and a view for every data set."""
    schema = snapshot.manifest.publication_id
    views = (
        _view(schema, data_set, snapshot.path(data_set.name))
        for data_set in registry.data_sets.values()
    )
    return (f"create schema {_identifier(schema)}", *views)


def detach_statement(publication_id: str) -> str:
    """Return the statement that drops a snapshot's schema and its views."""
    return f"drop schema if exists {_identifier(publication_id)} cascade"


def use_statement(publication_id: str) -> str:
    """Return the statement that makes a cursor read this snapshot and no other."""
    return f"use {_identifier(publication_id)}"


def page_query(data_set: DataSet) -> str:
    """Return a query of ``$limit`` rows after ``$offset``.

    The files are written and proved to be in key order and one thread keeps that order, so
    sorting would only cost the reading of the whole file.
    """
    return f"{whole_query(data_set)} limit $limit offset $offset"


def whole_query(data_set: DataSet, filters: Sequence[str] = ()) -> str:
    """Return a query of every row that meets *filters*, in key order."""
    return f"select {_names(data_set.columns)} from {_identifier(data_set.name)}{_where(filters)}"


def count_query(data_set: DataSet, filters: Sequence[str] = ()) -> str:
    """Return a query of the number of rows that meet *filters*, as column ``rows``."""
    return f"select count(*) as rows from {_identifier(data_set.name)}{_where(filters)}"


def equals(column: Column, parameter: str) -> str:
    """Return a filter: *column* is *parameter*."""
    return f"{_identifier(column.name)} = ${parameter}"


def one_of(column: Column, parameter: str) -> str:
    """Return a filter: *column* is in the list *parameter*."""
    return f"list_contains(cast(${parameter} as varchar[]), {_identifier(column.name)})"


def at_least(column: Column, parameter: str) -> str:
    """Return a filter: *column* is not below *parameter*."""
    return f"{_identifier(column.name)} >= ${parameter}"


def at_most(column: Column, parameter: str) -> str:
    """Return a filter: *column* is not above *parameter*."""
    return f"{_identifier(column.name)} <= ${parameter}"


def _view(schema: str, data_set: DataSet, path: Path) -> str:
    columns = ", ".join(
        f"cast({_identifier(c.name)} as {c.type.value}) as {_identifier(c.name)}"
        for c in data_set.columns
    )
    return (
        f"create view {_identifier(schema)}.{_identifier(data_set.name)} as "
        f"select {columns} from read_parquet({_literal(str(path.resolve()))})"
    )


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(_identifier(column.name) for column in columns)


def _where(filters: Sequence[str]) -> str:
    return f" where {' and '.join(filters)}" if filters else ""


def _identifier(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
