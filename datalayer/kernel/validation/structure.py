"""Whether a file can be opened, and whether it has the columns and types of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from datalayer.kernel.contract.checks import Check, CheckKind
from datalayer.kernel.contract.registry import ColumnType, DataSet
from datalayer.kernel.validation import statements
from datalayer.kernel.validation.report import Fault

# What casts to the contract's type without loss that any reader would miss.
_FAMILIES: Mapping[ColumnType, frozenset[str]] = {
    ColumnType.TEXT: frozenset({"VARCHAR"}),
    ColumnType.DATE: frozenset({"DATE"}),
    ColumnType.TIMESTAMP: frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"}),
    ColumnType.DOUBLE: frozenset({"DOUBLE", "FLOAT"}),
    ColumnType.INTEGER: frozenset(
        {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT"}
    ),
    ColumnType.BOOLEAN: frozenset({"BOOLEAN"}),
}


@dataclass(frozen=True)
class Structure:
    """What a data set's file looks like from outside.

    Attributes:
        usable: Columns that are there with a type of the contract; empty if the file is not.
        whole: All columns of the contract are usable.
    """

    usable: frozenset[str]
    whole: bool
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def structure_of(
    connection: duckdb.DuckDBPyConnection, data_set: DataSet, path: Path | None
) -> Structure:
    """Look at the file at *path* and name its usable columns as a view of the data set's name."""
    if path is None or not path.is_file():
        return absent(data_set, "there is no file")
    try:
        rows = connection.execute(statements.describe(path)).fetchall()
        found = {str(name): str(physical) for name, physical, *_ in rows}
    except duckdb.Error as error:
        raise_if_exhausted(error)
        return absent(data_set, f"the file can't be read: {problem_of(error, path)}")
    faults = tuple(_column_faults(data_set, found))
    broken = {fault.column for fault in faults}
    usable = [c.name for c in data_set.columns if c.name not in broken]
    if usable:
        connection.execute(statements.create_view(data_set.name, usable, path))
    return Structure(
        frozenset(usable), not faults, faults, warnings=tuple(_extra_columns(data_set, found))
    )


def absent(data_set: DataSet, problem: str) -> Structure:
    """Return the structure of a file that can't be used at all."""
    fault = Fault(
        data_set.name, None, CheckKind.FILE, 1, problem, "a Parquet file that can be read"
    )
    return Structure(frozenset(), whole=False, faults=(fault,), warnings=())


def raise_if_exhausted(error: duckdb.Error) -> None:
    """Raise *error* again if it tells of this machine, not of the file that was read."""
    if isinstance(error, duckdb.OutOfMemoryException) or "No space left" in str(error):
        raise error


def problem_of(error: duckdb.Error, path: Path | None) -> str:
    """Return the first line of a DuckDB error, without the folder that the file lies in."""
    line = str(error).partition("\n")[0].partition("Error: ")[2] or str(error)
    return line.replace(f"{path.parent}/", "") if path else line


def is_usable(check: Check, structure: Structure) -> bool:
    """Tell whether the columns that *check* concerns can be looked at."""
    return set(check.columns) <= structure.usable and bool(structure.usable)


def _column_faults(data_set: DataSet, found: Mapping[str, str]) -> Iterator[Fault]:
    for column in data_set.columns:
        physical = found.get(column.name)
        place = (data_set.name, column.name)
        if physical is None:
            unknown = ", ".join(sorted(set(found) - {c.name for c in data_set.columns}))
            missing = "the column is missing"
            note = f"{missing} (unknown are {unknown})" if unknown else missing
            yield Fault(*place, CheckKind.COLUMN, 1, note, f"a column of type {column.type}")
        elif physical not in _FAMILIES[column.type]:
            expected = " or ".join(sorted(_FAMILIES[column.type]))
            yield Fault(*place, CheckKind.TYPE, 1, f"type {physical}", f"type {expected}")


def _extra_columns(data_set: DataSet, found: Mapping[str, str]) -> Iterator[Fault]:
    known = {column.name for column in data_set.columns}
    for name, physical in found.items():
        if name not in known:
            note = f"a column of type {physical} that the contract does not know"
            expected = "only columns of the contract; it is not read"
            yield Fault(data_set.name, name, CheckKind.EXTRA_COLUMN, 1, note, expected)
