"""What every cache does, in memory, in Redis and in both."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pytest

from datalayer.reading.cache.redis_cache import RedisCache
from datalayer.reading.cache.result_cache import CacheKey, ResultCache
from tests.redis_server import PATIENT_S, RedisServer
from tests.unit.reading.cache.conftest import never

TABLE = pa.table({"date": ["2026-11-21", None], "forecast": [1.5, 2.0]})
CALLERS = 8


@pytest.fixture(params=["memory", "redis", "both"])
def cache(request: pytest.FixtureRequest, shared_redis: RedisServer) -> Iterator[ResultCache]:
    shared = (
        None if request.param == "memory" else RedisCache(shared_redis.url, timeout_s=PATIENT_S)
    )
    # With no room in memory, every read that does not wait for another goes to Redis.
    cache = ResultCache(0 if request.param == "redis" else 2**20, shared)
    yield cache
    cache.close()


def key(
    question: str = "item", publication_id: str | None = None, **parameters: object
) -> CacheKey:
    return CacheKey(
        question, tuple(sorted(parameters.items())), publication_id or str(uuid.uuid4()), ()
    )


class TestEveryCache:
    def test_what_was_made_is_not_made_again(self, cache: ResultCache) -> None:
        asked = key()
        made = cache.get_or_make(asked, lambda: TABLE)

        found = cache.get_or_make(asked, never)

        assert found.equals(made)

    def test_a_table_comes_back_as_it_went_in(self, cache: ResultCache) -> None:
        table = pa.table(
            {
                "day": pa.array([20_000, None], pa.date32()),
                "at": pa.array([0, 1], pa.timestamp("us", tz="UTC")),
                "text": ["ação", ""],
            }
        )
        asked = key()
        cache.get_or_make(asked, lambda: table)

        found = cache.get_or_make(asked, never)

        assert found.schema.equals(table.schema)
        assert found.equals(table)

    def test_an_empty_table_is_a_value(self, cache: ResultCache) -> None:
        asked = key()
        cache.get_or_make(asked, lambda: TABLE.slice(0, 0))

        assert cache.get_or_make(asked, never).num_rows == 0

    def test_another_publication_is_another_key(self, cache: ResultCache) -> None:
        cache.get_or_make(key(publication_id="20261121T060000Z-00000001"), lambda: TABLE)
        other = TABLE.slice(1)

        found = cache.get_or_make(key(publication_id=str(uuid.uuid4())), lambda: other)

        assert found.equals(other)

    def test_another_parameter_is_another_key(self, cache: ResultCache) -> None:
        publication_id = str(uuid.uuid4())
        cache.get_or_make(key("item", publication_id, item_id="1"), lambda: TABLE)
        other = TABLE.slice(1)

        found = cache.get_or_make(key("item", publication_id, item_id=1), lambda: other)

        assert found.equals(other)

    def test_another_meaning_is_another_key(self, cache: ResultCache) -> None:
        asked = key()
        cache.get_or_make(asked, lambda: TABLE)
        other = TABLE.slice(1)

        found = cache.get_or_make(replace(asked, meaning=("other sql",)), lambda: other)

        assert found.equals(other)

    def test_a_failure_is_raised_and_not_remembered(self, cache: ResultCache) -> None:
        asked = key()

        def fail() -> pa.Table:
            raise ValueError("the disk is gone")

        with pytest.raises(ValueError, match="the disk is gone"):
            cache.get_or_make(asked, fail)

        assert cache.get_or_make(asked, lambda: TABLE).equals(TABLE)

    def test_callers_who_miss_together_make_it_once(self, cache: ResultCache) -> None:
        asked = key()
        all_ask = threading.Barrier(CALLERS)
        makings: list[int] = []

        def make() -> pa.Table:
            makings.append(1)
            return TABLE

        def ask(_: int) -> pa.Table:
            all_ask.wait()
            return cache.get_or_make(asked, make)

        with ThreadPoolExecutor(CALLERS) as pool:
            answers = list(pool.map(ask, range(CALLERS)))

        assert len(makings) == 1
        assert all(answer.equals(TABLE) for answer in answers)

    def test_callers_who_wait_together_all_learn_of_the_failure(self, cache: ResultCache) -> None:
        asked = key()
        began, others_wait = threading.Event(), threading.Event()

        def fail() -> pa.Table:
            began.set()
            others_wait.wait()
            raise ValueError("the disk is gone")

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(cache.get_or_make, asked, fail)
            began.wait()
            second = pool.submit(cache.get_or_make, asked, fail)
            others_wait.set()

            assert isinstance(first.exception(), ValueError)
            assert isinstance(second.exception(), ValueError)

    def test_different_keys_do_not_wait_for_each_other(self, cache: ResultCache) -> None:
        slow_began, slow_may_end = threading.Event(), threading.Event()

        def slow() -> pa.Table:
            slow_began.set()
            slow_may_end.wait()
            return TABLE

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(cache.get_or_make, key(), slow)
            slow_began.wait()
            quick = cache.get_or_make(key(), lambda: TABLE)
            slow_may_end.set()

            assert quick.equals(waiting.result())
