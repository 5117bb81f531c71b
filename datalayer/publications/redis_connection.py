"""Connections to the Redis that replicas share, and why it does not do its part.

The one module that imports redis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import redis
from redis.client import PubSub

from datalayer.kernel.sentences import Sentence

KEY_PREFIX: Final = "farol:"

Client = redis.Redis
Subscription = PubSub
Refused = redis.ResponseError
"""Redis answered, and does not do what it is asked."""
FAILURES: Final = (redis.RedisError, OSError)
"""Whatever a call of a ``Client`` may raise."""

_CODES: Mapping[type[Exception], str] = {
    redis.exceptions.OutOfMemoryError: "OOM",
    redis.exceptions.ReadOnlyError: "READONLY",
    redis.exceptions.NoPermissionError: "NOPERM",
}
_UNSAID: Final = Sentence("its log says why")
_REFUSALS = {
    "OOM": Sentence("its memory is full (OOM)"),
    "READONLY": Sentence("it is a read-only replica (READONLY)"),
    "MISCONF": Sentence("it can't write to its own disk (MISCONF)"),
    "NOPERM": Sentence("this portal's user lacks a permission (NOPERM)"),
}


def connect(url: str, timeout_s: float, *, ping_every_s: int = 0) -> Client:
    """Return a client of the Redis at *url*; nothing is sent yet.

    Args:
        url: Of Redis, with user and password where it asks for them.
        timeout_s: Longest wait for a connection and for each answer.
        ping_every_s: How often to ask over a connection whether it still stands; 0 for never. One
            that only listens would not notice that a firewall has dropped it.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        health_check_interval=ping_every_s,
        retry=None,
    )


def reason_of(error: Exception) -> Sentence:
    """Return what keeps Redis from doing its part, to be read after "Redis".

    Of Redis's own sentence only the code is used: the rest may name hosts and paths.
    """
    if isinstance(error, redis.AuthenticationError):
        return Sentence("refuses this portal's user name or password")
    if isinstance(error, redis.TimeoutError):
        return Sentence("does not answer in time")
    if isinstance(error, redis.ResponseError):
        # redis-py takes the code off where it has a class of its own for it.
        named = _CODES.get(type(error)) or next((c for c in _REFUSALS if c in str(error)), "")
        return Sentence("refuses what it is asked: {why}", why=_REFUSALS.get(named, _UNSAID))
    return Sentence("can't be reached")


def subscription(client: Client) -> Subscription:
    """Return what listens over a connection of its own; nothing is sent yet."""
    return client.pubsub()  # type: ignore[no-untyped-call,no-any-return]
