"""What must hold of a publication, derived from the registry and free of SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Rule
from datalayer.kernel.contract.report import Fault
from datalayer.kernel.sentences import Sentence


class CheckKind(StrEnum):
    """The kinds of check, in the order in which they are made."""

    FILE = "file"
    LAYOUT = "layout"
    COLUMN = "column"
    TYPE = "type"
    EXTRA_COLUMN = "extra_column"
    ROWS = "rows"
    REQUIRED = "required"
    FINITE = "finite"
    RANGE = "range"
    ALLOWED = "allowed"
    TEXT = "text"
    PROVENANCE = "provenance"
    QUANTILES = "quantiles"
    STATISTICS = "statistics"
    KEY_ORDER = "key_order"
    UNIQUE_KEY = "unique_key"
    TWINS = "twins"
    DATA_THROUGH = "data_through"
    REFERENCE = "reference"
    RULE = "rule"


@dataclass(frozen=True)
class Check:
    """One thing that must hold of one data set.

    Attributes:
        columns: The columns concerned; empty where it is the whole data set.
        expected: What must hold, to be read after "expected".
        rule: The contract's own rule.
    """

    data_set: str
    kind: CheckKind
    columns: tuple[Column, ...]
    expected: str
    rule: Rule | None = None

    def fault(self, count: int, found: str, samples: Sequence[str]) -> Fault:
        """Return the fault that *count* rows break this, with the keys of some of them."""
        column = self.columns[0].name if len(self.columns) == 1 else None
        name = f"{self.kind}:{self.rule.name}" if self.rule else self.kind
        return Fault(self.data_set, column, name, count, found, self.expected, tuple(samples))


PROVENANCE = ("dataset_id", "generated_at", "model_version")
LARGEST_NUMBER = 1e15
"""Largest size of a number: every whole number up to it is exact in a DOUBLE and in JSON."""


def data_set_checks(data_set: DataSet) -> tuple[Check, ...]:
    """Return the checks of one data set, by kind in the order of ``CheckKind``."""
    name, key = data_set.name, ", ".join(data_set.key)
    keyed = tuple(map(data_set.column, data_set.key))
    found = [
        Check(name, CheckKind.FILE, (), "a Parquet file that can be read"),
        Check(name, CheckKind.LAYOUT, (), "a file whose size goes with its content"),
        Check(name, CheckKind.STATISTICS, (), "values within what the file says of its row groups"),
        Check(name, CheckKind.ROWS, (), "as many rows as the manifest says"),
        Check(name, CheckKind.KEY_ORDER, keyed, f"rows sorted by {key}"),
        Check(name, CheckKind.UNIQUE_KEY, keyed, f"one row per {key}"),
        *(
            Check(name, kind, (column,), expected)
            for column in data_set.columns
            for kind, expected in _expectations(column)
        ),
        *(Check(name, CheckKind.RULE, (), r.description.en, rule=r) for r in data_set.rules),
    ]
    if len(keyed) == 1 and keyed[0].form is not None and keyed[0].form.pattern:
        found.append(Check(name, CheckKind.TWINS, keyed, "codes that nobody takes for each other"))
    quantiles = data_set.quantiles
    if len(quantiles) > 1:
        expected = Sentence(
            "{first} to {last} never falling across a row",
            first=quantiles[0].name,
            last=quantiles[-1].name,
        )
        found.append(Check(name, CheckKind.QUANTILES, quantiles, expected))
    order = list(CheckKind)
    return tuple(sorted(found, key=lambda check: order.index(check.kind)))


def _expectations(column: Column) -> Iterator[tuple[CheckKind, str]]:
    yield CheckKind.COLUMN, f"a column {column.name}"
    yield CheckKind.TYPE, column.type.value
    if column.required:
        yield CheckKind.REQUIRED, "no nulls"
    if column.type is ColumnType.DOUBLE:
        yield CheckKind.FINITE, f"finite numbers no larger than {LARGEST_NUMBER:g}"
    bounds = {"at least": column.minimum, "at most": column.maximum}
    limits = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    if limits:
        yield CheckKind.RANGE, " and ".join(limits)
    if column.allowed:
        yield CheckKind.ALLOWED, f"one of {', '.join(column.allowed)}"
    if column.form is not None and column.reference is None:
        # What stands in a column of another data set has been looked at there.
        form = column.form
        yield CheckKind.TEXT, f"{form.description.en}; at most {form.max_length} characters"
    if column.name in PROVENANCE:
        yield CheckKind.PROVENANCE, "the publication's own value in every row of every data set"
    if column.last_observed is not None:
        yield CheckKind.DATA_THROUGH, "nothing observed after data_through, and something on it"
    if column.reference is not None:
        target = f"{column.reference.data_set}.{column.reference.column}"
        yield CheckKind.REFERENCE, f"a value of {target}"
