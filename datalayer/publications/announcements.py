"""Replicas announce to each other which publication was activated last, and follow it.

Each replica has a disk of its own, so each one stages, proves and activates the publication by
itself. The announcement is one small note that all of them share; the latest activation by a
person wins, whichever replica it was made on. A note that is lost is written again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import PortalError
from datalayer.publications.active import Activation

LOOK_EVERY_S: Final = 5.0
LONGEST_PAUSE_S: Final = 1800.0
# User names hold no colon, so nobody can sign in as a follower.
FOLLOWER: Final = "follow:"

_log = structlog.get_logger(__name__)


class Note(Protocol):
    """A small text that all replicas share. It may be lost; it never fails its caller."""

    def read(self) -> bytes | None:
        """Return what stands there; None if nothing does or it can't be read."""

    def write(self, content: bytes) -> None:
        """Replace what stands there, if that is possible."""

    def close(self) -> None:
        """Close its connections."""


class Announcements:
    """Tells the other replicas of this one's activations, and follows theirs.

    Args:
        note: Where announcements stand; None for a process that shares nothing with others.
        active: Returns the last switch of this replica.
        follow: Makes a publication the active one here; raises ``PortalError`` if it can't.

    Attributes:
        problem: Why this replica can't follow what is announced; empty while it does.
    """

    def __init__(
        self,
        note: Note | None,
        active: Callable[[], Activation | None],
        follow: Callable[[Identity, str], object],
    ) -> None:
        self.problem = ""
        self._note = note
        self._active = active
        self._follow = follow
        self._failed: Activation | None = None
        self._pause_s = LOOK_EVERY_S
        self._again_at = 0.0
        self._stopped = threading.Event()

    def announce(self) -> None:
        """Announce this replica's activation, unless a later one is announced already."""
        own = self._active()
        if self._note is None or own is None or own.activated_by.startswith(FOLLOWER):
            return
        announced = self._read_announcement()
        if announced is None or announced.activated_at < own.activated_at:
            content = {
                "publication_id": own.publication_id,
                "activated_at": own.activated_at.isoformat(),
                "activated_by": own.activated_by,
            }
            self._note.write(json.dumps(content).encode())

    def keep_up(self) -> None:
        """Announce what the others may have missed, and follow what they announced."""
        self.announce()
        announced, own = self._read_announcement(), self._active()
        if announced is None or not _is_news(announced, own):
            self.problem = ""
        elif announced != self._failed or time.monotonic() >= self._again_at:
            self._try_to_follow(announced)

    def start(self) -> None:
        """Begin to keep up, on a thread of its own."""
        threading.Thread(target=self._keep_up_always, name="announcements", daemon=True).start()

    def stop(self) -> None:
        """Stop following, and close the note."""
        self._stopped.set()
        if self._note:
            self._note.close()

    def _keep_up_always(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.keep_up()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must live on
                _log.error("announcements.failed", exc_info=error)

    def _try_to_follow(self, announced: Activation) -> None:
        actor = Identity(f"{FOLLOWER}{announced.activated_by}", Role.ADMIN)
        try:
            self._follow(actor, announced.publication_id)
        except PortalError as error:
            # What is refused today is refused in five seconds: each failure doubles the pause.
            doubled_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._pause_s = doubled_s if announced == self._failed else LOOK_EVERY_S
            self._failed, self._again_at = announced, time.monotonic() + self._pause_s
            self.problem = str(error)
        else:
            self._failed, self.problem = None, ""

    def _read_announcement(self) -> Activation | None:
        content = self._note.read() if self._note else None
        if content is None:
            return None
        try:
            fields = json.loads(content)
            found = Activation(
                publication_id=str(fields["publication_id"]),
                activated_at=datetime.fromisoformat(fields["activated_at"]),
                activated_by=str(fields["activated_by"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("announcements.unreadable", problem=repr(error))
            return None
        # It comes from outside this host: nothing else may become a path or a comparison.
        sound = is_publication_id(found.publication_id) and found.activated_at.tzinfo
        return found if sound else None


def _is_news(announced: Activation, own: Activation | None) -> bool:
    if own is None:
        return True
    if own.publication_id == announced.publication_id:
        return False
    return own.activated_by.startswith(FOLLOWER) or own.activated_at < announced.activated_at
