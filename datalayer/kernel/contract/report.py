"""What a validation found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datalayer.kernel.errors import PublicationError
from datalayer.kernel.sentences import Sentence, listed

_MOST_IN_SUMMARY = 20
_LONGEST_SUMMARY = 1500
"""Characters of the faults that a summary tells: the audit trail keeps no longer text whole."""


@dataclass(frozen=True)
class Fault:
    """One check that did not hold.

    Attributes:
        column: The column concerned; None where it is several or the whole data set.
        check: A ``CheckKind``, or the name of the contract's rule after ``rule:``.
        count: How many rows (or columns, or files) break it.
        found: What was found.
        expected: What would be right.
        samples: Up to five keys of rows that break it.
    """

    data_set: str
    column: str | None
    check: str
    count: int
    found: str
    expected: str
    samples: tuple[str, ...] = ()

    def __str__(self) -> Sentence:
        place = f"{self.data_set}.{self.column}" if self.column else self.data_set
        sentence = Sentence(
            "{place}: {found}; expected {expected}",
            place=place,
            found=self.found,
            expected=self.expected,
        )
        if not self.samples:
            return sentence
        samples = "; ".join(self.samples)
        return Sentence("{fault} (such as {samples})", fault=sentence, samples=samples)


@dataclass(frozen=True)
class ValidationReport:
    """Everything that a validation found.

    Attributes:
        faults: What makes the publication unfit.
        warnings: What is odd and harmless, such as columns that the contract does not know.
        rows: Rows by data set, of those that could be read.
        checks: How many checks were made.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    rows: Mapping[str, int]
    checks: int

    @property
    def passed(self) -> bool:
        """True where nothing makes the publication unfit."""
        return not self.faults

    def summary(self) -> Sentence:
        """Return one line: what was checked, or the faults."""
        if self.passed:
            rows = sum(self.rows.values())
            return Sentence("{checks} checks passed on {rows} rows", checks=self.checks, rows=rows)
        count, told = len(self.faults), tuple(_first_few(self.faults))
        found = listed(told)
        if more := count - len(told):
            found = Sentence("{faults}; and {count} more", faults=found, count=more)
        return Sentence("{count} fault(s): {listing}", count=count, listing=found)


def _first_few(faults: Sequence[Fault]) -> Iterator[Sentence]:
    """Yield the first fault, and of the next ones what a summary has room for."""
    size = 0
    for place, fault in enumerate(faults[:_MOST_IN_SUMMARY]):
        sentence = fault.__str__()
        size += len(sentence)
        if place and size > _LONGEST_SUMMARY:
            return
        yield sentence


class ValidationFailed(PublicationError):
    """The publication's content breaks the contract; carries the whole report."""

    def __init__(self, *, publication_id: str, report: ValidationReport) -> None:
        super().__init__(
            publication_id=publication_id,
            problem=Sentence("breaks the contract: {summary}", summary=report.summary()),
        )
        self.report = report
