"""What a validation found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datalayer.kernel.errors import PublicationError
from datalayer.kernel.sentences import Sentence, listed

_MOST_IN_SUMMARY = 20


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
        count, told = len(self.faults), self.faults[:_MOST_IN_SUMMARY]
        found = listed(tuple(str(fault) for fault in told))
        if more := count - len(told):
            found = Sentence("{faults}; and {count} more", faults=found, count=more)
        return Sentence("{count} fault(s): {listing}", count=count, listing=found)


class ValidationFailed(PublicationError):
    """The publication's content breaks the contract; carries the whole report."""

    def __init__(self, *, publication_id: str, report: ValidationReport) -> None:
        super().__init__(
            publication_id=publication_id,
            problem=Sentence("breaks the contract: {summary}", summary=report.summary()),
        )
        self.report = report
