"""Small files that only their owner may read, replaced whole under a lock between processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from datalayer.kernel.errors import StateError, StateUnavailable
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import write_durably
from datalayer.kernel.storage.lock import lock_file

_OWNER_ONLY = 0o600

Content = TypeVar("Content")


class PrivateFile(Generic[Content]):
    """What a private file says, read again only when somebody has replaced it.

    Args:
        path: The file; its lock stands beside it.
        parse: Makes the content of the text; its ValueError, KeyError, TypeError or
            AttributeError means that the file is damaged.
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

        The content is shared by all who read it: it must not be changed.

        Raises:
            StateError: The file is damaged or can't be read.
        """
        try:
            stat = self._path.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            known = self._known
            if known is None or known[0] != version:
                # Others lose the right to read it before its secrets are in use.
                if stat.st_mode & 0o077:
                    self._path.chmod(_OWNER_ONLY)
                known = self._known = (version, self._parse_text())
        except FileNotFoundError:
            return self._absent
        except OSError as error:
            raise StateUnavailable(
                path=str(self._path),
                problem=Sentence("can't be read: {reason}", reason=error.strerror),
            ) from error
        return known[1]

    @contextmanager
    def lock(self, *, wait: bool = True) -> Iterator[Content]:
        """Keep every other writer out, and give what the file says meanwhile.

        Raises:
            StateError: The folder can't be written, or the file is damaged.
            BlockingIOError: Somebody else is writing, and *wait* is false.
        """
        with lock_file(self._path.with_suffix(".lock"), wait=wait):
            yield self.read()

    def write(self, text: str) -> None:
        """Replace the file; to be called under ``lock``.

        Readers and a crash see the old text or the new, whole.

        Raises:
            StateError: The disk refused.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, text.encode(), mode=_OWNER_ONLY)
        except OSError as error:
            raise StateUnavailable(
                path=str(self._path),
                problem=Sentence("can't be written: {reason}", reason=error.strerror),
            ) from error

    def _parse_text(self) -> Content:
        text = self._path.read_bytes()
        try:
            return self._parse(text.decode())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problem = Sentence(
                "is damaged ({error}); {remedy}", error=str(error), remedy=self._remedy
            )
            raise StateError(path=str(self._path), problem=problem) from error
