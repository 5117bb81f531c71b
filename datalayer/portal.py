"""The portal: the one object that pages, API and command line call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from datalayer.access.audit.chain import ChainCheck
from datalayer.access.audit.log import AuditEntry, AuditLog
from datalayer.access.identity import ANYONE, Identity
from datalayer.compliance import check_compliance, with_loaded_modules
from datalayer.health import Health, judged
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.contract.report import Fault, ValidationFailed
from datalayer.kernel.errors import NothingPublished, PortalError, SignInRequired, StateError
from datalayer.kernel.progress import ReportProgress, silent
from datalayer.publications.activation import Activations
from datalayer.publications.announcements import Announcements, Note
from datalayer.publications.refresh_jobs import JobStatus, RefreshJob, RefreshJobs
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import (
    Activated,
    AlreadyCurrent,
    Candidate,
    RowComparison,
    Snapshot,
    compare_rows,
)
from datalayer.publications.store_watch import StoreState, StoreWatch
from datalayer.reading.cache.redis_cache import RedisCache, RedisNote
from datalayer.reading.cache.result_cache import LayeredCache, MemoryCache, ResultCache
from datalayer.reading.database import Database
from datalayer.reading.extracts import DigestMemo, Extract, ExtractRequest, Extracts, Part
from datalayer.reading.freshness import FreshnessState
from datalayer.reading.overview import Kpi, Overview
from datalayer.reading.publication_view import PublicationView
from datalayer.reading.reader import Reader
from datalayer.reading.results import Provenance, Result
from datalayer.reading.selections import NETWORK, SeriesSelection
from datalayer.reading.shelf import Shelf
from datalayer.settings import Settings

_log = structlog.get_logger(__name__)

__all__ = [
    "NETWORK",
    "Activated",
    "AlreadyCurrent",
    "AuditEntry",
    "Candidate",
    "ChainCheck",
    "Extract",
    "ExtractRequest",
    "Fault",
    "FreshnessState",
    "Health",
    "JobStatus",
    "Kpi",
    "Overview",
    "Part",
    "Portal",
    "Provenance",
    "PublicationView",
    "RefreshJob",
    "Result",
    "RowComparison",
    "SeriesSelection",
    "Snapshot",
    "StoreState",
    "ValidationFailed",
]


class Portal:
    """Reads through ``open``; what changes something checks the identity it is given.

    Attributes:
        registry: The contract.
        members_only: Whether reading takes a sign-in or an API key.
        jobs: What changes something, in the background.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self.registry = load_registry(settings.registry)
        self.members_only = settings.access == "members"
        self._clock = clock
        self._store = settings.open_store()
        self._snapshots = SnapshotStore(settings.state, self.registry, clock)
        self._database = Database(
            self._snapshots.folder,
            self.registry,
            memory_limit=settings.memory_limit,
            query_timeout_s=settings.query_timeout_s,
        )
        self._audit = AuditLog(settings.state / "audit.jsonl", clock)
        self._refresher = Activations(
            registry=self.registry,
            store=self._store,
            snapshots=self._snapshots,
            database=self._database,
            audit=self._audit,
            keep=settings.keep_snapshots,
            quota_bytes=settings.snapshot_quota_bytes,
        )
        self._recover()
        self._cache = _cache(settings)
        self._shelf = Shelf(self._snapshots, self._database, self.registry, self._cache)
        self._store_watch = StoreWatch(self._refresher.latest, self._store.try_write)
        self._announcements = Announcements(
            _note(settings), self._snapshots.active, self._refresher.follow
        )
        self._extracts = Extracts(
            self._audit,
            DigestMemo(settings.state / "extract_digests.json"),
            members_only=self.members_only,
        )
        self._compliance = check_compliance()
        self.jobs = RefreshJobs(self._audit.entries, clock)

    def open(
        self, publication_id: str | None = None, identity: Identity = ANYONE
    ) -> PublicationView:
        """Return the publication named, or the active one, for *identity* to read.

        Raises:
            SignInRequired: The portal is for its members and *identity* is nobody.
            NothingPublished: No publication is active.
            UnknownPublication: It is not kept here.
        """
        return PublicationView(self._reader_for(identity, publication_id), self._clock)

    def extract(
        self,
        request: ExtractRequest,
        identity: Identity = ANYONE,
        publication_id: str | None = None,
    ) -> Extract:
        """Return rows of a publication, the active one if none is named, as a file.

        Raises:
            SignInRequired, NothingPublished, UnknownPublication: As for ``open``.
            NotAllowed: The portal is for its members, more than a part's rows are wanted and
                *identity* is no analyst.
            UnknownDataSet, InvalidSelection: The request can't be met.
            StateError: The audit log can't be written: nothing leaves unseen.
        """
        return self._extracts.extract(self._reader_for(identity, publication_id), request, identity)

    def describe_extract(
        self,
        request: ExtractRequest,
        identity: Identity = ANYONE,
        publication_id: str | None = None,
    ) -> dict[str, object]:
        """Return what the file of ``extract`` is: its columns, origin, rows, size and SHA-256.

        Raises:
            PortalError: As for ``extract``.
        """
        return self._extracts.describe(
            self._reader_for(identity, publication_id), request, identity
        )

    def extract_series(
        self,
        selection: SeriesSelection,
        dialect: str | None = None,
        identity: Identity = ANYONE,
        publication_id: str | None = None,
    ) -> Extract:
        """Return the rows of ``forecast_series`` as CSV, each with where it comes from.

        Raises:
            PortalError: As for ``extract`` and ``forecast_series``.
        """
        return self._extracts.series(
            self._reader_for(identity, publication_id), selection, dialect, identity
        )

    def active_id(self) -> str | None:
        """Return the id of the active publication; None if there is none or nobody can tell."""
        try:
            return self._snapshots.active_id()
        except StateError:
            return None

    def store_state(self) -> StoreState:
        """Ask the store for its latest publication; a failure is part of the answer."""
        latest, problem = None, None
        try:
            latest = self._refresher.latest()
        except PortalError as error:
            problem = error
        reachable = self._store_watch.learn(problem).reach == "reachable"
        return StoreState(self._store.address, self._clock(), reachable, latest, problem)

    def inspect(self, identity: Identity, report: ReportProgress = silent) -> Candidate:
        """Fetch, verify and validate the store's latest publication without activating it.

        Raises:
            NotAllowed: *identity* is no administrator.
            PortalError: It can't be fetched or verified.
        """
        return self._refresher.inspect(identity, report=report)

    def compare(self, manifest: Manifest) -> tuple[RowComparison, ...]:
        """Return the rows of each data set of *manifest* beside those of the active one."""
        try:
            active = self._reader().manifest
        except NothingPublished:
            active = None
        return compare_rows(manifest, active)

    def activate(
        self,
        identity: Identity,
        publication_id: str | None = None,
        report: ReportProgress = silent,
        *,
        force: bool = False,
    ) -> Activated | AlreadyCurrent:
        """Make a publication of the store the active one; None for the latest.

        With *force* it is fetched, verified and validated anew whatever is kept here of it.

        Raises:
            NotAllowed: *identity* is no administrator.
            PortalError: It was refused or could not be fetched; the active one goes on serving.
        """
        outcome = self._refresher.activate(
            identity, publication_id=publication_id, force=force, report=report
        )
        self._shelf.forget_removed()
        self._announcements.announce()
        return outcome

    def roll_back(
        self,
        identity: Identity,
        publication_id: str | None = None,
        report: ReportProgress = silent,
    ) -> Activated:
        """Return to a kept publication; None for the one active before.

        Raises:
            NotAllowed: *identity* is no administrator.
            PortalError: It is not kept or is damaged; the active one goes on serving.
        """
        outcome = self._refresher.roll_back(identity, publication_id, report=report)
        self._announcements.announce()
        return outcome

    def roll_back_target(self) -> str | None:
        """Return the publication that a roll-back goes to unless told otherwise; None without."""
        return self._snapshots.roll_back_target()

    def kept(self) -> tuple[Snapshot, ...]:
        """Return the snapshots kept here, newest first."""
        return self._snapshots.all()

    def attached(self) -> tuple[str, ...]:
        """Return the ids of the publications that can be read without further work."""
        return self._database.attached()

    def audit_trail(self, limit: int = 50) -> tuple[AuditEntry, ...]:
        """Return the latest entries of the audit log, newest first."""
        return self._audit.entries(limit)

    def verify_audit_log(
        self, head: str | None = None, report: ReportProgress = silent
    ) -> ChainCheck:
        """Walk along the audit log's chain; *head* is a line's SHA-256 that should be in it.

        Raises:
            StateError: The log is there and can't be read.
        """
        return self._audit.verify(head, report)

    def audit_counts(self) -> Mapping[tuple[str, str], int]:
        """Return the lines of each action and outcome since this portal was opened."""
        return self._audit.counts()

    def prune(self, identity: Identity, report: ReportProgress = silent) -> tuple[str, ...]:
        """Remove the snapshots beyond what the settings keep; returns their ids.

        Raises:
            NotAllowed: *identity* is no administrator.
        """
        removed = self._refresher.prune(identity, report=report)
        self._shelf.forget_removed()
        return removed

    def health(self) -> Health:
        """Return the state of the portal at once: nothing here waits for store or Redis."""
        view, problem = self._served()
        return judged(
            view,
            store_address=self._store.address,
            store=self._store_watch.last_answer(),
            cache=self._cache.health(),
            compliance=with_loaded_modules(self._compliance),
            problem=problem,
        )

    def watch_store(self) -> None:
        """Begin to ask the store whether it is there and takes no writes, on another thread."""
        self._store_watch.last_answer()

    def follow_replicas(self) -> None:
        """Switch, from this moment on, to what is activated on the replicas that share Redis."""
        self._announcements.start()

    def keep_up(self) -> None:
        """Follow what the other replicas have announced so far; returns when that is done."""
        self._announcements.keep_up()

    def wait_for_store(self) -> None:
        """Wait until the store has answered the question that health asked, if it asked one."""
        self._store_watch.wait_for_answer()

    def close(self) -> None:
        """Let go of the database, the cache and their threads."""
        self._announcements.stop()
        self._cache.close()
        self._database.close()

    def _reader_for(self, identity: Identity, publication_id: str | None) -> Reader:
        if self.members_only and identity == ANYONE:
            raise SignInRequired
        return self._reader(publication_id)

    def _reader(self, publication_id: str | None = None) -> Reader:
        return self._shelf.kept(publication_id) if publication_id else self._shelf.active()

    def _recover(self) -> None:
        try:
            self._refresher.recover()
        except StateError as error:
            # On a full or read-only disk nothing can be cleared up, and all can still be read.
            _log.warning("portal.not_recovered", problem=str(error))

    def _served(self) -> tuple[PublicationView | None, str]:
        """Return what is served, and why it is not what should be (or an empty string)."""
        try:
            view = PublicationView(self._reader(), self._clock)
        except NothingPublished:
            return None, ""
        except PortalError as error:
            return None, str(error)
        return view, self._shelf.problem or self._announcements.problem


def _cache(settings: Settings) -> ResultCache:
    memory = MemoryCache(settings.cache_bytes)
    if settings.redis_url is None:
        return memory
    return LayeredCache(memory, RedisCache(settings.redis_url.get_secret_value()))


def _note(settings: Settings) -> Note | None:
    if settings.redis_url is None:
        return None
    # Portals of other stores may share this Redis; what they activate is nothing to this one.
    return RedisNote(settings.redis_url.get_secret_value(), f"active:{settings.store}")
