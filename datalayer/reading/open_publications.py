"""The publications that are open: opened when asked for, following the active one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import IntegrityError, NothingPublished, PortalError, StateError
from datalayer.kernel.sentences import Sentence
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot
from datalayer.publications.staging import prove
from datalayer.reading.cache.result_cache import ResultCache
from datalayer.reading.database import Database
from datalayer.reading.publication import Publication

_log = structlog.get_logger(__name__)


class OpenPublications:
    """Hands out publications; safe to call from any thread.

    Attributes:
        problem: Why the publication served is not the active one; empty while it is.
    """

    def __init__(
        self,
        snapshots: SnapshotStore,
        database: Database,
        registry: Registry,
        *,
        cache: ResultCache,
        clock: Callable[[], datetime],
    ) -> None:
        self.problem = ""
        self._snapshots = snapshots
        self._database = database
        self._registry = registry
        self._cache = cache
        self._clock = clock
        self._open: dict[str, Publication] = {}
        self._served: Publication | None = None
        self._opening = threading.Lock()
        # What is brought in from now on is proved by whoever does; what lies here may have been
        # damaged while nobody looked.
        self._unproved = set(snapshots.kept_ids())
        self._damaged: dict[str, tuple[object, StateError]] = {}

    def active(self) -> Publication:
        """Return the active publication, whoever made it active.

        If that one can't be served by this process, the one served before goes on serving.

        Raises:
            NothingPublished: None is active.
            PortalError: The active one can't be served and none was served before.
        """
        try:
            publication_id = self._snapshots.active_id()
            if publication_id is None:
                raise NothingPublished
            publication = self.get(publication_id)
        except PortalError as error:
            if self._served is None:
                raise
            if str(error) != self.problem:
                self.problem = str(error)
                _log.error("publication.active_not_served", problem=self.problem)
            return self._served
        self.problem = ""
        if publication is not self._served:
            self._served = publication
            # Another process may have switched, and pruned what this one still has open.
            self.close_removed()
        return publication

    def get(self, publication_id: str) -> Publication:
        """Return a kept publication.

        Raises:
            UnknownPublication: It is not kept here.
            StateError: Its files are not those that were published.
            PublicationError: It does not fit the registry.
        """
        snapshot = self._snapshots.get(publication_id)
        publication = self._open.get(publication_id)
        if publication is None or publication.snapshot is not snapshot:
            with self._opening:
                self._require_proved(snapshot)
            self._database.attach(snapshot)
            publication = Publication(
                snapshot,
                self._registry.of(snapshot.manifest),
                self._database,
                self._cache,
                self._clock,
            )
            self._open[publication_id] = publication
        return publication

    def close_removed(self) -> None:
        """Close the publications that are not kept any more."""
        kept = {snapshot.publication_id for snapshot in self._snapshots.all()}
        for publication_id in set(self._database.attached()) - kept:
            self._open.pop(publication_id, None)
            self._database.detach(publication_id)

    def prove_served(self) -> None:
        """Compare the files of what is served with their SHA-256 anew; it may take minutes.

        Raises:
            StateError: They differ, so it is served no longer; or that was found before.
            StagingError: They can't be read at this moment.
        """
        try:
            served = self.active()
        except NothingPublished:
            return
        publication_id = served.snapshot.publication_id
        try:
            prove(served.snapshot)
        except IntegrityError as found:
            with self._opening:
                if self._snapshots.get(publication_id) is not served.snapshot:
                    return  # replaced while it was looked at
                self._unproved.add(publication_id)
                self._open.pop(publication_id, None)
                self._served = None
                raise self._remember_damage(served.snapshot, found) from found

    def _require_proved(self, snapshot: Snapshot) -> None:
        """Compare the files that were here at the start with their SHA-256, once.

        So it is with those that were found damaged later, once others lie in their place.

        A proof that failed is remembered for as long as the same folder lies there.
        """
        publication_id = snapshot.publication_id
        if publication_id not in self._unproved:
            return
        known, error = self._damaged.get(publication_id, (None, None))
        if error and known == _identity(snapshot.folder):
            raise error
        try:
            prove(snapshot)
        except IntegrityError as found:
            raise self._remember_damage(snapshot, found) from found
        self._unproved.discard(publication_id)

    def _remember_damage(self, snapshot: Snapshot, found: IntegrityError) -> StateError:
        """Return what is said of *snapshot* for as long as this very folder lies there."""
        problem = Sentence(
            "is damaged ({found}); activate {publication_id} to fetch it anew",
            found=found,
            publication_id=snapshot.publication_id,
        )
        damaged = StateError(path=str(snapshot.folder), problem=problem)
        self._damaged[snapshot.publication_id] = _identity(snapshot.folder), damaged
        return damaged


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another that takes its place; None between the two."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
