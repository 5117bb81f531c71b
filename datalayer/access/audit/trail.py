"""The audit log as it is searched: where each line lies and what it is of, read as the file grows.

Of a line its place, time, actor, action and outcome are kept, some 30 bytes; what else it says is
read from the file when it is shown. So a log of any length is read once by each process, and
after that only what came since.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from datalayer.access.audit.chain import ChainCheck, step
from datalayer.access.audit.log import UNREADABLE, AuditEntry, entry_of, first_lines
from datalayer.kernel.clock import utc_now
from datalayer.kernel.storage.growing_file import GrowingFile

_NO_TIME: Final = float("nan")
_SEARCHES_KEPT: Final = 32

Told = Callable[[AuditEntry], str]


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are looked for; every condition that is None holds for all.

    Attributes:
        since: The first moment that counts; a line without a time lies in no span.
        until: The first moment that does not.
        text: Stands somewhere in an entry as it is told to the reader; case does not matter.
        language: In which it is told, where *text* is sought.
    """

    who: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    language: str = ""


@dataclass(frozen=True)
class TrailState:
    """What is known of the whole log.

    Attributes:
        who: Every actor that it names, in the order of the alphabet; likewise the next two.
        unreadable: Numbers of the lines, from 1, that can't be read.
        chain: Whether each line follows the one before it.
        checked_at: When that was found, UTC.
    """

    lines: int
    who: tuple[str, ...]
    actions: tuple[str, ...]
    outcomes: tuple[str, ...]
    unreadable: tuple[int, ...]
    chain: ChainCheck
    checked_at: datetime


class AuditTrail:
    """Finds entries in the log at *path*; safe to ask from several threads."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._file = GrowingFile(path)
        self._clock = clock
        self._lock = threading.Lock()
        self._lines = _LineIndex()
        self._searches: OrderedDict[AuditFilter, tuple[int, array[int]]] = OrderedDict()
        self._chain, self._checked_at = ChainCheck(), clock()

    def state(self) -> TrailState:
        """Return what is known of the log, with the lines that came since the last time.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._read() as (lines, _):
            return TrailState(
                lines=len(lines.offsets),
                who=tuple(sorted(lines.who.names)),
                actions=tuple(sorted(lines.actions.names)),
                outcomes=tuple(sorted(lines.outcomes.names)),
                unreadable=tuple(lines.unreadable),
                chain=self._chain,
                checked_at=self._checked_at,
            )

    def check_again(self) -> None:
        """Forget all that is known, so that every line is read and checked anew."""
        with self._lock:
            self._forget()

    def count(self, wanted: AuditFilter, told: Told) -> int:
        """Return how many entries there are of those *wanted*; *told* says how one reads.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._read() as (lines, file):
            return len(self._found(lines, file, wanted, told))

    def entries(
        self, wanted: AuditFilter, told: Told, *, skip: int = 0, limit: int | None = None
    ) -> Iterator[AuditEntry]:
        """Yield those *wanted*, the newest first; *skip* of them left out, *limit* at most.

        What is appended meanwhile is left out.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._read() as (lines, file):
            found = self._found(lines, file, wanted, told)
            last = max(0, len(found) - skip)
            first = 0 if limit is None else max(0, last - limit)
            spans = [lines.span(index) for index in reversed(found[first:last])]
        with self._file.open_whole() as (file, _):
            for begin, size_bytes in spans:
                yield entry_of(os.pread(file.fileno(), size_bytes, begin))

    def last_done(self, action: str) -> dict[str, datetime]:
        """Return when each actor did *action* last with success, UTC.

        Raises:
            StateUnavailable: The log is there and can't be read.
        """
        with self._read() as (lines, _):
            done = lines.among(AuditFilter(action=action, outcome="done"), 0)
            latest = {lines.who.codes[index]: lines.at[index] for index in done}
            return {
                lines.who.names[code]: datetime.fromtimestamp(at, UTC)
                for code, at in latest.items()
            }

    @contextmanager
    def _read(self) -> Iterator[tuple[_LineIndex, BinaryIO]]:
        """Give the lines, up to the last, and the file; kept from all others meanwhile."""
        with self._lock, self._file.open_whole() as (file, size_bytes):
            self._read_on(file, size_bytes)
            yield self._lines, file

    def _found(
        self, lines: _LineIndex, file: BinaryIO, wanted: AuditFilter, told: Told
    ) -> array[int]:
        """Return the indices of the lines wanted, oldest first; a search goes on where it ended."""
        seen, found = self._searches.pop(wanted, (0, array("q")))
        among = lines.among(wanted, seen)
        if wanted.text:
            needle = wanted.text.casefold()
            among = (
                index for index in among if needle in told(_entry_at(lines, file, index)).casefold()
            )
        found.extend(among)
        self._searches[wanted] = len(lines.offsets), found
        while len(self._searches) > _SEARCHES_KEPT:
            self._searches.popitem(last=False)
        return found

    def _read_on(self, file: BinaryIO, size_bytes: int) -> None:
        """Read what came since; all of it where another file was put in its place."""
        if not self._lines.goes_on(file, size_bytes):
            self._forget()
        file.seek(self._lines.end)
        for line in first_lines(file, size_bytes - self._lines.end):
            self._lines.add(line)
            if not self._chain.broken:
                self._chain = step(self._chain, line)

    def _forget(self) -> None:
        self._lines = _LineIndex()
        self._searches.clear()
        self._chain, self._checked_at = ChainCheck(), self._clock()


