"""The audit log: who did what to which publication, and how it ended; one JSON line each."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import structlog

from datalayer.access.audit.chain import ChainCheck, check_chain, digest, lines_backwards, next_link
from datalayer.access.identity import Identity
from datalayer.kernel.clock import utc_now
from datalayer.kernel.progress import Progress, ReportProgress, Step, count_bytes, silent
from datalayer.kernel.sentences import Sentence, recipe, restored
from datalayer.kernel.storage.growing_file import GrowingFile

LONGEST_TEXT = 2000
UNREADABLE = "unreadable"

Detail = str | int | float

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log.

    Attributes:
        at: When it was written, UTC; None where the line can't be read.
        action: What was tried (activate, roll_back, inspect, prune, ...), or ``unreadable``
            for a line that a crash has torn.
        outcome: How it ended (activated, already_current, rejected, refused, ...).
        details: Reason, durations and the like; what was said as a sentence is one.
    """

    at: datetime | None
    actor: str
    role: str
    action: str
    outcome: str
    publication_id: str | None
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class Tally:
    """The lines of one action and outcome.

    Attributes:
        lines: How many there are.
        last_at: When the last one was written, UTC; None where no line tells.
    """

    lines: int = 0
    last_at: datetime | None = None

    def with_line(self, at: datetime | None) -> Tally:
        """Return this with one line more, written *at* that time."""
        return Tally(self.lines + 1, at or self.last_at)


class AuditLog:
    """A file that only grows; safe to write from several threads and processes."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._file = GrowingFile(path)
        self._clock = clock
        self._counted_bytes = 0
        with suppress(OSError):  # without an entry there is no file yet
            self._counted_bytes = path.stat().st_size
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._counting = threading.Lock()

    def record(
        self,
        actor: Identity,
        action: str,
        outcome: str,
        publication_id: str | None,
        **details: Detail,
    ) -> None:
        """Append one entry, tied to the line before it, and bring it to the disk.

        The new line's SHA-256 is logged: against it, a log whose end was cut off shows.

        Raises:
            StateUnavailable: It could not be written; the log is as it was.
        """
        entry = {
            "at": self._clock().isoformat(),
            "actor": actor.name,
            "role": actor.role.value,
            "action": action,
            "outcome": outcome,
            "publication_id": publication_id,
            "details": {
                name: value[:LONGEST_TEXT] if isinstance(value, str) else value
                for name, value in details.items()
            },
            "sentences": {
                name: recipe(value)
                for name, value in details.items()
                if isinstance(value, Sentence) and len(value) <= LONGEST_TEXT
            },
        }
        with self._file.open_to_append() as (file, size_bytes):
            link = next_link(file.fileno(), size_bytes)
            chained = {"sequence": link.sequence, **entry, "previous": link.previous}
            # JSON escapes line ends, so nobody's name or text can forge a second entry.
            line = json.dumps(chained, allow_nan=False).encode()
            self._file.append(file, size_bytes, line)
        _log.info("audit.appended", sequence=link.sequence, head=digest(line))

    def require_writable(self) -> None:
        """Make sure that an entry can be appended.

        Raises:
            StateUnavailable: It can't.
        """
        with self._file.open_to_append() as (file, size_bytes):
            self._file.append(file, size_bytes, b"")

    def entries(self, limit: int) -> tuple[AuditEntry, ...]:
        """Return the latest entries, newest first; a torn line is one that says so.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._file.open_whole() as (file, size_bytes):
            lines = list(islice(lines_backwards(file.fileno(), size_bytes), limit))
        return tuple(map(entry_of, lines))

    def verify(self, head: str | None = None, report: ReportProgress = silent) -> ChainCheck:
        """Walk along the chain; what is appended meanwhile is left out.

        Args:
            head: SHA-256 of a line, as it was logged when that line was written.
            report: Told the bytes walked and those there are.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._file.open_whole() as (file, size_bytes):
            begin = Progress(Step.VERIFY, 0, size_bytes, self._file.path.name)
            return check_chain(first_lines(file, size_bytes), head, count_bytes(report, begin))

    def tallies(self) -> Mapping[tuple[str, str], Tally]:
        """Return the lines of each action and outcome that came since this object was made.

        Whichever process wrote them; torn lines count as ``unreadable``.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._counting, self._file.open_whole() as (file, size_bytes):
            if size_bytes < self._counted_bytes:
                self._counted_bytes = 0  # another file was put in its place
            file.seek(self._counted_bytes)
            for line in first_lines(file, size_bytes - self._counted_bytes):
                entry = entry_of(line)
                key = entry.action, entry.outcome
                self._tallies[key] = self._tallies.get(key, Tally()).with_line(entry.at)
            self._counted_bytes = size_bytes
            return dict(self._tallies)


def entry_of(line: bytes) -> AuditEntry:
    """Return what a line of the log says; one that is none says so."""
    try:
        fields = json.loads(line)
        return AuditEntry(
            at=datetime.fromisoformat(fields["at"]),
            actor=fields["actor"],
            role=fields["role"],
            action=fields["action"],
            outcome=fields["outcome"],
            publication_id=fields["publication_id"],
            details=_told_details(fields["details"], fields.get("sentences", {})),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        text = line.decode(errors="replace").strip()
        return AuditEntry(None, "-", "-", UNREADABLE, UNREADABLE, None, {"line": text[:200]})


def first_lines(file: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    """Yield the lines in the first *size_bytes* of *file*."""
    while size_bytes > 0 and (line := file.readline(size_bytes)):
        size_bytes -= len(line)
        yield line


def _told_details(
    details: Mapping[str, Detail], recipes: Mapping[str, object]
) -> dict[str, Detail]:
    """Return *details* with those that are sentences fit to be told in other languages."""
    return {
        name: restored(value, recipes.get(name)) if isinstance(value, str) else value
        for name, value in details.items()
    }
