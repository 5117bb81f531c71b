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
    KeptAlready,
    Loss,
    NoEarlierPublication,
    NothingPublished,
    NotInTheStore,
    ObjectMissing,
    PortalError,
    PublicationError,
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
    Expected,
    Look,
    Snapshot,
    VerifiedFiles,
)
from datalayer.publications.store_manifests import read_latest_manifest, read_manifest
from datalayer.publications.uploads import PublicationSource, Upload, UploadedPublication
from datalayer.publications.zipped_publication import ZippedPublication

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
        upload_bytes: Most bytes of a zip that is sent here; 0 where none is taken.
    """

    keep: int
    quota_bytes: int
    validation_timeout_s: float | None = None
    upload_bytes: int = 0


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
        self._source = PublicationSource(store, snapshots.staging)
        self._uploads = snapshots.uploads(limits.upload_bytes)
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
        return self._latest_of(self._source)

    def inspect(
        self,
        identity: Identity,
        publication_id: str | None = None,
        *,
        look: Look | None = None,
        report: ReportProgress = silent,
    ) -> Candidate:
        """Fetch, verify and validate a publication without activating it; None for the latest.

        Broken rules of the contract are part of the answer, not an error. Where there are none,
        *look* is shown the files, while nobody else brings anything in; its errors are raised.
        """
        with self._attempts.begin(identity, "inspect", publication_id) as attempt:
            if publication_id and (waiting := self._waiting(publication_id)):
                self._refuse_another_in_the_store(waiting)
            manifest, kept, source = self._find(publication_id, attempt, report)
            self._admission.refuse_replayed(manifest)
            verified, found = self._check(manifest, kept, report, source)
            if found.passed and look:
                look(verified)
            outcome = "accepted" if found.passed else "rejected"
            self._attempts.record(attempt, outcome, checks=found.checks, reason=found.summary())
        return Candidate(manifest, found)

    def receive(
        self,
        identity: Identity,
        upload: Upload,
        *,
        look: Look | None = None,
        report: ReportProgress = silent,
    ) -> Candidate:
        """Unpack, verify and validate a publication that is sent, and keep it until it is wanted.

        ``activate`` with its id makes it the active one. Of one that is refused or breaks the
        contract nothing is kept; broken rules are part of the answer, not an error. For *look*
        see ``inspect``.

        Raises:
            UploadRefused: It is no zip of one publication's folder, or too large.
            KeptAlready: It is kept here, the same.
            PublicationError: It is older than the active one, or another of an id known here.
            SignatureError: It is not signed as is asked for, or is an older one offered again.
        """
        with self._attempts.begin(identity, "upload") as attempt:
            received = upload.measure()
            attempt.details = received.details()
            self._attempts.note(attempt, "received")
            self._uploads.refuse_large(received)
            archive = ZippedPublication(upload.file, received.name)
            source = self._uploads.incoming(archive)
            manifest, kept, _ = self._find(None, attempt, report, source=source)
            archive.require_files_of(manifest)
            if kept:
                raise KeptAlready(publication_id=manifest.publication_id)
            self._admission.require_newer(manifest)
            self._refuse_another_in_the_store(manifest)
            try:
                verified, found = self._check(manifest, None, report, source)
                if found.passed and look:
                    look(verified)
                if found.passed:
                    now = self._snapshots.clock()
                    self._uploads.keep(verified, received, identity.name, now)
            finally:
                self._uploads.clear()
            outcome = "accepted" if found.passed else "rejected"
            told = {**attempt.details, "checks": found.checks, "reason": found.summary()}
            self._attempts.record(attempt, outcome, **told)
        return Candidate(manifest, found)

    def uploaded(self) -> UploadedPublication | None:
        """Return the publication that was sent and waits to be activated; None without one."""
        return self._uploads.find()

    def discard_upload(self, identity: Identity, *, report: ReportProgress = silent) -> None:
        """Remove the publication that was sent and waits to be activated, if there is one."""
        with self._attempts.begin(identity, "discard_upload") as attempt:
            report(Progress(Step.BEGIN, 0, 1))
            waiting = self._uploads.find()
            if waiting:
                attempt.publication_id = waiting.manifest.publication_id
                self._uploads.discard(waiting.manifest)
            self._attempts.record(attempt, "done")

    def activate(
        self,
        identity: Identity,
        *,
        publication_id: str | None = None,
        force: bool = False,
        confirmed: bool = False,
        expected: Expected | None = None,
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
            expected: What that person saw; None for whatever there is.
            report: Is told how far it has come.

        Raises:
            PublicationError: It was generated before the active one, or in the future.
            SignatureError: It is not signed as is asked for, or is an older one offered again.
            ConfirmationNeeded: It takes something away, and that is not confirmed.
            ValidationFailed: It breaks the contract.
            Overtaken: Another one became active while this one was brought in.
            CandidateChanged: It is not what was *expected*.
        """
        with self._attempts.begin(identity, "activate", publication_id) as attempt:
            attempt.before = self._snapshots.active()
            wanted = self._source if force else None
            manifest, kept, source = self._find(publication_id, attempt, report, source=wanted)
            if expected:
                self._admission.refuse_unexpected(manifest, expected)
            current = kept is not None and self._is_latest_switch(kept.publication_id)
            if force or not current:
                lost = self._admission.require(manifest, confirmed=confirmed)
                stood_out = expected.warnings if expected and confirmed else ()
                attempt.confirmed = tuple(dict.fromkeys((*lost, *stood_out)))
            if force:
                # What was staged before is not what the store holds at this moment.
                self._source.staging.discard(manifest.publication_id)
                if kept:
                    self._prove_store(manifest, report)
            if kept and current:
                details = {"forced": True} if force else {}
                self._attempts.record(attempt, "already_current", **details)
                return AlreadyCurrent(manifest.publication_id)
            return self._switch_to(manifest, kept, source, attempt, report)

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
            target = self._roll_back_target(publication_id)
            manifest, kept, _ = self._find(target, attempt, report)
            if kept:
                switched = self._point_to(kept, attempt, report)
                report(Progress(Step.ACTIVATE, 3, 3))
                return switched
        target = manifest.publication_id
        with self._attempts.begin(identity, "roll_back", target) as attempt:
            attempt.before = self._snapshots.active()
            manifest, kept, source = self._find(target, attempt, report)
            return self._switch_to(manifest, kept, source, attempt, report)

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
            try:
                manifest, kept, source = self._find(publication_id, attempt, report)
            except ObjectMissing as error:
                raise NotInTheStore(publication_id=publication_id) from error
            if kept is None:
                # The announcement may be anybody's who reaches Redis; what is kept was accepted.
                self._admission.refuse_replayed(manifest)
            return self._switch_to(manifest, kept, source, attempt, report, number=announced.number)

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
            manifest, kept, source = self._find(active.publication_id, attempt, report)
            return self._switch_to(manifest, kept, source, attempt, report, number=active.number)

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
                self._uploads.sweep()
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
        source: PublicationSource | None = None,
    ) -> tuple[Manifest, Snapshot | None, PublicationSource]:
        """Return the manifest, its snapshot if one is kept here whole, and where its files are.

        The manifest of a publication that is kept needs no store; with *source* it is read there.
        """
        report(Progress(Step.BEGIN, 0, 1))
        self._snapshots.trust.require_keys(publication_id or "-")
        if publication_id is None:
            manifest = self._latest_of(source or self._source)
        elif source:
            manifest = self._read(publication_id, source)
        else:
            known = self._snapshots.find_manifest(publication_id)
            manifest = known or self._wanted(publication_id)
        attempt.publication_id = manifest.publication_id
        found = PublicationFound(
            Step.BEGIN,
            1,
            1,
            publication_id=manifest.publication_id,
            size_bytes=manifest.size_bytes,
        )
        report(found)
        kept = self._snapshots.find_intact(manifest, report)
        return manifest, kept, source or self._source_of(manifest)

    def _latest_of(self, source: PublicationSource) -> Manifest:
        return read_latest_manifest(source.store, self._registry, self._snapshots.trust)

    def _read(self, publication_id: str, source: PublicationSource) -> Manifest:
        return read_manifest(publication_id, source.store, self._registry, self._snapshots.trust)

    def _waiting(self, publication_id: str) -> Manifest | None:
        """Return the manifest of what was sent here under that id and waits; None without one."""
        waiting = self._uploads.find()
        is_it = waiting and waiting.manifest.publication_id == publication_id
        return waiting.manifest if waiting and is_it else None

    def _wanted(self, publication_id: str) -> Manifest:
        """Return the manifest of a publication that is not kept.

        It is that of what was sent here, unless the store has another one under its id.
        """
        waiting = self._waiting(publication_id)
        if waiting is None or self._is_another_in_the_store(waiting):
            return self._read(publication_id, self._source)
        return waiting

    def _source_of(self, manifest: Manifest) -> PublicationSource:
        """Return where the files of *manifest* are: what was sent here is, if it is the same."""
        is_sent = self._waiting(manifest.publication_id) == manifest
        return self._uploads.kept if is_sent else self._source

    def _is_another_in_the_store(self, manifest: Manifest) -> bool:
        """Return whether the store has other files under its id, as far as the store answers."""
        try:
            published = self._read(manifest.publication_id, self._source)
        except PortalError:
            # It is not there, or can't be used, or the store is away: for that there are uploads.
            return False
        return not published.has_files_of(manifest)

    def _refuse_another_in_the_store(self, manifest: Manifest) -> None:
        if self._is_another_in_the_store(manifest):
            problem = Sentence(
                "differs from the one of that id in the store; publish it under a new id"
            )
            raise PublicationError(publication_id=manifest.publication_id, problem=problem)

    def _check(
        self,
        manifest: Manifest,
        kept: Snapshot | None,
        report: ReportProgress,
        source: PublicationSource,
    ) -> tuple[VerifiedFiles, ValidationReport]:
        """Stage and verify what is not kept, and validate it; faults are part of the answer."""
        if kept:
            verified = VerifiedFiles(manifest, kept.folder)
        else:
            staged = source.staging.stage(manifest, source.store, report)
            verified = source.staging.verify(staged, report)
        files = verified.files()
        found = validate(
            files,
            self._registry,
            claims=claims_of(manifest),
            report=report,
            timeout_s=self._limits.validation_timeout_s,
            work=source.staging.work_folder(manifest.publication_id),
        )
        return verified, found

    def _prove_store(self, manifest: Manifest, report: ReportProgress) -> None:
        """Stage, verify and validate beside what is kept, and leave nothing behind."""
        try:
            _, found = self._check(manifest, None, report, self._source)
        finally:
            self._source.staging.discard(manifest.publication_id)
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
        source: PublicationSource,
        attempt: Attempt,
        report: ReportProgress,
        *,
        number: int | None = None,
    ) -> Activated:
        """Bring in from *source* what is not kept, promote it and point to it.

        *number* is that of the switch which is followed; None for one that a person makes.
        """
        found = kept or self._check(manifest, None, report, source)
        with self._attempts.switching():
            self._admission.refuse_overtaken(manifest, attempt.before)
            if isinstance(found, Snapshot):
                switched = self._point_to(found, attempt, report, number=number)
            else:
                snapshot = self._snapshots.promote(*found, report)
                self._uploads.discard(manifest)
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
            **({"confirmed": listed(attempt.confirmed)} if attempt.confirmed else {}),
        )
        return Activated(snapshot.publication_id, previous_id, duration_s)

    def _prune(self) -> tuple[str, ...]:
        removed = self._snapshots.prune(self._limits.keep, self._limits.quota_bytes)
        for publication_id in removed:
            self._database.detach(publication_id)
        return removed
