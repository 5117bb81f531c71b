"""Refreshing: from the store's publication to the active snapshot, one at a time, on the record."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import structlog

from datalayer.access.audit import AuditLog
from datalayer.access.identity import Identity
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    ContentError,
    InvalidSelection,
    NoEarlierPublication,
    OlderPublication,
    PortalError,
    PublicationError,
    UnknownPublication,
)
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.attempts import Attempt, Attempts
from datalayer.publications.intake import Intake
from datalayer.publications.outcomes import Activated, AlreadyCurrent, Candidate
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot, VerifiedFiles

CLOCKS_DIFFER_BY = timedelta(days=1)
"""How far the clock of the job may be ahead of the portal's."""

_log = structlog.get_logger()


class Attachable(Protocol):
    """The database, as far as a refresh needs it."""

    def attach(self, snapshot: Snapshot) -> None:
        """Make the snapshot readable; nothing happens if it is already."""

    def detach(self, publication_id: str) -> None:
        """Stop reading a snapshot; nothing happens if it isn't read."""


class Refresher:
    """Brings publications in and switches between them; every attempt ends in the audit log.

    Whatever fails before the switch leaves the active snapshot serving.
    """

    def __init__(
        self,
        registry: Registry,
        store: ObjectStore,
        snapshots: SnapshotStore,
        database: Attachable,
        audit: AuditLog,
        keep: int,
        quota_bytes: int,
    ) -> None:
        self._snapshots = snapshots
        self._intake = Intake(registry, store, snapshots)
        self._database = database
        self._attempts = Attempts(snapshots.refresh_lock, audit, snapshots.active, snapshots.clock)
        self._keep = keep
        self._quota_bytes = quota_bytes

    def latest(self) -> Manifest:
        """Return the manifest of the store's latest publication.

        Raises:
            ObjectMissing: Nothing has been published there.
            ManifestError, StoreError: It can't be used or read.
        """
        return self._intake.latest()

    def inspect(self, identity: Identity, *, report: ReportProgress = silent) -> Candidate:
        """Fetch, verify and validate the latest publication without activating it.

        Broken rules of the contract are part of the answer, not an error.

        Raises:
            PortalError: It can't be fetched or its files are not the ones announced.
        """
        with self._attempts.attempt(identity, "inspect", None) as attempt:
            manifest = self._wanted(None, attempt, report)
            kept = self._intake.intact(manifest, report)
            verified = (
                VerifiedFiles(manifest, kept.folder)
                if kept
                else self._intake.verified(manifest, report)
            )
            found = self._intake.validated(verified, report)
            outcome = "accepted" if found.passed else "rejected"
            self._attempts.record(attempt, outcome, checks=found.checks, reason=found.summary())
        return Candidate(manifest, found, verified)

    def activate(
        self,
        identity: Identity,
        *,
        publication_id: str | None = None,
        force: bool = False,
        report: ReportProgress = silent,
    ) -> Activated | AlreadyCurrent:
        """Make a publication the active one; None for the store's latest.

        Args:
            identity: Who does it.
            publication_id: Which one; None for the store's latest.
            force: Fetch, verify and validate it anew, also if it is kept or active already.
                Its kept snapshot is replaced only if it is damaged: whole, it holds the same
                bytes, and replacing files under those who read them gains nothing.
            report: Is told how far it has come.

        Raises:
            OlderPublication: It was generated before the active one.
            PublicationError: It was generated in the future.
            ValidationFailed: It breaks the contract.
            PortalError: Anything else that stands in the way; the active one stays.
        """
        with self._attempts.attempt(identity, "activate", publication_id) as attempt:
            manifest = self._wanted(publication_id, attempt, report, from_store=force)
            kept = self._intake.intact(manifest, report)
            current = self._snapshots.active_id() == manifest.publication_id
            if kept and current and not force:
                self._attempts.record(attempt, "already_current")
                return AlreadyCurrent(manifest.publication_id, kept)
            self._refuse_future(manifest)
            self._refuse_older(manifest)
            if force:
                # What was staged before is not what the store holds at this moment.
                self._snapshots.unstage(manifest.publication_id)
            if force and kept:
                self._intake.prove_anew(manifest, report)
            if force and kept and current:
                self._attempts.record(attempt, "already_current", forced=True)
                return AlreadyCurrent(manifest.publication_id, kept)
            return self._bring(attempt, manifest, kept, report)

    def roll_back(
        self,
        identity: Identity,
        publication_id: str | None = None,
        *,
        report: ReportProgress = silent,
    ) -> Activated:
        """Return to a publication, however old; None for the one active before.

        Raises:
            NoEarlierPublication: None was active before that is still kept.
            PortalError: Anything else that stands in the way; the active one stays.
        """
        with self._attempts.attempt(identity, "roll_back", publication_id) as attempt:
            target = publication_id or self._snapshots.roll_back_target()
            if target is None:
                raise NoEarlierPublication
            if target == self._snapshots.active_id():
                raise InvalidSelection("publication_id", target, "another than the active one")
            manifest = self._wanted(target, attempt, report)
            return self._bring(attempt, manifest, self._intake.intact(manifest, report), report)

    def follow(
        self, identity: Identity, publication_id: str, *, report: ReportProgress = silent
    ) -> Activated:
        """Make a publication the active one because another replica did, however old it is.

        Raises:
            PortalError: Whatever stands in the way; the active one stays.
        """
        with self._attempts.attempt(identity, "follow", publication_id) as attempt:
            manifest = self._wanted(publication_id, attempt, report)
            return self._bring(attempt, manifest, self._intake.intact(manifest, report), report)

    def prune(self, identity: Identity, *, report: ReportProgress = silent) -> tuple[str, ...]:
        """Remove the snapshots beyond what is kept; returns their ids.

        Raises:
            PortalError: Not allowed, or a refresh is running.
        """
        with self._attempts.attempt(identity, "prune", None) as attempt:
            report(Progress(Step.BEGIN, 0, 1))
            removed = self._prune()
            self._attempts.record(attempt, "pruned", removed=", ".join(removed) or "-")
        return removed

    def recover(self) -> None:
        """Clear up after a process that was killed; call it at start. A running refresh stays.

        Raises:
            StateError: The state folder can't be used.
        """
        self._attempts.recover()
        for name in self._snapshots.sweep():
            _log.info("refresh.swept", name=name)

    def _wanted(
        self,
        publication_id: str | None,
        attempt: Attempt,
        report: ReportProgress,
        *,
        from_store: bool = False,
    ) -> Manifest:
        manifest = self._intake.wanted(publication_id, report, from_store=from_store)
        attempt.publication_id = manifest.publication_id
        return manifest

    def _refuse_future(self, manifest: Manifest) -> None:
        # Active, it would make every sound publication after it count as older.
        if manifest.generated_at > self._snapshots.clock() + CLOCKS_DIFFER_BY:
            problem = (
                f"was generated at {manifest.generated_at.isoformat()}, which is still to come; "
                "set the clock right that made it and publish again"
            )
            raise PublicationError(manifest.publication_id, problem)

    def _refuse_older(self, manifest: Manifest) -> None:
        active_id = self._snapshots.active_id()
        try:
            active = self._snapshots.get(active_id).manifest if active_id else None
        except (UnknownPublication, ContentError) as error:
            # What can't be read can't be compared with, and must not block its replacement.
            _log.warning("refresh.active_unreadable", problem=str(error))
            return
        if active and manifest.generated_at < active.generated_at:
            raise OlderPublication(
                manifest.publication_id,
                manifest.generated_at.isoformat(),
                active.generated_at.isoformat(),
            )

    def _bring(
        self,
        attempt: Attempt,
        manifest: Manifest,
        kept: Snapshot | None,
        report: ReportProgress,
    ) -> Activated:
        snapshot = kept or self._intake.taken_in(manifest, report)
        previous_id = self._snapshots.active_id()
        report(Progress(Step.ACTIVATE, 0, 3))
        try:
            self._database.attach(snapshot)
        except Exception:  # raised again: whatever it was, what can't be read must not stay kept
            if kept is None:
                self._snapshots.discard(snapshot.publication_id)
            raise
        report(Progress(Step.ACTIVATE, 1, 3))
        self._snapshots.set_active(snapshot, attempt.identity.name)
        attempt.switched = True
        duration_s = attempt.duration_s
        report(Progress(Step.ACTIVATE, 2, 3))
        self._attempts.record(
            attempt,
            "activated",
            previous=previous_id or "-",
            seconds=duration_s,
            size_bytes=snapshot.size_bytes,
        )
        self._prune_if_possible()
        report(Progress(Step.ACTIVATE, 3, 3))
        return Activated(snapshot.publication_id, previous_id, snapshot, duration_s)

    def _prune(self) -> tuple[str, ...]:
        removed = self._snapshots.prune(self._keep, self._quota_bytes)
        for publication_id in removed:
            self._database.detach(publication_id)
        return removed

    def _prune_if_possible(self) -> None:
        try:
            self._prune()
        except PortalError as error:
            # The switch is done; too many old snapshots are no reason to call it failed.
            _log.warning("refresh.prune_failed", problem=str(error))
