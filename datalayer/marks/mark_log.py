"""The marks on the disk: one line each, only ever appended, read again when there are more.

A line is the SHA-256 of what follows it, a space, and the mark as JSON. One that a crash has torn
or a disk has damaged is no mark; it stays where it is, and all others hold.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from datalayer.kernel.errors import MarksDamaged, StateUnavailable
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.growing_file import GrowingFile
from datalayer.marks.marking import Episode, Mark

_MARK = TypeAdapter(Mark)
_MOST_NAMED = 5

_log = structlog.get_logger(__name__)


@dataclass
class _LogContent:
    """What the first bytes of a file say.

    Attributes:
        inode: Of the file.
        read_bytes: How many bytes.
        lines: How many lines they are.
        damaged: Numbers of those lines that are no marks, from 1.
        ends_whole: Whether the last of them has its end.
    """

    inode: int = 0
    read_bytes: int = 0
    lines: int = 0
    last_number: int = 0
    damaged: list[int] = field(default_factory=list)
    ends_whole: bool = True
    by_episode: dict[Episode, tuple[Mark, ...]] = field(default_factory=dict)

    def add(self, lines: bytes) -> None:
        """Add what follows; it begins with a line."""
        self.read_bytes += len(lines)
        self.ends_whole = lines.endswith(b"\n")
        for line in lines.removesuffix(b"\n").split(b"\n"):
            self.lines += 1
            mark = _parse(line)
            if mark is None:
                self.damaged.append(self.lines)
                continue
            self.last_number = max(self.last_number, mark.number)
            earlier = self.by_episode.get(mark.episode, ())
            self.by_episode[mark.episode] = (*earlier, mark)


class MarkLog:
    """All marks of a state folder; safe to use from several threads and processes.

    Args:
        path: The file; made with the first mark, readable for its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path, mode=0o600)
        self._content = _LogContent()
        self._reading = threading.Lock()

    def by_episode(self) -> Mapping[Episode, tuple[Mark, ...]]:
        """Return the marks of each row's episode in their order, whichever process wrote them.

        Raises:
            StateUnavailable: They are there and can't be read.
        """
        with self._reading:
            if not self._is_known():
                with self._file.open_whole() as (file, size_bytes):
                    self._bring_up(file.fileno(), size_bytes)
            return dict(self._content.by_episode)

    def append(self, episode: Episode, decide: Callable[[tuple[Mark, ...], int], Mark]) -> Mark:
        """Append the mark that *decide* makes, and bring it to the disk.

        Args:
            episode: The row that it is about.
            decide: Makes the mark of those that the row has, none of which can be added to
                meanwhile, and of its number. What it raises is raised here, and nothing is written.

        Raises:
            StateUnavailable: It could not be written; all is as it was.
        """
        with self._reading, self._file.open_to_append() as (file, size_bytes):
            self._bring_up(file.fileno(), size_bytes)
            # A line that can't be read may have had any number up to its own.
            number = max(self._content.last_number, self._content.lines) + 1
            mark = decide(self._content.by_episode.get(episode, ()), number)
            written = _MARK.dump_json(mark)
            self._file.append(file, size_bytes, _digest(written) + b" " + written)
        return mark

    @property
    def damage(self) -> MarksDamaged | None:
        """What could not be read when the file was read last; None if all could. Reads nothing."""
        damaged = self._content.damaged
        if not damaged:
            return None
        shown = ", ".join(map(str, damaged[:_MOST_NAMED]))
        lines = shown + (", ..." if len(damaged) > _MOST_NAMED else "")
        return MarksDamaged(path=str(self._file.path), count=len(damaged), lines=lines)

    def _is_known(self) -> bool:
        """Return whether the file is as it was when it was read last; costs one ``stat``."""
        try:
            status = os.stat(self._file.path)  # noqa: PTH116 - called on every read
        except FileNotFoundError:
            return self._content.read_bytes == 0
        except OSError as error:
            raise StateUnavailable(
                path=str(self._file.path),
                problem=Sentence("can't be read: {reason}", reason=error.strerror),
            ) from error
        return (status.st_ino, status.st_size) == (self._content.inode, self._content.read_bytes)

    def _bring_up(self, descriptor: int, size_bytes: int) -> None:
        """Read what is new in the first *size_bytes* of the file."""
        inode, known = os.fstat(descriptor).st_ino, self._content
        # Another file may have been put in its place, or a torn line have been ended.
        if inode != known.inode or size_bytes < known.read_bytes or not known.ends_whole:
            known = _LogContent(inode)
        if size_bytes > known.read_bytes:
            before = len(known.damaged)
            known.add(os.pread(descriptor, size_bytes - known.read_bytes, known.read_bytes))
            if known.damaged[before:]:
                _log.error("marks.damaged", lines=known.damaged[before:])
        self._content = known


def _digest(written: bytes) -> bytes:
    return hashlib.sha256(written).hexdigest().encode()


def _parse(line: bytes) -> Mark | None:
    digest, _, written = line.partition(b" ")
    if digest != _digest(written):
        return None
    try:
        return _MARK.validate_json(written)
    except ValidationError:
        return None
