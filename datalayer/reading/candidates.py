"""Reads a candidate without serving it, and tells what activating it would change.

The database that serves can't reach what is only staged. A candidate gets a database of its own,
locked in the same way, which is closed as soon as the effect is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    CandidateUnreadable,
    PortalError,
    PublicationError,
    QueryTooLong,
    ReadFailed,
    UnknownPublication,
)
from datalayer.kernel.progress import ReportProgress, silent
from datalayer.kernel.storage.own_folder import OwnFolder
from datalayer.publications.stages import Candidate, Expected, Snapshot, VerifiedFiles
from datalayer.reading.cache.result_cache import ResultCache
from datalayer.reading.database import Database
from datalayer.reading.effect.computing import effect_of
from datalayer.reading.effect.model import Effect
from datalayer.reading.publication import Publication

_CACHE_BYTES = 4 * 2**20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Judged:
    """A candidate that was checked, with its effect.

    Attributes:
        active_id: What was active then; None for nothing.
        effect: What activating it would change; None where there is nothing to compare it with,
            where it breaks the contract, and where that could not be computed.
        problem: Why it could not be computed.
    """

    candidate: Candidate
    active_id: str | None
    effect: Effect | None = None
    problem: PortalError | None = None

    @property
    def expected(self) -> Expected:
        """What must hold still when it is activated."""
        warnings = self.effect.warnings if self.effect else ()
        return Expected(self.candidate.manifest, self.active_id, warnings)


class Candidates:
    """Opens candidates, one at a time and each for a moment.

    Args:
        registry: The contract.
        spill_folder: What processes share for reads that need more memory.
        memory_limit: Most memory for the reads of a candidate, beside that of what is served.
        query_timeout_s: Longest a read may take.
    """

    def __init__(
        self,
        registry: Registry,
        spill_folder: Path,
        *,
        memory_limit: str,
        query_timeout_s: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._spill_folder = spill_folder
        self._memory_limit = memory_limit
        self._query_timeout_s = query_timeout_s
        self._clock = clock

    def effect(
        self, files: VerifiedFiles, active: Publication, report: ReportProgress = silent
    ) -> tuple[Effect | None, PortalError | None]:
        """Return what activating *files* would change beside *active*.

        Where *active* can't be read, that is the second of the two: it must not keep back what
        would replace it.

        Raises:
            CandidateUnreadable: The candidate went away or was damaged meanwhile.
        """
        candidate_id = files.manifest.publication_id
        try:
            with self.opened(files) as candidate:
                return effect_of(active, candidate, report), None
        except QueryTooLong as error:
            return None, error
        except (ReadFailed, UnknownPublication, PublicationError) as error:
            _log.warning("candidate.effect_unknown", problem=str(error))
            if error.publication_id != candidate_id:
                return None, error
            raise CandidateUnreadable(publication_id=candidate_id, problem=str(error)) from error

    @contextmanager
    def opened(self, files: VerifiedFiles) -> Iterator[Publication]:
        """Have a candidate read in the block, and let go of it after.

        Raises:
            PublicationError, UnknownPublication: It can't be read.
        """
        snapshot = Snapshot(files.manifest, files.folder, self._clock())
        with (
            closing(OwnFolder(self._spill_folder)) as spill,
            closing(self._database(files, spill)) as database,
        ):
            database.attach(snapshot)
            yield Publication(
                snapshot,
                self._registry.of(snapshot.manifest),
                database,
                ResultCache(_CACHE_BYTES),
                self._clock,
            )

    def _database(self, files: VerifiedFiles, spill: OwnFolder) -> Database:
        return Database(
            files.folder.parent,
            self._registry,
            memory_limit=self._memory_limit,
            query_timeout_s=self._query_timeout_s,
            spill_folder=spill.path,
        )
