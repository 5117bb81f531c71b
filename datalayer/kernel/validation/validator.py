"""Runs the contract's checks over Parquet files with a DuckDB of its own, locked down."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from datalayer.kernel.contract.checks import Check, CheckKind, data_set_checks
from datalayer.kernel.contract.claims import Claims, period_end
from datalayer.kernel.contract.registry import Observed, Reference, Registry, Rule
from datalayer.kernel.contract.report import Fault, ValidationReport
from datalayer.kernel.errors import ValidationTooLong, ValidationUnfinished
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.validation import statements
from datalayer.kernel.validation.deadline import within
from datalayer.kernel.validation.scan import (
    Scan,
    file_fault,
    first_provenance,
    key_faults,
    open_scan,
    problem_of,
    raise_if_exhausted,
    row_faults,
    sample_text,
    statistics_faults,
    twin_warnings,
)

MEMORY_LIMIT = "512MiB"
_SPILL_LIMIT = "8GiB"
_THROUGH = CheckKind.DATA_THROUGH
_BETWEEN = frozenset({CheckKind.REFERENCE, CheckKind.RULE})


def validate(
    files: Mapping[str, Path],
    registry: Registry,
    *,
    claims: Claims | None = None,
    report: ReportProgress = silent,
    memory_limit: str = MEMORY_LIMIT,
    timeout_s: float | None = None,
    work: Path | None = None,
) -> ValidationReport:
    """Check everything that the contract asks of a publication.

    Args:
        files: The Parquet file of each data set.
        registry: The contract.
        claims: What the publication says of its rows. Without, the rows need only agree.
        report: Told how many checks are done, after each data set and each longer check.
        memory_limit: What DuckDB may use before it spills to a temporary folder.
        timeout_s: After so many seconds it is broken off; None for no limit.
        work: Where the temporary folder is made and removed again; None for the system's place.

    Returns:
        A report of every fault; content that can't be read is a fault too, not an error.

    Raises:
        ValidationUnfinished: Memory, temporary disk space or time ran out.
    """
    # DuckDB compares what it opens with the allowed paths after following links.
    files = {name: path.resolve() for name, path in files.items()}
    with _connection(files, memory_limit, work) as connection, within(timeout_s, connection):
        try:
            validation = _Validation(connection, files, registry, claims=claims, report=report)
            return validation.run()
        except duckdb.InterruptException as error:
            raise ValidationTooLong(timeout_s=timeout_s or 0.0) from error
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
        claims: Claims | None,
        report: ReportProgress,
    ) -> None:
        self._files = files
        self._checks = {n: data_set_checks(d) for n, d in registry.data_sets.items()}
        is_older = claims is not None and claims.is_older_than(registry.version)
        self._scans = {
            name: open_scan(connection, data_set, files.get(name), is_older=is_older)
            for name, data_set in registry.data_sets.items()
        }
        self._claims = claims
        self._expected_rows = claims.rows if claims else {}
        self._provenance = claims.provenance if claims else first_provenance(self._scans)
        self._report = report
        self._faults: list[Fault] = []
        self._warnings: list[Fault] = []
        self._rows: dict[str, int] = {}
        self._done = 0

    def run(self) -> ValidationReport:
        """Check each data set by itself, then what holds between them."""
        for name, scan in self._scans.items():
            self._faults += scan.faults
            self._warnings += scan.warnings
            self._note(name, self._check_alone(name, scan))
        self._check_data_through()
        for check in itertools.chain.from_iterable(self._checks.values()):
            if check.kind in _BETWEEN:
                self._check_between(check)
                self._note(check.data_set, 1)
        return ValidationReport(tuple(self._faults), tuple(self._warnings), self._rows, self._done)

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
            if not faults:
                # What is wrong by itself is told once, not again as a wrong claim about it.
                faults += statistics_faults(scan, checks)
            twins = list(twin_warnings(scan, checks))
        except duckdb.Error as error:
            raise_if_exhausted(error)
            problem = Sentence(
                "the file can't be read: {reason}",
                reason=problem_of(error, self._files[name]),
            )
            self._faults.append(file_fault(scan.data_set, problem))
            self._scans[name] = replace(scan, usable=frozenset())
            return 1
        self._faults += faults
        self._warnings += twins
        self._rows[name] = rows
        return sum(scan.covers(check) for check in checks if check.kind not in _BETWEEN)

    def _check_data_through(self) -> None:
        """Compare the last day observed, as the rows have it, with what is said of it."""
        if self._claims is None:
            return
        claimed, frequency = self._claims.data_through, self._claims.frequency
        begun, known = self._latest("period"), self._latest("day")
        least = max((day for day in (begun, known) if day), default=claimed)
        most = max(period_end(begun, frequency) if begun else least, least)
        if not least <= claimed <= most:
            check = next(c for each in self._checks.values() for c in each if c.kind is _THROUGH)
            found = Sentence(
                "data_through {claimed}, where the rows end on {least}",
                claimed=claimed,
                least=least,
            )
            if most > least:
                found = Sentence("{found}, in a period that ends on {most}", found=found, most=most)
            self._faults.append(check.fault(1, found, []))

    def _latest(self, observed: Observed) -> date | None:
        """Return the latest value of all columns that tell the last *observed*; None without."""
        days = [
            scan.rows(statements.latest(name, column.name))[0][0]
            for name, scan in self._scans.items()
            for column in scan.data_set.columns
            if column.last_observed == observed and column.name in scan.usable
        ]
        return max((day for day in days if isinstance(day, date)), default=None)

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
            found = Sentence("{count} row(s) with a value that is not there", count=count)
            self._faults.append(check.fault(count, found, samples))

    def _check_rule(self, scan: Scan, check: Check, rule: Rule) -> None:
        try:
            found = scan.rows(rule.query)[0][0]
            samples = scan.rows(statements.first_rows(rule.sample_query)) if found != 0 else []
        except duckdb.Error as error:
            raise_if_exhausted(error)
            # Where a data set is damaged, a rule that fails to run says nothing.
            if not any(self._is_damaged(name) for name in self._scans):
                problem = problem_of(error, self._files.get(check.data_set))
                unrun = Sentence("the rule can't be run: {problem}", problem=problem)
                self._faults.append(check.fault(1, unrun, []))
            return
        if found != 0:
            count = abs(round(float(str(found)))) if found is not None else 1
            texts = [", ".join(map(sample_text, row)) for row in samples]
            note = Sentence(
                "{count} row(s) that break the rule {name}", count=count, name=rule.name
            )
            self._faults.append(check.fault(count, note, texts))

    def _is_damaged(self, name: str) -> bool:
        scan = self._scans[name]
        return bool(scan.faults) or (name in self._files and not scan.usable)


@contextmanager
def _connection(
    files: Mapping[str, Path], memory_limit: str, work: Path | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    with _spill_folder(work) as spill, duckdb.connect(":memory:") as connection:
        for name, value in _settings(files, spill, memory_limit).items():
            connection.execute(f"set {name} = {value}")
        yield connection


@contextmanager
def _spill_folder(work: Path | None) -> Iterator[str]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="farol-validation-", dir=work)
    except OSError as error:
        problem = Sentence("no temporary folder can be made: {reason}", reason=error.strerror)
        raise ValidationUnfinished(problem=problem) from error
    with folder as name:
        yield name


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
