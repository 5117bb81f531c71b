"""How inspecting, activating and rolling back end when they succeed, and what would change."""

from __future__ import annotations

from dataclasses import dataclass

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.report import ValidationReport
from datalayer.publications.stages import Snapshot, VerifiedFiles


@dataclass(frozen=True)
class Candidate:
    """The store's latest publication, looked at without activating it.

    Attributes:
        verified: Its files, on the local disk; activating it fetches nothing again.
    """

    manifest: Manifest
    report: ValidationReport
    verified: VerifiedFiles


@dataclass(frozen=True)
class Activated:
    """A publication became the active one.

    Attributes:
        previous_id: The one active before, None if it is the first.
        duration_s: From the call to the switch, seconds.
    """

    publication_id: str
    previous_id: str | None
    snapshot: Snapshot
    duration_s: float


@dataclass(frozen=True)
class AlreadyCurrent:
    """The publication asked for is the active one; nothing changed."""

    publication_id: str
    snapshot: Snapshot


@dataclass(frozen=True)
class RowComparison:
    """Rows of one data set in a candidate and in the active publication (None: no active one)."""

    data_set: str
    candidate_rows: int
    active_rows: int | None


def compared(candidate: Manifest, active: Manifest | None) -> tuple[RowComparison, ...]:
    """Return the rows of each data set of *candidate* beside those of *active*."""
    active_rows = {file.data_set: file.rows for file in active.files} if active else {}
    return tuple(
        RowComparison(file.data_set, file.rows, active_rows.get(file.data_set))
        for file in candidate.files
    )
