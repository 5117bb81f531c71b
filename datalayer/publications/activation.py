"""Activation: from the store's latest publication to the active snapshot, step by step.

    find -> stage -> verify -> validate -> promote -> attach -> point

``Activations`` has an action for each thing that administrators and replicas do, then the steps
in their order. Whatever fails before the last step leaves the active snapshot serving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import structlog

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed, ValidationReport
from datalayer.kernel.errors import (
    InvalidSelection,
    Loss,
    NoEarlierPublication,
    NothingPublished,
    PortalError,
    RefreshInProgress,
    StateError,
    StateUnavailable,
)
from datalayer.kernel.progress import Progress, PublicationFound, ReportProgress, Step, silent
from datalayer.kernel.sentences import Sentence, listed
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.kernel.validation.validator import validate
from datalayer.publications.active import Activation
from datalayer.publications.admission import Admission
from datalayer.publications.announcements import SharedActivation
from datalayer.publications.attempts import Attempt, Attempts
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import (
    Activated,
    AlreadyCurrent,
    Candidate,
    Snapshot,
    VerifiedFiles,
)
from datalayer.publications.store_manifests import read_latest_manifest, read_manifest

_log = structlog.get_logger()


class Attachable(Protocol):
    """The database, as far as an activation needs it."""

    def attach(self, snapshot: Snapshot) -> None:
        """Make the snapshot readable; nothing happens if it is already."""

    def detach(self, publication_id: str) -> None:
        """Stop reading a snapshot; nothing happens if it isn't read."""


@dataclass(frozen=True)
class Limits:
    """What bringing in and keeping publications may take.

    Attributes:
        keep: Publications kept on the local disk.
        quota_bytes: Most disk for them together.
        validation_timeout_s: Longest time of one validation; None for no limit.
    """

    keep: int
    quota_bytes: int
    validation_timeout_s: float | None = None


