"""Attempts to change what is served: allowed, one at a time, each with a line in the audit log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from datalayer.access.audit.log import AuditLog, Detail
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import (
    CallerError,
    PortalError,
    PublicationError,
    RefreshInProgress,
    StateError,
    StateUnavailable,
)
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.lock import lock_file
from datalayer.publications.active import Activation
from datalayer.publications.snapshot_store import SnapshotStore

MOST_LOOKED_AT = 1000

_log = structlog.get_logger()


@dataclass
class Attempt:
    """What is known of an attempt, so that it can be recorded however it ends.

    Attributes:
        publication_id: The publication it is about, as soon as that is known.
        before: The switch that had been made when it began.
        confirmed: What a person confirmed: what it takes away, and what stood out.
        details: What is recorded of it though it fails.
        announced_at: When another replica made the switch that is followed; None for one's own.
        switched: Another publication has become active.
        recorded: Its end stands in the audit log.
    """

    identity: Identity
    action: str
    publication_id: str | None
    began: float = field(default_factory=time.monotonic)
    before: Activation | None = None
    confirmed: tuple[str, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)
    announced_at: datetime | None = None
    switched: bool = False
    recorded: bool = False

    @property
    def duration_s(self) -> float:
        """Seconds since it began."""
        return round(time.monotonic() - self.began, 3)


class Attempts:
    """Lets one attempt at a time happen and records every one of them.

    Args:
        snapshots: What the attempts change, under its lock.
        audit: Where they are recorded.
    """

    def __init__(self, snapshots: SnapshotStore, audit: AuditLog) -> None:
        self._snapshots = snapshots
        self._audit = audit

    @contextmanager
    def begin(
        self,
        identity: Identity,
        action: str,
        publication_id: str | None = None,
        *,
        wait: bool = False,
    ) -> Iterator[Attempt]:
        """Hold the lock in the block. A failure of the block is recorded, a success is not.

        With *wait* it waits for another attempt that is running.

        Raises:
            NotAllowed: *identity* is no administrator.
            RefreshInProgress: Another attempt is running, and *wait* is false.
            StateError: The audit log can't be written.
        """
        attempt = Attempt(identity, action, publication_id)
        with self._recording(attempt), self.lock(identity, action, wait=wait):
            # Better not done than done without a record.
            self._audit.require_writable()
            yield attempt

    @contextmanager
    def begin_switch(
        self, identity: Identity, action: str, publication_id: str | None = None
    ) -> Iterator[Attempt]:
        """As ``begin``, for an attempt that brings nothing in and only switches.

        It goes on beside one that is bringing a publication in and has yet to switch to it.
        """
        attempt = Attempt(identity, action, publication_id)
        path, holder = self._snapshots.switch_lock_path, self._holder(identity, action)
        with self._recording(attempt), self._hold(path, holder):
            self._audit.require_writable()
            yield attempt

    @contextmanager
    def lock(self, identity: Identity, action: str, *, wait: bool = False) -> Iterator[None]:
        """Hold the lock in the block, after recording what a killed process could not.

        Raises:
            RefreshInProgress: Another attempt is running, and *wait* is false.
            StateError: The state folder can't be used.
        """
        holder = self._holder(identity, action)
        with self._hold(self._snapshots.lock_path, holder, wait=wait):
            yield

    @contextmanager
    def switching(self, *, wait: bool = True) -> Iterator[None]:
        """Hold what only one may do at a time: change which snapshots are kept and served.

        Whoever holds the lock takes this one for the short while that the change takes.

        Raises:
            RefreshInProgress: Another attempt is switching, and *wait* is false.
            StateError: The state folder can't be used.
        """
        # Named already in the lock of refreshes, so that a killed one is recorded once.
        with self._hold(self._snapshots.switch_lock_path, None, wait=wait):
            yield

    def last_switch(self) -> Activation | None:
        """Return the last switch as the audit log tells it, to a publication that is kept.

        Its number is not told there: that is 0, which any switch that is announced comes after.

        Raises:
            StateUnavailable: The audit log can't be read.
        """
        kept = set(self._snapshots.kept_ids())
        switches = [
            entry
            for entry in self._audit.entries(MOST_LOOKED_AT)
            if entry.outcome == "activated" and entry.publication_id in kept and entry.at
        ]
        if not switches:
            return None
        latest = switches[0]
        active, *previous = dict.fromkeys(str(entry.publication_id) for entry in switches)
        return Activation(
            active, latest.at or self._snapshots.clock(), latest.actor, tuple(previous)
        )

    @contextmanager
    def _recording(self, attempt: Attempt) -> Iterator[None]:
        """Let administrators do what the block does, and record its failure."""
        try:
            attempt.identity.require(Role.ADMIN, attempt.action.replace("_", " "))
            yield
        except BaseException as error:
            self._record_failure(attempt, error)
            raise

    @contextmanager
    def _hold(self, path: Path, holder: LockHolder | None, *, wait: bool = False) -> Iterator[None]:
        with refresh_lock(path, holder, wait=wait) as killed:
            if killed:
                self._record_killed(killed)
            yield

    def _holder(self, identity: Identity, action: str) -> LockHolder:
        since = self._snapshots.clock().isoformat(timespec="milliseconds")
        return LockHolder(identity.name, action, since)

    def note(self, attempt: Attempt, outcome: str) -> None:
        """Record how far *attempt* has come, which goes on.

        Raises:
            StateError: The audit log can't be written.
        """
        self._audit.record(
            attempt.identity, attempt.action, outcome, attempt.publication_id, **attempt.details
        )

    def record(self, attempt: Attempt, outcome: str, **details: Detail) -> None:
        """Record how *attempt* ended.

        Raises:
            StateError: The audit log can't be written.
        """
        action, publication_id = attempt.action, attempt.publication_id
        self._audit.record(attempt.identity, action, outcome, publication_id, **details)
        attempt.recorded = True
        _log.info(f"refresh.{outcome}", action=action, publication_id=publication_id)

    def _record_failure(self, attempt: Attempt, error: BaseException) -> None:
        if attempt.recorded:
            return
        if attempt.publication_id is None and isinstance(error, PublicationError):
            attempt.publication_id = error.publication_id
        outcome = "rejected" if isinstance(error, PortalError) else "interrupted"
        if attempt.switched:
            outcome = "activated"
        elif isinstance(error, CallerError):
            outcome = "refused"
        reason = str(error) or type(error).__name__
        try:
            told = {**attempt.details, "reason": reason, "seconds": attempt.duration_s}
            self.record(attempt, outcome, **told)
        except StateError as lost:
            # The caller hears of the error that came first; this one is for the operator.
            _log.error("audit.lost", outcome=outcome, reason=reason, problem=str(lost))

    def _record_killed(self, killed: LockHolder) -> None:
        switch = self._switch_since(killed.started_at)
        if switch and any(
            entry.outcome == "activated"
            and entry.publication_id == switch.publication_id
            and entry.at is not None
            and entry.at >= switch.activated_at
            for entry in self._audit.entries(MOST_LOOKED_AT)
        ):
            return
        publication_id = switch.publication_id if switch else None
        attempt = Attempt(Identity(killed.actor, Role.ADMIN), killed.action, publication_id)
        reason = Sentence(
            "the process that began at {started_at} was killed", started_at=killed.started_at
        )
        self.record(attempt, "activated" if switch else "interrupted", reason=reason)

    def _switch_since(self, started_at: str) -> Activation | None:
        switch = self._snapshots.active()
        try:
            began = datetime.fromisoformat(started_at)
        except ValueError:
            return None
        return switch if switch and switch.activated_at >= began else None


@dataclass(frozen=True)
class LockHolder:
    """Who holds the lock.

    Attributes:
        started_at: ISO 8601, UTC.
    """

    actor: str
    action: str
    started_at: str


@contextmanager
def refresh_lock(
    path: Path, holder: LockHolder | None, *, wait: bool = False
) -> Iterator[LockHolder | None]:
    """Hold the lock file *path* in the block, against other threads and processes.

    The file names the holder, if it is given, and one that ends well empties it. So a name that
    is found there is of a refresh that was killed; it is yielded, else None.

    Raises:
        RefreshInProgress: Another holds it, and *wait* is false; says who and since when.
        StateError: The lock file can't be used.
    """
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(lock_file(path, wait=wait, mode=0o644))
        except BlockingIOError as error:
            present = _read_holder(path) or LockHolder(
                Sentence("another process"), "", Sentence("this moment")
            )
            raise RefreshInProgress(actor=present.actor, started_at=present.started_at) from error
        killed = _read_holder(path)
        try:
            os.ftruncate(descriptor, 0)
            if holder:
                os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        except OSError as error:
            raise StateUnavailable(
                path=str(path),
                problem=Sentence("can't be written: {reason}", reason=error.strerror),
            ) from error
        stack.callback(os.ftruncate, descriptor, 0)
        yield killed


def _read_holder(path: Path) -> LockHolder | None:
    content = path.read_bytes()
    try:
        return LockHolder(**json.loads(content)) if content else None
    except (ValueError, TypeError):
        return LockHolder(Sentence("unknown"), "unknown", Sentence("an unknown time"))
