"""Where snapshots are kept: promoted, found, made the active one, removed.

Layout of the state folder::

    staging/                  see ``Staging``; also <id>.discarded, on its way out
    uploads/                  see ``Uploads``
    snapshots/<id>            read-only: metadata.json, loaded.json, <data set>.parquet, and
                              attestation.json where signatures are asked for
    active.json               which one is served
    newest_signed.json        see ``Trust``
    writable                  when the folder was last found to take a file
    refresh.lock              held by whoever brings a publication in, or takes any away
    switch.lock               held by whoever changes which are kept and which is served
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from datalayer.kernel.attestation.envelope import ENVELOPE_LIMIT_BYTES
from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest, is_publication_id
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed, ValidationReport
from datalayer.kernel.errors import (
    IntegrityError,
    ManifestError,
    PortalError,
    PublicationError,
    SignatureError,
    StateError,
    StateUnavailable,
    UnknownPublication,
)
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import abandoned, sync_folder, write_durably
from datalayer.publications.active import Activation, ActivePointer
from datalayer.publications.companions import companion_digests
from datalayer.publications.stages import Snapshot, VerifiedFiles
from datalayer.publications.staging import Staging, prove, remove, translate_disk_errors
from datalayer.publications.switches import SwitchLog
from datalayer.publications.trust import Trust
from datalayer.publications.uploads import Uploads

LOADED_NAME = "loaded.json"
WRITABLE_NAME = "writable"
DISCARDED_SUFFIX = ".discarded"

_log = structlog.get_logger()


class SnapshotStore:
    """Keeps publications under the folder *state* and knows which one is active.

    Reading is safe from any thread and process at any time. Whoever stages, promotes,
    activates, discards, prunes or sweeps holds the lock ``lock_path``, and ``switch_lock_path``
    for all but staging. What is kept can be activated with the latter alone.

    Attributes:
        trust: What may be kept and served; with keys, signed publications only.
        switches: What took the place of what, and when.
    """

    def __init__(
        self,
        state: Path,
        registry: Registry,
        clock: Callable[[], datetime] = utc_now,
        read_keys: Callable[[], TrustedKeys] | None = None,
    ) -> None:
        self.folder = state / "snapshots"
        self.staging = Staging(state / "staging")
        self.lock_path = state / "refresh.lock"
        self.switch_lock_path = state / "switch.lock"
        self.clock = clock
        self.trust = Trust(state, read_keys, clock)
        self._state = state
        self._registry = registry
        self._pointer = ActivePointer(state / "active.json")
        self.switches = SwitchLog(state / "switches.jsonl")
        self._loaded: dict[str, Snapshot] = {}

    def uploads(self, limit_bytes: int) -> Uploads:
        """Return what was sent here as a zip of no more than *limit_bytes*, beside what is kept."""
        return Uploads(self._state, self._registry, self.trust, limit_bytes)

    def promote(
        self,
        verified: VerifiedFiles,
        validation: ValidationReport,
        report: ReportProgress = silent,
    ) -> Snapshot:
        """Move verified and valid files to where snapshots are served from, read-only.

        A kept snapshot of the same id is replaced; the caller has found it damaged.

        Raises:
            ValidationFailed: *validation* has faults.
            StagingError: The local disk is full or refuses.
        """
        publication_id = verified.manifest.publication_id
        if not validation.passed:
            raise ValidationFailed(publication_id=publication_id, report=validation)
        report(Progress(Step.PROMOTE, 0, 1))
        target = self.folder / publication_id
        with translate_disk_errors(publication_id, self.folder):
            beside = companion_digests(verified.folder)
            snapshot = Snapshot(verified.manifest, target, self.clock(), beside)
            _seal(verified.folder, snapshot, validation)
            self.folder.mkdir(exist_ok=True)
            # Between these two names there is nothing to read, so nothing else is done there.
            damaged = self._set_aside(publication_id)
            verified.folder.rename(target)
            target.chmod(0o555)
            sync_folder(self.folder)
            self._loaded[publication_id] = snapshot
            remove(damaged)
        report(Progress(Step.PROMOTE, 1, 1))
        return snapshot

    def get(self, publication_id: str) -> Snapshot:
        """Return the snapshot of a kept publication.

        Raises:
            UnknownPublication: It is not kept here; names the nearest that is.
            ManifestError, StateError: It is kept and can't be used.
            SignatureError: It is kept, and not signed as is asked for.
        """
        # An id comes from links, so it is no file name before it looks like an id.
        folder = self.folder / publication_id if is_publication_id(publication_id) else None
        if folder is None or not folder.is_dir():
            raise self._unknown(publication_id)
        known = self._loaded.get(publication_id)
        if known is None:
            known = self._loaded[publication_id] = self._load(folder)
        return known

    def find_manifest(self, publication_id: str) -> Manifest | None:
        """Return the manifest of a kept publication; None if it is not kept or can't be used.

        Raises:
            UnknownPublication: *publication_id* can't be one.
        """
        try:
            manifest = self.get(publication_id).manifest
            self.trust.refuse_revoked(manifest)
            return manifest
        except UnknownPublication:
            if not is_publication_id(publication_id):
                raise
        except (StateError, ManifestError, SignatureError) as error:
            _log.warning("snapshot.damaged", problem=str(error))
        return None

    def find_intact(self, manifest: Manifest, report: ReportProgress) -> Snapshot | None:
        """Return the kept snapshot of *manifest*, its files proved; None if it can't be used.

        Raises:
            PublicationError: The one kept is another under the same id.
        """
        try:
            kept = self.get(manifest.publication_id)
            self.trust.refuse_revoked(kept.manifest)
            _require_same_content(kept.manifest, manifest)
            prove(kept, report)
        except UnknownPublication:
            return None
        except (IntegrityError, StateError, ManifestError, SignatureError) as error:
            _log.warning("snapshot.damaged", problem=str(error))
            return None
        return kept

    def all(self) -> tuple[Snapshot, ...]:
        """Return the snapshots kept here, newest first; one that can't be used is left out."""
        usable = []
        for publication_id in self.kept_ids():
            try:
                usable.append(self.get(publication_id))
            except PortalError as error:
                _log.warning("snapshot.unusable", publication_id=publication_id, problem=str(error))
        return tuple(usable)

    def kept_ids(self) -> tuple[str, ...]:
        """Return the ids of all snapshots, newest first."""
        if not self.folder.is_dir():
            return ()
        names = (path.name for path in self.folder.iterdir() if path.is_dir())
        return tuple(sorted(filter(is_publication_id, names), reverse=True))

    def active(self) -> Activation | None:
        """Return the switch to the active publication; None before the first.

        Raises:
            StateError: ``active.json`` is damaged.
        """
        return self._pointer.read()

    def active_id(self) -> str | None:
        """Return the id of the active publication, also if another process switched to it."""
        activation = self.active()
        return activation.publication_id if activation else None

    def roll_back_target(self) -> str | None:
        """Return the publication that was active last before this one and is still kept."""
        activation = self.active()
        previous = activation.previous if activation else ()
        kept = set(self.kept_ids())
        return next((each for each in previous if each in kept), None)

    def set_active(self, snapshot: Snapshot, activated_by: str, number: int) -> Activation:
        """Make *snapshot* the active one, for every process at once; return that switch.

        Args:
            snapshot: One that is kept here.
            activated_by: Name of who does it.
            number: Of the switch among those of all replicas.

        Raises:
            StagingError: The local disk is full or refuses; the active one stays.
        """
        with translate_disk_errors(snapshot.publication_id, self._state):
            return self._pointer.replace(
                snapshot.publication_id, activated_by, self.clock(), number
            )

    def restore_active(self, activation: Activation | None) -> None:
        """Put *activation* in the place of a damaged ``active.json``, which is set aside.

        Raises:
            StateUnavailable: The local disk refuses.
        """
        try:
            aside = self._pointer.restore(activation)
        except OSError as error:
            problem = Sentence("can't be set aside: {reason}", reason=error.strerror)
            raise StateUnavailable(path="active.json", problem=problem) from error
        found = activation.publication_id if activation else "-"
        _log.warning("active.restored", publication_id=found, damaged=aside.name)

    def require_writable(self) -> None:
        """Make sure that the state folder takes a file.

        Raises:
            StateUnavailable: It doesn't: its disk is full, read-only or broken.
        """
        try:
            write_durably(self._state / WRITABLE_NAME, self.clock().isoformat().encode())
        except OSError as error:
            problem = Sentence("can't be written: {reason}", reason=error.strerror)
            raise StateUnavailable(path=str(self._state), problem=problem) from error

    def discard(self, publication_id: str) -> None:
        """Remove a kept snapshot, if there is one; its name goes first, so no half is served.

        Raises:
            StateError: The local disk refuses.
        """
        try:
            remove(self._set_aside(publication_id))
        except OSError as error:
            folder = self.folder / publication_id
            raise StateUnavailable(
                path=str(folder),
                problem=Sentence("can't be removed: {reason}", reason=error.strerror),
            ) from error

    def prune(self, keep: int, quota_bytes: int) -> tuple[str, ...]:
        """Remove the oldest snapshots beyond *keep* in number or *quota_bytes* together.

        The active one and the one to roll back to stay, whatever the limits.

        Returns:
            The ids removed, newest first.
        """
        spared = {self.active_id(), self.roll_back_target()}
        kept = sorted(self.kept_ids(), key=lambda each: each not in spared)
        removed, used_bytes = [], 0
        for place, publication_id in enumerate(kept, start=1):
            files = (self.folder / publication_id).iterdir()
            used_bytes += sum(path.stat().st_size for path in files)
            if publication_id not in spared and (place > keep or used_bytes > quota_bytes):
                self.discard(publication_id)
                removed.append(publication_id)
        return tuple(removed)

    def sweep(self) -> tuple[str, ...]:
        """Remove what a killed process left half done; return the names removed."""
        left_over = [*abandoned(self._state), *self.staging.find_half_done()]
        for path in left_over:
            remove(path)
        # A process killed between moving a snapshot and closing its folder left it open.
        for publication_id in self.kept_ids():
            (self.folder / publication_id).chmod(0o555)
        return tuple(path.name for path in left_over)

    def _set_aside(self, publication_id: str) -> Path:
        """Move a kept snapshot, if there is one, to where it is not served; return that place."""
        folder = self.folder / publication_id
        aside = self.staging.folder / f"{publication_id}{DISCARDED_SUFFIX}"
        self._loaded.pop(publication_id, None)
        if folder.is_dir():
            self.staging.folder.mkdir(parents=True, exist_ok=True)
            remove(aside)
            folder.chmod(0o755)
            folder.rename(aside)
        return aside

    def _load(self, folder: Path) -> Snapshot:
        # Named from the state folder: where that lies is nothing to those who read the sentence.
        location = f"{folder.parent.name}/{folder.name}/{MANIFEST_NAME}"
        try:
            content = (folder / MANIFEST_NAME).read_bytes()
            manifest = parse_manifest(content, location=location, registry=self._registry)
            manifest = self.trust.require_signed(
                manifest, content, lambda: _read_attestation(folder)
            )
            loaded = json.loads((folder / LOADED_NAME).read_bytes())
            loaded_at = datetime.fromisoformat(loaded["loaded_at"])
            # One that an earlier version took in has none.
            return Snapshot(manifest, folder, loaded_at, dict(loaded.get("companions", {})))
        except OSError as error:
            if not folder.is_dir():
                raise self._unknown(folder.name) from error
            problem = Sentence(
                "is damaged ({reason}); activate {name} to fetch it anew",
                reason=error.strerror,
                name=folder.name,
            )
            raise StateError(path=str(folder), problem=problem) from error
        except (ValueError, KeyError, TypeError) as error:
            problem = Sentence(
                "is damaged ({error}); activate {name} to fetch it anew",
                error=error,
                name=folder.name,
            )
            raise StateError(path=str(folder), problem=problem) from error

    def _unknown(self, publication_id: str) -> UnknownPublication:
        nearest = _nearest(publication_id, self.kept_ids())
        return UnknownPublication(publication_id=publication_id[:80], nearest=nearest)


