"""Small files that only their owner may read, replaced whole under a lock between processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from datalayer.kernel.errors import StateError
from datalayer.kernel.storage.durable import write_durably

_OWNER_ONLY = 0o600

Content = TypeVar("Content")


class PrivateFile(Generic[Content]):
    """What a private file says, read again only when somebody has replaced it.

    Args:
        path: The file; its lock stands beside it.
        parse: Makes the content of the text; its ValueError, KeyError or TypeError means that
            the file is damaged.
        absent: The content while there is no file.
        remedy: What to do about a damaged file, as the end of a sentence.
    """

    def __init__(
        self, path: Path, parse: Callable[[str], Content], *, absent: Content, remedy: str
    ) -> None:
        self._path = path
        self._parse = parse
        self._absent = absent
        self._remedy = remedy
        self._known: tuple[tuple[int, int, int], Content] | None = None

    def read(self) -> Content:
        """Return what the file says at this moment; costs one ``stat`` while it is the same.

        Raises:
            StateError: The file is damaged or can't be read.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return self._absent
        except OSError as error:
            raise StateError(str(self._path), f"can't be read: {error.strerror}") from error
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        known = self._known
        if known is None or known[0] != version:
            known = self._known = (version, self._parsed())
        return known[1]

    @contextmanager
    def locked(self, *, wait: bool = True) -> Iterator[Content]:
        """Keep every other writer out, and give what the file says meanwhile.

        Raises:
            StateError: The folder can't be written, or the file is damaged.
            BlockingIOError: Somebody else is writing, and *wait* is false.
        """
        with locked(self._path.with_suffix(".lock"), wait=wait):
            yield self.read()

    def write(self, text: str) -> None:
        """Replace the file; to be called under ``locked``.

        Raises:
            StateError: The disk refused.
        """
        write_private(self._path, text)

    def _parsed(self) -> Content:
        try:
            return self._parse(read_private(self._path))
        except OSError as error:
            raise StateError(str(self._path), f"can't be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            problem = f"is damaged ({error}); {self._remedy}"
            raise StateError(str(self._path), problem) from error


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file *path*, which is made if missing, against every other holder.

    Raises:
        StateError: The folder can't be written.
        BlockingIOError: Somebody else holds it, and *wait* is false.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    except OSError as error:
        raise StateError(str(path), f"can't be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
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
