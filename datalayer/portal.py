"""The portal: the one object that pages, API and command line call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import structlog

from datalayer.announcements import Announcements, NoNote, Note
from datalayer.audit import AuditEntry, AuditLog
from datalayer.cache.redis_cache import RedisCache, RedisNote
from datalayer.cache.result_cache import LayeredCache, MemoryCache, ResultCache
from datalayer.compliance import Compliance, check_compliance, with_loaded_modules
from datalayer.contract.publication import Manifest
from datalayer.contract.registry import load_registry
from datalayer.dictionary import DictionaryEntry, dictionary
from datalayer.errors import NothingPublished, PortalError, SignInRequired, StateError
from datalayer.extracts import Extract, ExtractFormat
from datalayer.identity import ANYONE, Identity
from datalayer.progress import ReportProgress, silent
from datalayer.publication_view import PublicationView
from datalayer.refresh import Refresher, store_of
from datalayer.settings import Settings
from datalayer.shelf import Shelf
from datalayer.snapshots.outcomes import Activated, AlreadyCurrent, Candidate
from datalayer.snapshots.snapshot_store import SnapshotStore
from datalayer.snapshots.stages import Snapshot
from datalayer.store_watch import StoreWatch
from datalayer.validation import Fault
from datalayer.warehouse.database import Database
from datalayer.warehouse.freshness import FreshnessState
from datalayer.warehouse.overview import Kpi, Overview
from datalayer.warehouse.selections import NETWORK, SeriesSelection

_log = structlog.get_logger(__name__)

__all__ = [
    "NETWORK",
    "Activated",
    "AlreadyCurrent",
    "AuditEntry",
    "Candidate",
    "Extract",
    "ExtractFormat",
    "Fault",
    "FreshnessState",
    "Health",
    "Kpi",
    "Overview",
    "Portal",
    "PublicationView",
    "RowComparison",
    "SeriesSelection",
    "Snapshot",
    "StoreState",
]


@dataclass(frozen=True)
class StoreState:
    """What the object store held when it was asked.

    Attributes:
        asked_at: When that was, UTC.
        latest: The latest publication's manifest; None when it can't be read.
        problem: Why it can't.
    """

    address: str
    asked_at: datetime
    reachable: bool
    latest: Manifest | None
    problem: PortalError | None


@dataclass(frozen=True)
class RowComparison:
    """Rows of one data set in a candidate and in the active publication (None: no active one)."""

    data_set: str
    candidate_rows: int
    active_rows: int | None


@dataclass(frozen=True)
class Health:
    """What /health answers.

    Attributes:
        status: ``ok``; ``degraded`` when it serves though something about it is wrong;
            ``empty`` when there is nothing to serve.
        store: ``address`` and ``state`` (reachable, unreachable or unknown), ``problem``.
        cache: ``state`` of the second level: off, ok or down.
        problem: Why what is served is not what is active, or an empty string.
    """

    status: Literal["ok", "degraded", "empty"]
    publication_id: str | None
    data_through: date | None
    generated_at: datetime | None
    store: dict[str, str]
    cache: dict[str, str]
    ml_dependencies: Compliance
    problem: str = ""


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


class Portal:
    """Reads through ``open``; what changes something checks the identity it is given.

    Attributes:
        registry: The contract.
        members_only: Whether reading takes a sign-in or an API key.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self.registry = load_registry(settings.registry)
        self.members_only = settings.access == "members"
        self._clock = clock
        self._store = store_of(settings)
        self._snapshots = SnapshotStore(settings.state, self.registry, clock)
        self._database = Database(
            self._snapshots.folder, self.registry, memory_limit=settings.memory_limit
        )
        self._audit = AuditLog(settings.state / "audit.jsonl", clock)
        self._refresher = Refresher(
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
        self._store_watch = StoreWatch(self._refresher.latest)
        self._announcements = Announcements(
            _note(settings), self._snapshots.active, self._refresher.follow
        )
        self._compliance = check_compliance()

    def open(
        self, publication_id: str | None = None, identity: Identity = ANYONE
    ) -> PublicationView:
        """Return the publication named, or the active one, for *identity* to read.

        Raises:
            SignInRequired: The portal is for its members and *identity* is nobody.
            NothingPublished: No publication is active.
            UnknownPublication: It is not kept here.
        """
        if self.members_only and identity == ANYONE:
            raise SignInRequired
        return self._view(publication_id)

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
            files = self._view().manifest.files
        except NothingPublished:
            files = ()
        active_rows = {file.data_set: file.rows for file in files}
        return tuple(
            RowComparison(file.data_set, file.rows, active_rows.get(file.data_set))
            for file in manifest.files
        )

    def activate(
        self,
        identity: Identity,
        publication_id: str | None = None,
        report: ReportProgress = silent,
    ) -> Activated | AlreadyCurrent:
        """Make a publication of the store the active one; None for the latest.

        Raises:
            NotAllowed: *identity* is no administrator.
            PortalError: It was refused or could not be fetched; the active one goes on serving.
        """
        outcome = self._refresher.activate(identity, publication_id=publication_id, report=report)
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
        return self._snapshots.kept()

    def attached(self) -> tuple[str, ...]:
        """Return the ids of the publications that can be read without further work."""
        return self._database.attached()

    def audit_trail(self, limit: int = 50) -> tuple[AuditEntry, ...]:
        """Return the latest entries of the audit log, newest first."""
        return self._audit.entries(limit)

    def prune(self, identity: Identity) -> tuple[str, ...]:
        """Remove the snapshots beyond what the settings keep; returns their ids.

        Raises:
            NotAllowed: *identity* is no administrator.
        """
        removed = self._refresher.prune(identity)
        self._shelf.forget_removed()
        return removed

    def dictionary(self) -> tuple[DictionaryEntry, ...]:
        """Return the data dictionary."""
        return dictionary(self.registry)

    def check_compliance(self) -> Compliance:
        """Look anew at what is installed and loaded in this process."""
        self._compliance = check_compliance()
        return self._compliance

    def health(self) -> Health:
        """Return the state of the portal at once: nothing here waits for store or Redis."""
        store = self._store_watch.last_answer()
        compliance = with_loaded_modules(self._compliance)
        manifest, problem = self._served()
        cache = self._cache.health()
        sound = not problem and store.reach != "unreachable" and compliance.status == "pass"
        return Health(
            status="empty"
            if manifest is None
            else "ok"
            if sound and cache != "down"
            else "degraded",
            publication_id=manifest.publication_id if manifest else None,
            data_through=manifest.data_through if manifest else None,
            generated_at=manifest.generated_at if manifest else None,
            problem=problem,
            store={"address": self._store.address, "state": store.reach, "problem": store.problem},
            cache={"state": cache},
            ml_dependencies=compliance,
        )

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

    def _view(self, publication_id: str | None = None) -> PublicationView:
        reader = self._shelf.kept(publication_id) if publication_id else self._shelf.active()
        return PublicationView(reader, self._clock)

    def _recover(self) -> None:
        try:
            self._refresher.recover()
        except StateError as error:
            # On a full or read-only disk nothing can be cleared up, and all can still be read.
            _log.warning("portal.not_recovered", problem=str(error))

    def _served(self) -> tuple[Manifest | None, str]:
        """Return what is served, and why it is not what should be (or an empty string)."""
        try:
            manifest = self._view().manifest
        except NothingPublished:
            return None, ""
        except PortalError as error:
            return None, str(error)
        return manifest, self._shelf.problem or self._announcements.problem


def _cache(settings: Settings) -> ResultCache:
    memory = MemoryCache(settings.cache_bytes)
    if settings.redis_url is None:
        return memory
    return LayeredCache(memory, RedisCache(settings.redis_url.get_secret_value()))


def _note(settings: Settings) -> Note:
    if settings.redis_url is None:
        return NoNote()
    # Portals of other stores may share this Redis; what they activate is nothing to this one.
    return RedisNote(settings.redis_url.get_secret_value(), f"active:{settings.store}")
