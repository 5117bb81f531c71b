"""The level that replicas share: tables in Redis as Arrow IPC.

Redis down means slower, never wrong and never an error. After one failure no read goes near
it again until a thread of our own has seen it answer.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import structlog

from datalayer.publications.redis_connection import (
    FAILURES,
    KEY_PREFIX,
    Client,
    Refused,
    connect,
    reason_of,
)

_DIGEST_BYTES = 32
_TTL_S = 86_400
_CHECK_TTL_MS = 1000
_MOST_VALUE_BYTES = 16 * 2**20

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
    """Tables in Redis, each with a digest that is checked before its bytes are parsed.

    Args:
        url: Of Redis.
        retry_after_s: How long it is left alone after a failure.
        timeout_s: Longest wait for a connection and for each answer.
    """

    def __init__(self, url: str, *, retry_after_s: float = 2.0, timeout_s: float = 0.1) -> None:
        self._client = connect(url, timeout_s)
        self._breaker = _Breaker(self._client, retry_after_s)
        self._retry_after_s = retry_after_s
        self._refusal = ""
        self._trying_again = threading.Lock()

    def get_or_make(self, key: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return the table under *key*, made and stored if it isn't there."""
        table = self._get(KEY_PREFIX + key)
        if table is None:
            table = make()
            self._put(KEY_PREFIX + key, table)
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
        except Refused as error:
            self._refused(error)
            return None
        except FAILURES as error:
            self._breaker.open(error)
            return None
        return _unpack(name, value) if isinstance(value, bytes) else None

    def _put(self, name: str, table: pa.Table) -> None:
        if not self._breaker.closed.is_set() or table.nbytes > _MOST_VALUE_BYTES:
            return
        try:
            self._client.set(name, _pack(name, table), ex=_TTL_S)
            self._refusal = ""
        except Refused as error:
            self._refused(error)
        except FAILURES as error:
            self._breaker.open(error)

    def _refused(self, error: Refused) -> None:
        reason = reason_of(error)
        if reason != self._refusal:  # told once, not at every read
            log.warning("cache.refused", problem=reason)
        self._refusal = reason
        if self._trying_again.acquire(blocking=False):
            threading.Thread(target=self._try_again, name="redis-refusal", daemon=True).start()

    def _try_again(self) -> None:
        """Ask until nothing is refused: of what is in memory already no read would find out."""
        name = f"{KEY_PREFIX}write-check"
        while not self._breaker.stopped.wait(self._retry_after_s):
            try:
                self._client.set(name, b"", px=_CHECK_TTL_MS)
                self._client.get(name)
            except Refused as error:
                self._refusal = reason_of(error)
            except FAILURES as error:
                self._breaker.open(error)
            else:
                self._refusal = ""
                break
        self._trying_again.release()


class _Breaker:
    """Keeps reads off a Redis that failed; a thread pings it until it answers.

    Attributes:
        reason: Why it failed, to be read after "Redis".
        closed: Set while reads may go to Redis.
        stopped: Set to end the pings.
    """

    def __init__(self, client: Client, retry_after_s: float) -> None:
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
            self.reason = reason_of(error)
            self.closed.clear()
        log.warning("cache.down", problem=type(error).__name__)
        threading.Thread(target=self._ping, name="redis-watch", daemon=True).start()

    def _ping(self) -> None:
        while not self.stopped.wait(self._retry_after_s):
            try:
                self._client.ping()
            except FAILURES as error:
                self.reason = reason_of(error)
                continue
            log.info("cache.up")
            self.closed.set()
            return


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
