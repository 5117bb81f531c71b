"""Attempts to change what is served: allowed, one at a time, each with a line in the audit log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from datalayer.access.audit import AuditLog, Detail
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import CallerError, PortalError, RefreshInProgress, StateError
from datalayer.publications.active import Activation
from datalayer.publications.refresh_lock import LockHolder, RefreshLock

MOST_LOOKED_AT = 1000

_log = structlog.get_logger()


@dataclass
class Attempt:
    """What is known of an attempt, so that it can be recorded however it ends.

    Attributes:
        publication_id: The publication it is about, as soon as that is known.
        switched: Another publication has become active.
        recorded: Its end stands in the audit log.
    """

    identity: Identity
    action: str
    publication_id: str | None
    began: float
    switched: bool = False
    recorded: bool = False

    @property
    def duration_s(self) -> float:
        """Seconds since it began."""
        return round(time.monotonic() - self.began, 3)


class Attempts:
    """Lets one attempt at a time happen and records every one of them."""

    def __init__(
        self,
        lock: RefreshLock,
        audit: AuditLog,
        active: Callable[[], Activation | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._lock = lock
        self._audit = audit
        self._active = active
        self._clock = clock

    @contextmanager
    def attempt(
        self, identity: Identity, action: str, publication_id: str | None
    ) -> Iterator[Attempt]:
        """Hold the lock in the block. A failure of the block is recorded, a success is not.

        Raises:
            NotAllowed: *identity* is no administrator.
            RefreshInProgress: Another attempt is running.
            StateError: The audit log can't be written.
        """
        attempt = Attempt(identity, action, publication_id, time.monotonic())
        try:
            identity.require(Role.ADMIN, action.replace("_", " "))
            with self._lock.held(self._holder(identity, action)) as killed:
                self._record_killed(killed)
                # Better not done than done without a record.
                self._audit.require_writable()
                yield attempt
        except PortalError as error:
            outcome = "refused" if isinstance(error, CallerError) else "rejected"
            self._record_failure(attempt, outcome, error)
            raise
        except BaseException as error:
            self._record_failure(attempt, "interrupted", error)
            raise

    def record(self, attempt: Attempt, outcome: str, **details: Detail) -> None:
        """Record how *attempt* ended.

        Raises:
            StateError: The audit log can't be written.
        """
        self._audit.record(
            attempt.identity, attempt.action, outcome, attempt.publication_id, **details
        )
        attempt.recorded = True
        _log.info(
            f"refresh.{outcome}", action=attempt.action, publication_id=attempt.publication_id
        )

    def recover(self) -> None:
        """Record what a killed process could not; does nothing while an attempt is running.

        Raises:
            StateError: The state folder can't be used.
        """
        try:
            with self._lock.held(self._holder(Identity("start", Role.ADMIN), "recover")) as killed:
                self._record_killed(killed)
        except RefreshInProgress:
            return

    def _holder(self, identity: Identity, action: str) -> LockHolder:
        return LockHolder(identity.name, action, self._clock().isoformat(timespec="milliseconds"))

    def _record_failure(self, attempt: Attempt, outcome: str, error: BaseException) -> None:
        if attempt.recorded:
            return
        if attempt.switched:
            outcome = "activated"
        reason = str(error) or type(error).__name__
        try:
            self.record(attempt, outcome, reason=reason, seconds=attempt.duration_s)
        except StateError as lost:
            # The caller hears of the error that came first; this one is for the operator.
            _log.error("audit.lost", outcome=outcome, reason=reason, problem=str(lost))

    def _record_killed(self, killed: LockHolder | None) -> None:
        if killed is None:
            return
        switch = self._switch_since(killed.started_at)
        if switch and self._is_recorded(switch):
            return
        attempt = Attempt(
            Identity(killed.actor, Role.ADMIN),
            killed.action,
            switch.publication_id if switch else None,
            time.monotonic(),
        )
        reason = f"the process that began at {killed.started_at} was killed"
        self.record(attempt, "activated" if switch else "interrupted", reason=reason)

    def _switch_since(self, started_at: str) -> Activation | None:
        switch = self._active()
        try:
            began = datetime.fromisoformat(started_at)
        except ValueError:
            return None
        return switch if switch and switch.activated_at >= began else None

    def _is_recorded(self, switch: Activation) -> bool:
        return any(
            entry.outcome == "activated"
            and entry.publication_id == switch.publication_id
            and entry.at is not None
            and entry.at >= switch.activated_at
            for entry in self._audit.entries(MOST_LOOKED_AT)
        )
