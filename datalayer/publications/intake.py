"""From the store to a snapshot: find, fetch, verify, validate, keep."""

from __future__ import annotations

import structlog

from datalayer.kernel.contract.manifest import Manifest, is_publication_id
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed, ValidationReport
from datalayer.kernel.errors import (
    IntegrityError,
    ManifestError,
    PublicationError,
    StateError,
    UnknownPublication,
)
from datalayer.kernel.progress import Progress, PublicationFound, ReportProgress, Step
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.kernel.validation import validate
from datalayer.publications import published
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot, VerifiedFiles
from datalayer.publications.staging import total_bytes

_log = structlog.get_logger()


class Intake:
    """Takes publications in from a store; whoever calls it holds the refresh lock."""

    def __init__(self, registry: Registry, store: ObjectStore, snapshots: SnapshotStore) -> None:
        self._registry = registry
        self._store = store
        self._snapshots = snapshots

    def latest(self) -> Manifest:
        """Return the manifest of the store's latest publication.

        Raises:
            ObjectMissing: Nothing has been published there.
            ManifestError, StoreError: It can't be used or read.
        """
        return published.latest(self._store, self._registry)

    def wanted(
        self, publication_id: str | None, report: ReportProgress, *, from_store: bool
    ) -> Manifest:
        """Return the manifest of a publication, None for the store's latest.

        One that is kept here needs no store unless *from_store*.

        Raises:
            UnknownPublication, ObjectMissing: There is none of that id.
            PublicationError, ManifestError, StoreError: It can't be used or read.
        """
        report(Progress(Step.BEGIN, 0, 1))
        if publication_id is None:
            manifest = self.latest()
        elif from_store:
            manifest = published.named(publication_id, self._store, self._registry)
        else:
            manifest = self._named(publication_id)
        report(_found(manifest))
        return manifest

    def intact(self, manifest: Manifest, report: ReportProgress) -> Snapshot | None:
        """Return the kept snapshot of *manifest* if its files are what they were.

        Raises:
            PublicationError: The one kept is another under the same id.
        """
        try:
            kept = self._snapshots.get(manifest.publication_id)
            _require_same_content(kept.manifest, manifest)
            self._snapshots.check(kept, report)
        except UnknownPublication:
            return None
        except (IntegrityError, StateError, ManifestError) as error:
            _log.warning("snapshot.damaged", problem=str(error))
            return None
        return kept

    def verified(self, manifest: Manifest, report: ReportProgress) -> VerifiedFiles:
        """Fetch the files of *manifest*, unless they lie staged, and compare their SHA-256.

        Raises:
            IntegrityError, StagingError, ObjectTooLarge, ObjectMissing, StoreError: As they say.
        """
        staged = self._snapshots.stage(manifest, self._store, report)
        return self._snapshots.verify(staged, report)

    def validated(self, verified: VerifiedFiles, report: ReportProgress) -> ValidationReport:
        """Check *verified* against the contract; broken rules are part of the answer."""
        return validate(verified.files(), self._registry, manifest=verified.manifest, report=report)

    def prove_anew(self, manifest: Manifest, report: ReportProgress) -> None:
        """Fetch, verify and validate beside what is kept, and leave nothing behind.

        Raises:
            ValidationFailed: It breaks the contract.
            PortalError: As for ``verified``.
        """
        try:
            self._valid(manifest, report)
        finally:
            self._snapshots.unstage(manifest.publication_id)

    def taken_in(self, manifest: Manifest, report: ReportProgress) -> Snapshot:
        """Fetch, verify, validate and keep; a kept snapshot of the same id is replaced.

        Raises:
            ValidationFailed: It breaks the contract.
            PortalError: As for ``verified``.
        """
        verified, validation = self._valid(manifest, report)
        report(Progress(Step.PROMOTE, 0, 1))
        snapshot = self._snapshots.promote(verified, validation)
        report(Progress(Step.PROMOTE, 1, 1))
        return snapshot

    def _named(self, publication_id: str) -> Manifest:
        try:
            return self._snapshots.get(publication_id).manifest
        except UnknownPublication:
            if not is_publication_id(publication_id):
                raise
        except (StateError, ManifestError) as error:
            _log.warning("snapshot.damaged", problem=str(error))
        return published.named(publication_id, self._store, self._registry)

    def _valid(
        self, manifest: Manifest, report: ReportProgress
    ) -> tuple[VerifiedFiles, ValidationReport]:
        verified = self.verified(manifest, report)
        validation = self.validated(verified, report)
        if not validation.passed:
            raise ValidationFailed(manifest.publication_id, validation)
        return verified, validation


def _found(manifest: Manifest) -> PublicationFound:
    return PublicationFound(
        Step.BEGIN,
        1,
        1,
        publication_id=manifest.publication_id,
        size_bytes=total_bytes(manifest),
    )


def _require_same_content(kept: Manifest, found: Manifest) -> None:
    # Paths may differ: the same files may have been published flat.
    contents = [{(file.data_set, file.sha256) for file in each.files} for each in (kept, found)]
    if contents[0] != contents[1]:
        problem = "differs from the one of that id kept here; publish it under a new id"
        raise PublicationError(found.publication_id, problem)