def _entry_at(lines: _LineIndex, file: BinaryIO, index: int) -> AuditEntry:
    begin, size_bytes = lines.span(index)
    return entry_of(os.pread(file.fileno(), size_bytes, begin))


class _WordColumn:
    """A column of words that recur: each word once, and for every line which one it is."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.codes: array[int] = array("i")
        self._codes: dict[str, int] = {}

    def add(self, name: str) -> None:
        code = self._codes.setdefault(name, len(self.names))
        if code == len(self.names):
            self.names.append(name)
        self.codes.append(code)

    def code(self, name: str) -> int:
        """Return the code of *name*; -1 if no line has it."""
        return self._codes.get(name, -1)


class _LineIndex:
    """What is kept of every line, by its index from 0."""

    def __init__(self) -> None:
        self.offsets: array[int] = array("q")
        self.at: array[float] = array("d")
        self.who, self.actions, self.outcomes = _WordColumn(), _WordColumn(), _WordColumn()
        self.unreadable: list[int] = []
        self.end = 0
        self._last = b""

    def span(self, index: int) -> tuple[int, int]:
        """Return where a line begins and how many bytes it has."""
        following = index + 1
        end = self.offsets[following] if following < len(self.offsets) else self.end
        return self.offsets[index], end - self.offsets[index]

    def goes_on(self, file: BinaryIO, size_bytes: int) -> bool:
        """Return True if the file still has the last line where it was, and new ones after it."""
        if size_bytes < self.end:
            return False
        if size_bytes > self.end and self._last and not self._last.endswith(b"\n"):
            return False  # a torn line was ended since
        begin = self.end - len(self._last)
        return os.pread(file.fileno(), len(self._last), begin) == self._last

    def add(self, line: bytes) -> None:
        entry = entry_of(line)
        self.offsets.append(self.end)
        self.end += len(line)
        self._last = line
        self.at.append(entry.at.timestamp() if entry.at else _NO_TIME)
        self.who.add(entry.actor)
        self.actions.add(entry.action)
        self.outcomes.add(entry.outcome)
        if entry.action == UNREADABLE:
            self.unreadable.append(len(self.offsets))

    def among(self, wanted: AuditFilter, first: int) -> Iterator[int]:
        """Yield the indices from *first* on of which all but the text holds."""
        found: Iterator[int] = iter(range(first, len(self.offsets)))
        for words, name in (
            (self.who, wanted.who),
            (self.actions, wanted.action),
            (self.outcomes, wanted.outcome),
        ):
            if name is not None:
                found = _coded(found, words.codes, words.code(name))
        if wanted.since is not None or wanted.until is not None:
            since = wanted.since.timestamp() if wanted.since else float("-inf")
            until = wanted.until.timestamp() if wanted.until else float("inf")
            found = _between(found, self.at, since, until)
        return found


def _coded(found: Iterator[int], codes: array[int], code: int) -> Iterator[int]:
    return (index for index in found if codes[index] == code)


def _between(found: Iterator[int], at: array[float], since: float, until: float) -> Iterator[int]:
    # A line without a time is none of any span: no comparison holds of it.
    return (index for index in found if since <= at[index] < until)
