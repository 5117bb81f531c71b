"""What is told of jobs, kept where other replicas find it.

A job runs in one process, and whoever asks for it may come to another: a program with a key has no
cookie by which a proxy leads it back. Replicas of one machine share the state folder, those of
several share Redis. A convenience: where nothing can be kept, jobs run all the same.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from datalayer.kernel.errors import StateError
from datalayer.kernel.storage.durable import abandoned, write_durably
from datalayer.kernel.storage.lock import lock_descriptor, lock_file

MOST_KEPT: Final = 100
_JOB_ID: Final = re.compile(r"[0-9a-f]{16}")
_OWNER_ONLY: Final = 0o600

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class JobRecord:
    """What was told last of a job.

    Attributes:
        told: In the words of the API.
        is_running: Whether it had not ended then.
        is_lost: Whether its process is gone and can't tell how it ended.
    """

    told: Mapping[str, Any]
    is_running: bool
    is_lost: bool = False


class SharedRecords(Protocol):
    """Where replicas of several machines find records."""

    def keep(self, job_id: str, content: bytes, *, is_running: bool) -> None:
        """Keep *content*, that of a running job until it is not renewed; it never fails."""

    def find(self, job_id: str) -> bytes | None:
        """Return what is kept of a job; None if nothing is.

        Raises:
            RedisFailed: That can't be known.
        """

    def close(self) -> None:
        """Close its connections."""


class JobRecords:
    """The records in a folder, and in what several machines share.

    Args:
        folder: Of this state folder's replicas; made when the first record is kept.
        shared: None for a portal that shares nothing with other machines.
    """

    def __init__(self, folder: Path, shared: SharedRecords | None) -> None:
        self._folder = folder
        self._shared = shared

    @contextmanager
    def hold(self, job_id: str) -> Iterator[None]:
        """Show in the block that the job's process lives; what is kept last in it stands."""
        path = self._folder / f"{job_id}.lock"
        with ExitStack() as held:
            try:
                held.enter_context(lock_file(path, wait=False))
            except StateError as error:
                _log.warning("job.not_held", problem=str(error))
            yield
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def keep(self, job_id: str, told: Mapping[str, Any], *, is_running: bool) -> None:
        """Keep what is told of a job in place of what was told before."""
        content = json.dumps({"is_running": is_running, "told": told}).encode()
        if self._shared:
            self._shared.keep(job_id, content, is_running=is_running)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._path(job_id), content, mode=_OWNER_ONLY)
            self._drop_oldest()
        except OSError as error:
            _log.warning("job.not_kept", problem=error.strerror or str(error))

    def find(self, job_id: str) -> JobRecord | None:
        """Return what was told last of a job, by whichever replica; None if it is not known.

        Raises:
            RedisFailed: It is not known here, and can't be asked for elsewhere.
        """
        if not _JOB_ID.fullmatch(job_id):
            return None
        # In this order: what is told last is told before the process lets go.
        lives = self._is_held(job_id)
        record = _parse(self._read(job_id))
        if record:
            is_lost = record.is_running and not lives
            return JobRecord(record.told, record.is_running, is_lost)
        return _parse(self._shared.find(job_id)) if self._shared else None

    def close(self) -> None:
        """Close the connections of what is shared."""
        if self._shared:
            self._shared.close()

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"

    def _read(self, job_id: str) -> bytes | None:
        try:
            return self._path(job_id).read_bytes()
        except OSError:
            return None

    def _is_held(self, job_id: str) -> bool:
        try:
            descriptor = os.open(self._folder / f"{job_id}.lock", os.O_RDONLY)
        except OSError:
            return False
        try:
            with lock_descriptor(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB):
                return False
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)

    def _drop_oldest(self) -> None:
        records = sorted(self._folder.glob("*.json"), key=_age, reverse=True)
        for path in records[MOST_KEPT:]:
            path.unlink(missing_ok=True)
            path.with_suffix(".lock").unlink(missing_ok=True)
        for path in abandoned(self._folder):
            path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):  # another process has dropped it
        return path.stat().st_mtime
    return 0.0


def _parse(content: bytes | None) -> JobRecord | None:
    if content is None:
        return None
    try:
        fields = json.loads(content)
        told, is_running = fields["told"], fields["is_running"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("job.unreadable", problem=repr(error))
        return None
    return JobRecord(told, bool(is_running)) if isinstance(told, dict) else None
