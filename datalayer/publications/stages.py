"""The stages of a publication on the local disk, a type each, so that none can be skipped.

    StagedFiles -> VerifiedFiles -> (ValidationReport) -> Snapshot

With them what inspecting and activating return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.report import ValidationReport


def file_name(data_set: str) -> str:
    """Return the name of a data set's file in a folder of this program's own."""
    return f"{data_set}.parquet"


@dataclass(frozen=True)
class _InFolder:
    manifest: Manifest
    folder: Path

    def path(self, data_set: str) -> Path:
        """Return the file of *data_set*.

        Raises:
            KeyError: The publication has no such data set.
        """
        return self.folder / file_name(self.manifest.file(data_set).data_set)

    def files(self) -> dict[str, Path]:
        """Return every data set's file."""
        return {file.data_set: self.path(file.data_set) for file in self.manifest.files}


@dataclass(frozen=True)
class StagedFiles(_InFolder):
    """Files fetched whole; what is in them may be anything."""


@dataclass(frozen=True)
class VerifiedFiles(_InFolder):
    """Files whose sizes and SHA-256 are those that the manifest announces."""


@dataclass(frozen=True)
class Snapshot(_InFolder):
    """Verified and valid files, never changed, that may be served.

    Attributes:
        loaded_at: When this portal took the publication in, UTC.
        companions: SHA-256 of the small files beside the data sets, by name.
    """

    loaded_at: datetime
    companions: Mapping[str, str] = field(default_factory=dict)

    @property
    def publication_id(self) -> str:
        """The id of the publication."""
        return self.manifest.publication_id

    @property
    def size_bytes(self) -> int:
        """Size of all its files together."""
        return self.manifest.size_bytes


@dataclass(frozen=True)
class Candidate:
    """The store's latest publication, looked at without activating it.

    Its verified files stay on the local disk; activating it fetches nothing again.
    """

    manifest: Manifest
    report: ValidationReport


@dataclass(frozen=True)
class Expected:
    """What a person saw who has a candidate activated: nothing else may happen.

    Attributes:
        manifest: The candidate's.
        active_id: What was active then; None for nothing.
        warnings: What that person was told to look at first, and had to confirm.
    """

    manifest: Manifest
    active_id: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Activated:
    """A publication became the active one.

    Attributes:
        previous_id: The one active before, None if it is the first.
        duration_s: From the call to the switch, seconds.
    """

    publication_id: str
    previous_id: str | None
    duration_s: float


@dataclass(frozen=True)
class AlreadyCurrent:
    """The publication asked for is the active one; nothing changed."""

    publication_id: str


@dataclass(frozen=True)
class RowComparison:
    """Rows of one data set in a candidate and in the active publication (None: no active one)."""

    data_set: str
    candidate_rows: int
    active_rows: int | None


Look = Callable[[VerifiedFiles], None]
"""Looks at files that keep the contract; nobody else may touch them meanwhile."""


def compare_rows(candidate: Manifest, active: Manifest | None) -> tuple[RowComparison, ...]:
    """Return the rows of each data set of either beside each other; one that is gone has none."""
    rows = {file.data_set: file.rows for file in candidate.files}
    active_rows = {file.data_set: file.rows for file in active.files} if active else {}
    return tuple(
        RowComparison(name, rows.get(name, 0), active_rows.get(name))
        for name in dict.fromkeys((*rows, *active_rows))
    )