def _read_attestation(folder: Path) -> bytes | None:
    try:
        with (folder / ATTESTATION_NAME).open("rb") as file:
            return file.read(ENVELOPE_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None


def _require_same_content(kept: Manifest, found: Manifest) -> None:
    if not kept.has_files_of(found):
        problem = Sentence("differs from the one of that id kept here; publish it under a new id")
        raise PublicationError(publication_id=found.publication_id, problem=problem)


def _seal(folder: Path, snapshot: Snapshot, validation: ValidationReport) -> None:
    """Note when and how the files were taken in, and make them read-only."""
    loaded = {
        "loaded_at": snapshot.loaded_at.isoformat(),
        "rows": dict(validation.rows),
        "checks": validation.checks,
        "warnings": len(validation.warnings),
        "companions": dict(snapshot.companions),
    }
    write_durably(folder / LOADED_NAME, json.dumps(loaded, indent=2).encode())
    for path in folder.iterdir():
        path.chmod(0o444)


def _nearest(asked: str, kept: Sequence[str]) -> str:
    """Return the id in *kept* (newest first) nearest in time to *asked*, to offer it instead.

    The newest where *asked* is no publication id; ``-`` where none is kept.
    """
    if not kept:
        return "-"
    if not is_publication_id(asked):
        return kept[0]

    def order(publication_id: str) -> int:
        # The digits of the id's time: no count of seconds, but in the order of time.
        return int(publication_id[:8] + publication_id[9:15])

    return min(kept, key=lambda each: abs(order(each) - order(asked)))
