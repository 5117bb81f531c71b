"""What must hold of a publication, derived from the registry and free of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from datalayer.kernel.contract.registry import (
    Column,
    ColumnType,
    DataSet,
    Reference,
    Registry,
    Rule,
)


class CheckKind(StrEnum):
    """The kinds of check, in the order in which they are made."""

    FILE = "file"
    COLUMN = "column"
    TYPE = "type"
    EXTRA_COLUMN = "extra_column"
    ROWS = "rows"
    REQUIRED = "required"
    FINITE = "finite"
    RANGE = "range"
    ALLOWED = "allowed"
    PROVENANCE = "provenance"
    QUANTILES = "quantiles"
    KEY_ORDER = "key_order"
    UNIQUE_KEY = "unique_key"
    REFERENCE = "reference"
    RULE = "rule"


@dataclass(frozen=True)
class Check:
    """One thing that must hold of one data set.

    Attributes:
        columns: The columns concerned; empty where it is the whole data set.
        expected: What must hold, to be read after "expected".
        minimum: Of a range, inclusive; None if there is none.
        maximum: Of a range, inclusive; None if there is none.
        allowed: Of listed values.
        reference: Where the values must stand.
        rule: The contract's own rule.
    """

    data_set: str
    kind: CheckKind
    columns: tuple[str, ...]
    expected: str
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    reference: Reference | None = None
    rule: Rule | None = None

    @property
    def column(self) -> str | None:
        """The one column concerned, or None where it is several or none."""
        return self.columns[0] if len(self.columns) == 1 else None


PROVENANCE = ("dataset_id", "generated_at")


def checks_for(registry: Registry) -> tuple[Check, ...]:
    """Return every check that follows from *registry*, by data set."""
    return tuple(
        check for data_set in registry.data_sets.values() for check in data_set_checks(data_set)
    )


def data_set_checks(data_set: DataSet) -> Iterator[Check]:
    """Yield the checks of one data set, by kind in the order of ``CheckKind``."""
    found = [
        Check(data_set.name, CheckKind.FILE, (), "a Parquet file that can be read"),
        Check(data_set.name, CheckKind.ROWS, (), "as many rows as the manifest says"),
        *(check for column in data_set.columns for check in _column_checks(data_set.name, column)),
        *_quantile_checks(data_set),
        *_key_checks(data_set),
        *(_rule_check(data_set.name, rule) for rule in data_set.rules),
    ]
    order = list(CheckKind)
    yield from sorted(found, key=lambda check: order.index(check.kind))


def _column_checks(data_set: str, column: Column) -> Iterator[Check]:
    names = (column.name,)
    yield Check(data_set, CheckKind.COLUMN, names, f"a column {column.name}")
    yield Check(data_set, CheckKind.TYPE, names, column.type.value)
    if column.required:
        yield Check(data_set, CheckKind.REQUIRED, names, "no nulls")
    if column.type is ColumnType.DOUBLE:
        yield Check(data_set, CheckKind.FINITE, names, "finite numbers")
    if column.minimum is not None or column.maximum is not None:
        yield _range_check(data_set, column)
    if column.allowed:
        expected = f"one of {', '.join(column.allowed)}"
        yield Check(data_set, CheckKind.ALLOWED, names, expected, allowed=column.allowed)
    if column.name in PROVENANCE:
        expected = "the publication's own value in every row of every data set"
        yield Check(data_set, CheckKind.PROVENANCE, names, expected)
    if column.reference is not None:
        expected = f"a value of {column.reference.data_set}.{column.reference.column}"
        yield Check(data_set, CheckKind.REFERENCE, names, expected, reference=column.reference)


def _range_check(data_set: str, column: Column) -> Check:
    bounds = {"at least": column.minimum, "at most": column.maximum}
    expected = " and ".join(
        f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None
    )
    return Check(
        data_set,
        CheckKind.RANGE,
        (column.name,),
        expected,
        minimum=column.minimum,
        maximum=column.maximum,
    )


def _quantile_checks(data_set: DataSet) -> Iterator[Check]:
    names = tuple(column.name for column in data_set.quantiles)
    if len(names) > 1:
        expected = f"{names[0]} to {names[-1]} never falling across a row"
        yield Check(data_set.name, CheckKind.QUANTILES, names, expected)


def _key_checks(data_set: DataSet) -> Iterator[Check]:
    key = ", ".join(data_set.key)
    yield Check(data_set.name, CheckKind.KEY_ORDER, data_set.key, f"rows sorted by {key}")
    yield Check(data_set.name, CheckKind.UNIQUE_KEY, data_set.key, f"one row per {key}")


def _rule_check(data_set: str, rule: Rule) -> Check:
    return Check(data_set, CheckKind.RULE, (), rule.description.en, rule=rule)
