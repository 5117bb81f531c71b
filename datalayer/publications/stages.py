"""The stages of a publication on the local disk; a type each, so that none can be skipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from datalayer.kernel.contract.manifest import Manifest


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
    """

    loaded_at: datetime

    @property
    def publication_id(self) -> str:
        """The id of the publication."""
        return self.manifest.publication_id

    @property
    def size_bytes(self) -> int:
        """Size of all its files together."""
        return sum(file.size_bytes for file in self.manifest.files)
