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
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import PortalError, RedisFailed
from datalayer.publications.active import Activation
from datalayer.publications.attendance import Presence, Replicas
from datalayer.publications.following import FOLLOWER, Following

LOOK_EVERY_S: Final = 5.0
LEAST_PAUSE_S: Final = 0.05
MOST_NUMBER: Final = 2**53
"""Greater numbers are no announcement: JSON of other programs would not keep them apart."""

_log = structlog.get_logger(__name__)


class Note(Protocol):
    """A small text that all replicas share. It may be lost; it never fails its caller."""

    def read(self) -> bytes | None:
        """Return what stands there; None if nothing does or it can't be read."""

    @property
    def problem(self) -> str:
        """Why rings are not heard; empty while they are."""

    def write(self, content: bytes) -> None:
        """Replace what stands there and ring, if that is possible."""

    def ring(self) -> None:
        """Have the others look now, if that is possible."""

    def wait(self, timeout_s: float) -> bool:
        """Wait for a ring, *timeout_s* at most; return whether to look now.

        False comes early where rings can't be heard.
        """

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

    @property
    def problem(self) -> str:
        """Why rings are not heard; empty while they are, and where nothing is shared."""
        return self._note.problem if self._note else ""

    def ring(self) -> None:
        """Have the other replicas look now, if that is possible."""
        if self._note:
            self._note.ring()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a ring, *timeout_s* at most; return whether to look now.

        False comes early where rings can't be heard.
        """
        return self._note.wait(timeout_s) if self._note else False

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
        following: Follows what is announced.
        replicas: Where replicas say what they serve.
        served: Returns what this replica says of itself.

    Attributes:
        problem: Why this replica can't follow what is announced; empty while it does.
        replicas: Which replicas there are, and what they serve.
    """

    def __init__(
        self,
        shared: SharedActivation,
        active: Callable[[], Activation | None],
        following: Following,
        replicas: Replicas,
        served: Callable[[], Presence],
    ) -> None:
        self.problem = ""
        self.replicas = replicas
        self._shared = shared
        self._active = active
        self._following = following
        self._served = served
        self._stopped = threading.Event()

    @property
    def findings(self) -> tuple[PortalError, ...]:
        """What is wrong among the replicas, a sentence each."""
        found, deaf = self.replicas.findings, self._shared.problem
        if deaf and not any(isinstance(each, RedisFailed) for each in found):
            return (RedisFailed(reason=deaf), *found)
        return found

    def announce(self) -> None:
        """Announce this replica's activation, unless a later one is announced already."""
        own, announced = self._active(), self._shared.read()
        if own and (announced is None or announced.order < own.order):
            self._shared.write(own)

    def keep_up(self) -> None:
        """Announce what the others may have missed, and follow what they announced."""
        self.announce()
        announced = self._shared.read()
        is_news = announced is not None and self._following.is_news(announced)
        self.problem = self._following.follow(announced) if announced and is_news else ""
        self._tell()

    def start(self) -> None:
        """Begin to keep up, on threads of its own.

        Another one says what is served, because to follow may take minutes.
        """
        for name, step in (("announcements", self._look), ("attendance", self._tell_in_turn)):
            threading.Thread(target=self._live_on, args=(step,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Stop following, and close what is shared."""
        self._stopped.set()
        self._shared.close()
        self.replicas.close()

    def _live_on(self, step: Callable[[], None]) -> None:
        while not self._stopped.is_set():
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must live on
                if not self._stopped.is_set():
                    _log.error("announcements.failed", exc_info=error)
                self._stopped.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        """Wait until another replica rings or the next look is due, and look."""
        # However often the others ring, reads have the processor in between.
        self._stopped.wait(LEAST_PAUSE_S)
        due = time.monotonic() + LOOK_EVERY_S
        if not self._shared.wait(LOOK_EVERY_S):
            self._stopped.wait(max(0.0, due - time.monotonic()))
        if not self._stopped.is_set():
            self.keep_up()

    def _tell_in_turn(self) -> None:
        self._tell()
        self._stopped.wait(LOOK_EVERY_S)

    def _tell(self) -> None:
        if self.replicas.tell(self._served()):
            # Whoever activated wants to see who follows, not only in a few seconds.
            self._shared.ring()


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
