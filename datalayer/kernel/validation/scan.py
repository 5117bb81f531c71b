"""One data set's file: whether it has the contract's columns, and what its rows break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from datalayer.kernel.contract.checks import PROVENANCE, READABLE, Check, CheckKind
from datalayer.kernel.contract.registry import Column, ColumnType, DataSet
from datalayer.kernel.contract.report import Fault
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.validation import statements
from datalayer.kernel.validation.layout import layout_problems
from datalayer.kernel.validation.statistics import misleading_columns

WITHIN_ROW = frozenset(
    {
        CheckKind.REQUIRED,
        CheckKind.FINITE,
        CheckKind.RANGE,
        CheckKind.ALLOWED,
        CheckKind.TEXT,
        CheckKind.PROVENANCE,
        CheckKind.QUANTILES,
    }
)
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

_LONGEST_SHOWN = 2 * statements.LONGEST_SAMPLE  # what statements have cut has its length behind it


@dataclass(frozen=True)
class Scan:
    """A data set's file as it looks from outside, ready to be read.

    Attributes:
        usable: Columns that are there with a type of the contract; empty if the file is not.
        path: The file, where there is one that can be read.
        types: DuckDB's type of each usable column.
        faults: What is wrong with the file and its columns.
        warnings: Columns that the contract does not know, or that are newer than the file.
    """

    connection: duckdb.DuckDBPyConnection
    data_set: DataSet
    usable: frozenset[str]
    path: Path | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()

    def covers(self, check: Check) -> bool:
        """Return whether the columns that *check* concerns can be looked at."""
        return bool(self.usable) and {column.name for column in check.columns} <= self.usable

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Return every row of *statement*, which must be few."""
        return list(self.connection.execute(statement).fetchall())

    def count(self, statement: str) -> int:
        """Return the one number of *statement*."""
        return int(str(self.rows(statement)[0][0]))


def open_scan(
    connection: duckdb.DuckDBPyConnection,
    data_set: DataSet,
    path: Path | None,
    *,
    is_older: bool = False,
) -> Scan:
    """Return the file at *path* as a scan: its usable columns are a view of the data set's name.

    Of an optional data set that is not there, rules see no row. A publication that *is older* than
    the contract may lack columns that aren't required; rules see them empty.
    """
    if path is None and data_set.optional:
        connection.execute(statements.create_empty_view(data_set))
        return Scan(connection, data_set, frozenset())
    if path is None or not path.is_file():
        return Scan(
            connection,
            data_set,
            frozenset(),
            faults=(file_fault(data_set, Sentence("there is no file")),),
        )
    if unfit := tuple(_layout_faults(data_set, path)):
        return Scan(connection, data_set, frozenset(), faults=unfit)
    try:
        rows = connection.execute(statements.describe(path)).fetchall()
    except duckdb.Error as error:
        raise_if_exhausted(error)
        problem = problem_of(error, path)
        fault = file_fault(data_set, Sentence("the file can't be read: {problem}", problem=problem))
        return Scan(connection, data_set, frozenset(), faults=(fault,))
    found = {str(name): str(physical) for name, physical, *_ in rows}
    absent = [c for c in data_set.columns if is_older and not c.required and c.name not in found]
    newer = {column.name for column in absent}
    faults = tuple(f for f in _column_faults(data_set, found) if f.column not in newer)
    broken = newer | {fault.column for fault in faults}
    usable = [c.name for c in data_set.columns if c.name not in broken]
    if usable:
        connection.execute(statements.create_view(data_set.name, usable, path, empty=absent))
    warnings = (*_newer_columns(data_set, absent), *_extra_columns(data_set, found))
    types = {name: found[name] for name in usable}
    return Scan(connection, data_set, frozenset(usable), path, types, faults, warnings)


def _layout_faults(data_set: DataSet, path: Path) -> Iterator[Fault]:
    longest = {c.name: c.form.max_length for c in data_set.columns if c.form is not None}
    for problem in layout_problems(path, longest):
        kind = CheckKind.LAYOUT if problem.readable else CheckKind.FILE
        yield Fault(data_set.name, None, kind, 1, problem.found, problem.expected)


