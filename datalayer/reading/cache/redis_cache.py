"""The level that replicas share: tables in Redis as Arrow IPC. The one module that imports redis.

Redis down means slower, never wrong and never an error. After one failure no read goes near
it again until a thread of our own has seen it answer.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import redis
import structlog

_PREFIX = "farol:"
_DIGEST_BYTES = 32
_TTL_S = 86_400
_CHECK_TTL_MS = 1000
_MOST_VALUE_BYTES = 16 * 2**20
_CODES: Mapping[type[Exception], str] = {
    redis.exceptions.OutOfMemoryError: "OOM",
    redis.exceptions.ReadOnlyError: "READONLY",
    redis.exceptions.NoPermissionError: "NOPERM",
}
_REFUSALS = {
    "OOM": "its memory is full (OOM)",
    "READONLY": "it is a read-only replica (READONLY)",
    "MISCONF": "it can't write to its own disk (MISCONF)",
    "NOPERM": "this portal's user lacks a permission (NOPERM)",
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CacheHealth:
    """How the level that replicas share is.

    Attributes:
        state: ``off`` without one, ``down`` while it is left alone, ``refusing`` while it answers
            and does not do what it is asked.
        problem: Why it is down or refusing, to be read after "Redis"; else empty.
    """

    state: Literal["off", "ok", "down", "refusing"]
    problem: str = ""


class RedisCache:
    """Tables in Redis, each with a digest that is checked before its bytes are parsed."""

    def __init__(self, url: str, *, retry_after_s: float = 2.0) -> None:
        self._client = _client(url, timeout_s=0.1)
        self._breaker = _Breaker(self._client, retry_after_s)
        self._retry_after_s = retry_after_s
        self._refusal = ""
        self._trying_again = threading.Lock()

    def get_or_make(self, key: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return the table under *key*, made and stored if it isn't there."""
        table = self._get(_PREFIX + key)
        if table is None:
            table = make()
            self._put(_PREFIX + key, table)
        return table

    def health(self) -> CacheHealth:
        """Return how it is: ``down`` while Redis is left alone."""
        if not self._breaker.closed.is_set():
            return CacheHealth("down", self._breaker.reason)
        return CacheHealth("refusing" if self._refusal else "ok", self._refusal)

    def wait_until_up(self, timeout_s: float) -> bool:
        """Wait until Redis is used again; returns whether it is."""
        return self._breaker.closed.wait(timeout_s)

    def close(self) -> None:
        """Stop watching and close the connections."""
        self._breaker.stopped.set()
        self._client.close()

    def _get(self, name: str) -> pa.Table | None:
        if not self._breaker.closed.is_set():
            return None
        try:
            value = self._client.get(name)
        except redis.ResponseError as error:
            self._refused(error)
            return None
        except (redis.RedisError, OSError) as error:
            self._breaker.open(error)
            return None
        return _unpack(name, value) if isinstance(value, bytes) else None

    def _put(self, name: str, table: pa.Table) -> None:
        if not self._breaker.closed.is_set() or table.nbytes > _MOST_VALUE_BYTES:
            return
        try:
            self._client.set(name, _pack(name, table), ex=_TTL_S)
            self._refusal = ""
        except redis.ResponseError as error:
            self._refused(error)
        except (redis.RedisError, OSError) as error:
            self._breaker.open(error)

    def _refused(self, error: redis.ResponseError) -> None:
        reason = _reason(error)
        if reason != self._refusal:  # told once, not at every read
            log.warning("cache.refused", problem=reason)
        self._refusal = reason
        if self._trying_again.acquire(blocking=False):
            threading.Thread(target=self._try_again, name="redis-refusal", daemon=True).start()

    def _try_again(self) -> None:
        """Ask until nothing is refused: of what is in memory already no read would find out."""
        name = f"{_PREFIX}write-check"
        while not self._breaker.stopped.wait(self._retry_after_s):
            try:
                self._client.set(name, b"", px=_CHECK_TTL_MS)
                self._client.get(name)
            except redis.ResponseError as error:
                self._refusal = _reason(error)
            except (redis.RedisError, OSError) as error:
                self._breaker.open(error)
            else:
                self._refusal = ""
                break
        self._trying_again.release()


