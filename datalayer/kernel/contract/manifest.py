"""Manifests: what a publication says of itself, as JSON and as a frozen dataclass."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

MANIFEST_VERSION = 1
MANIFEST_NAME = "metadata.json"
MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024
PUBLICATION_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True)
class PublishedFile:
    """One file of a publication.

    Attributes:
        path: Relative to the store's root, ``/`` between parts, never outside that root.
        sha256: Lower-case hexadecimal digest of the whole file.
    """

    data_set: str
    path: str
    size_bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class ContractReference:
    """Which contract the publication was written for; fingerprints by data set."""

    id: str
    version: str
    fingerprints: Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """A publication's description of itself.

    Attributes:
        generated_at: When the results were computed, UTC.
        data_through: The last day of observed demand behind them.
        lineage: Input hashes, settings, library versions and the like; JSON values, shown
            and kept but never relied on. ``frequency`` (D, W or MS), ``demonstration`` (true
            for bundled data), ``currency`` (ISO 4217, or empty) and ``assumptions`` (sentences,
            each text or an object of texts by language) are shown to users.
    """

    publication_id: str
    dataset_id: str
    model_version: str
    generated_at: datetime
    data_through: date
    contract: ContractReference
    files: tuple[PublishedFile, ...]
    lineage: Mapping[str, object]

    @property
    def size_bytes(self) -> int:
        """Size of all its files together."""
        return sum(file.size_bytes for file in self.files)

    def file(self, data_set: str) -> PublishedFile:
        """Return the file of *data_set*.

        Raises:
            KeyError: The publication has no such data set.
        """
        for file in self.files:
            if file.data_set == data_set:
                return file
        raise KeyError(data_set)


def new_publication_id(generated_at: datetime, *, salt: bytes) -> str:
    """Return the id of a publication: its time, so that ids sort by it, and eight hex digits.

    Args:
        generated_at: When the results were computed, with its zone.
        salt: What tells publications of one second apart, such as the files' digests.
    """
    digest = hashlib.sha256(salt).hexdigest()[:8]
    return f"{id_time(generated_at)}-{digest}"


def id_time(generated_at: datetime) -> str:
    """Return *generated_at* as it begins a publication's id."""
    return generated_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def is_publication_id(text: str) -> bool:
    """Tell whether *text* is an id, and so safe as the name of a folder."""
    return PUBLICATION_ID.fullmatch(text) is not None


def manifest_json(manifest: Manifest) -> bytes:
    """Return *manifest* as the JSON that is stored, the same bytes for the same manifest."""
    content = {
        "manifest_version": MANIFEST_VERSION,
        "publication_id": manifest.publication_id,
        "dataset_id": manifest.dataset_id,
        "model_version": manifest.model_version,
        "generated_at": manifest.generated_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data_through": manifest.data_through.isoformat(),
        "contract": {
            "id": manifest.contract.id,
            "version": manifest.contract.version,
            "fingerprints": dict(manifest.contract.fingerprints),
        },
        "files": [asdict(file) for file in manifest.files],
        "lineage": dict(manifest.lineage),
    }
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
