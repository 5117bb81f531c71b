"""Refreshes in the background: begun by page or API, which then ask how far they are.

A job runs in a thread of its own, so that neither a page that is left nor a connection that is
cut stops it. That one runs at a time is kept by the lock that the work itself takes.
"""

from __future__ import annotations

import secrets
import statistics
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event, Lock, Thread
from typing import Final

import structlog

from datalayer.access.audit.log import AuditEntry
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import PortalError, UnexpectedFailure, UnknownJob
from datalayer.kernel.progress import Progress, PublicationFound, ReportProgress, Step

MOST_REMEMBERED: Final = 100
MOST_LOOKED_AT: Final = 1000

_log = structlog.get_logger(__name__)

Work = Callable[[ReportProgress], object]


class JobStatus(StrEnum):
    """How far a job is. None is ever queued: while one runs, another is refused."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefreshJob:
    """An inspection, activation, roll-back or pruning under way, or how it ended.

    Its methods may be called from any thread.

    Attributes:
        job_id: Names it; can't be guessed.
        action: What is done, in the words of the audit log.
        actor: Who began it.
        started_at: When, UTC.
        ended_at: When it ended, UTC; None while it runs.
    """

    def __init__(self, action: str, actor: Identity, clock: Callable[[], datetime]) -> None:
        self.job_id = secrets.token_hex(8)
        self.action = action
        self.actor = actor.name
        self.started_at = clock()
        self._clock = clock
        self._latest: dict[Step, Progress] = {}
        self._lock = Lock()
        self._begun = Event()
        self._found = Event()
        self.ended_at: datetime | None = None
        self._outcome: Future[object] = Future()

    @property
    def status(self) -> JobStatus:
        """Whether it runs, or how it ended."""
        if not self._outcome.done():
            return JobStatus.RUNNING
        return JobStatus.FAILED if self._outcome.exception() else JobStatus.SUCCEEDED

    @property
    def publication(self) -> PublicationFound | None:
        """The publication that it is about; None until that is known."""
        begin = self.latest().get(Step.BEGIN)
        return begin if isinstance(begin, PublicationFound) else None

    @property
    def problem(self) -> PortalError | None:
        """Why it failed; None while it runs and when it did not."""
        error = self._outcome.exception() if self._outcome.done() else None
        return error if isinstance(error, PortalError) else None

    def latest(self) -> Mapping[Step, Progress]:
        """Return the latest report of each step so far, in the order in which they began."""
        with self._lock:
            return dict(self._latest)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it has ended, *timeout_s* at most; return True if it has."""
        return bool(wait([self._outcome], timeout=timeout_s).done)

    def wait_for_publication(self, timeout_s: float) -> None:
        """Wait until it is known what it is about or it has ended, *timeout_s* at most."""
        self._found.wait(timeout_s)

    def outcome(self) -> object:
        """Return what the work returned, waiting for it.

        Raises:
            PortalError: What the work raised; ``UnexpectedFailure`` for what nobody foresaw.
        """
        return self._outcome.result()

    def begin(self, work: Work) -> None:
        """Begin *work* and return once it has reported for the first time or has ended.

        What refuses it before it could report anything is raised here.
        """
        Thread(target=self._do, args=(work,), name=f"refresh-{self.job_id}").start()
        self._begun.wait()
        if not self.latest() and self.problem:
            raise self.problem

    def _do(self, work: Work) -> None:
        try:
            returned, failure = work(self._report), None
        except PortalError as error:
            returned, failure = None, error
        except Exception:  # noqa: BLE001 - the edge of a thread: the log gets it, users a reference
            failure = UnexpectedFailure(reference=secrets.token_hex(4))
            _log.exception("refresh_job.failed", reference=failure.reference, action=self.action)
            returned = None
        self.ended_at = self._clock()
        if failure:
            self._outcome.set_exception(failure)
        else:
            self._outcome.set_result(returned)
        self._begun.set()
        self._found.set()

    def _report(self, progress: Progress) -> None:
        with self._lock:
            self._latest[progress.step] = progress
        self._begun.set()
        if isinstance(progress, PublicationFound):
            self._found.set()


class RefreshJobs:
    """Begins jobs and remembers the latest of them.

    Args:
        audit_entries: Returns so many of the latest entries of the audit log, newest first.
        clock: The present moment, UTC.
    """

    def __init__(
        self,
        audit_entries: Callable[[int], Iterable[AuditEntry]],
        clock: Callable[[], datetime],
    ) -> None:
        self._audit_entries = audit_entries
        self._clock = clock
        self._jobs: OrderedDict[str, RefreshJob] = OrderedDict()
        self._lock = Lock()

    def start(self, action: str, identity: Identity, work: Work) -> RefreshJob:
        """Begin *work* and return its job as soon as the work has reported for the first time.

        Args:
            action: What is done, in the words of the audit log.
            identity: Who does it; the work itself checks whether they may.
            work: Does it, reporting to the function that it is given.

        Raises:
            NotAllowed: *identity* is no administrator.
            RefreshInProgress: Another refresh runs, in whatever process.
            PortalError: Anything else that refuses the work before it has begun: what was
                refused is no job.
        """
        job = RefreshJob(action, identity, self._clock)
        job.begin(work)
        self._remember(job)
        return job

    def get(self, job_id: str, identity: Identity) -> RefreshJob:
        """Return the job of that id.

        Raises:
            NotAllowed: *identity* is no administrator.
            UnknownJob: It is not remembered.
        """
        identity.require(Role.ADMIN, "look at a refresh")
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise UnknownJob(job_id=job_id[:80])
        return job

    def latest(self) -> tuple[RefreshJob, ...]:
        """Return the jobs that are remembered, newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def running(self) -> RefreshJob | None:
        """Return the job that this process has under way; None without one."""
        return next((job for job in self.latest() if job.status is JobStatus.RUNNING), None)

    def expected_end(self, job: RefreshJob) -> datetime | None:
        """Return when *job* will have ended, going by earlier ones; None if nothing is known.

        That is how long its action took before, by the byte, for so many bytes as it has.
        """
        found = job.publication
        if found is None:
            return None
        measured = [
            (entry.details.get("seconds"), entry.details.get("size_bytes"))
            for entry in self._audit_entries(MOST_LOOKED_AT)
            if (entry.action, entry.outcome) == (job.action, "activated")
        ]
        seconds_per_byte = [
            seconds / size_bytes
            for seconds, size_bytes in measured
            if isinstance(seconds, int | float) and isinstance(size_bytes, int) and size_bytes
        ]
        if not seconds_per_byte:
            return None
        expected_s = statistics.median(seconds_per_byte) * found.size_bytes
        return job.started_at + timedelta(seconds=expected_s)

    def _remember(self, job: RefreshJob) -> None:
        with self._lock:
            self._jobs[job.job_id] = job
            ended = [name for name, each in self._jobs.items() if each.ended_at]
            for name in ended[: max(0, len(self._jobs) - MOST_REMEMBERED)]:
                del self._jobs[name]
