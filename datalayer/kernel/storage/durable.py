"""Files that are there whole or not at all: written beside, synced, then moved into place."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PARTIAL_SUFFIX = ".partial"
_ABANDONED_AFTER_S = 3600.0


@contextmanager
def open_durably(
    target: Path, *, must_be_new: bool = False, mode: int = 0o666
) -> Iterator[BinaryIO]:
    """Open a file beside *target* that becomes *target* once the block ends well.

    Args:
        target: Where the content shall stand; its folder must exist.
        must_be_new: Refuse to replace; of several writers exactly one succeeds.
        mode: Permissions before the process's umask.

    Raises:
        FileExistsError: *must_be_new* and *target* exists.
        OSError: The disk refused; *target* is as it was.
    """
    beside = target.with_name(f".{target.name}.{secrets.token_hex(6)}{PARTIAL_SUFFIX}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no Path
            yield file
            file.flush()
            os.fsync(file.fileno())
        if must_be_new:
            # A link fails where the name is taken, atomically; a rename would replace silently.
            target.hardlink_to(beside)
        else:
            beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(target.parent)


def write_durably(target: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Make *content* the whole of the file *target*; see ``open_durably``."""
    with open_durably(target, mode=mode) as file:
        file.write(content)


def abandoned(folder: Path) -> Iterator[Path]:
    """Yield the files that killed processes left beside their targets in *folder*.

    That nobody wrote to them for an hour tells them from those that another process is writing.
    """
    before = time.time() - _ABANDONED_AFTER_S
    for path in folder.glob(f".*{PARTIAL_SUFFIX}"):
        with suppress(FileNotFoundError):  # whole by now, and in its place
            if path.stat().st_mtime < before:
                yield path


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk, so that a move survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
