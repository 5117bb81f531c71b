"""Runs the contract's checks over Parquet files with a DuckDB of its own, locked down."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from datalayer.kernel.contract.checks import Check, CheckKind, data_set_checks
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Reference, Registry, Rule
from datalayer.kernel.contract.report import Fault, ValidationReport
from datalayer.kernel.errors import ValidationUnfinished
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.validation import statements
from datalayer.kernel.validation.scan import (
    Scan,
    file_fault,
    first_provenance,
    key_faults,
    open_scan,
    problem_of,
    raise_if_exhausted,
    row_faults,
)

MEMORY_LIMIT = "512MiB"
_SPILL_LIMIT = "8GiB"
_BETWEEN = frozenset({CheckKind.REFERENCE, CheckKind.RULE})


def validate(
    files: Mapping[str, Path],
    registry: Registry,
    *,
    manifest: Manifest | None = None,
    report: ReportProgress = silent,
    memory_limit: str = MEMORY_LIMIT,
) -> ValidationReport:
    """Check everything that the contract asks of a publication.

    Args:
        files: The Parquet file of each data set.
        registry: The contract.
        manifest: What the publication says of itself: rows of each file, and the dataset_id and
            generated_at that every row must bear. Without one the rows need only agree.
        report: Told how many checks are done, after each data set and each longer check.
        memory_limit: What DuckDB may use before it spills to a temporary folder.

    Returns:
        A report of every fault; content that can't be read is a fault too, not an error.

    Raises:
        ValidationUnfinished: Memory or temporary disk space ran out.
    """
    # DuckDB compares what it opens with the allowed paths after following links.
    files = {name: path.resolve() for name, path in files.items()}
    with _connection(files, memory_limit) as connection:
        try:
            validation = _Validation(connection, files, registry, manifest=manifest, report=report)
            return validation.run()
        except duckdb.Error as error:
            raise ValidationUnfinished(problem=problem_of(error, None)) from error


class _Validation:
    """One run over one publication; gathers what it finds."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: Mapping[str, Path],
        registry: Registry,
        *,
        manifest: Manifest | None,
        report: ReportProgress,
    ) -> None:
        self._files = files
        self._checks = {n: data_set_checks(d) for n, d in registry.data_sets.items()}
        self._scans = {
            name: open_scan(connection, data_set, files.get(name))
            for name, data_set in registry.data_sets.items()
        }
        self._expected_rows = {f.data_set: f.rows for f in manifest.files} if manifest else {}
        self._provenance = (
            {"dataset_id": manifest.dataset_id, "generated_at": manifest.generated_at.isoformat()}
            if manifest
            else first_provenance(self._scans)
        )
        self._report = report
        self._faults: list[Fault] = []
        self._rows: dict[str, int] = {}
        self._done = 0

    def run(self) -> ValidationReport:
        """Check each data set by itself, then what holds between them."""
        for name, scan in self._scans.items():
            self._faults += scan.faults
            self._note(name, self._check_alone(name, scan))
        for check in itertools.chain.from_iterable(self._checks.values()):
            if check.kind in _BETWEEN:
                self._check_between(check)
                self._note(check.data_set, 1)
        warnings = [warning for scan in self._scans.values() for warning in scan.warnings]
        return ValidationReport(tuple(self._faults), tuple(warnings), self._rows, self._done)

    def _note(self, data_set: str, checks: int) -> None:
        self._done += checks
        total = sum(map(len, self._checks.values()))
        self._report(Progress(Step.VALIDATE, self._done, total, data_set))

    def _check_alone(self, name: str, scan: Scan) -> int:
        """Make the checks of one data set and return how many they were."""
        if not scan.usable:
            return 1
        checks = self._checks[name]
        try:
            rows, faults = row_faults(
                scan,
                checks,
                expected_rows=self._expected_rows.get(name),
                provenance=self._provenance,
            )
            if set(scan.data_set.key) <= scan.usable:
                faults += key_faults(scan, checks)
        except duckdb.Error as error:
            raise_if_exhausted(error)
            problem = f"the file can't be read: {problem_of(error, self._files[name])}"
            self._faults.append(file_fault(scan.data_set, problem))
            self._scans[name] = replace(scan, usable=frozenset())
            return 1
        self._faults += faults
        self._rows[name] = rows
        return sum(scan.covers(check) for check in checks if check.kind not in _BETWEEN)

    def _check_between(self, check: Check) -> None:
        scan = self._scans[check.data_set]
        if check.rule:
            self._check_rule(scan, check, check.rule)
            return
        (column,) = check.columns
        if column.reference and scan.covers(check):
            self._check_reference(scan, check, column.name, column.reference)

    def _check_reference(self, scan: Scan, check: Check, column: str, reference: Reference) -> None:
        if reference.column not in self._scans[reference.data_set].usable:
            return
        orphans = statements.orphans(check.data_set, column, reference)
        values = scan.rows(statements.sample_of(orphans, 1))
        if values:
            count = scan.count(statements.orphan_rows(check.data_set, column, reference))
            samples = [f"{column}={row[0]}" for row in values]
            found = f"{count} row(s) with a value that is not there"
            self._faults.append(check.fault(count, found, samples))

    def _check_rule(self, scan: Scan, check: Check, rule: Rule) -> None:
        try:
            found = scan.rows(rule.query)[0][0]
            samples = scan.rows(statements.first_rows(rule.sample_query)) if found != 0 else []
        except duckdb.Error as error:
            raise_if_exhausted(error)
            # Where a data set is damaged, a rule that fails to run says nothing.
            if all(each.usable and not each.faults for each in self._scans.values()):
                problem = problem_of(error, self._files.get(check.data_set))
                self._faults.append(check.fault(1, f"the rule can't be run: {problem}", []))
            return
        if found != 0:
            count = abs(round(float(str(found)))) if found is not None else 1
            texts = [", ".join(map(str, row)) for row in samples]
            note = f"{count} row(s) that break the rule {rule.name}"
            self._faults.append(check.fault(count, note, texts))


@contextmanager
def _connection(
    files: Mapping[str, Path], memory_limit: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    with (
        tempfile.TemporaryDirectory(prefix="farol-validation-") as spill,
        duckdb.connect(":memory:") as connection,
    ):
        for name, value in _settings(files, spill, memory_limit).items():
            connection.execute(f"set {name} = {value}")
        yield connection


def _settings(files: Mapping[str, Path], spill: str, memory_limit: str) -> dict[str, str]:
    paths = ", ".join(statements.literal(str(path)) for path in files.values())
    return {
        "TimeZone": "'UTC'",
        "memory_limit": statements.literal(memory_limit),
        "temp_directory": statements.literal(spill),
        "max_temp_directory_size": statements.literal(_SPILL_LIMIT),
        "preserve_insertion_order": "true",
        "parquet_metadata_cache": "true",
        # A file's own statistics are a claim of its writer (and silent on NaN), so nothing may
        # be answered from them. DuckDB 2.0.0 scans a file many times over with the other one.
        "disabled_optimizers": "'statistics_propagation,partitioned_execution'",
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allowed_paths": f"[{paths}]",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
