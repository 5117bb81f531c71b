"""How often one key or address may call: counted in this process, or in Redis for all replicas."""

from __future__ import annotations

import math
import time

import structlog
from limits import parse
from limits.aio import storage as shared_storage
from limits.aio import strategies as shared_strategies
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

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
    """

    def __init__(self, rate: str, redis_url: str | None = None) -> None:
        self._rate = rate
        self._item = parse(rate)
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._redis = _redis(redis_url) if redis_url else None
        self._shared = (
            shared_strategies.FixedWindowRateLimiter(self._redis) if self._redis else None
        )
        self._shared_again_at = 0.0

    async def count(self, caller: str) -> None:
        """Count one call of *caller*.

        Raises:
            TooManyRequests: It was one too many; says when the next is welcome.
        """
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                if await self._shared.hit(self._item, caller):
                    return
                stats = await self._shared.get_window_stats(self._item, caller)
                raise self._too_many(stats.reset_time)
            except (StorageError, OSError) as error:
                self._shared_again_at = time.monotonic() + REDIS_LEFT_ALONE_S
                log.warning("limiter.alone", problem=type(error).__name__)
        if not self._own.hit(self._item, caller):
            raise self._too_many(self._own.get_window_stats(self._item, caller).reset_time)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.bridge.get_connection().aclose()  # type: ignore[attr-defined]

    def _too_many(self, reset_time: float) -> TooManyRequests:
        wait_s = max(1, math.ceil(reset_time - time.time()))
        return TooManyRequests(self._rate.replace("/", " requests a "), wait_s)


def _redis(url: str) -> shared_storage.RedisStorage:
    return shared_storage.RedisStorage(
        f"async+{url}",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix="farol:limit",
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=None,  # type: ignore[arg-type]  # redis-py's own default waits for seconds
    )
