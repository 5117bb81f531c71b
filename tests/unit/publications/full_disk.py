"""A disk that can be filled up: a small one of its own where the system lets us mount it."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = "No space left on device|File too large|disk is full"
READ_ONLY = f"Read-only file system|readonly database|{FULL}"


class Disk:
    """A folder whose disk takes no more bytes after ``fill``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Write to the disk until it is full."""
        with (self.folder / "filler").open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def empty(self) -> None:
        """Make room again."""
        self._mount_again("rw")
        (self.folder / "filler").unlink(missing_ok=True)

    def protect(self) -> None:
        """Take no writes at all, as a file system does that has seen an error."""
        self._mount_again("ro")

    def _mount_again(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)


class LimitedDisk(Disk):
    """Stands in where nothing can be mounted: the system refuses this process's writes."""

    def fill(self) -> None:
        """Allow no file to grow."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def protect(self) -> None:
        """Allow no file to grow, which is as near as it comes."""
        self.fill()

    def empty(self) -> None:
        """Allow files to grow."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(tmp_path: Path, *, size_bytes: int = 8_000_000) -> Iterator[Disk]:
    """Provide a disk for the block."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and not subprocess.run(["mount", *options], check=False).returncode
    disk = Disk(folder) if mounted else LimitedDisk(folder)
    try:
        yield disk
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)
        else:
            disk.empty()
