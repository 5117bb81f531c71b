"""Who is connected, how long each may keep the server waiting, and what happens when all is full.

Knows no protocol: a connection says what it waits for, and is told to end. Everything here runs
on the event loop, so nothing is locked.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, Protocol

from datalayer.access.authentication import Authentication
from datalayer.access.sign_in_throttle import household

MOST_FILES: Final = 65_536
"""What the limit of open files is raised to at most; a container may allow a thousand million."""

MOST_CONNECTIONS: Final = 8_192
FILES_KEPT_FREE: Final = 160
"""Open files that connections leave to data, logs, other servers, and to what is beyond the cap."""

FILES_OF_A_PAGE: Final = 3
"""What Streamlit opens for each page beside its websocket: an event loop."""

SHARE_OF_PAGES: Final = 0.95
"""Of the open files for connections; a page fetches its parts over other connections."""

SURPLUS: Final = 32
"""Connections beyond the cap that are heard out, since a probe of /health may be one of them.

As many refused ones may linger until they have read their answer.
"""

HEAD_WITHIN_S: Final = 10.0
BODY_WITHIN_S: Final = 30.0
FILE_WITHIN_S: Final = 900.0
"""An administrator's file may come over a slow line."""

LINGER_S: Final = 2.0
"""A refused client is listened to for so long, or it might miss the answer."""

STUCK_FOR_S: Final = 300.0
"""A client that takes none of its answer for so long is let go."""

STUCK_IF_FULL_S: Final = 10.0
SWEEP_EVERY_S: Final = 1.0


class Refusal(StrEnum):
    """Why a connection was ended; the word in log and metrics."""

    FULL = "full"
    SLOW = "slow"
    STUCK = "stuck"
    TOO_LARGE = "too_large"
    INVALID = "invalid"
    NOT_ALLOWED = "not_allowed"


class Connection(Protocol):
    """What this module asks of a connection."""

    @property
    def unsent_bytes(self) -> int:
        """Bytes of answers that the client has not taken."""

    def refuse(self, reason: Refusal) -> None:
        """Answer that it ends for this reason, where an answer can still be given, and end it."""

    def cut(self) -> None:
        """End it at once."""