class Activations:
    """Brings publications in and switches between them; every attempt ends in the audit log.

    Each action raises ``NotAllowed`` for anybody but an administrator, ``RefreshInProgress``
    while another runs, and the ``PortalError`` of whatever else stands in the way; the active
    publication stays then.
    """

    def __init__(
        self,
        registry: Registry,
        store: ObjectStore,
        snapshots: SnapshotStore,
        database: Attachable,
        audit: AuditLog,
        shared: SharedActivation,
        limits: Limits,
    ) -> None:
        self._registry = registry
        self._store = store
        self._snapshots = snapshots
        self._database = database
        self._attempts = Attempts(snapshots, audit)
        self._admission = Admission(snapshots)
        self._shared = shared
        self._limits = limits

    def latest(self) -> Manifest:
        """Return the manifest of the store's latest publication.

        Raises:
            ObjectMissing: Nothing has been published there.
            ManifestError, StoreError: It can't be used or read.
            SignatureError: It is not signed as is asked for.
        """
        return read_latest_manifest(self._store, self._registry, self._snapshots.trust)

    def inspect(self, identity: Identity, *, report: ReportProgress = silent) -> Candidate:
        """Fetch, verify and validate the latest publication without activating it.

        Broken rules of the contract are part of the answer, not an error.
        """
        with self._attempts.begin(identity, "inspect") as attempt:
            manifest, kept = self._find(None, attempt, report)
            self._admission.refuse_replayed(manifest)
            _, found = self._check(manifest, kept, report)
            outcome = "accepted" if found.passed else "rejected"
            self._attempts.record(attempt, outcome, checks=found.checks, reason=found.summary())
        return Candidate(manifest, found)

    def activate(
        self,
        identity: Identity,
        *,
        publication_id: str | None = None,
        force: bool = False,
        confirmed: bool = False,
        report: ReportProgress = silent,
    ) -> Activated | AlreadyCurrent:
        """Make a publication the active one; None for the store's latest.

        Args:
            identity: Who does it.
            publication_id: Which one; None for the store's latest.
            force: Fetch, verify and validate it again, even if it is kept or active already.
                Its kept snapshot is replaced only if it is damaged: whole, it holds the same
                bytes, and replacing files under those who read them gains nothing.
            confirmed: A person accepts what it takes away from those who read.
            report: Is told how far it has come.

        Raises:
            PublicationError: It was generated before the active one, or in the future.
            SignatureError: It is not signed as is asked for, or is an older one offered again.
            ConfirmationNeeded: It takes something away, and that is not confirmed.
            ValidationFailed: It breaks the contract.
            Overtaken: Another one became active while this one was brought in.
        """
        with self._attempts.begin(identity, "activate", publication_id) as attempt:
            attempt.before = self._snapshots.active()
            manifest, kept = self._find(publication_id, attempt, report, from_store=force)
            current = kept is not None and self._is_latest_switch(kept.publication_id)
            if force or not current:
                attempt.losses = self._admission.require(manifest, confirmed=confirmed)
            if force:
                # What was staged before is not what the store holds at this moment.
                self._snapshots.staging.discard(manifest.publication_id)
                if kept:
                    self._prove_store(manifest, report)
            if kept and current:
                details = {"forced": True} if force else {}
                self._attempts.record(attempt, "already_current", **details)
                return AlreadyCurrent(manifest.publication_id)
            return self._switch_to(manifest, kept, attempt, report)

    def roll_back(
        self,
        identity: Identity,
        publication_id: str | None = None,
        *,
        report: ReportProgress = silent,
    ) -> Activated:
        """Return to a publication, however old; None for the one active before.

        One that is kept here whole waits for nobody who is bringing another in; that activation
        then finds itself overtaken. One that must be fetched is brought in like any other.

        Raises:
            NoEarlierPublication: None was active before that is still kept.
        """
        with self._attempts.begin_switch(identity, "roll_back", publication_id) as attempt:
            manifest, kept = self._find(self._roll_back_target(publication_id), attempt, report)
            if kept:
                switched = self._point_to(kept, attempt, report)
                report(Progress(Step.ACTIVATE, 3, 3))
                return switched
        target = manifest.publication_id
        with self._attempts.begin(identity, "roll_back", target) as attempt:
            attempt.before = self._snapshots.active()
            manifest, kept = self._find(target, attempt, report)
            return self._switch_to(manifest, kept, attempt, report)

    def losses(self, manifest: Manifest) -> tuple[Loss, ...]:
        """Return what activating *manifest* would take away from those who read."""
        return self._admission.losses(manifest)

    def follow(
        self, identity: Identity, announced: Activation, *, report: ReportProgress = silent
    ) -> Activated | AlreadyCurrent:
        """Make a publication the active one because another replica did, however old it is.

        It waits for what a person does here meanwhile; a switch by a person then counts as later.
        """
        publication_id = announced.publication_id
        with self._attempts.begin(identity, "follow", publication_id, wait=True) as attempt:
            before = attempt.before = self._snapshots.active()
            attempt.announced_at = announced.activated_at
            if before and before.order >= announced.order:
                return AlreadyCurrent(before.publication_id)
            manifest, kept = self._find(publication_id, attempt, report)
            if kept is None:
                # The announcement may be anybody's who reaches Redis; what is kept was accepted.
                self._admission.refuse_replayed(manifest)
            return self._switch_to(manifest, kept, attempt, report, number=announced.number)

    def mend(self, identity: Identity, *, report: ReportProgress = silent) -> Activated:
        """Fetch the active publication anew, because what is kept of it is damaged.

        It stays what it is among the switches of all replicas, so none of them follows it.

        Raises:
            NothingPublished: None is active.
        """
        active = self._snapshots.active()
        if active is None:
            raise NothingPublished
        with self._attempts.begin(identity, "mend", active.publication_id) as attempt:
            attempt.before = active
            manifest, kept = self._find(active.publication_id, attempt, report)
            return self._switch_to(manifest, kept, attempt, report, number=active.number)

    def prune(self, identity: Identity, *, report: ReportProgress = silent) -> tuple[str, ...]:
        """Remove the snapshots beyond what is kept; return their ids."""
        with self._attempts.begin(identity, "prune") as attempt:
            report(Progress(Step.BEGIN, 0, 1))
            with self._attempts.switching():
                removed = self._prune()
            self._attempts.record(attempt, "pruned", removed=", ".join(removed) or "-")
        return removed

    def recover(self) -> None:
        """Clear up after a process that was killed; call it at start. A running refresh stays.

        Raises:
            StateError: The state folder can't be used.
        """
        try:
            with self._attempts.switching(wait=False):
                self._restore_active()
                self._snapshots.switches.catch_up(self._snapshots.active())
            with (
                self._attempts.lock(Identity("start", Role.ADMIN), "recover"),
                self._attempts.switching(wait=False),
            ):
                for name in self._snapshots.sweep():
                    _log.info("refresh.swept", name=name)
        except RefreshInProgress:
            return

    def _restore_active(self) -> None:
        try:
            self._snapshots.active()
        except StateUnavailable:
            raise
        except StateError as damaged:
            _log.error("active.damaged", problem=str(damaged))
            self._snapshots.restore_active(self._attempts.last_switch())

    def _roll_back_target(self, publication_id: str | None) -> str:
        target = publication_id or self._snapshots.roll_back_target()
        if target is None:
            raise NoEarlierPublication
        if target == self._snapshots.active_id():
            raise InvalidSelection(
                parameter="publication_id",
                found=target,
                expected=Sentence("another than the active one"),
            )
        return target

    def _find(
        self,
        publication_id: str | None,
        attempt: Attempt,
        report: ReportProgress,
        *,
        from_store: bool = False,
    ) -> tuple[Manifest, Snapshot | None]:
        """Return the manifest, and its snapshot if one is kept here whole.

        The manifest of a publication that is kept needs no store unless *from_store*.
        """
        report(Progress(Step.BEGIN, 0, 1))
        self._snapshots.trust.require_keys(publication_id or "-")
        if publication_id is None:
            manifest = self.latest()
        else:
            known = None if from_store else self._snapshots.find_manifest(publication_id)
            manifest = known or read_manifest(
                publication_id, self._store, self._registry, self._snapshots.trust
            )
        attempt.publication_id = manifest.publication_id
        found = PublicationFound(
            Step.BEGIN,
            1,
            1,
            publication_id=manifest.publication_id,
            size_bytes=manifest.size_bytes,
        )
        report(found)
        return manifest, self._snapshots.find_intact(manifest, report)

    def _check(
        self, manifest: Manifest, kept: Snapshot | None, report: ReportProgress
    ) -> tuple[VerifiedFiles, ValidationReport]:
        """Stage and verify what is not kept, and validate it; faults are part of the answer."""
        if kept:
            verified = VerifiedFiles(manifest, kept.folder)
        else:
            staged = self._snapshots.staging.stage(manifest, self._store, report)
            verified = self._snapshots.staging.verify(staged, report)
        files = verified.files()
        found = validate(
            files,
            self._registry,
            claims=claims_of(manifest),
            report=report,
            timeout_s=self._limits.validation_timeout_s,
            work=self._snapshots.staging.work_folder(manifest.publication_id),
        )
        return verified, found

    def _prove_store(self, manifest: Manifest, report: ReportProgress) -> None:
        """Stage, verify and validate beside what is kept, and leave nothing behind."""
        try:
            _, found = self._check(manifest, None, report)
        finally:
            self._snapshots.staging.discard(manifest.publication_id)
        if not found.passed:
            raise ValidationFailed(publication_id=manifest.publication_id, report=found)

    def _is_latest_switch(self, publication_id: str) -> bool:
        """Return whether it is active here, and no replica announced a later switch to another."""
        own, announced = self._snapshots.active(), self._shared.read()
        if own is None or own.publication_id != publication_id:
            return False
        if announced is None or announced.publication_id == publication_id:
            return True
        return announced.order < own.order

    def _switch_to(
        self,
        manifest: Manifest,
        kept: Snapshot | None,
        attempt: Attempt,
        report: ReportProgress,
        *,
        number: int | None = None,
    ) -> Activated:
        """Bring in what is not kept, promote it and point to it.

        *number* is that of the switch which is followed; None for one that a person makes.
        """
        found = kept or self._check(manifest, None, report)
        with self._attempts.switching():
            self._admission.refuse_overtaken(manifest, attempt.before)
            if isinstance(found, Snapshot):
                switched = self._point_to(found, attempt, report, number=number)
            else:
                snapshot = self._snapshots.promote(*found, report)
                self._attach_new(snapshot)
                switched = self._point_to(snapshot, attempt, report, number=number)
            try:
                self._prune()
            except PortalError as error:
                # The switch is done; too many old snapshots are no reason to call it failed.
                _log.warning("refresh.prune_failed", problem=str(error))
        report(Progress(Step.ACTIVATE, 3, 3))
        return switched

    def _attach_new(self, snapshot: Snapshot) -> None:
        try:
            self._database.attach(snapshot)
        except Exception:  # raised again: whatever it was, what can't be read must not stay kept
            self._snapshots.discard(snapshot.publication_id)
            raise

    def _point_to(
        self,
        snapshot: Snapshot,
        attempt: Attempt,
        report: ReportProgress,
        *,
        number: int | None = None,
    ) -> Activated:
        """Attach *snapshot* and point to it: from then on it is served."""
        before = self._snapshots.active()
        previous_id = before.publication_id if before else None
        report(Progress(Step.ACTIVATE, 0, 3))
        self._database.attach(snapshot)
        report(Progress(Step.ACTIVATE, 1, 3))
        last = self._snapshots.switches.catch_up(before)
        if number is None:
            # Also later than those that a damaged pointer has forgotten: no two have one number.
            number = max(self._shared.next_number(before), last.number + 1 if last else 0)
        # Before the switch: whoever is killed between the two has accepted it all the same.
        self._snapshots.trust.remember(snapshot.manifest)
        switched = self._snapshots.set_active(snapshot, attempt.identity.name, number)
        attempt.switched = True
        self._snapshots.switches.record(
            before, switched, attempt.action, announced_at=attempt.announced_at
        )
        duration_s = attempt.duration_s
        report(Progress(Step.ACTIVATE, 2, 3))
        self._attempts.record(
            attempt,
            "activated",
            previous=previous_id or "-",
            seconds=duration_s,
            size_bytes=snapshot.size_bytes,
            **({"confirmed": listed(attempt.losses)} if attempt.losses else {}),
        )
        return Activated(snapshot.publication_id, previous_id, duration_s)

    def _prune(self) -> tuple[str, ...]:
        removed = self._snapshots.prune(self._limits.keep, self._limits.quota_bytes)
        for publication_id in removed:
            self._database.detach(publication_id)
        return removed
