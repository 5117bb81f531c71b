"""Sound content, what validates it, and what a report found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import Fault, ValidationReport
from datalayer.kernel.validation.validator import validate
from tests.places_that_share import with_moves
from tests.publisher import Publisher, write_tables
from tests.repaired_parts import with_repairs

Tables = dict[str, pa.Table]
Validate = Callable[[Mapping[str, pa.Table]], ValidationReport]


@pytest.fixture
def tables(publisher: Publisher) -> Tables:
    return publisher.tables()


@pytest.fixture
def filled(publisher: Publisher) -> Tables:
    """Sound tables, every one with rows: of two places one gives parts to the other.

    Of two parts some units are in repair.
    """
    return with_repairs(with_moves(publisher.tables()))


@pytest.fixture
def validated(tmp_path: Path, registry: Registry) -> Validate:
    """Write tables to files and validate them."""
    return lambda tables: validate(write_tables(tables, tmp_path / "files"), registry)


def found(report: ValidationReport) -> set[tuple[str, str | None, str]]:
    return {(fault.data_set, fault.column, fault.check) for fault in report.faults}


def changed(tables: Tables, name: str, row: int, **values: Any) -> Tables:
    """The tables with other *values* in one row of the table called *name*."""
    rows = tables[name].to_pylist()
    rows[row] |= values
    return {**tables, name: pa.Table.from_pylist(rows, schema=tables[name].schema)}


def the_fault(report: ValidationReport) -> Fault:
    assert len(report.faults) == 1, report.summary()
    return report.faults[0]