class Connections:
    """The open connections of one server.

    Args:
        authentication: Knows addresses, and which of them stand for many.
        most: Gives the most connections at this moment.
        clock: Gives seconds that only go forward.
        note: Is told of every refusal, with the address that it concerned.
    """

    def __init__(
        self,
        authentication: Authentication,
        *,
        most: Callable[[], int],
        clock: Callable[[], float],
        note: Callable[[Refusal, str], None],
    ) -> None:
        self._authentication = authentication
        self._most = most
        self._clock = clock
        self._note = note
        self._address: dict[Connection, str] = {}
        self._count: Counter[str] = Counter()
        # Each in the order in which they began, so that the first is the one to give up first.
        self._idle: dict[Connection, float] = {}
        self._head: dict[Connection, float] = {}
        self._body: dict[Connection, float] = {}
        self._file: dict[Connection, float] = {}
        self._lingering: dict[Connection, float] = {}
        self._stuck: dict[Connection, tuple[int, float]] = {}

    def __len__(self) -> int:
        """Return how many are open, without those that are refused and about to end."""
        return len(self._address) - len(self._lingering)

    def admit(self, connection: Connection, peer: str) -> bool:
        """Take in a connection from *peer*; return False if it is beyond the cap.

        Where all is full, the one that has kept the server waiting longest makes room. One beyond
        the cap may ask for /health alone, and is refused at once where there are too many such.
        """
        known = self._authentication.address(peer, {})
        most, address = self._most(), household(known)
        share = most if self._authentication.stands_for_many(known) else max(most // 2, 1)
        within = self._make_room_within(most - 1)
        if within and self._count[address] >= share:
            within = self._make_room(e for e in self._waiting() if self._address[e] == address)
        self._address[connection] = address
        self._count[address] += 1
        self._head[connection] = self._clock()
        if len(self) > most + SURPLUS or self._count[address] > share + SURPLUS:
            self.refuse(connection, Refusal.FULL)
        return within

    def hand_over(self, connection: Connection, successor: Connection) -> None:
        """Have *successor* stand for the same connection from here on."""
        address = self._address[connection]
        self.remove(connection)
        self._address[successor] = address
        self._count[address] += 1

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        if connection not in self._address:
            return
        if self._lingering.pop(connection, None) is None:
            self._uncount(connection)
        del self._address[connection]
        self.works(connection)
        self._stuck.pop(connection, None)

    def awaits_request(self, connection: Connection) -> None:
        """Note that it was answered, and nothing of another request has come."""
        self.works(connection)
        self._idle[connection] = self._clock()

    def awaits_head(self, connection: Connection) -> None:
        """Note that a request has begun to arrive."""
        self.works(connection)
        self._head[connection] = self._clock()

    def awaits_body(self, connection: Connection, *, is_file: bool = False) -> None:
        """Note that the head of a request has arrived, and its body has not; a file may be long."""
        self.works(connection)
        waiting = self._file if is_file else self._body
        waiting[connection] = self._clock()

    def works(self, connection: Connection) -> None:
        """Note that the server waits for nothing more of it."""
        self._idle.pop(connection, None)
        self._head.pop(connection, None)
        self._body.pop(connection, None)
        self._file.pop(connection, None)

    def refuse(self, connection: Connection, reason: Refusal) -> None:
        """End a connection for *reason*, and tell of it."""
        self._note(reason, self._address.get(connection, ""))
        # An answer that nothing was asked for would be taken for that to the next request.
        may_answer = connection not in self._idle and len(self._lingering) < SURPLUS
        self.works(connection)
        if may_answer:
            self._uncount(connection)
            self._lingering[connection] = self._clock()
            connection.refuse(reason)
        else:
            self.remove(connection)
            connection.cut()

    def sweep(self) -> None:
        """End those that took too long; to be called every second or so."""
        now = self._clock()
        self._make_room_within(self._most())
        for waiting, longest_s in (
            (self._idle, HEAD_WITHIN_S),
            (self._head, HEAD_WITHIN_S),
            (self._body, BODY_WITHIN_S),
            (self._file, FILE_WITHIN_S),
        ):
            for each in _older(waiting, now - longest_s):
                self.refuse(each, Refusal.SLOW)
        for each in _older(self._lingering, now - LINGER_S):
            self.remove(each)
            each.cut()
        for each, since in self._find_stuck(now):
            if since <= now - STUCK_FOR_S:
                self._note(Refusal.STUCK, self._address[each])
                self.remove(each)
                each.cut()

    def _uncount(self, connection: Connection) -> None:
        address = self._address[connection]
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address]

    def _find_stuck(self, now: float) -> list[tuple[Connection, float]]:
        """Return those that hold the same unsent bytes as at the last look, and since when."""
        before, self._stuck = self._stuck, {}
        for each in self._address:
            if unsent := each.unsent_bytes:
                same = before.get(each)
                since = same[1] if same and same[0] == unsent else now
                self._stuck[each] = (unsent, since)
        return [(each, since) for each, (_, since) in self._stuck.items()]

    def _waiting(self) -> Iterable[Connection]:
        """Yield those that may be ended to make room, the dearest last."""
        yield from self._head
        yield from self._idle
        yield from self._body
        yield from self._file
        stuck_since = self._clock() - STUCK_IF_FULL_S
        yield from (each for each, (_, since) in self._stuck.items() if since <= stuck_since)

    def _make_room_within(self, most: int) -> bool:
        """End those that wait until there are no more than *most*; False if they don't suffice."""
        while len(self) > most:
            if not self._make_room(self._waiting()):
                return False
        return True

    def _make_room(self, candidates: Iterable[Connection]) -> bool:
        """End the first of *candidates*; return False if there is none."""
        first = next(iter(candidates), None)
        if first is not None:
            self.refuse(first, Refusal.FULL)
        return first is not None


def raise_file_limit() -> None:
    """Let this process open as many files as it may, up to ``MOST_FILES``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections(pages: int = 0) -> int:
    """Return how many connections there may be beside what *pages* take, at this moment."""
    return max(1, min(MOST_CONNECTIONS, _files() - FILES_OF_A_PAGE * pages))


def most_pages() -> int:
    """Return how many pages there may be, from the files that may be open at this moment."""
    return max(1, int(_files() * SHARE_OF_PAGES / (1 + FILES_OF_A_PAGE)))


def _files() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_FILES
    return min(files, MOST_FILES) - min(FILES_KEPT_FREE, files // 2)


def _older(listed: dict[Connection, float], since: float) -> list[Connection]:
    found = []
    for each, began in listed.items():
        if began > since:
            break
        found.append(each)
    return found
