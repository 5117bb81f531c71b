"""What the registry asks of a column is checked of every column of every data set.

The faults are generated from the registry, many in one validation: a column added to it is
covered without another line here.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from datalayer.kernel.contract.checks import LARGEST_NUMBER, PROVENANCE, CheckKind
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Registry
from datalayer.kernel.contract.report import ValidationReport
from datalayer.kernel.validation import statements
from datalayer.kernel.validation.validator import validate
from tests.publisher import FIRST_GENERATED_AT, Publisher, replace_column, set_value, write_tables
from tests.unit.kernel.validation.conftest import Tables

# Types that each column type may be stored as; every other one of all these is refused.
STORED_AS: dict[ColumnType, set[pa.DataType]] = {
    ColumnType.TEXT: {pa.string(), pa.large_string()},
    ColumnType.DATE: {pa.date32()},
    ColumnType.TIMESTAMP: {pa.timestamp("us", tz="UTC"), pa.timestamp("ms", tz="UTC")},
    ColumnType.DOUBLE: {pa.float64(), pa.float32()},
    ColumnType.INTEGER: {pa.int64(), pa.int32(), pa.int8(), pa.uint32()},
    ColumnType.BOOLEAN: {pa.bool_()},
}
BAD_CODES = (
    "", ".", "..", " ", "A ", " A", "A\u00a0", "A\nB", "A\x00B", "A\u200b", "A\u202eB", "\ufeffA",
)  # fmt: skip
NEVER = {pa.timestamp("us"), pa.binary(), pa.uint64(), pa.decimal128(9, 2), pa.list_(pa.int64())}


@pytest.fixture
def tables(filled: Tables) -> Tables:
    """Every data set with rows, as each column is tried on the first one."""
    return filled


def columns_of(registry: Registry) -> Iterator[tuple[DataSet, Column]]:
    for data_set in registry.data_sets.values():
        yield from ((data_set, column) for column in data_set.columns)


def found(report: ValidationReport, kind: CheckKind) -> set[tuple[str, str | None]]:
    return {(f.data_set, f.column) for f in report.faults if f.check == kind}


def bad_values(column: Column) -> Iterator[tuple[CheckKind, object]]:
    """Every way in which one value of a column can break what the registry asks of it."""
    if column.required:
        yield CheckKind.REQUIRED, None
    if column.type is ColumnType.DOUBLE:
        numbers = (math.nan, math.inf, -math.inf, 2 * LARGEST_NUMBER, sys.float_info.max)
        yield from ((CheckKind.FINITE, value) for value in numbers)
    if column.minimum is not None:
        yield CheckKind.RANGE, column.minimum - 1
    if column.maximum is not None:
        yield CheckKind.RANGE, column.maximum + 1
    if column.allowed:
        yield CheckKind.ALLOWED, "oracle"
    if column.form is not None and column.reference is None and column.name not in PROVENANCE:
        yield CheckKind.TEXT, "x" * (column.form.max_length + 1)
        yield from ((CheckKind.TEXT, bad) for bad in BAD_CODES if column.form.name == "code")
    if column.name in PROVENANCE:
        moved = FIRST_GENERATED_AT + timedelta(days=9)
        yield CheckKind.PROVENANCE, "another" if column.type is ColumnType.TEXT else moved


def with_single_faults(
    data_set: DataSet, table: pa.Table
) -> tuple[pa.Table, Counter[tuple[str, CheckKind]]]:
    """Return a sound row and then rows of one fault each, and how many there are by kind."""
    sound = table.slice(0, 1).to_pylist()[0]
    rows, faults = [sound], Counter[tuple[str, CheckKind]]()
    for column in data_set.columns:
        for kind, value in bad_values(column):
            rows.append({**sound, column.name: value})
            faults[column.name, kind] += 1
    return pa.Table.from_pylist(rows, schema=table.schema), faults


def test_every_bad_value_of_every_column_is_found(
    tables: Tables, registry: Registry, tmp_path: Path
) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for name, data_set in registry.data_sets.items():
        tables[name], faults = with_single_faults(data_set, tables[name])
        expected.update({(name, column, kind): n for (column, kind), n in faults.items()})

    report = validate(write_tables(tables, tmp_path), registry)

    kinds = {kind for _, _, kind in expected}
    counts = {(f.data_set, f.column, f.check): f.count for f in report.faults if f.check in kinds}
    assert counts == expected
    assert all(1 <= len(f.samples) <= 5 for f in report.faults if f.check in kinds)


@pytest.mark.parametrize("lacking", [None, "q500"])
def test_one_look_at_the_rows_misses_no_fault_that_stands_alone(
    tables: Tables, registry: Registry, lacking: str | None
) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'")
        for name, data_set in registry.data_sets.items():
            table, faults = with_single_faults(data_set, tables[name])
            known = [name for name in PROVENANCE if name in table.column_names]
            provenance = {each: str(table[each][0].as_py()) for each in known}
            connection.register(name, table)
            usable = frozenset(c.name for c in data_set.columns) - {lacking}

            rows, broken = connection.sql(
                statements.screen(data_set, usable, provenance)
            ).fetchall()[0][:2]

            assert rows == table.num_rows
            assert broken == sum(n for (column, _), n in faults.items() if column in usable), name


def test_the_limits_of_a_range_are_within_it(
    tables: Tables, registry: Registry, tmp_path: Path
) -> None:
    for data_set, column in columns_of(registry):
        for limit in (column.minimum, column.maximum):
            if limit is not None:
                tables[data_set.name] = set_value(tables[data_set.name], column.name, 0, limit)

    report = validate(write_tables(tables, tmp_path), registry)

    assert found(report, CheckKind.RANGE) == set()


def test_every_fall_between_two_quantiles_is_found(
    publisher: Publisher, registry: Registry, tmp_path: Path
) -> None:
    tables, falls = publisher.tables(items=12), {}
    for data_set in registry.data_sets.values():
        names = [column.name for column in data_set.quantiles]
        falls[data_set.name] = max(0, len(names) - 1)
        for row, (lower, upper) in enumerate(pairwise(names)):
            table = tables[data_set.name]
            above = table[upper][row].as_py() + 0.01
            # All below rise with it, so that this one fall is the row's only one.
            for name in names[: names.index(lower) + 1]:
                table = set_value(table, name, row, above)
            tables[data_set.name] = table

    report = validate(write_tables(tables, tmp_path), registry)

    counts = {f.data_set: f.count for f in report.faults if f.check == CheckKind.QUANTILES}
    assert counts == {name: n for name, n in falls.items() if n}


def test_every_missing_column_is_found(tables: Tables, registry: Registry, tmp_path: Path) -> None:
    missing = {name: pa.table({"other": [1]}) for name in tables}

    report = validate(write_tables(missing, tmp_path), registry)

    assert found(report, CheckKind.COLUMN) == {(d.name, c.name) for d, c in columns_of(registry)}
    assert {(w.data_set, w.column) for w in report.warnings} == {(name, "other") for name in tables}


@pytest.mark.parametrize("stored_as", sorted(NEVER.union(*STORED_AS.values()), key=str), ids=str)
def test_a_column_of_every_other_type_is_found(
    registry: Registry, tmp_path: Path, stored_as: pa.DataType
) -> None:
    retyped = {
        name: pa.table({c.name: pa.nulls(1, stored_as) for c in data_set.columns})
        for name, data_set in registry.data_sets.items()
    }

    report = validate(write_tables(retyped, tmp_path), registry)

    assert found(report, CheckKind.TYPE) == {
        (d.name, c.name) for d, c in columns_of(registry) if stored_as not in STORED_AS[c.type]
    }


def test_every_reference_that_leads_nowhere_is_found(
    tables: Tables, registry: Registry, tmp_path: Path
) -> None:
    references = {(d.name, c.name) for d, c in columns_of(registry) if c.reference}
    for name, column in references:
        last = tables[name].num_rows - 1
        tables[name] = set_value(tables[name], column, last, "nowhere")

    report = validate(write_tables(tables, tmp_path), registry)

    assert found(report, CheckKind.REFERENCE) == references
    for fault in report.faults:
        if fault.check == CheckKind.REFERENCE:
            assert (fault.count, fault.samples) == (1, (f"{fault.column}=nowhere",))


def test_the_repeated_key_of_every_data_set_is_found(
    tables: Tables, registry: Registry, tmp_path: Path
) -> None:
    twice = {name: pa.concat_tables([table.slice(0, 1), table]) for name, table in tables.items()}

    report = validate(write_tables(twice, tmp_path), registry)

    repeated = [f for f in report.faults if f.check == CheckKind.UNIQUE_KEY]
    assert {f.data_set: f.count for f in repeated} == dict.fromkeys(registry.data_sets, 1)
    assert found(report, CheckKind.KEY_ORDER) == set()


def test_the_rows_of_every_data_set_are_found_out_of_order(
    tables: Tables, registry: Registry, tmp_path: Path
) -> None:
    falling = {
        name: table.take(list(range(table.num_rows))[::-1]) for name, table in tables.items()
    }

    report = validate(write_tables(falling, tmp_path), registry)

    behind = {f.data_set: f.count for f in report.faults if f.check == CheckKind.KEY_ORDER}
    assert behind == {n: t.num_rows - 1 for n, t in tables.items() if t.num_rows > 1}
    assert {f.check for f in report.faults} == {CheckKind.KEY_ORDER}


@pytest.mark.parametrize("position", range(5))
def test_every_column_of_a_key_counts_for_the_order(
    tables: Tables, registry: Registry, tmp_path: Path, position: int
) -> None:
    """Two rows that differ in one column of the key, the greater first."""
    expected = set()
    for data_set in registry.data_sets.values():
        if position < len(data_set.key):
            name = data_set.key[position]
            values = tables[data_set.name][name]
            least, most = min(values.to_pylist()), max(values.to_pylist())
            if least == most:
                continue
            row = tables[data_set.name].slice(0, 1)
            pair = pa.concat_tables([row, row])
            tables[data_set.name] = replace_column(pair, name, [most, least])
            expected.add((data_set.name, name if len(data_set.key) == 1 else None))

    report = validate(write_tables(tables, tmp_path), registry)

    assert found(report, CheckKind.KEY_ORDER) == expected
    assert expected


def test_another_number_of_rows_than_the_manifests_is_found_in_every_data_set(
    publisher: Publisher, tables: Tables, registry: Registry, tmp_path: Path
) -> None:
    manifest = publisher.publish(tables=tables)
    files = tuple(replace(file, rows=file.rows + 2) for file in manifest.files)

    report = validate(
        write_tables(tables, tmp_path), registry, claims=claims_of(replace(manifest, files=files))
    )

    assert {f.check for f in report.faults} == {CheckKind.ROWS}
    assert {f.data_set: f.count for f in report.faults} == dict.fromkeys(registry.data_sets, 2)
