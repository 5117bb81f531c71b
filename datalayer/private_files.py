"""Small files that only their owner may read, replaced whole under a lock between processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datalayer.errors import StateError
from datalayer.storage.durable import write_durably

_OWNER_ONLY = 0o600


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file *path*, which is made if missing, against every other holder.

    Raises:
        StateError: The folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    except OSError as error:
        raise StateError(str(path), f"can't be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closing alone would leave the lock with a child that was forked meanwhile.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def read_private(path: Path) -> str:
    """Return the text of *path*, first taking from others the right to read it."""
    if path.stat().st_mode & 0o077:
        path.chmod(_OWNER_ONLY)
    return path.read_text(encoding="utf-8")


def write_private(path: Path, content: str) -> None:
    """Replace *path* by *content*: readers and a crash see the old text or the new, whole.

    Raises:
        StateError: The disk refused.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, content.encode(), mode=_OWNER_ONLY)
    except OSError as error:
        raise StateError(str(path), f"can't be written: {error.strerror}") from error
