"""Runs the contract's checks over Parquet files with a DuckDB of its own, locked down."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from datalayer.kernel.contract.checks import Check, CheckKind, data_set_checks
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import ValidationUnfinished
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.validation.content import (
    Scan,
    key_faults,
    provenance_of,
    reference_fault,
    row_faults,
    rule_fault,
)
from datalayer.kernel.validation.report import Fault, ValidationReport
from datalayer.kernel.validation.statements import literal
from datalayer.kernel.validation.structure import (
    Structure,
    absent,
    is_usable,
    problem_of,
    raise_if_exhausted,
    structure_of,
)

MEMORY_LIMIT = "512MiB"
_SPILL_LIMIT = "8GiB"


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
        validation = _Validation(connection, files, registry, manifest, report)
        try:
            return validation.run()
        except duckdb.Error as error:
            problem = problem_of(error, None)
            raise ValidationUnfinished(problem) from error


@dataclass(frozen=True)
class _Outcome:
    """What one step over one data set found."""

    structure: Structure
    rows: int | None
    faults: tuple[Fault, ...]
    checks: int


class _Validation:
    """One run over one publication."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: Mapping[str, Path],
        registry: Registry,
        manifest: Manifest | None,
        report: ReportProgress,
    ) -> None:
        self._connection = connection
        self._files = files
        self._data_sets = registry.data_sets
        self._checks = {n: tuple(data_set_checks(d)) for n, d in self._data_sets.items()}
        self._expected_rows = {f.data_set: f.rows for f in manifest.files} if manifest else {}
        self._report = report
        self._provenance = _announced(manifest) if manifest else {}

    def run(self) -> ValidationReport:
        """Check each data set by itself, then what holds between them."""
        total = sum(len(checks) for checks in self._checks.values())
        structures = {
            name: structure_of(self._connection, data_set, self._files.get(name))
            for name, data_set in self._data_sets.items()
        }
        self._provenance = self._provenance or provenance_of(self._connection, structures)
        alone: dict[str, _Outcome] = {}
        done = 0
        for name, structure in structures.items():
            alone[name] = self._check_alone(self._data_sets[name], structure)
            done += alone[name].checks
            self._report(Progress(Step.VALIDATE, done, total, name))
        between: list[Fault] = []
        for check in self._checks_between():
            between += self._check_between(check, alone)
            done += 1
            self._report(Progress(Step.VALIDATE, done, total, check.data_set))
        return _report_of(alone, between, done)

    def _check_alone(self, data_set: DataSet, structure: Structure) -> _Outcome:
        checks = self._checks[data_set.name]
        made = [c for c in checks if c.kind not in _BETWEEN]
        if not structure.usable:
            return _Outcome(structure, None, structure.faults, 1)
        scan = Scan(self._connection, data_set, structure, self._provenance)
        try:
            rows, faults = row_faults(scan, checks, self._expected_rows.get(data_set.name))
            if set(data_set.key) <= structure.usable:
                faults += key_faults(scan, checks)
        except duckdb.Error as error:
            raise_if_exhausted(error)
            problem = problem_of(error, self._files[data_set.name])
            broken = absent(data_set, f"the file can't be read: {problem}")
            broken = replace(broken, warnings=structure.warnings)
            return _Outcome(broken, None, (*structure.faults, *broken.faults), 1)
        usable = [c for c in made if is_usable(c, structure)]
        return _Outcome(structure, rows, (*structure.faults, *faults), len(usable))

    def _checks_between(self) -> Iterator[Check]:
        for checks in self._checks.values():
            yield from (check for check in checks if check.kind in _BETWEEN)

    def _check_between(self, check: Check, alone: Mapping[str, _Outcome]) -> list[Fault]:
        structure = alone[check.data_set].structure
        scan = Scan(self._connection, self._data_sets[check.data_set], structure, self._provenance)
        fault = self._fault_between(scan, check, alone)
        return [fault] if fault else []

    def _fault_between(
        self, scan: Scan, check: Check, alone: Mapping[str, _Outcome]
    ) -> Fault | None:
        if check.reference is None:
            whole = all(outcome.structure.whole for outcome in alone.values())
            return rule_fault(scan, check, whole=whole, path=self._files.get(check.data_set))
        target = alone[check.reference.data_set].structure
        if is_usable(check, scan.structure) and check.reference.column in target.usable:
            return reference_fault(scan, check)
        return None


def _announced(manifest: Manifest) -> dict[str, str]:
    return {
        "dataset_id": manifest.dataset_id,
        "generated_at": manifest.generated_at.isoformat(),
    }


_BETWEEN = frozenset({CheckKind.REFERENCE, CheckKind.RULE})


def _report_of(
    alone: Mapping[str, _Outcome], between: Sequence[Fault], checks: int
) -> ValidationReport:
    faults = [fault for outcome in alone.values() for fault in outcome.faults]
    warnings = [fault for outcome in alone.values() for fault in outcome.structure.warnings]
    rows = {name: outcome.rows for name, outcome in alone.items() if outcome.rows is not None}
    return ValidationReport((*faults, *between), tuple(warnings), rows, checks)


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
    paths = ", ".join(literal(str(path)) for path in files.values())
    return {
        "TimeZone": "'UTC'",
        "memory_limit": literal(memory_limit),
        "temp_directory": literal(spill),
        "max_temp_directory_size": literal(_SPILL_LIMIT),
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
