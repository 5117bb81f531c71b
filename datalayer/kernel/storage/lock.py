"""Locks on files, held against other threads and processes; the system frees a dead holder's."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datalayer.kernel.errors import StateUnavailable
from datalayer.kernel.sentences import Sentence


@contextmanager
def lock_file(
    path: Path, *, wait: bool = True, mode: int = 0o600, to_write: bool = True
) -> Iterator[int]:
    """Hold the lock file *path* in the block; yields its descriptor.

    It is made if missing, with these permissions, and its folder too. Who holds it for long opens
    it not *to_write*: while a file is open for that, its disk can't be made read-only.

    Raises:
        StateUnavailable: The file can't be opened or made.
        BlockingIOError: Somebody else holds it, and *wait* is false.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, (os.O_RDWR if to_write else os.O_RDONLY) | os.O_CREAT, mode)
    except OSError as error:
        raise StateUnavailable(
            path=str(path), problem=Sentence("can't be opened: {reason}", reason=error.strerror)
        ) from error
    try:
        with lock_descriptor(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)):
            yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def lock_descriptor(descriptor: int, operation: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock on an open file in the block: ``LOCK_EX`` or ``LOCK_SH`` of fcntl.

    Raises:
        BlockingIOError: Somebody else holds it, and *operation* has ``LOCK_NB``.
    """
    fcntl.flock(descriptor, operation)
    try:
        yield
    finally:
        # Closing alone would leave the lock with a child that was forked meanwhile.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
