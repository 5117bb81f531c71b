"""The audit log: who did what to which publication, and how it ended; one JSON line each."""

from __future__ import annotations

import fcntl
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from datalayer.errors import StateError
from datalayer.identity import Identity

LONGEST_TEXT = 2000
UNREADABLE = "unreadable"

Detail = str | int | float


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log.

    Attributes:
        at: When it was written, UTC; None where the line can't be read.
        action: What was tried (activate, roll_back, inspect, prune, ...), or ``unreadable``
            for a line that a crash has torn.
        outcome: How it ended (activated, already_current, rejected, refused, ...).
        details: Reason, durations and the like.
    """

    at: datetime | None
    actor: str
    role: str
    action: str
    outcome: str
    publication_id: str | None
    details: Mapping[str, Detail] = field(default_factory=dict)


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


class AuditLog:
    """A file that only grows; safe to write from several threads and processes."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._path = path
        self._clock = clock

    def record(
        self,
        actor: Identity,
        action: str,
        outcome: str,
        publication_id: str | None,
        **details: Detail,
    ) -> None:
        """Append one entry and bring it to the disk.

        Raises:
            StateError: It could not be written; the log is as it was.
        """
        entry = {
            "at": self._clock().isoformat(),
            "actor": actor.name,
            "role": actor.role.value,
            "action": action,
            "outcome": outcome,
            "publication_id": publication_id,
            "details": {name: _short(value) for name, value in details.items()},
        }
        # JSON escapes line ends, so nobody's name or text can forge a second entry.
        line = json.dumps(entry, allow_nan=False).encode() + b"\n"
        with self._explained():
            self._append(line)

    def require_writable(self) -> None:
        """Make sure that an entry can be appended.

        Raises:
            StateError: It can't.
        """
        with self._explained():
            self._append(b"")

    def entries(self, limit: int) -> tuple[AuditEntry, ...]:
        """Return the latest entries, newest first; a torn line is one that says so.

        Raises:
            StateError: The log is there and can't be read.
        """
        with self._explained():
            try:
                with self._path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_SH)
                    lines = deque(file, maxlen=limit)
            except FileNotFoundError:
                return ()
        return tuple(_entry(line) for line in reversed(lines))

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        with open(os.open(self._path, flags, 0o640), "r+b", buffering=0) as file:  # noqa: PTH123
            fcntl.flock(file, fcntl.LOCK_EX)
            size_bytes = os.fstat(file.fileno()).st_size
            torn = size_bytes > 0 and os.pread(file.fileno(), 1, size_bytes - 1) != b"\n"
            try:
                _write_all(file.fileno(), b"\n" + line if torn else line)
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size_bytes)
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(str(self._path), f"can't be used: {error.strerror}") from error


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _short(value: Detail) -> Detail:
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def _entry(line: bytes) -> AuditEntry:
    try:
        fields = json.loads(line)
        return AuditEntry(
            at=datetime.fromisoformat(fields["at"]),
            actor=fields["actor"],
            role=fields["role"],
            action=fields["action"],
            outcome=fields["outcome"],
            publication_id=fields["publication_id"],
            details=fields["details"],
        )
    except (ValueError, KeyError, TypeError):
        text = line.decode(errors="replace").strip()
        return AuditEntry(None, "-", "-", UNREADABLE, UNREADABLE, None, {"line": text[:200]})
