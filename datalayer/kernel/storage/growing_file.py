"""A file of lines that only grows, written by several threads and processes at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from datalayer.kernel.errors import StateUnavailable
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import sync_folder
from datalayer.kernel.storage.lock import lock_descriptor


class GrowingFile:
    """Lines are appended whole, or not at all, under a lock on the file itself.

    Args:
        path: The file; made with the first line.
        mode: Its permissions before the process's umask.
    """

    def __init__(self, path: Path, *, mode: int = 0o640) -> None:
        self.path = path
        self._mode = mode

    @contextmanager
    def open_whole(self) -> Iterator[tuple[BinaryIO, int]]:
        """Give the file to read, and how long it is once nobody is in the middle of a line.

        Raises:
            StateUnavailable: It is there and can't be read.
        """
        with (
            self._translate_errors(),
            # Without a line there is no file yet, which reads like an empty one.
            (self.path if self.path.exists() else Path(os.devnull)).open("rb") as file,
        ):
            # What is appended from here on lies behind; writers need not wait for the reader.
            with lock_descriptor(file.fileno(), fcntl.LOCK_SH):
                size_bytes = os.fstat(file.fileno()).st_size
            yield file, size_bytes

    @contextmanager
    def open_to_append(self) -> Iterator[tuple[FileIO, int]]:
        """Give the file to append to, kept from all others, and how long it is.

        Raises:
            StateUnavailable: It can't be made or written.
        """
        with self._translate_errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            descriptor = os.open(self.path, flags, self._mode)
            with open(descriptor, "r+b", buffering=0) as file, lock_descriptor(descriptor):  # noqa: PTH123
                yield file, os.fstat(descriptor).st_size

    def append(self, file: FileIO, size_bytes: int, line: bytes) -> None:
        """Bring *line* and its end to the disk, or nothing at all.

        A line that a crash has torn is ended first, and stays.

        Args:
            file: As ``open_to_append`` gave it.
            size_bytes: Likewise.
            line: Without its end; an empty one only tries whether the file can be written.

        Raises:
            OSError: The disk refused; the file is as it was.
        """
        torn = size_bytes > 0 and os.pread(file.fileno(), 1, size_bytes - 1) != b"\n"
        content = line and line + b"\n"
        try:
            content = b"\n" + content if torn else content
            while content:
                content = content[os.write(file.fileno(), content) :]
            os.fsync(file.fileno())
            if size_bytes == 0:
                sync_folder(self.path.parent)
        except OSError:
            file.truncate(size_bytes)
            raise

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateUnavailable(
                path=str(self.path),
                problem=Sentence("can't be used: {reason}", reason=error.strerror),
            ) from error
