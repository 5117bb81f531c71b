"""The record of switches: what took the place of what, and when; one line each, never changed.

``active.json`` tells of the last switch alone, so two within seconds would be told as one. Who
switched stands in the audit log, and not here: what is told of a switch is told to strangers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from datalayer.access.audit.chain import lines_backwards
from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import StateUnavailable
from datalayer.kernel.storage.growing_file import GrowingFile
from datalayer.publications.active import Activation

RETURNS: Final = frozenset({"roll_back", "undo"})
"""Actions that go back to a publication, whether or not it is known to have been active."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Switch:
    """A publication took the place of another.

    Attributes:
        number: Its place among the switches of all replicas; 0 where that is not known.
        at: When, UTC; where a replica followed, when the first one switched.
        before: The publication that was active until then; None where there was none.
        after: The one that is active since then.
        action: What was done: activate, roll_back, follow, ...
        is_return: Whether *after* had been active before, or was gone back to.
    """

    number: int
    at: datetime
    before: str | None
    after: str
    action: str
    is_return: bool

    @property
    def id(self) -> UUID:
        """The same on every replica and for ever."""
        when = "" if self.number else self.at.isoformat()
        return uuid5(NAMESPACE_URL, f"tag:farol,2026:switch:{self.number}:{self.after}:{when}")


class SwitchLog:
    """All switches of a state folder; safe to use from several threads and processes.

    Whoever records holds the lock of switches.

    Args:
        path: The file; made with the first switch.
    """

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)
        self._tell: Callable[[Switch], None] | None = None

    def listen(self, tell: Callable[[Switch], None]) -> None:
        """Have *tell*, which neither waits nor fails, told of each switch of this process."""
        self._tell = tell

    def catch_up(self, active: Activation | None) -> Switch | None:
        """Record the switch to *active* if the process that made it could not; return the last.

        Only the last one can lack, because each begins with this.

        Raises:
            StateUnavailable: It can't be read or written.
        """
        latest = self._read(1)
        missing = _missing(active, latest[0] if latest else None)
        if missing:
            self._append(missing)
        return missing or next(iter(latest), None)

    def record(
        self,
        before: Activation | None,
        after: Activation,
        action: str,
        *,
        announced_at: datetime | None = None,
    ) -> None:
        """Record that *after* took the place of *before*; nothing if both are one publication.

        It is done already, so a disk that refuses is told to the log; ``catch_up`` does it later.
        """
        before_id = before.publication_id if before else None
        if before_id == after.publication_id:
            return
        earlier = before.previous if before else ()
        switch = Switch(
            number=after.number,
            at=(announced_at or after.activated_at).astimezone(UTC),
            before=before_id,
            after=after.publication_id,
            action=action,
            is_return=action in RETURNS or after.publication_id in earlier,
        )
        try:
            self._append(switch)
        except StateUnavailable as error:
            _log.warning("switches.not_recorded", problem=str(error))
        if self._tell:
            self._tell(switch)

    def latest(self, limit: int, active: Activation | None) -> tuple[Switch, ...]:
        """Return the last switches, the latest first, that to *active* even if it lacks.

        Raises:
            StateUnavailable: They are there and can't be read.
        """
        known = self._read(limit)
        missing = _missing(active, known[0] if known else None)
        return (missing, *known)[:limit] if missing else known

    def _read(self, limit: int) -> tuple[Switch, ...]:
        with self._file.open_whole() as (file, size_bytes):
            lines = lines_backwards(file.fileno(), size_bytes)
            return tuple(islice(filter(None, map(_parse, lines)), limit))

    def _append(self, switch: Switch) -> None:
        line = json.dumps({**asdict(switch), "at": switch.at.isoformat()}).encode()
        with self._file.open_to_append() as (file, size_bytes):
            self._file.append(file, size_bytes, line)


def _missing(active: Activation | None, last: Switch | None) -> Switch | None:
    """Return the switch to *active*, of which nothing is recorded after *last*; None if it is."""
    if active is None or (last is not None and last.after == active.publication_id):
        return None
    before = last.after if last else next(iter(active.previous), None)
    return Switch(
        number=active.number,
        at=active.activated_at.astimezone(UTC),
        before=before,
        after=active.publication_id,
        action="activate",
        is_return=last is not None and last.before == active.publication_id,
    )


def _parse(line: bytes) -> Switch | None:
    """Return the switch that *line* tells; None where a crash has torn it."""
    if not line:
        return None
    try:
        fields = json.loads(line)
        found = Switch(
            number=int(fields["number"]),
            at=datetime.fromisoformat(fields["at"]),
            before=fields["before"],
            after=fields["after"],
            action=str(fields["action"]),
            is_return=bool(fields["is_return"]),
        )
        ids = [each for each in (found.before, found.after) if each is not None]
        sound = found.at.tzinfo and all(map(is_publication_id, ids)) and found.after
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        _log.warning("switches.unreadable", problem=repr(error))
        return None
    return found if sound else None
