"""Files that were made once, on disk for as long as there is room, so that parts can be read.

A convenience: where nothing can be kept, files are made anew each time and given out whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from datalayer.kernel.storage.durable import PARTIAL_SUFFIX, abandoned, open_durably

_OWNER_ONLY = 0o600

_log = structlog.get_logger(__name__)


class SettledFiles:
    """A folder of files by key, the least recently used dropped; processes may share it.

    Args:
        folder: Where they lie; made when the first one is kept.
        room_bytes: Most disk for all of them together; a larger file is never kept.
    """

    def __init__(self, folder: Path, room_bytes: int) -> None:
        self._folder = folder
        self._room_bytes = room_bytes

    def find(self, key: str, size_bytes: int) -> Path | None:
        """Return where the file of *key* lies, which is then the most recently used.

        None if it doesn't, or has another size than *size_bytes*.
        """
        path = self._folder / key
        try:
            if path.stat().st_size != size_bytes:
                return None
            os.utime(path)
        except OSError:
            return None
        return path

    def drop(self, key: str) -> None:
        """Remove the file of *key*, which turned out wrong."""
        with suppress(OSError):
            (self._folder / key).unlink(missing_ok=True)

    def make(self, key: str, chunks: Iterator[bytes]) -> tuple[int, str]:
        """Keep *chunks* under *key* if there is room; return their size and SHA-256 in any case.

        Raises:
            PortalError: From the chunks; nothing is kept.
        """
        content = _Content(chunks)
        try:
            self._keep(key, content)
        except OSError as error:
            if content.is_broken:
                raise
            _log.warning("extract.not_settled", problem=error.strerror or str(error))
        for _ in content.chunks:
            pass
        return content.size_bytes, content.sha256

    def _keep(self, key: str, content: _Content) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_durably(self._folder / key, mode=_OWNER_ONLY) as file:
            for chunk in content.chunks:
                if content.size_bytes > self._room_bytes:
                    raise _TooLarge(f"it takes more than {self._room_bytes:,} bytes")
                file.write(chunk)
            self._make_room(content.size_bytes)

    def _make_room(self, wanted_bytes: int) -> None:
        """Drop what was used least recently until *wanted_bytes* more fit."""
        for path in abandoned(self._folder):
            path.unlink(missing_ok=True)
        files = sorted(self._files())
        free_bytes = self._room_bytes - sum(size_bytes for _, size_bytes, _ in files)
        for _, size_bytes, path in files:
            if free_bytes >= wanted_bytes:
                break
            path.unlink(missing_ok=True)
            free_bytes += size_bytes

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield when each file was last used, its size, and where it lies."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process has just dropped or finished it
                if path.suffix != PARTIAL_SUFFIX:
                    stat = path.stat()
                    yield stat.st_mtime, stat.st_size, path


class _TooLarge(OSError):
    """A file that can't be kept; it is read to its end all the same."""


class _Content:
    """Bytes, counted and hashed as they are taken.

    Attributes:
        chunks: The bytes, once; whoever stops taking them may go on later.
        is_broken: Whether they ended in an error.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = self._count(chunks)
        self.is_broken = False
        self.size_bytes = 0
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of what was taken, in lower-case hexadecimal."""
        return self._hash.hexdigest()

    def _count(self, chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
        try:
            for chunk in chunks:
                self._hash.update(chunk)
                self.size_bytes += len(chunk)
                yield chunk
        except Exception:  # raised again: whoever keeps the bytes must tell it from a full disk
            self.is_broken = True
            raise