def file_fault(data_set: DataSet, problem: str) -> Fault:
    """Return the fault of a file that can't be used at all."""
    return Fault(data_set.name, None, CheckKind.FILE, 1, problem, READABLE)


def raise_if_exhausted(error: duckdb.Error) -> None:
    """Raise *error* again if it tells of this machine, not of the file that was read."""
    of_machine = (duckdb.OutOfMemoryException, duckdb.InterruptException)
    if isinstance(error, of_machine) or "No space left" in str(error):
        raise error


def problem_of(error: duckdb.Error, path: Path | None) -> str:
    """Return the first line of a DuckDB error, without the folder that the file lies in."""
    line = str(error).partition("\n")[0].partition("Error: ")[2] or str(error)
    return line.replace(f"{path.parent}/", "") if path else line


def first_provenance(scans: Mapping[str, Scan]) -> dict[str, str]:
    """Return the provenance that all rows must bear: of each column the first value there is."""
    found: dict[str, str] = {}
    for name, scan in scans.items():
        columns = [each for each in PROVENANCE if each in scan.usable and each not in found]
        if not columns:
            continue
        try:
            rows = scan.rows(statements.first_values(name, columns))
        except duckdb.Error as error:
            raise_if_exhausted(error)
            # The file is damaged; the scan of its rows reports that.
            continue
        if rows and None not in rows[0]:
            found |= dict(zip(columns, map(str, rows[0]), strict=True))
    return found


def row_faults(
    scan: Scan,
    checks: Sequence[Check],
    *,
    expected_rows: int | None,
    provenance: Mapping[str, str],
) -> tuple[int, list[Fault]]:
    """Make the checks within a row, and count the rows, in one scan.

    Returns:
        The rows of the data set, and the faults.
    """
    made = [c for c in checks if c.kind in WITHIN_ROW and scan.covers(c)]
    made = [
        c for c in made if c.kind is not CheckKind.PROVENANCE or c.columns[0].name in provenance
    ]
    statement = statements.screen(scan.data_set, scan.usable, provenance)
    rows, broken = (int(str(count)) for count in scan.rows(statement)[0][:2])
    faults = []
    if expected_rows is not None and rows != expected_rows:
        found, expected = (
            Sentence("{rows} row(s)", rows=rows),
            Sentence("{expected_rows} row(s), as the manifest says", expected_rows=expected_rows),
        )
        missing = abs(rows - expected_rows)
        faults.append(Fault(scan.data_set.name, None, CheckKind.ROWS, missing, found, expected))
    if broken:
        counts = scan.rows(statements.fault_counts(made, provenance))[0]
        faults += [
            _row_fault(scan, check, int(str(count)), provenance)
            for check, count in zip(made, counts, strict=True)
            if count
        ]
    return rows, faults


def key_faults(scan: Scan, checks: Sequence[Check]) -> Iterator[Fault]:
    """Prove from the strict order of the rows that the key is unique, in one streaming pass."""
    by_kind = {check.kind: check for check in checks}
    name, key = scan.data_set.name, scan.data_set.key
    misplaced = scan.count(statements.misplaced_rows(name, key))
    if not misplaced:
        return
    falling = misplaced - scan.count(statements.repeated_rows(name, key))
    if falling:
        samples = scan.rows(statements.falling_samples(name, key))
        found = Sentence("{falling} row(s) behind the row before", falling=falling)
        texts = [_key_text(key, row) for row in samples]
        yield by_kind[CheckKind.KEY_ORDER].fault(falling, found, texts)
    # Where the order does not hold, equal keys may stand anywhere.
    repeated = scan.count(statements.count_of(statements.duplicates(name, key)))
    if repeated:
        samples = scan.rows(statements.sample_of(statements.duplicates(name, key), len(key)))
        found = Sentence("{repeated} key(s) on more than one row", repeated=repeated)
        texts = [_key_text(key, row) for row in samples]
        yield by_kind[CheckKind.UNIQUE_KEY].fault(repeated, found, texts)


