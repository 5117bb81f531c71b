"""The readers of the kept publications: made when asked for, following the active one."""

from __future__ import annotations

import structlog

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import NothingPublished, PortalError
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.reading.cache.result_cache import ResultCache
from datalayer.reading.database import Database
from datalayer.reading.reader import Reader

_log = structlog.get_logger(__name__)


class Shelf:
    """Hands out readers; safe to call from any thread.

    Attributes:
        problem: Why the publication served is not the active one; empty while it is.
    """

    def __init__(
        self,
        snapshots: SnapshotStore,
        database: Database,
        registry: Registry,
        cache: ResultCache,
    ) -> None:
        self.problem = ""
        self._snapshots = snapshots
        self._database = database
        self._registry = registry
        self._cache = cache
        self._readers: dict[str, Reader] = {}
        self._served: Reader | None = None

    def active(self) -> Reader:
        """Return a reader of the active publication, whoever made it active.

        If that one can't be served by this process, the one served before goes on serving.

        Raises:
            NothingPublished: None is active.
            PortalError: The active one can't be served and none was served before.
        """
        try:
            publication_id = self._snapshots.active_id()
            if publication_id is None:
                raise NothingPublished
            reader = self.kept(publication_id)
        except PortalError as error:
            return self._served_before(error)
        self.problem = ""
        if reader is not self._served:
            self._served = reader
            # Another process may have switched, and pruned what this one still has open.
            self.forget_removed()
        return reader

    def kept(self, publication_id: str) -> Reader:
        """Return a reader of a kept publication.

        Raises:
            UnknownPublication: It is not kept here.
            PublicationError: It does not fit the registry.
        """
        snapshot = self._snapshots.get(publication_id)
        reader = self._readers.get(publication_id)
        if reader is None or reader.snapshot is not snapshot:
            self._database.attach(snapshot)
            reader = Reader(snapshot, self._registry, database=self._database, cache=self._cache)
            self._readers[publication_id] = reader
        return reader

    def forget_removed(self) -> None:
        """Let go of publications that are not kept any more."""
        kept = {snapshot.publication_id for snapshot in self._snapshots.kept()}
        for publication_id in set(self._database.attached()) - kept:
            self._readers.pop(publication_id, None)
            self._database.detach(publication_id)

    def _served_before(self, error: PortalError) -> Reader:
        if self._served is None:
            raise error
        if str(error) != self.problem:
            self.problem = str(error)
            _log.error("shelf.active_not_served", problem=self.problem)
        return self._served
