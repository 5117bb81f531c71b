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
READABLE = Sentence("a Parquet file that can be read")
"""What is expected of every file before anything else."""
LARGEST_NUMBER = 1e15
"""Largest size of a number: every whole number up to it is exact in a DOUBLE and in JSON."""


def data_set_checks(data_set: DataSet) -> tuple[Check, ...]:
    """Return the checks of one data set, by kind in the order of ``CheckKind``."""
    name, key = data_set.name, ", ".join(data_set.key)
    keyed = tuple(map(data_set.column, data_set.key))
    found = [
        Check(name, CheckKind.FILE, (), READABLE),
        Check(name, CheckKind.LAYOUT, (), Sentence("a file whose size goes with its content")),
        Check(
            name,
            CheckKind.STATISTICS,
            (),
            Sentence("values within what the file says of its row groups"),
        ),
        Check(name, CheckKind.ROWS, (), Sentence("as many rows as the manifest says")),
        Check(name, CheckKind.KEY_ORDER, keyed, Sentence("rows sorted by {key:s}", key=key)),
        Check(name, CheckKind.UNIQUE_KEY, keyed, Sentence("one row per {key:s}", key=key)),
        *(
            Check(name, kind, (column,), expected)
            for column in data_set.columns
            for kind, expected in _expectations(column)
        ),
        *(Check(name, CheckKind.RULE, (), r.description.en, rule=r) for r in data_set.rules),
    ]
    if len(keyed) == 1 and keyed[0].form is not None and keyed[0].form.pattern:
        alike = Sentence("codes that nobody takes for each other")
        found.append(Check(name, CheckKind.TWINS, keyed, alike))
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
    yield CheckKind.COLUMN, Sentence("a column {name:s}", name=column.name)
    yield CheckKind.TYPE, column.type.value
    if column.required:
        yield CheckKind.REQUIRED, Sentence("no nulls")
    if column.type is ColumnType.DOUBLE:
        yield (
            CheckKind.FINITE,
            Sentence("finite numbers no larger than {largest:g}", largest=LARGEST_NUMBER),
        )
    if limits := _limits(column):
        yield CheckKind.RANGE, limits
    if column.allowed:
        yield CheckKind.ALLOWED, Sentence("one of {values:s}", values=", ".join(column.allowed))
    if column.form is not None and column.reference is None:
        # What stands in a column of another data set has been looked at there.
        form = column.form
        yield (
            CheckKind.TEXT,
            Sentence(
                "{form}; at most {count} characters",
                form=form.description.en,
                count=form.max_length,
            ),
        )
    if column.name in PROVENANCE:
        yield (
            CheckKind.PROVENANCE,
            Sentence("the publication's own value in every row of every data set"),
        )
    if column.last_observed is not None:
        yield (
            CheckKind.DATA_THROUGH,
            Sentence("nothing observed after data_through, and something on it"),
        )
    if column.reference is not None:
        target = f"{column.reference.data_set}.{column.reference.column}"
        yield CheckKind.REFERENCE, Sentence("a value of {target}", target=target)


def _limits(column: Column) -> Sentence | None:
    """Return between what the values of *column* must lie; None for anything."""
    least, most = column.minimum, column.maximum
    lower = None if least is None else Sentence("at least {bound:g}", bound=least)
    upper = None if most is None else Sentence("at most {bound:g}", bound=most)
    if lower is not None and upper is not None:
        return Sentence("{one} and {other}", one=lower, other=upper)
    return lower if upper is None else upper