def statistics_faults(scan: Scan, checks: Sequence[Check]) -> Iterator[Fault]:
    """Yield a fault for each column of which the file says what its values are not."""
    check = next(each for each in checks if each.kind is CheckKind.STATISTICS)
    if scan.path is None:
        return
    for name, groups in misleading_columns(scan.connection, scan.path, scan.types):
        found = Sentence(
            "{groups} row group(s) with values that are not as the file's statistics say",
            groups=groups,
        )
        yield replace(check.fault(groups, found, []), column=name)


def twin_warnings(scan: Scan, checks: Sequence[Check]) -> Iterator[Fault]:
    """Yield a warning where keys look the same to people, which every one of them is free to."""
    for check in checks:
        if check.kind is CheckKind.TWINS and scan.covers(check):
            twins = statements.twins(check.data_set, check.columns[0].name)
            if count := scan.count(statements.count_of(twins)):
                samples = [str(row[0]) for row in scan.rows(statements.sample_of(twins, 1))]
                found = Sentence("{count} group(s) of codes that look the same", count=count)
                yield check.fault(count, found, list(map(_printable, samples)))


def sample_text(value: object) -> str:
    """Return a value as it may stand in a report, however long it is."""
    if value is None:
        return "null"
    text = str(value)
    if len(text) > _LONGEST_SHOWN:
        text = f"{text[: statements.LONGEST_SAMPLE]}... ({len(text):,} characters)"
    return _printable(text) or "''"


def _column_faults(data_set: DataSet, found: Mapping[str, str]) -> Iterator[Fault]:
    unknown = sorted(set(found) - {c.name for c in data_set.columns})
    missing = (
        Sentence("the column is missing (unknown are {unknown:s})", unknown=", ".join(unknown))
        if unknown
        else Sentence("the column is missing")
    )
    for column in data_set.columns:
        physical = found.get(column.name)
        place = (data_set.name, column.name)
        if physical is None:
            wanted = Sentence("a column of type {type}", type=column.type.value)
            yield Fault(*place, CheckKind.COLUMN, 1, missing, wanted)
        elif physical not in _FAMILIES[column.type]:
            expected = " or ".join(sorted(_FAMILIES[column.type]))
            yield Fault(*place, CheckKind.TYPE, 1, _of_type(physical), _of_type(expected))


def _of_type(name: str) -> Sentence:
    return Sentence("type {type:s}", type=name)


def _newer_columns(data_set: DataSet, absent: Sequence[Column]) -> Iterator[Fault]:
    note = Sentence("the publication is from before the contract had the column")
    for column in absent:
        expected = Sentence("a column of type {type}; it is empty here", type=column.type)
        yield Fault(data_set.name, column.name, CheckKind.COLUMN, 1, note, expected)


def _extra_columns(data_set: DataSet, found: Mapping[str, str]) -> Iterator[Fault]:
    known = {column.name for column in data_set.columns}
    for name, physical in found.items():
        if name not in known:
            note = Sentence(
                "a column of type {physical} that the contract does not know", physical=physical
            )
            expected = Sentence("only columns of the contract; it is not read")
            yield Fault(data_set.name, name, CheckKind.EXTRA_COLUMN, 1, note, expected)


def _row_fault(scan: Scan, check: Check, count: int, provenance: Mapping[str, str]) -> Fault:
    key = [name for name in scan.data_set.key if name in scan.usable]
    rows = scan.rows(statements.fault_samples(check, key, provenance))
    samples = [_key_text(key, row[: len(key)]) for row in rows]
    values = [", ".join(sample_text(v) for v in row[len(key) :]) for row in rows]
    found = Sentence(
        "{count} row(s) with {values:s}", count=count, values=" | ".join(dict.fromkeys(values))
    )
    fault = check.fault(count, found, samples)
    if check.kind is CheckKind.PROVENANCE:
        value = provenance[check.columns[0].name]
        return replace(
            fault, expected=Sentence("{value} in every row of every data set", value=value)
        )
    return fault


def _key_text(key: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{n}={sample_text(v)}" for n, v in zip(key, values, strict=True))


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
