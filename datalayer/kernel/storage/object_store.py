"""What an object store does, and the store that is a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from datalayer.kernel.errors import (
    InvalidSelection,
    ObjectExists,
    ObjectMissing,
    ObjectTooLarge,
    StoreDenied,
    StoreError,
)
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import open_durably

ReportBytes = Callable[[int], None]

CHUNK_BYTES = 1024 * 1024

WRITE_CHECK_KEY = ".farol-write-check"
"""No publication's id begins with a dot, so no object under this key can be part of one."""


class ObjectStore(Protocol):
    """A flat space of immutable objects under keys with ``/`` between parts.

    Every method raises ``StoreError`` when the store is unreachable or too slow,
    ``StoreDenied`` when it refuses the credentials, and ``InvalidSelection`` for a key that
    is not a plain relative path. A store says how an object comes in chunks; reading and
    downloading follow from that.
    """

    @property
    def address(self) -> str:
        """Where the store is, fit to be shown: no credentials."""

    def chunks(self, key: str) -> Generator[bytes]:
        """Yield an object in chunks of about ``CHUNK_BYTES``.

        Raises:
            ObjectMissing: There is none.
        """

    def read(self, key: str, *, limit_bytes: int) -> bytes:
        """Return a small object whole.

        Raises:
            ObjectMissing: There is none.
            ObjectTooLarge: It is longer than *limit_bytes*; no more than that is read.
        """
        with closing(self.chunks(key)) as chunks:
            return b"".join(_within_limit(chunks, self.address, key, limit_bytes))

    def download(self, key: str, target: Path, *, limit_bytes: int, report: ReportBytes) -> None:
        """Write an object to the file *target*, telling *report* the bytes of each chunk.

        Raises:
            ObjectMissing, ObjectTooLarge: As for ``read``.
            OSError: The local disk refused (full, read-only).
        """
        with closing(self.chunks(key)) as chunks, target.open("wb") as file:
            for chunk in _within_limit(chunks, self.address, key, limit_bytes):
                file.write(chunk)
                report(len(chunk))

    def upload(self, source: Path, key: str, *, report: ReportBytes) -> None:
        """Store the file *source* under *key*; readers see all of it or none.

        Raises:
            OSError: *source* can't be read.
        """

    def write(self, key: str, content: bytes, *, must_be_new: bool = False) -> None:
        """Store *content* under *key*; readers see all of it or none.

        Raises:
            ObjectExists: *must_be_new* and there is such an object.
        """

    def try_write(self) -> bool | None:
        """Try to write ``WRITE_CHECK_KEY``, and remove it again; return whether it was taken.

        None where writing is no question of the store's credentials.
        """


class FolderStore(ObjectStore):
    """Objects are files under *root*; the folder is made with the first write.

    A key never leads outside *root*, whether by its text or through a symbolic link.
    """

    def __init__(self, root: Path, address: str | None = None) -> None:
        self._root = root
        self._address = str(root) if address is None else address

    @property
    def address(self) -> str:
        """What the folder is called in sentences: itself, unless it was given another name."""
        return self._address

    def chunks(self, key: str) -> Generator[bytes]:
        """Yield the content of a file; see ``ObjectStore.chunks``."""
        with self._explain(key):
            source = self._path(key).open("rb")
        with source:
            # Only the reading is explained: an error of whoever takes the chunks is their own.
            while True:
                with self._explain(key):
                    chunk = source.read(CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

    def upload(self, source: Path, key: str, *, report: ReportBytes) -> None:
        """Copy the file *source* to *key*; see ``ObjectStore.upload``."""
        with source.open("rb") as reading, self._open_to_write(key, must_be_new=False) as file:
            while chunk := reading.read(CHUNK_BYTES):
                file.write(chunk)
                report(len(chunk))

    def write(self, key: str, content: bytes, *, must_be_new: bool = False) -> None:
        """Store *content* under *key*; see ``ObjectStore.write``."""
        with self._open_to_write(key, must_be_new=must_be_new) as file:
            file.write(content)

    def try_write(self) -> None:
        """Try nothing: one user may well publish to a folder and serve from it.

        Who may write to a folder is a matter of its permissions, or of a mount that can only be
        read; it has no credentials that could be narrower.
        """

    def _path(self, key: str) -> Path:
        path = self._root / check_key(key)
        # Unlike Path.resolve, realpath answers for a loop of links too.
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._root)):
            raise InvalidSelection(
                parameter="key",
                found=repr(key),
                expected=Sentence("inside {address}, not a link out of it", address=self.address),
            )
        return path

    @contextmanager
    def _open_to_write(self, key: str, *, must_be_new: bool) -> Iterator[BinaryIO]:
        with self._explain(key):
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open_durably(path, must_be_new=must_be_new) as file:
                    yield file
            except FileExistsError as error:
                raise ObjectExists(address=self.address, key=key) from error

    @contextmanager
    def _explain(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, IsADirectoryError) as error:
            raise ObjectMissing(address=self.address, key=key) from error
        except PermissionError as error:
            raise StoreDenied(address=self.address, key=key, reason=error.strerror) from error
        except OSError as error:
            raise StoreError(
                address=self.address,
                problem=Sentence("failed at {key}: {reason}", key=key, reason=error.strerror),
            ) from error


def check_key(key: str) -> str:
    """Return *key* if it is a plain relative path.

    Raises:
        InvalidSelection: It is empty or absolute, or has an empty part, ``.``, ``..``, a
            backslash or a control character.
    """
    wrong_character = any(character == "\\" or not character.isprintable() for character in key)
    if wrong_character or any(part in {"", ".", ".."} for part in key.split("/")):
        raise InvalidSelection(
            parameter="key",
            found=repr(key),
            expected=Sentence("a relative path without '..', '.' or backslash"),
        )
    return key


def _within_limit(
    chunks: Iterator[bytes], address: str, key: str, limit_bytes: int
) -> Iterator[bytes]:
    """Pass *chunks* on as long as they stay within *limit_bytes* together.

    Raises:
        ObjectTooLarge: They don't; the chunk that went too far is not passed on.
    """
    passed_bytes = 0
    for chunk in chunks:
        passed_bytes += len(chunk)
        if passed_bytes > limit_bytes:
            raise ObjectTooLarge(address=address, key=key, limit_bytes=limit_bytes)
        yield chunk
