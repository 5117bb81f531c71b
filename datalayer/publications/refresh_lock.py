"""One refresh at a time, across threads and processes; knows of one that was killed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from datalayer.kernel.errors import RefreshInProgress, StateError


@dataclass(frozen=True)
class LockHolder:
    """Who holds the lock.

    Attributes:
        started_at: ISO 8601, UTC.
    """

    actor: str
    action: str
    started_at: str


class RefreshLock:
    """An exclusive lock on a file that the system releases when its holder dies.

    The file names the holder. A holder that ends well empties it, so a name found by the
    next one belongs to a refresh that was killed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self, holder: LockHolder) -> Iterator[LockHolder | None]:
        """Hold the lock in the block; yields the holder that was killed, or None.

        Raises:
            RefreshInProgress: Another thread or process holds it; says who and since when.
            StateError: The lock file can't be used.
        """
        with self._open() as descriptor:
            if not _locked(descriptor):
                present = _holder(descriptor) or LockHolder("another process", "", "this moment")
                raise RefreshInProgress(present.actor, present.started_at)
            abandoned = _holder(descriptor)
            self._name(descriptor, holder)
            try:
                yield abandoned
            finally:
                os.ftruncate(descriptor, 0)

    @contextmanager
    def idle(self) -> Iterator[bool]:
        """Keep refreshes out for the block; yields False, and keeps nobody out, if one runs."""
        with self._open() as descriptor:
            yield _locked(descriptor)

    @contextmanager
    def _open(self) -> Iterator[int]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StateError(str(self._path), f"can't be opened: {error.strerror}") from error
        try:
            yield descriptor
        finally:
            # Closing alone would leave the lock with a child that was forked meanwhile.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _name(self, descriptor: int, holder: LockHolder) -> None:
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        except OSError as error:
            raise StateError(str(self._path), f"can't be written: {error.strerror}") from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> LockHolder | None:
    content = os.pread(descriptor, 4096, 0)
    try:
        return LockHolder(**json.loads(content)) if content else None
    except (ValueError, TypeError):
        return LockHolder("unknown", "unknown", "an unknown time")
