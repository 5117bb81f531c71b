"""Replicas announce to each other which publication was activated last, and follow it.

Each replica has a disk of its own, so each one stages, proves and activates the publication by
itself. The announcement is one small note that all of them share; the latest activation by a
person wins, whichever replica it was made on. What is latest is told by a number that counts
these activations, never by a clock. A note that is lost is written again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

import structlog

from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import PortalError, RedisFailed, ReplicasDiffer
from datalayer.publications.active import Activation

LOOK_EVERY_S: Final = 5.0
LONGEST_PAUSE_S: Final = 1800.0
DIFFER_FOR_S: Final = 60.0
"""How long replicas may serve different publications before that is a finding."""
MOST_NUMBER: Final = 2**53
"""Greater numbers are no announcement: JSON of other programs would not keep them apart."""
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


class Attendance(Protocol):
    """Where each replica says every few seconds what it serves; it never fails its caller."""

    @property
    def problem(self) -> str:
        """Why what this replica said was not taken; empty while it is."""

    def tell(self, publication_id: str) -> Mapping[str, str]:
        """Say what this replica serves; return that of the others, by replica."""

    def close(self) -> None:
        """Close its connections."""


class SharedActivation:
    """The latest activation on all replicas, as they announced it in a *note*.

    None for a process that shares nothing with others.
    """

    def __init__(self, note: Note | None) -> None:
        self._note = note
        self._highest = 0

    def read(self) -> Activation | None:
        """Return what is announced; None if nothing is, or it can't be read or understood."""
        content = self._note.read() if self._note else None
        found = _parse(content) if content else None
        if found:
            self._highest = max(self._highest, found.number)
        return found

    def write(self, activation: Activation) -> None:
        """Announce *activation*, if that is possible."""
        if self._note:
            content = {
                "number": activation.number,
                "publication_id": activation.publication_id,
                "activated_at": activation.activated_at.isoformat(),
                "activated_by": activation.activated_by.removeprefix(FOLLOWER),
            }
            self._note.write(json.dumps(content).encode())

    def next_number(self, own: Activation | None) -> int:
        """Return the number of an activation that is later than *own* and all announced ones.

        While the note can't be read, than those that this process has seen.
        """
        self.read()
        return max(self._highest, own.number if own else 0) + 1

    def close(self) -> None:
        """Close the note."""
        if self._note:
            self._note.close()


class Announcements:
    """Tells the other replicas of this one's activations, and follows theirs.

    Args:
        shared: Where activations are announced.
        active: Returns the last switch of this replica.
        follow: Makes a publication the active one here, under the number announced; raises
            ``PortalError`` if it can't.
        attendance: Where replicas say what they serve; None for one that shares nothing.
        now_s: A clock of this process alone, in seconds.

    Attributes:
        problem: Why this replica can't follow what is announced; empty while it does.
    """

    def __init__(
        self,
        shared: SharedActivation,
        active: Callable[[], Activation | None],
        follow: Callable[[Identity, Activation], object],
        attendance: Attendance | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.problem = ""
        self._shared = shared
        self._active = active
        self._follow = follow
        self._attendance = attendance
        self._now_s = now_s
        self._failed: Activation | None = None
        self._pause_s = LOOK_EVERY_S
        self._again_at = 0.0
        self._alike_at = now_s()
        self._different: ReplicasDiffer | None = None
        self._stopped = threading.Event()

    @property
    def findings(self) -> tuple[PortalError, ...]:
        """What is wrong among the replicas, a sentence each."""
        found: list[PortalError] = []
        if self._attendance and self._attendance.problem:
            found.append(RedisFailed(reason=self._attendance.problem))
        if self._different:
            found.append(self._different)
        return tuple(found)

    def announce(self) -> None:
        """Announce this replica's activation, unless a later one is announced already."""
        own, announced = self._active(), self._shared.read()
        if own and (announced is None or announced.order < own.order):
            self._shared.write(own)

    def keep_up(self) -> None:
        """Announce what the others may have missed, and follow what they announced."""
        self.announce()
        announced, own = self._shared.read(), self._active()
        if announced is None or not _is_news(announced, own):
            self.problem = ""
        elif announced != self._failed or self._now_s() >= self._again_at:
            self._try_to_follow(announced)
        self._compare_with_others()

    def start(self) -> None:
        """Begin to keep up, on a thread of its own."""
        threading.Thread(target=self._keep_up_always, name="announcements", daemon=True).start()

    def stop(self) -> None:
        """Stop following, and close what is shared."""
        self._stopped.set()
        self._shared.close()
        if self._attendance:
            self._attendance.close()

    def _keep_up_always(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.keep_up()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must live on
                _log.error("announcements.failed", exc_info=error)

    def _try_to_follow(self, announced: Activation) -> None:
        actor = Identity(f"{FOLLOWER}{announced.activated_by}", Role.ADMIN)
        try:
            self._follow(actor, announced)
        except PortalError as error:
            # What is refused today is refused in five seconds: each failure doubles the pause.
            doubled_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._pause_s = doubled_s if announced == self._failed else LOOK_EVERY_S
            self._failed, self._again_at = announced, self._now_s() + self._pause_s
            self.problem = str(error)
        else:
            self._failed, self.problem = None, ""

    def _compare_with_others(self) -> None:
        own = self._active()
        if self._attendance is None or own is None:
            return
        others = self._attendance.tell(own.publication_id)
        different = [each for each in others.values() if each != own.publication_id]
        if not different:
            self._alike_at, self._different = self._now_s(), None
        elif self._now_s() - self._alike_at >= DIFFER_FOR_S:
            self._different = ReplicasDiffer(
                count=len(different), replicas=len(others) + 1, others=sorted(set(different))
            )


def _parse(content: bytes) -> Activation | None:
    """Return the activation that a note announces; None for what is no announcement.

    It comes from outside this host: nothing else may become a path or a comparison.
    """
    try:
        fields = json.loads(content)
        found = Activation(
            publication_id=str(fields["publication_id"]),
            activated_at=datetime.fromisoformat(fields["activated_at"]),
            activated_by=str(fields["activated_by"]),
            number=int(fields.get("number", 0)),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        _log.warning("announcements.unreadable", problem=repr(error))
        return None
    sound = is_publication_id(found.publication_id) and found.activated_at.tzinfo
    return found if sound and 0 <= found.number < MOST_NUMBER else None


def _is_news(announced: Activation, own: Activation | None) -> bool:
    if own is None:
        return True
    return own.publication_id != announced.publication_id and own.order < announced.order
