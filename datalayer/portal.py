"""The portal: the one object that pages, API and command line call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import structlog

from datalayer.access.audit.chain import ChainCheck
from datalayer.access.audit.log import AuditEntry, AuditLog
from datalayer.access.audit.trail import AuditFilter, AuditTrail, TrailState
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.compliance.at_a_glance import check_compliance, with_loaded_modules
from datalayer.compliance.proofs import Proofs, RunningProof
from datalayer.compliance.report import ProofReport
from datalayer.compliance.verifier import CheckResult
from datalayer.health import Health
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.contract.report import Fault, ValidationFailed
from datalayer.kernel.errors import (
    ContentError,
    Loss,
    NothingPublished,
    PortalError,
    SignInRequired,
    StateError,
    StoreTooSlow,
    StoreWritable,
)
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.storage.own_folder import OwnFolder
from datalayer.marks.marking import CARRIED_OUT, Mark, MarkKind, RowKey, RowState, carried_out
from datalayer.marks.novelty import Novelty
from datalayer.marks.planner_marks import PlannerMarks
from datalayer.marks.statements import Statement
from datalayer.notices.effects import EffectsKept
from datalayer.notices.notice import Notice
from datalayer.notices.notice_board import NoticeBoard
from datalayer.notices.sender import NoticeSender
from datalayer.notices.webhook import Webhook
from datalayer.publications.activation import Activations, Limits
from datalayer.publications.active import Activation
from datalayer.publications.announcements import Announcements, SharedActivation
from datalayer.publications.attendance import Presence, Replicas, process_name
from datalayer.publications.following import Following
from datalayer.publications.job_records import JobRecords
from datalayer.publications.redis_board import RedisAttendance, RedisNote, RedisRecords
from datalayer.publications.refresh_jobs import JobStatus, RefreshJob, RefreshJobs
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import (
    Activated,
    AlreadyCurrent,
    Candidate,
    Look,
    RowComparison,
    Snapshot,
    VerifiedFiles,
    compare_rows,
)
from datalayer.publications.store_watch import LATE_AFTER_S, StoreState, StoreWatch
from datalayer.publications.switches import Switch
from datalayer.publications.uploads import Upload, UploadedPublication
from datalayer.publications.ways_back import Undo, WaysBack
from datalayer.reading import (
    buy_reasons,
    changed_orders,
    changes,
    forecast_totals,
    move_reasons,
    order_change_rows,
    order_reasons,
    order_rule,
    questions,
)
from datalayer.reading.cache.redis_cache import RedisCache
from datalayer.reading.cache.result_cache import ResultCache
from datalayer.reading.candidates import Candidates, Judged
from datalayer.reading.csv_texts import csv_of_texts, dialect_of
from datalayer.reading.damage_watch import DamageWatch
from datalayer.reading.database import Database
from datalayer.reading.effect import lineage, proposals
from datalayer.reading.effect import model as effect_model
from datalayer.reading.effect.model import Effect
from datalayer.reading.extracts import asking, previews
from datalayer.reading.extracts.bought_rows import BuyOrders
from datalayer.reading.extracts.delivery import ByteSpan, Delivery
from datalayer.reading.extracts.digests import Digest, DigestMemo
from datalayer.reading.extracts.list_files import ListFiles
from datalayer.reading.extracts.order_csv import Taking
from datalayer.reading.extracts.order_files import OrderFiles
from datalayer.reading.extracts.order_rows import OrdersOfTiers, require_places
from datalayer.reading.extracts.requests import ExtractRequest, Part
from datalayer.reading.extracts.service import Extract, Extracts
from datalayer.reading.extracts.settled_files import SettledFiles
from datalayer.reading.open_publications import OpenPublications
from datalayer.reading.order_lines import OrderLine, OrderSum, in_order, sum_of
from datalayer.reading.publication import FreshnessState, Publication
from datalayer.reading.questions.forecasts import SeriesSelection
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.results import Provenance, Result
from datalayer.settings import Settings

_log = structlog.get_logger(__name__)

__all__ = [
    "ANYONE",
    "CARRIED_OUT",
    "NETWORK",
    "Activated",
    "AlreadyCurrent",
    "AuditEntry",
    "AuditFilter",
    "AuditTrail",
    "BuyOrders",
    "ByteSpan",
    "Candidate",
    "ChainCheck",
    "CheckResult",
    "Delivery",
    "Digest",
    "Effect",
    "Extract",
    "ExtractRequest",
    "Fault",
    "FreshnessState",
    "Health",
    "Identity",
    "JobStatus",
    "Judged",
    "Mark",
    "MarkKind",
    "Notice",
    "Novelty",
    "OrderLine",
    "OrderSum",
    "OrdersOfTiers",
    "Part",
    "Portal",
    "Presence",
    "Progress",
    "ProofReport",
    "Provenance",
    "Publication",
    "RefreshJob",
    "ReportProgress",
    "Result",
    "Role",
    "RowComparison",
    "RowKey",
    "RowState",
    "RunningProof",
    "SeriesSelection",
    "Snapshot",
    "Statement",
    "Step",
    "StoreState",
    "Taking",
    "TrailState",
    "Undo",
    "Upload",
    "UploadedPublication",
    "ValidationFailed",
    "asking",
    "buy_reasons",
    "carried_out",
    "changed_orders",
    "changes",
    "csv_of_texts",
    "dialect_of",
    "effect_model",
    "forecast_totals",
    "in_order",
    "lineage",
    "move_reasons",
    "order_change_rows",
    "order_reasons",
    "order_rule",
    "previews",
    "proposals",
    "questions",
    "sum_of",
]


class Portal:
    """Reads through ``open``; what changes something checks the identity it is given.

    Attributes:
        registry: The contract.
        contract_document: Its file, a document of the Open Data Contract Standard.
        state_folder: Where all that the portal writes lies.
        members_only: Whether reading takes a sign-in or an API key.
        upload_max_bytes: Most bytes of a zip that is uploaded; 0 where none is taken.
        follows_others: Whether it shares a Redis with replicas, each of which has to find what is
            activated: in the store, or in a state folder that they share.
        snapshots: The publications kept here.
        database: Those that can be read without further work.
        extracts: What of an open publication is taken away, as files.
        order_files: Rows of an open publication as other programs take orders.
        list_files: Rows of an open publication, all that a list of a page has.
        audit: Who did what.
        jobs: What changes something, in the background.
        job_records: What is told of jobs, of other replicas' too.
        store_watch: Whether the store answers; asks on another thread.
        ways_back: How what is active came to be so, and whether that can be undone.
        state_watch: Whether the state folder takes a file; asks on another thread.
        marks: What planners say of the rows of the list; each call checks who makes it.
        notices: What each switch did, for whoever asks.
        notice_sender: Sends it to the webhook; None where there is none.
        announcements: What is activated on the replicas that share Redis, told and followed.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self.registry = load_registry(settings.registry)
        self.contract_document = settings.registry.read_bytes()
        self.state_folder = settings.state
        self.members_only = settings.access == "members"
        self.upload_max_bytes = settings.upload_max_bytes
        self.follows_others = settings.redis_url is not None
        self._clock = clock
        self._store = settings.open_store(hide_folder=True)
        self.snapshots = SnapshotStore(
            settings.state, self.registry, clock, settings.trusted_keys_reader()
        )
        self._spill = OwnFolder(settings.state / "spill")
        self.database = Database(
            self.snapshots.folder,
            self.registry,
            memory_limit=settings.memory_limit,
            query_timeout_s=settings.query_timeout_s,
            spill_folder=self._spill.path,
        )
        self.audit = AuditLog(settings.state / "audit.jsonl", clock)
        self._audit_trail = AuditTrail(settings.state / "audit.jsonl", clock)
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
        # Portals of other stores may share this Redis; what they activate is nothing to this one.
        note = RedisNote(redis_url, f"active:{settings.store}") if redis_url else None
        attendance = RedisAttendance(redis_url, f"serving:{settings.store}") if redis_url else None
        records = RedisRecords(redis_url, f"job:{settings.store}") if redis_url else None
        self.job_records = JobRecords(settings.state / "jobs", records)
        shared = SharedActivation(note)
        self._activations = Activations(
            registry=self.registry,
            store=self._store,
            snapshots=self.snapshots,
            database=self.database,
            audit=self.audit,
            shared=shared,
            limits=Limits(
                keep=settings.keep_snapshots,
                quota_bytes=settings.snapshot_quota_bytes,
                validation_timeout_s=settings.validation_timeout_s,
                upload_bytes=settings.upload_max_bytes,
            ),
        )
        try:
            self._activations.recover()
        except StateError as error:
            # On a full or read-only disk nothing can be cleared up, and all can still be read.
            _log.warning("portal.not_recovered", problem=str(error))
        shared_cache = RedisCache(redis_url) if redis_url else None
        self._cache = ResultCache(settings.cache_bytes, shared_cache)
        self._publications = OpenPublications(
            self.snapshots, self.database, self.registry, cache=self._cache, clock=clock
        )
        effects = EffectsKept(settings.state / "effects.jsonl")
        self.notices = NoticeBoard(self.snapshots, effects, self._publications)
        webhook = settings.webhook()
        self.notice_sender = webhook and NoticeSender(
            Webhook(**webhook), self.notices.notice, settings.links_base, self.audit, clock
        )
        self.snapshots.switches.listen(self._tell)
        self.marks = PlannerMarks(
            settings.state, self.audit, members_only=self.members_only, clock=clock
        )
        self._candidates = Candidates(
            self.registry,
            settings.state / "spill",
            memory_limit=settings.memory_limit,
            query_timeout_s=settings.query_timeout_s,
            clock=clock,
        )
        self.ways_back = WaysBack(self.snapshots, self.audit.entries)
        self._damage_watch = DamageWatch(self.prove_served)
        too_slow = StoreTooSlow(address=self._store.address, timeout_s=LATE_AFTER_S)
        self.store_watch = StoreWatch(
            self._activations.latest, self._store.try_write, late=too_slow
        )
        self.state_watch = StoreWatch(self._require_writable_state, lambda: None)
        active = self.snapshots.active
        self.announcements = Announcements(
            shared,
            active,
            Following(settings.state, active, self._follow),
            Replicas(attendance),
            self._presence,
        )
        memo = DigestMemo(settings.state / "extract_digests.json")
        settled = SettledFiles(settings.state / "extracts", settings.extract_quota_bytes)
        self.extracts = Extracts(self.audit, memo, settled, members_only=self.members_only)
        self.order_files = OrderFiles(self.audit)
        self.list_files = ListFiles(self.audit)
        self._compliance = check_compliance()
        self._proofs = Proofs(settings)
        self.jobs = RefreshJobs(self.audit.entries, clock)

    def begin_serving(self) -> None:
        """Look at what is active before anybody reads it, and follow the other replicas.

        What was damaged while no portal ran is refused, and fetched anew in the background; so it
        is with what is found damaged hours later.
        """
        self.announcements.start()
        self._remember_rows()
        self._damage_watch.start()
        self.store_watch.start()
        self.state_watch.start()
        self.notices.begin()
        try:
            self._publications.active()
        except NothingPublished:
            return
        except PortalError as error:
            _log.error("publication.active_not_served", problem=str(error))
            self._begin_mending()

    def open(self, publication_id: str | None = None, identity: Identity = ANYONE) -> Publication:
        """Return the publication named, or the active one, for *identity* to read.

        Raises:
            SignInRequired: The portal is for its members and *identity* is nobody.
            NothingPublished: No publication is active.
            UnknownPublication: It is not kept here.
        """
        if self.members_only and identity == ANYONE:
            raise SignInRequired
        if publication_id:
            return self._publications.get(publication_id)
        return self._publications.active()

    def listing(
        self, publication: Publication, asked: Iterable[tuple[str, str]] = ()
    ) -> questions.listings.Listing:
        """Return which actions of *publication* are asked for, with what planners said of them.

        Args:
            publication: Has a list.
            asked: Names of filters and values as text, as an address has them; see
                ``questions.listings.listing``.

        Raises:
            NothingToMark: It has no list of actions.
            InvalidSelection: A value can't be used, or a place lies in another one.
            PortalError: Marks or rows can't be read.
        """
        standing, novelty = self.marks.standing(publication), self.novelty(publication)
        wanted = questions.listings.listing(
            publication.registry,
            asked,
            standing=standing,
            new=novelty.new or (),
            changed=novelty.changed or (),
        )
        require_places(publication, wanted.location_ids or ())
        return wanted

    def novelty(self, publication: Publication) -> Novelty:
        """Return what is new in the list of *publication*, and what is different in it.

        It is compared with the last one before it that was active here.

        Raises:
            NothingToMark: It has no list of actions.
            PortalError: It can't be read.
        """
        return self.marks.novelty(publication, self.before(publication))

    def before(self, publication: Publication) -> Publication | None:
        """Return the last publication before one that was active here; None if it isn't kept."""
        before_id = self.marks.known_before(publication.id)
        kept = [each for each in self.snapshots.kept_ids() if each == before_id]
        return next(self._openable(kept), None)

    def prove_served(self) -> None:
        """Compare what is served with what was published; fetch it anew if it was damaged.

        Raises:
            StagingError: It can't be read at this moment.
        """
        try:
            self._publications.prove_served()
        except StateError as error:
            _log.error("publication.damaged", problem=str(error))
            # Answers that are kept were made of files that nobody vouches for.
            self._cache.memory.clear()
            self._begin_mending()

    def active_id(self) -> str | None:
        """Return the id of the active publication; None if there is none or nobody can tell."""
        try:
            return self.snapshots.active_id()
        except StateError:
            return None

    def store_state(self) -> StoreState:
        """Ask the store for its latest publication; a failure is part of the answer."""
        latest, problem = None, None
        try:
            latest = self._activations.latest()
        except PortalError as error:
            problem = error
        reachable = self.store_watch.learn(problem).reach == "reachable"
        return StoreState(self._store.address, self._clock(), reachable, latest, problem)

    def inspect(self, identity: Identity, report: ReportProgress = silent) -> Candidate:
        """Fetch, verify and validate the store's latest publication without activating it.

        Raises:
            NotAllowed: *identity* is no administrator.
            PortalError: It can't be fetched or verified.
        """
        return self._activations.inspect(identity, report=report)

    def receive(
        self, identity: Identity, upload: Upload, report: ReportProgress = silent
    ) -> Judged:
        """Take in a publication as a zip and keep it, found sound, until it is activated by its id.

        Raises:
            NotAllowed: *identity* is no administrator.
            CandidateUnreadable: It went away while it was looked at.
            PortalError: It was refused; nothing of it is kept.
        """
        return self._judged(
            lambda look: self._activations.receive(identity, upload, look=look, report=report),
            report,
        )

    def uploaded(self) -> UploadedPublication | None:
        """Return the uploaded publication that waits to be activated; None without one."""
        return self._activations.uploaded()

    def discard_upload(self, identity: Identity, report: ReportProgress = silent) -> None:
        """Remove the uploaded publication that waits to be activated, if there is one.

        Raises:
            NotAllowed: *identity* is no administrator.
        """
        self._activations.discard_upload(identity, report=report)

    def judge(
        self,
        identity: Identity,
        report: ReportProgress = silent,
        publication_id: str | None = None,
    ) -> Judged:
        """Inspect a publication and tell what activating it would change; None for the latest.

        It is kept, so that activating it fetches nothing again; nothing of it is served.

        Raises:
            NotAllowed: *identity* is no administrator.
            CandidateUnreadable: It went away while it was looked at.
            PortalError: It can't be fetched or verified.
        """
        return self._judged(
            lambda look: self._activations.inspect(
                identity, publication_id, look=look, report=report
            ),
            report,
        )

    def _judged(self, bring_in: Callable[[Look], Candidate], report: ReportProgress) -> Judged:
        """Return the candidate that *bring_in* finds, with its effect beside what is active."""
        told: tuple[Effect | None, PortalError | None] = (None, None)
        active_id = self.active_id()

        def look(files: VerifiedFiles) -> None:
            nonlocal told
            if active_id and files.manifest.publication_id != active_id:
                told = self._effect_beside(active_id, files, report)

        return Judged(bring_in(look), active_id, *told)

    def _effect_beside(
        self, active_id: str, files: VerifiedFiles, report: ReportProgress
    ) -> tuple[Effect | None, PortalError | None]:
        try:
            active = self._publications.get(active_id)
        except PortalError as error:
            # What can't be read must not keep back what would replace it.
            return None, error
        return self._candidates.effect(files, active, report)

    def compare(self, manifest: Manifest) -> tuple[RowComparison, ...]:
        """Return the rows of each data set of *manifest* beside those of the active one."""
        try:
            active = self._publications.active().manifest
        except (NothingPublished, ContentError):
            active = None
        return compare_rows(manifest, active)

    def losses(self, manifest: Manifest) -> tuple[Loss, ...]:
        """Return what activating *manifest* would take away from those who read."""
        return self._activations.losses(manifest)

    def activate(
        self,
        identity: Identity,
        publication_id: str | None = None,
        report: ReportProgress = silent,
        *,
        force: bool = False,
        confirmed: bool = False,
        judged: Judged | None = None,
    ) -> Activated | AlreadyCurrent:
        """Make a publication of the store the active one; None for the latest.

        With *force* it is fetched, verified and validated anew whatever is kept here of it. What
        it takes away from those who read must be *confirmed*; ``losses`` says what that is. With
        *judged*, what that was told of, and nothing else, becomes the active one.

        Raises:
            CandidateChanged: It is not what was *judged*, or another one became active since.
            NotAllowed: *identity* is no administrator.
            PortalError: It was refused or could not be fetched; the active one goes on serving.
        """
        self._remember_rows()
        outcome = self._activations.activate(
            identity,
            publication_id=publication_id,
            force=force,
            confirmed=confirmed,
            expected=judged.expected if judged else None,
            report=report,
        )
        self._publications.close_removed()
        self._remember_rows()
        self.announcements.announce()
        return outcome

    def roll_back(
        self, identity: Identity, publication_id: str | None = None, report: ReportProgress = silent
    ) -> Activated:
        """Return to a kept publication; None for the one active before.

        Raises:
            NotAllowed: *identity* is no administrator.
            PortalError: It is not kept or is damaged; the active one goes on serving.
        """
        outcome = self._activations.roll_back(identity, publication_id, report=report)
        self._remember_rows()
        self.announcements.announce()
        return outcome

    def undo(
        self, identity: Identity, publication_id: str, report: ReportProgress = silent
    ) -> Activated:
        """Undo the activation of *publication_id*: what was active before is so again.

        Raises:
            NotAllowed: *identity* is no administrator.
            UndoOver: It was activated too long ago, or something else became active since.
            PortalError: As for ``roll_back``.
        """
        identity.require(Role.ADMIN, "roll back")
        return self.roll_back(identity, self.ways_back.require_undoable(publication_id), report)

    def prune(self, identity: Identity, report: ReportProgress = silent) -> tuple[str, ...]:
        """Remove the snapshots beyond what the settings keep; returns their ids.

        Raises:
            NotAllowed: *identity* is no administrator.
        """
        removed = self._activations.prune(identity, report=report)
        self._publications.close_removed()
        return removed

    def proofs(self, identity: Identity) -> Proofs:
        """Return the proofs of this deployment, which *identity* may see and make.

        Raises:
            NotAllowed: *identity* is no administrator.
        """
        identity.require(Role.ADMIN, "see and make the proof")
        return self._proofs

    def audit_trail(self, identity: Identity) -> AuditTrail:
        """Return the audit log to be searched, which *identity* may read.

        Raises:
            NotAllowed: *identity* is no administrator.
        """
        identity.require(Role.ADMIN, "read the audit trail")
        return self._audit_trail

    def health(self) -> Health:
        """Return the state of the portal at once: nothing here waits for store or Redis."""
        publication, problem = self._find_served()
        return Health(
            publication=publication.provenance(()) if publication else None,
            store_address=self._store.address,
            last_answer=self.store_watch.last_answer(),
            shared_cache=self._cache.health(),
            state_folder=self.state_watch.last_answer(),
            replicas=self.announcements.findings,
            marks=self.marks.findings(),
            ml_dependencies=with_loaded_modules(self._compliance),
            problem=problem,
            signatures=self.snapshots.trust.describe(publication.manifest if publication else None),
        )

    def require_read_only_store(self, *, within_s: float) -> None:
        """Ask the store whether it takes writes, and wait no longer than *within_s*.

        Raises:
            StoreWritable: It does. Where it has not answered in time, ``health`` tells later.
        """
        self.store_watch.last_answer()
        if self.store_watch.wait_for_answer(within_s).writable == "yes":
            raise StoreWritable(address=self._store.address)

    def close(self) -> None:
        """Close the database and the cache, and end their threads."""
        for watch in (self.store_watch, self.state_watch):
            watch.close(LATE_AFTER_S)
        self.announcements.stop()
        if self.notice_sender:
            self.notice_sender.close()
        self.notices.close()
        self._damage_watch.stop()
        self._cache.close()
        self.database.close()
        self._spill.close()
        self.job_records.close()

    def _tell(self, switch: Switch) -> None:
        if self.notice_sender:
            self.notice_sender.tell(switch)
        self.notices.tell(switch)

    def _follow(self, identity: Identity, announced: Activation) -> Activated | AlreadyCurrent:
        self._remember_rows()
        outcome = self._activations.follow(identity, announced)
        self._remember_rows()
        return outcome

    def _remember_rows(self) -> None:
        """Have the marks know which rows stand in what is or was active, and is kept here.

        Before a switch as well: the process that made the last one may have been killed.
        """
        try:
            activation, kept = self.snapshots.active(), self.snapshots.kept_ids()
            switched_to = {activation.publication_id, *activation.previous} if activation else {}
            unknown = (each for each in reversed(kept) if not self.marks.knows(each))
            self.marks.remember(self._openable(filter(switched_to.__contains__, unknown)), kept)
        except PortalError as error:
            # The switch is none of its business; whoever reads or writes marks comes here again.
            _log.warning("marks.rows_not_remembered", problem=str(error))

    def _openable(self, publication_ids: Iterable[str]) -> Iterator[Publication]:
        for publication_id in publication_ids:
            try:
                yield self._publications.get(publication_id)
            except PortalError as error:
                _log.warning("marks.rows_not_read", problem=str(error))

    def _begin_mending(self) -> None:
        at_start = Identity("start", Role.ADMIN)
        try:
            self.jobs.start(
                "activate", at_start, lambda report: self._activations.mend(at_start, report=report)
            )
        except PortalError as error:
            # On a disk that fails, or while another replica is at it.
            _log.warning("publication.not_mended", problem=str(error))

    def _presence(self) -> Presence:
        publication, problem = self._find_served()
        return Presence(process_name(), publication.id if publication else None, problem)

    def _require_writable_state(self) -> None:
        self.snapshots.require_writable()
        self.audit.require_writable()

    def _find_served(self) -> tuple[Publication | None, str]:
        """Return what is served, and why it is not what should be (or an empty string)."""
        try:
            publication = self._publications.active()
        except NothingPublished:
            return None, self.announcements.problem
        except PortalError as error:
            return None, str(error)
        return publication, self._publications.problem or self.announcements.problem
