"""The file of classes: what holding and lacking their parts costs, and what there is to spend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.class_budgets import ClassBudgets
from ml_jobs.columns import column_of
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.items import CRITICALITIES, HIGHEST_HOLDING_RATE
from ml_jobs.inputs.master_file import (
    MasterFile,
    MasterKey,
    NumberColumn,
    TextColumn,
    read_master,
    samples,
)
from ml_jobs.panel import Items

KINDS = ("criticality", "category")
"""Columns of items whose values are classes."""

COSTS = ("holding_rate_per_year", "lost_unit_cost")
COLUMNS = (
    TextColumn("class_of", KINDS),
    NumberColumn("budget"),
    NumberColumn("holding_rate_per_year", maximum=HIGHEST_HOLDING_RATE),
    NumberColumn("lost_unit_cost"),
)


def read_classes(path: Path, reading: ReadingOptions = AS_FOUND) -> MasterFile:
    """Read a file of classes: ``class``, ``class_of`` and any other of `COLUMNS`.

    All classes are of one kind: with two, a part would have two budgets and two rates.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    key = MasterKey("class")
    return read_master(path, COLUMNS, reading, key=key, required=("class_of",), faults_of=_faults)


def budgets_in(file: MasterFile | None) -> ClassBudgets | None:
    """Return what there is to spend on each class; None where the file, or no row, says so."""
    if file is None:
        return None
    rows = file.table.filter(pc.is_valid(file.table.column("budget"))).to_pylist()
    if not rows:
        return None
    return ClassBudgets(rows[0]["class_of"], {row["class"]: row["budget"] for row in rows})


def with_class_costs(items: Items, file: MasterFile | None) -> Items:
    """Return *items* with their classes' costs where their own file doesn't say any."""
    if file is None or not file.table.num_rows:
        return items
    table = items.table
    classes = table.column(file.table.column("class_of")[0].as_py())
    place = pc.index_in(classes, file.table.column("class"))
    for name in COSTS:
        told = pc.coalesce(table.column(name), pc.take(file.table.column(name), place))
        table = table.set_column(table.schema.get_field_index(name), name, told)
    return replace(items, table=table)


def class_notes(file: MasterFile | None, items: Items) -> Iterator[str]:
    """Return sentences about classes that no item is of, and columns that aren't read."""
    if file is None:
        return
    kind = file.table.column("class_of")[0].as_py() if file.table.num_rows else KINDS[0]
    known = set(items.table.column(kind).to_pylist())
    if strange := sorted(file.codes("class") - known):
        yield (
            f"{file.source.name}: no part that is forecast has the {kind} {samples(strange)}; what "
            "is said of it is not used"
        )
    yield from file.unread_note()


def _faults(table: pa.Table) -> Iterator[str]:
    kinds = table.column("class_of").drop_null().unique().to_pylist()
    if missing := table.column("class_of").null_count:
        yield f"class_of is missing in {missing} row(s); it must be one of {', '.join(KINDS)}"
    if len(kinds) > 1:
        yield f"class_of has {samples(sorted(kinds))}; it must be the same in every row"
    if kinds == [KINDS[0]]:
        codes = set(table.column("class").to_pylist())
        if strange := sorted(codes - {"", *CRITICALITIES}):
            expected = ", ".join(CRITICALITIES)
            yield f"class has {samples(strange)}; of criticality it must be one of {expected}"
    told = np.stack([np.isfinite(column_of(table, name)) for name in ("budget", *COSTS)])
    if empty := int((~told.any(axis=0)).sum()):
        yield f"{empty} row(s) say neither budget nor {' nor '.join(COSTS)}"
