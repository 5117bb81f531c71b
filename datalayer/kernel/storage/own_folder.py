"""A folder for the temporary files of one process, beside those of other processes.

In containers every process may have the same number, so what is named by that, as DuckDB's
temporary files are, would pass for another replica's.
"""

from __future__ import annotations

import secrets
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

import structlog

from datalayer.kernel.errors import StateError
from datalayer.kernel.storage.lock import lock_file

_log = structlog.get_logger(__name__)


class OwnFolder:
    """``<parent>/<name>``, and ``<name>.lock`` beside it, held for as long as the process lives.

    Making one clears up after processes that were killed. On a disk that takes no lock nothing can
    be written to the folder either, so that is no failure.

    Args:
        parent: What the processes share; made if missing.

    Attributes:
        path: The folder, which is there once somebody makes it.
    """

    def __init__(self, parent: Path) -> None:
        self._held = ExitStack()
        try:
            self._clear_abandoned(parent)
            self.path = self._take(parent)
        except (StateError, OSError) as error:
            _log.warning("own_folder.not_held", problem=str(error))
            self.path = parent / secrets.token_hex(8)

    def close(self) -> None:
        """Remove the folder and let go of it."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            self.path.with_suffix(".lock").unlink(missing_ok=True)
        self._held.close()

    def _take(self, parent: Path) -> Path:
        while True:
            path = parent / secrets.token_hex(8)
            lock = path.with_suffix(".lock")
            try:
                self._held.enter_context(lock_file(lock, wait=False, to_write=False))
            except BlockingIOError:
                continue  # a process that clears up has just taken it for abandoned
            if lock.exists():
                return path
            self._held.close()

    @staticmethod
    def _clear_abandoned(parent: Path) -> None:
        for lock in parent.glob("*.lock"):
            try:
                with lock_file(lock, wait=False):
                    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                    lock.unlink(missing_ok=True)
            except BlockingIOError:
                continue
