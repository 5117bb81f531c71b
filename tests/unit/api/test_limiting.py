"""One caller's calls are counted; Redis out of reach, the process counts for itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from datalayer.api.limiting import Limiter
from datalayer.kernel.errors import TooManyRequests
from tests.redis_server import PATIENT_S, free_port, running_redis


def refused(limiter: Limiter, callers: list[str]) -> list[str]:
    """Return those of *callers*, calling in this order, that were one call too many."""

    async def call_all() -> list[str]:
        found = []
        for caller in callers:
            try:
                await limiter.count(caller)
            except TooManyRequests:
                found.append(caller)
        await limiter.close()
        return found

    return asyncio.run(call_all())


def test_a_caller_is_refused_beyond_the_rate_and_others_are_not() -> None:
    limiter = Limiter("3/hour")

    assert refused(limiter, ["a", "a", "a", "a", "b", "a"]) == ["a", "a"]


def test_the_refusal_says_how_much_is_allowed_and_when_to_come_back() -> None:
    limiter = Limiter("1/hour")
    refused(limiter, ["a"])

    with pytest.raises(TooManyRequests, match="More than 1 requests a hour") as refusal:
        asyncio.run(limiter.count("a"))

    assert 1 <= refusal.value.wait_s <= 3600


def test_replicas_count_together_in_redis(tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        first = refused(Limiter("3/hour", redis.url, PATIENT_S), ["a", "a"])
        second = refused(Limiter("3/hour", redis.url, PATIENT_S), ["a", "a"])

    assert (first, second) == ([], ["a"])


def test_replicas_count_together_over_a_socket_too(tmp_path: Path) -> None:
    with running_redis(tmp_path, "--unixsocket", "redis.sock"):
        url = f"unix://{tmp_path}/redis.sock"
        first = refused(Limiter("3/hour", url, PATIENT_S), ["a", "a"])
        second = refused(Limiter("3/hour", url, PATIENT_S), ["a", "a"])

    assert (first, second) == ([], ["a"])


def test_without_redis_each_process_counts_for_itself() -> None:
    limiter = Limiter("2/hour", f"redis://127.0.0.1:{free_port()}/0")

    assert refused(limiter, ["a", "a", "a"]) == ["a"]
