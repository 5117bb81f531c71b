"""How often one key or address may call: counted in this process, or in Redis for all replicas."""

from __future__ import annotations

import math
import time

import structlog
from limits import parse
from limits.aio.storage import RedisStorage
from limits.errors import StorageError
from limits.storage import MemoryStorage

from datalayer.kernel.errors import TooManyRequests

REDIS_LEFT_ALONE_S = 2.0
REDIS_TIMEOUT_S = 0.1

log = structlog.get_logger(__name__)


class Limiter:
    """Counts calls in fixed windows.

    With Redis the replicas count together. Redis out of reach, each counts for itself: a limit
    must not take the portal down with it.

    Args:
        rate: Such as ``1200/minute``.
        redis_url: Where the replicas count together; None for this process alone.
        redis_timeout_s: Longest wait for a connection to Redis and for each answer.
    """

    def __init__(
        self, rate: str, redis_url: str | None = None, redis_timeout_s: float = REDIS_TIMEOUT_S
    ) -> None:
        self._rate = rate
        self._limit = parse(rate)
        self._window_s = self._limit.get_expiry()
        self._own = MemoryStorage()
        self._redis = _connect(redis_url, redis_timeout_s) if redis_url else None
        self._redis_again_at = 0.0

    async def count(self, caller: str) -> None:
        """Count one call of *caller*.

        Raises:
            TooManyRequests: It was one too many; says when the next is welcome.
        """
        if self._redis is not None and time.monotonic() >= self._redis_again_at:
            key = self._limit.key_for(caller)
            try:
                if await self._redis.incr(key, self._window_s) <= self._limit.amount:
                    return
                raise self._too_many(await self._redis.get_expiry(key))
            except (StorageError, OSError) as error:
                self._redis_again_at = time.monotonic() + REDIS_LEFT_ALONE_S
                log.warning("limiter.alone", problem=type(error).__name__)
        if self._own.incr(caller, self._window_s) > self._limit.amount:
            raise self._too_many(self._own.get_expiry(caller))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.bridge.get_connection().aclose()  # type: ignore[attr-defined]

    def _too_many(self, reset_time: float) -> TooManyRequests:
        wait_s = max(1, math.ceil(reset_time - time.time()))
        return TooManyRequests(limit=self._rate.replace("/", " requests a "), wait_s=wait_s)


def _connect(url: str, timeout_s: float) -> RedisStorage:
    # The library tells by the address whose server it is, which a socket's doesn't say.
    return RedisStorage(
        f"async+redis+{url}" if url.startswith("unix:") else f"async+{url}",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix="farol:limit",
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=None,  # type: ignore[arg-type]  # redis-py's own default waits for seconds
    )
