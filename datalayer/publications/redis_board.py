"""What replicas tell each other through Redis: what was activated, and what each of them serves."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Final

import structlog

from datalayer.kernel.errors import RedisFailed
from datalayer.publications.attendance import Presence, parse_presence
from datalayer.publications.redis_connection import (
    FAILURES,
    KEY_PREFIX,
    connect,
    reason_of,
    subscription,
)

_TIMEOUT_S: Final = 1.0
_PING_EVERY_S: Final = 10
_RUNNING_FOR_S: Final = 60
_ENDED_FOR_S: Final = 7 * 86_400

log = structlog.get_logger(__name__)


class RedisNote:
    """One small value that replicas share; lost or out of reach, it is as if never written.

    Whoever writes it also rings, on the channel of the same name; ``wait`` hears that. A ring says
    nothing but that there is something to look at, so a lost or forged one changes nothing.

    Attributes:
        problem: Why rings are not heard, to be read after "Redis"; empty while they are.
    """

    def __init__(self, url: str, name: str) -> None:
        self.problem = ""
        self._client = connect(url, _TIMEOUT_S, ping_every_s=_PING_EVERY_S)
        self._bell = subscription(self._client)
        self._name = KEY_PREFIX + name
        self._is_lost = False

    def read(self) -> bytes | None:
        """Return the value; None if there is none or Redis does not answer."""
        try:
            value = self._client.get(self._name)
        except FAILURES:
            # The connection that listens may be as dead, and silent about it.
            self._is_lost = True
            return None
        return value if isinstance(value, bytes) else None

    def write(self, content: bytes) -> None:
        """Replace the value and ring, if Redis answers."""
        try:
            self._client.set(self._name, content)
        except FAILURES as error:
            # Tried again and again while Redis is down, which the cache has told already.
            log.debug("note.not_written", problem=type(error).__name__)
        self.ring()

    def ring(self) -> None:
        """Have the others look now, if Redis answers."""
        try:
            self._client.publish(self._name, b"")
        except FAILURES as error:
            log.debug("note.not_rung", problem=type(error).__name__)

    def wait(self, timeout_s: float) -> bool:
        """Wait until somebody rings, *timeout_s* at most; return whether to look now.

        That is also so once it listens at last, since it may have missed a ring. To be called on
        one thread.
        """
        if self._is_lost:
            self._is_lost = False
            self._bell.reset()
        try:
            heard = self._hear(timeout_s)
        except FAILURES as error:
            self._bell.reset()
            self.problem = reason_of(error)
            return False
        self.problem = ""
        return heard

    def close(self) -> None:
        """Close the connections."""
        self._bell.close()
        self._client.close()

    def _hear(self, timeout_s: float) -> bool:
        until, heard = time.monotonic() + timeout_s, False
        if not self._bell.subscribed:
            self._bell.subscribe(self._name)  # the answer to this is the first that is heard
        while (left_s := until - time.monotonic()) > 0:
            # What has come in meanwhile asks for the one look.
            message = self._bell.get_message(timeout=0.0 if heard else left_s)
            if heard and message is None:
                return True
            heard = heard or message is not None
        return heard


class RedisAttendance:
    """Where each replica says what it serves; one that falls silent is forgotten.

    Args:
        url: Of Redis.
        name: Of the store whose replicas these are.
        silent_after_s: After how many seconds a replica counts as gone.

    Attributes:
        problem: Why Redis did not take what this replica said; empty while it does.
    """

    def __init__(self, url: str, name: str, *, silent_after_s: int = 30) -> None:
        self.problem = ""
        self._client = connect(url, _TIMEOUT_S)
        self._name = KEY_PREFIX + name
        self._own = secrets.token_hex(8)
        self._silent_after_s = silent_after_s

    def tell(self, presence: Presence) -> Sequence[Presence] | None:
        """Say what this replica serves; return what the others said, None if it was not taken."""
        try:
            others = self._told(presence.to_bytes())
        except FAILURES as error:
            self.problem = reason_of(error)
            return None
        self.problem = ""
        return others

    def close(self) -> None:
        """Say that this replica is gone, if Redis answers, and close the connections."""
        try:
            self._client.delete(f"{self._name}:{self._own}")
        except FAILURES as error:
            log.debug("attendance.not_ended", problem=type(error).__name__)
        self._client.close()

    def _told(self, content: bytes) -> Sequence[Presence]:
        with self._client.pipeline(transaction=False) as pipe:
            pipe.set(f"{self._name}:{self._own}", content, ex=self._silent_after_s)
            pipe.sadd(self._name, self._own)
            pipe.smembers(self._name)
            *_, members = pipe.execute()
        others = sorted(each.decode() for each in members if each.decode() != self._own)
        if not others:
            return ()
        found = self._client.mget([f"{self._name}:{each}" for each in others])
        if gone := [each for each, told in zip(others, found, strict=True) if told is None]:
            self._client.srem(self._name, *gone)
        said = (parse_presence(told) for told in found if told is not None)
        return tuple(each for each in said if each is not None)


class RedisRecords:
    """Records of jobs; that of a running one is gone once it is not renewed for a minute."""

    def __init__(self, url: str, name: str) -> None:
        self._client = connect(url, _TIMEOUT_S)
        self._name = KEY_PREFIX + name

    def keep(self, job_id: str, content: bytes, *, is_running: bool) -> None:
        """Keep *content* in place of what was kept before, if Redis answers."""
        try:
            for_s = _RUNNING_FOR_S if is_running else _ENDED_FOR_S
            self._client.set(f"{self._name}:{job_id}", content, ex=for_s)
        except FAILURES as error:
            log.debug("records.not_kept", problem=type(error).__name__)

    def find(self, job_id: str) -> bytes | None:
        """Return what is kept of a job; None if nothing is.

        Raises:
            RedisFailed: Redis can't be asked.
        """
        try:
            value = self._client.get(f"{self._name}:{job_id}")
        except FAILURES as error:
            raise RedisFailed(reason=reason_of(error)) from error
        return value if isinstance(value, bytes) else None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
