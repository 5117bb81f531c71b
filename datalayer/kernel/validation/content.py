"""The checks that read rows: within a row, between neighbours, between data sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from datalayer.kernel.contract.checks import PROVENANCE, Check, CheckKind
from datalayer.kernel.contract.registry import DataSet
from datalayer.kernel.validation import statements
from datalayer.kernel.validation.report import Fault
from datalayer.kernel.validation.structure import (
    Structure,
    is_usable,
    problem_of,
    raise_if_exhausted,
)

WITHIN_ROW = frozenset(
    {
        CheckKind.REQUIRED,
        CheckKind.FINITE,
        CheckKind.RANGE,
        CheckKind.ALLOWED,
        CheckKind.PROVENANCE,
        CheckKind.QUANTILES,
    }
)
_Row = tuple[object, ...]


@dataclass(frozen=True)
class Scan:
    """Runs statements about one data set.

    Attributes:
        provenance: The publication's dataset_id and generated_at, as text; empty if unknown.
    """

    connection: duckdb.DuckDBPyConnection
    data_set: DataSet
    structure: Structure
    provenance: Mapping[str, str]

    def row(self, statement: str) -> _Row:
        """Return the first row of *statement*."""
        return self.rows(statement)[0]

    def rows(self, statement: str) -> list[_Row]:
        """Return every row of *statement*, which must be few."""
        return list(self.connection.execute(statement).fetchall())

    def count(self, statement: str) -> int:
        """Return the one number of *statement*."""
        return int(str(self.row(statement)[0]))


def provenance_of(
    connection: duckdb.DuckDBPyConnection, structures: Mapping[str, Structure]
) -> dict[str, str]:
    """Return the provenance that all rows must bear: that of the first row there is."""
    for name, structure in structures.items():
        if not set(PROVENANCE) <= structure.usable:
            continue
        try:
            row = connection.execute(statements.first_values(name, PROVENANCE)).fetchone()
        except duckdb.Error as error:
            raise_if_exhausted(error)
            # The file is damaged; the scan of its rows reports that.
            continue
        if row and None not in row:
            return dict(zip(PROVENANCE, map(str, row), strict=True))
    return {}


def row_faults(
    scan: Scan, checks: Sequence[Check], expected_rows: int | None
) -> tuple[int, list[Fault]]:
    """Make the checks within a row, and count the rows, in one scan.

    Returns:
        The rows of the data set, and the faults.
    """
    made = [c for c in checks if c.kind in WITHIN_ROW and is_usable(c, scan.structure)]
    made = [c for c in made if c.kind is not CheckKind.PROVENANCE or scan.provenance]
    rows, broken = scan.row(
        statements.screen(scan.data_set, scan.structure.usable, scan.provenance)
    )[:2]
    faults = list(_wrong_rows(scan.data_set, int(str(rows)), expected_rows))
    if broken:
        counts = scan.row(statements.broken_counts(made, scan.provenance))
        faults += [
            _row_fault(scan, check, int(str(count)))
            for check, count in zip(made, counts, strict=True)
            if count
        ]
    return int(str(rows)), faults


def key_faults(scan: Scan, checks: Sequence[Check]) -> Iterator[Fault]:
    """Prove from the strict order of the rows that the key is unique, in one streaming pass."""
    order, unique = (
        next(c for c in checks if c.kind is kind)
        for kind in (CheckKind.KEY_ORDER, CheckKind.UNIQUE_KEY)
    )
    name, key = scan.data_set.name, scan.data_set.key
    misplaced = scan.count(statements.neighbours(name, key))
    if not misplaced:
        return
    equal = scan.count(statements.equal_neighbours(name, key))
    falling = misplaced - equal
    if falling:
        samples = scan.rows(statements.falling_samples(name, key))
        found = f"{falling} row(s) behind the row before"
        yield _fault(order, falling, found, [_key_text(key, row) for row in samples])
    # Where the order does not hold, equal keys may stand anywhere.
    repeated = scan.count(statements.counted(statements.duplicates(name, key)))
    if repeated:
        samples = scan.rows(statements.sampled(statements.duplicates(name, key), len(key)))
        found = f"{repeated} key(s) on more than one row"
        yield _fault(unique, repeated, found, [_key_text(key, row) for row in samples])


def reference_fault(scan: Scan, check: Check) -> Fault | None:
    """Check that every value of a reference stands where it must."""
    values = scan.rows(statements.sampled(statements.orphans(check), 1))
    if not values:
        return None
    count = scan.count(statements.orphan_rows(check))
    samples = [f"{check.column}={row[0]}" for row in values]
    return _fault(check, count, f"{count} row(s) with a value that is not there", samples)


def rule_fault(scan: Scan, check: Check, *, whole: bool, path: Path | None) -> Fault | None:
    """Check a rule of the contract's own.

    A rule that fails to run says nothing unless *whole*: every data set could be read whole.
    """
    if check.rule is None:
        raise ValueError(f"{check.kind} has no rule")
    try:
        (found,) = scan.row(check.rule.query)
        if found == 0:
            return None
        samples = scan.rows(statements.first_rows(check.rule.sample_query))
    except duckdb.Error as error:
        raise_if_exhausted(error)
        if not whole:
            return None
        return _rule_fault(check, 1, f"the rule can't be run: {problem_of(error, path)}", [])
    count = abs(round(float(str(found)))) if found is not None else 1
    texts = [", ".join(str(value) for value in row) for row in samples]
    return _rule_fault(check, count, f"{count} row(s) that break the rule {check.rule.name}", texts)


def _rule_fault(check: Check, count: int, found: str, samples: Sequence[str]) -> Fault:
    name = check.rule.name if check.rule else ""
    return Fault(
        check.data_set, None, f"{check.kind}:{name}", count, found, check.expected, tuple(samples)
    )


def _wrong_rows(data_set: DataSet, rows: int, expected: int | None) -> Iterator[Fault]:
    if expected is not None and rows != expected:
        found, right = f"{rows} row(s)", f"{expected} row(s), as the manifest says"
        yield Fault(data_set.name, None, CheckKind.ROWS, abs(rows - expected), found, right)


def _row_fault(scan: Scan, check: Check, count: int) -> Fault:
    key = [name for name in scan.data_set.key if name in scan.structure.usable]
    rows = scan.rows(statements.broken_samples(check, key, scan.provenance))
    samples = [_key_text(key, row[: len(key)]) for row in rows]
    values = [", ".join(_value_text(v) for v in row[len(key) :]) for row in rows]
    found = f"{count} row(s) with {' | '.join(dict.fromkeys(values))}"
    expected = check.expected
    if check.kind is CheckKind.PROVENANCE:
        expected = f"{scan.provenance[check.columns[0]]} in every row of every data set"
    return Fault(check.data_set, check.column, check.kind, count, found, expected, tuple(samples))


def _fault(check: Check, count: int, found: str, samples: Sequence[str]) -> Fault:
    return Fault(
        check.data_set, check.column, check.kind, count, found, check.expected, tuple(samples)
    )


def _key_text(key: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{n}={_value_text(v)}" for n, v in zip(key, values, strict=True))


def _value_text(value: object) -> str:
    return "null" if value is None else str(value)
