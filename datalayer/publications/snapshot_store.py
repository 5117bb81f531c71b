"""The publications on the local disk: staged, verified, promoted, active, pruned.

Layout of the state folder::

    staging/<id>.partial      being fetched
    staging/<id>              fetched whole, not served
    snapshots/<id>            read-only: metadata.json, loaded.json, <data set>.parquet
    active.json               which one is served
    refresh.lock              held by whoever changes any of these
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from datalayer.kernel.contract.manifest import (
    MANIFEST_NAME,
    Manifest,
    is_publication_id,
    manifest_json,
)
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed, ValidationReport
from datalayer.kernel.errors import IntegrityError, PortalError, StateError, UnknownPublication
from datalayer.kernel.progress import ReportProgress, silent
from datalayer.kernel.storage.durable import PARTIAL_SUFFIX, sync_folder, write_durably
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.active import Activation, ActivePointer
from datalayer.publications.nearest import nearest
from datalayer.publications.refresh_lock import RefreshLock
from datalayer.publications.stages import Snapshot, StagedFiles, VerifiedFiles
from datalayer.publications.staging import disk_trouble, fetch, prove

LOADED_NAME = "loaded.json"
DISCARDED_SUFFIX = ".discarded"

_log = structlog.get_logger()


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


class SnapshotStore:
    """Keeps publications under the folder *state* and knows which one is active.

    Reading is safe from any thread and process at any time. Whoever stages, promotes,
    activates, discards or prunes holds ``refresh_lock``.
    """

    def __init__(
        self, state: Path, registry: Registry, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.folder = state / "snapshots"
        self.refresh_lock = RefreshLock(state / "refresh.lock")
        self._state = state
        self._staging = state / "staging"
        self._registry = registry
        self.clock = clock
        self._pointer = ActivePointer(state / "active.json")
        self._loaded: dict[str, Snapshot] = {}

    def stage(
        self, manifest: Manifest, store: ObjectStore, report: ReportProgress = silent
    ) -> StagedFiles:
        """Fetch the files of *manifest*, unless the same ones lie staged already.

        Raises:
            StagingError: The local disk is full or refuses; nothing half fetched is left.
            ObjectTooLarge, ObjectMissing, StoreError: The store did not do its part.
        """
        folder = self._staging / manifest.publication_id
        description = manifest_json(manifest)
        with disk_trouble(manifest.publication_id, folder):
            if _content(folder / MANIFEST_NAME) != description:
                self._clear_staging()
                self._fetch(manifest, store, folder, report)
        return StagedFiles(manifest, folder)

    def unstage(self, publication_id: str) -> None:
        """Remove what is staged of a publication, so that it is fetched anew.

        Raises:
            StagingError: The local disk refuses.
        """
        folder = self._staging / publication_id
        with disk_trouble(publication_id, folder):
            _remove(folder)

    def verify(self, staged: StagedFiles, report: ReportProgress = silent) -> VerifiedFiles:
        """Compare size and SHA-256 of every file with the manifest.

        Raises:
            IntegrityError: One differs; what was staged is removed, so that it is fetched anew.
        """
        try:
            prove(staged, report)
        except IntegrityError:
            shutil.rmtree(staged.folder, ignore_errors=True)
            raise
        return VerifiedFiles(staged.manifest, staged.folder)

    def promote(self, verified: VerifiedFiles, validation: ValidationReport) -> Snapshot:
        """Move verified and valid files to where snapshots are served from, read-only.

        A kept snapshot of the same id is replaced; the caller has found it damaged.

        Raises:
            ValidationFailed: *validation* has faults.
            StagingError: The local disk is full or refuses.
        """
        publication_id = verified.manifest.publication_id
        if not validation.passed:
            raise ValidationFailed(publication_id, validation)
        target = self.folder / publication_id
        snapshot = Snapshot(verified.manifest, target, self.clock())
        with disk_trouble(publication_id, self.folder):
            _seal(verified.folder, snapshot, validation)
            self.folder.mkdir(exist_ok=True)
            # Between these two names there is nothing to read, so nothing else is done there.
            damaged = self._set_aside(publication_id)
            verified.folder.rename(target)
            target.chmod(0o555)
            sync_folder(self.folder)
            self._loaded[publication_id] = snapshot
            _remove(damaged)
        return snapshot

    def check(self, snapshot: Snapshot, report: ReportProgress = silent) -> None:
        """Compare a kept snapshot's files with its manifest.

        Raises:
            IntegrityError: One is damaged or missing.
        """
        prove(snapshot, report)

    def get(self, publication_id: str) -> Snapshot:
        """Return the snapshot of a kept publication.

        Raises:
            UnknownPublication: It is not kept here; names the nearest that is.
            ManifestError, StateError: It is kept and can't be used.
        """
        # An id comes from links, so it is no file name before it looks like an id.
        folder = self.folder / publication_id if is_publication_id(publication_id) else None
        if folder is None or not folder.is_dir():
            raise UnknownPublication(publication_id[:80], nearest(publication_id, self._kept_ids()))
        known = self._loaded.get(publication_id)
        if known is None:
            known = self._loaded[publication_id] = self._load(folder)
        return known

    def kept(self) -> tuple[Snapshot, ...]:
        """Return the snapshots kept here, newest first; one that can't be used is left out."""
        return tuple(self._usable())

    def active(self) -> Activation | None:
        """Return the switch to the active publication; None before the first.

        Raises:
            StateError: ``active.json`` is damaged.
        """
        return self._pointer.read()

    def active_id(self) -> str | None:
        """Return the id of the active publication, also if another process switched to it."""
        activation = self._pointer.read()
        return activation.publication_id if activation else None

    def roll_back_target(self) -> str | None:
        """Return the publication that was active last before this one and is still kept."""
        activation = self._pointer.read()
        previous = activation.previous if activation else ()
        kept = set(self._kept_ids())
        return next((each for each in previous if each in kept), None)

    def set_active(self, snapshot: Snapshot, activated_by: str) -> Activation:
        """Make *snapshot* the active one, for every process at once.

        Raises:
            StagingError: The local disk is full or refuses; the active one stays.
        """
        with disk_trouble(snapshot.publication_id, self._state):
            return self._pointer.replace(snapshot.publication_id, activated_by, self.clock())

    def discard(self, publication_id: str) -> None:
        """Remove a kept snapshot, if there is one; its name goes first, so no half is served.

        Raises:
            StateError: The local disk refuses.
        """
        try:
            _remove(self._set_aside(publication_id))
        except OSError as error:
            folder = self.folder / publication_id
            raise StateError(str(folder), f"can't be removed: {error.strerror}") from error

    def prune(self, keep: int, quota_bytes: int) -> tuple[str, ...]:
        """Remove the oldest snapshots beyond *keep* in number or *quota_bytes* together.

        The active one and the one to roll back to stay, whatever the limits.

        Returns:
            The ids removed, newest first.
        """
        spared = {self.active_id(), self.roll_back_target()}
        kept = sorted(self._kept_ids(), key=lambda each: each not in spared)
        removed, used_bytes = [], 0
        for place, publication_id in enumerate(kept, start=1):
            used_bytes += _size_bytes(self.folder / publication_id)
            if publication_id not in spared and (place > keep or used_bytes > quota_bytes):
                self.discard(publication_id)
                removed.append(publication_id)
        return tuple(removed)

    def sweep(self) -> tuple[str, ...]:
        """Remove what a killed process left half done; does nothing while a refresh runs.

        Returns:
            The names removed.
        """
        with self.refresh_lock.idle() as idle:
            left_over = [path for path in self._half_done() if idle]
            for path in left_over:
                _remove(path)
            if idle:
                self._close_folders()
        return tuple(path.name for path in left_over)

    def _set_aside(self, publication_id: str) -> Path:
        """Move a kept snapshot, if there is one, to where it is not served; return that place."""
        folder = self.folder / publication_id
        aside = self._staging / f"{publication_id}{DISCARDED_SUFFIX}"
        self._loaded.pop(publication_id, None)
        if folder.is_dir():
            self._staging.mkdir(parents=True, exist_ok=True)
            _remove(aside)
            folder.chmod(0o755)
            folder.rename(aside)
        return aside

    def _fetch(
        self, manifest: Manifest, store: ObjectStore, folder: Path, report: ReportProgress
    ) -> None:
        partial = folder.with_name(f"{folder.name}{PARTIAL_SUFFIX}")
        partial.mkdir(parents=True)
        try:
            fetch(manifest, store, partial, report)
            write_durably(partial / MANIFEST_NAME, manifest_json(manifest))
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        sync_folder(self._staging)

    def _load(self, folder: Path) -> Snapshot:
        location = folder / MANIFEST_NAME
        try:
            manifest = parse_manifest(
                location.read_bytes(), location=str(location), registry=self._registry
            )
            loaded = json.loads((folder / LOADED_NAME).read_bytes())
            return Snapshot(manifest, folder, datetime.fromisoformat(loaded["loaded_at"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"is damaged ({error}); activate {folder.name} to fetch it anew"
            raise StateError(str(folder), problem) from error

    def _kept_ids(self) -> tuple[str, ...]:
        if not self.folder.is_dir():
            return ()
        names = (path.name for path in self.folder.iterdir() if path.is_dir())
        return tuple(sorted(filter(is_publication_id, names), reverse=True))

    def _usable(self) -> Iterator[Snapshot]:
        for publication_id in self._kept_ids():
            try:
                yield self.get(publication_id)
            except PortalError as error:
                _log.warning("snapshot.unusable", publication_id=publication_id, problem=str(error))

    def _clear_staging(self) -> None:
        if self._staging.is_dir():
            for path in self._staging.iterdir():
                _remove(path)

    def _half_done(self) -> Iterator[Path]:
        yield from self._state.glob(f".*{PARTIAL_SUFFIX}")
        for path in sorted(self._staging.glob("*")):
            if not (is_publication_id(path.name) and (path / MANIFEST_NAME).is_file()):
                yield path

    def _close_folders(self) -> None:
        # A process killed between moving a snapshot and closing its folder left it open.
        for publication_id in self._kept_ids():
            (self.folder / publication_id).chmod(0o555)


def _seal(folder: Path, snapshot: Snapshot, validation: ValidationReport) -> None:
    """Note when and how the files were taken in, and make them read-only."""
    loaded = {
        "loaded_at": snapshot.loaded_at.isoformat(),
        "rows": dict(validation.rows),
        "checks": validation.checks,
        "warnings": len(validation.warnings),
    }
    write_durably(folder / LOADED_NAME, json.dumps(loaded, indent=2).encode())
    for path in folder.iterdir():
        path.chmod(0o444)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _remove(path: Path) -> None:
    if path.is_dir():
        path.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
