"""Publications that came as a zip: one at a time lies here, sound, until it is activated.

Layout, in the state folder::

    uploads/incoming/               while one is unpacked, verified and validated; then empty
    uploads/publications/<id>/      the one that was found sound, as a store has it
    uploads/received.json           who sent it, when, and its digest

It is a store that holds one publication, so it is activated by the steps for any other.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from datalayer.kernel.contract.manifest import Manifest, is_publication_id
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import PortalError, UploadRefused
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import abandoned, sync_folder, write_durably
from datalayer.kernel.storage.object_store import CHUNK_BYTES, FolderStore, ObjectStore
from datalayer.publications.stages import VerifiedFiles
from datalayer.publications.staging import Staging, remove, translate_disk_errors
from datalayer.publications.store_manifests import read_manifest
from datalayer.publications.trust import Trust
from datalayer.publications.zip_directory import shown

_NOTE: Final = "received.json"
_UPLOADS: Final = "uploads"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PublicationSource:
    """Where publications come from, and where they lie between their coming and being kept."""

    store: ObjectStore
    staging: Staging


@dataclass(frozen=True)
class Upload:
    """A file that somebody sends, before anything is known of it.

    Attributes:
        file: Its bytes; can be sought in. Nobody else reads it meanwhile.
        name: What its sender calls it.
    """

    file: BinaryIO
    name: str

    def measure(self) -> ReceivedFile:
        """Return its size and digest."""
        digest, size = hashlib.sha256(), 0
        self.file.seek(0)
        while chunk := self.file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
        return ReceivedFile(shown(self.name), size, digest.hexdigest())


@dataclass(frozen=True)
class ReceivedFile:
    """What is told of a file that was sent.

    Attributes:
        sha256: Of all of it, in lower-case hex.
    """

    name: str
    size_bytes: int
    sha256: str

    def details(self) -> dict[str, str | int | float]:
        """Return it for the audit log."""
        return {"file": self.name, "size_bytes": self.size_bytes, "sha256": self.sha256}


@dataclass(frozen=True)
class UploadedPublication:
    """The publication that was sent, found sound, and is not activated.

    Attributes:
        received: The file it came in; None where that was not written down.
        by: Who sent it; empty where that was not written down.
        at: When, UTC.
    """

    manifest: Manifest
    folder: Path
    received: ReceivedFile | None = None
    by: str = ""
    at: datetime | None = None


class Uploads:
    """What came as a zip, beneath the state folder *state*.

    Whoever changes it holds the lock of refreshes.

    Args:
        limit_bytes: Most bytes of a zip; 0 where none is taken.

    Attributes:
        kept: What waits, as a source.
    """

    def __init__(self, state: Path, registry: Registry, trust: Trust, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._folder = state / _UPLOADS
        self._incoming = Staging(self._folder / "incoming")
        self._kept = Staging(self._folder / "publications")
        self._store = FolderStore(self._folder, address=_UPLOADS)
        self.kept = PublicationSource(self._store, self._kept)
        self._registry = registry
        self._trust = trust

    def incoming(self, store: ObjectStore) -> PublicationSource:
        """Return *store* as a source of what is not known to be sound."""
        return PublicationSource(store, self._incoming)

    def find(self) -> UploadedPublication | None:
        """Return the publication that waits to be activated; None if there is none to be used."""
        for publication_id in self._ids():
            try:
                manifest = read_manifest(publication_id, self._store, self._registry, self._trust)
            except PortalError as error:
                _log.warning("upload.unusable", publication_id=publication_id, problem=str(error))
                continue
            return self._with_note(manifest, self._kept.folder / publication_id)
        return None

    def refuse_large(self, received: ReceivedFile) -> None:
        """Refuse a file that is larger than one may be, or any where none is taken.

        Raises:
            UploadRefused: It is.
        """
        if received.size_bytes > self.limit_bytes:
            problem = Sentence(
                "has {size} bytes; the most is {most} (FAROL_UPLOAD_MAX_BYTES)",
                size=received.size_bytes,
                most=self.limit_bytes,
            )
            raise UploadRefused(name=received.name, problem=problem)

    def keep(self, verified: VerifiedFiles, received: ReceivedFile, by: str, at: datetime) -> None:
        """Keep a publication that was found sound, in the place of the one before.

        Raises:
            StagingError: The local disk refuses; the one before stays, or none does.
        """
        publication_id = verified.manifest.publication_id
        note = {"publication_id": publication_id, "by": by, "at": at.isoformat()}
        content = json.dumps({**note, "received": asdict(received)}, indent=2).encode()
        with translate_disk_errors(publication_id, self._folder):
            write_durably(self._folder / _NOTE, content)
            self._kept.folder.mkdir(exist_ok=True)
            for path in list(self._kept.folder.iterdir()):
                remove(path)
            verified.folder.rename(self._kept.folder / publication_id)
            sync_folder(self._kept.folder)

    def discard(self, manifest: Manifest) -> None:
        """Remove what waits if it is that publication, and the note of one that is gone.

        Raises:
            StagingError: The local disk refuses.
        """
        waiting = self.find()
        if waiting and waiting.manifest.has_files_of(manifest):
            self._kept.discard(manifest.publication_id)
        if not self._ids():
            self._forget_note()

    def clear(self) -> None:
        """Remove whatever was being unpacked."""
        with suppress(OSError):  # what is left is removed by the next one, or at the next start
            remove(self._incoming.folder)

    def sweep(self) -> None:
        """Remove what a killed process left half done, as far as the disk lets us."""
        self.clear()
        for path in (*self._kept.find_half_done(), *abandoned(self._folder)):
            with suppress(OSError):
                remove(path)

    def _ids(self) -> tuple[str, ...]:
        if not self._kept.folder.is_dir():
            return ()
        names = (path.name for path in self._kept.folder.iterdir())
        return tuple(filter(is_publication_id, names))

    def _forget_note(self) -> None:
        with suppress(OSError):
            (self._folder / _NOTE).unlink(missing_ok=True)

    def _with_note(self, manifest: Manifest, folder: Path) -> UploadedPublication:
        """Return it with who sent it, unless that is missing or told of another one."""
        try:
            note = json.loads((self._folder / _NOTE).read_bytes())
            if note["publication_id"] == manifest.publication_id:
                received = ReceivedFile(**note["received"])
                at = datetime.fromisoformat(note["at"])
                return UploadedPublication(manifest, folder, received, str(note["by"]), at)
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("upload.note_unusable", problem=repr(error))
        return UploadedPublication(manifest, folder)