class RedisNote:
    """One small value that replicas share; lost or out of reach, it is as if never written."""

    def __init__(self, url: str, name: str) -> None:
        self._client = _client(url, timeout_s=1.0)
        self._name = _PREFIX + name

    def read(self) -> bytes | None:
        """Return the value; None if there is none or Redis does not answer."""
        try:
            value = self._client.get(self._name)
        except (redis.RedisError, OSError):
            return None
        return value if isinstance(value, bytes) else None

    def write(self, content: bytes) -> None:
        """Replace the value, if Redis answers."""
        try:
            self._client.set(self._name, content)
        except (redis.RedisError, OSError) as error:
            # Tried again and again while Redis is down, which the cache has told already.
            log.debug("note.not_written", problem=type(error).__name__)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


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
        self._client = _client(url, timeout_s=1.0)
        self._name = _PREFIX + name
        self._own = secrets.token_hex(8)
        self._silent_after_s = silent_after_s

    def tell(self, publication_id: str) -> Mapping[str, str]:
        """Say what this replica serves; return that of the others, by replica."""
        try:
            others = self._told(publication_id)
        except (redis.RedisError, OSError) as error:
            self.problem = _reason(error)
            return {}
        self.problem = ""
        return others

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _told(self, publication_id: str) -> Mapping[str, str]:
        with self._client.pipeline(transaction=False) as pipe:
            pipe.set(f"{self._name}:{self._own}", publication_id, ex=self._silent_after_s)
            pipe.sadd(self._name, self._own)
            pipe.smembers(self._name)
            *_, members = pipe.execute()
        others = sorted(each.decode() for each in members if each.decode() != self._own)
        if not others:
            return {}
        found = self._client.mget([f"{self._name}:{each}" for each in others])
        served = dict(zip(others, found, strict=True))
        if gone := [each for each, told in served.items() if told is None]:
            self._client.srem(self._name, *gone)
        return {each: told.decode(errors="replace") for each, told in served.items() if told}


class _Breaker:
    """Keeps reads off a Redis that failed; a thread pings it until it answers.

    Attributes:
        reason: Why it failed, to be read after "Redis".
        closed: Set while reads may go to Redis.
        stopped: Set to end the pings.
    """

    def __init__(self, client: redis.Redis, retry_after_s: float) -> None:
        self._client = client
        self._retry_after_s = retry_after_s
        self.reason = ""
        self.stopped = threading.Event()
        self.closed = threading.Event()
        self.closed.set()
        self._lock = threading.Lock()

    def open(self, error: Exception) -> None:
        """Keep reads off from this moment."""
        with self._lock:
            if not self.closed.is_set() or self.stopped.is_set():
                return
            self.reason = _reason(error)
            self.closed.clear()
        log.warning("cache.down", problem=type(error).__name__)
        threading.Thread(target=self._ping, name="redis-watch", daemon=True).start()

    def _ping(self) -> None:
        while not self.stopped.wait(self._retry_after_s):
            try:
                self._client.ping()
            except (redis.RedisError, OSError) as error:
                self.reason = _reason(error)
                continue
            log.info("cache.up")
            self.closed.set()
            return


def _reason(error: Exception) -> str:
    """Return what keeps Redis from doing its part, to be read after "Redis".

    Of Redis's own sentence only the code is used: the rest may name hosts and paths.
    """
    if isinstance(error, redis.AuthenticationError):
        return "refuses this portal's user name or password"
    if isinstance(error, redis.TimeoutError):
        return "does not answer in time"
    if isinstance(error, redis.ResponseError):
        # redis-py takes the code off where it has a class of its own for it.
        named = _CODES.get(type(error)) or next((c for c in _REFUSALS if c in str(error)), "")
        return f"refuses what it is asked: {_REFUSALS.get(named, 'its log says why')}"
    return "can't be reached"


def _client(url: str, timeout_s: float) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=None
    )


def _pack(name: str, table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    content = bytes(sink.getvalue().to_pybytes())
    return _digest(name, content) + content


def _unpack(name: str, value: bytes) -> pa.Table | None:
    """Return the table, or None where the bytes are not those that were stored under *name*.

    Arrow trusts its input, so nothing damaged or foreign may reach it.
    """
    digest, content = value[:_DIGEST_BYTES], value[_DIGEST_BYTES:]
    if digest != _digest(name, content):
        log.warning("cache.damaged")
        return None
    return pa.ipc.open_stream(content).read_all()


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + content).digest()
