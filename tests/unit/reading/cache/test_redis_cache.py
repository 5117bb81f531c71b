"""Redis down means slower, never wrong and never an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
import redis

from datalayer.reading.cache.redis_cache import RedisCache
from tests.integration.servers import wait_until
from tests.redis_server import PATIENT_S, RedisServer, free_port
from tests.unit.reading.cache.conftest import MuteServer, never

TABLE = pa.table({"forecast": [1.5, 2.0]})
KEY = "20261121T060000Z-1a2b3c4d:item:0123"
RETRY_S = 0.02
NEVER_S = 3600.0


@pytest.fixture
def open_cache() -> Iterator[Callable[[str], RedisCache]]:
    opened: list[RedisCache] = []

    def make(url: str) -> RedisCache:
        opened.append(RedisCache(url, retry_after_s=RETRY_S, timeout_s=PATIENT_S))
        return opened[-1]

    yield make
    for cache in opened:
        cache.close()


def test_replicas_find_what_the_other_made(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    open_cache(redis_server.url).get_or_make(KEY, lambda: TABLE)

    found = open_cache(redis_server.url).get_or_make(KEY, never)

    assert found.equals(TABLE)


def test_keys_bear_the_prefix_and_expire(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    open_cache(redis_server.url).get_or_make(KEY, lambda: TABLE)

    with redis.Redis.from_url(redis_server.url) as client:
        (name,) = client.keys()
        assert name.startswith(b"farol:20261121T060000Z-1a2b3c4d:item:")
        assert 0 < client.ttl(name) <= 86_400


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not arrow at all",
        lambda value: value[:-10],
        lambda value: value[:80] + bytes([value[80] ^ 0xFF]) + value[81:],
    ],
    ids=["empty", "foreign", "short", "flipped"],
)
def test_a_damaged_value_is_a_miss(
    open_cache: Callable[[str], RedisCache],
    redis_server: RedisServer,
    damage: Callable[[bytes], bytes],
) -> None:
    cache = open_cache(redis_server.url)
    cache.get_or_make(KEY, lambda: TABLE)
    with redis.Redis.from_url(redis_server.url) as client:
        (name,) = client.keys()
        client.set(name, damage(client.get(name)))
    other = pa.table({"forecast": [3.0]})

    assert cache.get_or_make(KEY, lambda: other).equals(other)
    assert cache.get_or_make(KEY, never).equals(other)


def test_a_value_under_another_key_is_a_miss(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    cache = open_cache(redis_server.url)
    cache.get_or_make(KEY, lambda: TABLE)
    other_key = KEY.replace("0123", "4567")
    with redis.Redis.from_url(redis_server.url) as client:
        client.set(f"farol:{other_key}", client.get(f"farol:{KEY}"))
    other = pa.table({"forecast": [3.0]})

    assert cache.get_or_make(other_key, lambda: other).equals(other)


def test_a_value_of_another_kind_is_a_miss_and_no_outage(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    cache = open_cache(redis_server.url)
    with redis.Redis.from_url(redis_server.url) as client:
        client.lpush(f"farol:{KEY}", "a list")

    assert cache.get_or_make(KEY, lambda: TABLE).equals(TABLE)
    assert cache.health().state == "ok"


def test_a_refused_connection_is_an_outage_and_no_error(
    open_cache: Callable[[str], RedisCache],
) -> None:
    cache = open_cache(f"redis://127.0.0.1:{free_port()}/0")

    assert cache.get_or_make(KEY, lambda: TABLE).equals(TABLE)
    assert cache.health().state == "down"


def test_a_server_that_never_answers_is_left_alone_by_every_further_read(
    mute_server: MuteServer,
) -> None:
    cache = RedisCache(mute_server.url, retry_after_s=NEVER_S)
    first = cache.get_or_make(KEY, lambda: TABLE)
    connections = mute_server.connections()

    further = [cache.get_or_make(f"p:item:{number}", lambda: TABLE) for number in range(20)]

    assert connections == 1
    assert mute_server.connections() == 0
    assert all(table.equals(TABLE) for table in (first, *further))
    assert cache.health().state == "down"
    cache.close()


def test_a_wrong_password_is_an_outage_and_no_error(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("requirepass", "right")
    cache = open_cache(redis_server.url.replace("redis://", "redis://:wrong@"))

    assert cache.get_or_make(KEY, lambda: TABLE).equals(TABLE)
    assert cache.health().state == "down"


def test_a_full_redis_stores_nothing_and_is_no_error(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory", "1")
    cache = open_cache(redis_server.url)

    assert cache.get_or_make(KEY, lambda: TABLE).equals(TABLE)
    assert cache.health().state == "refusing"


def test_a_redis_that_takes_writes_again_refuses_no_longer_though_nobody_asks_for_more(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    cache = open_cache(redis_server.url)
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory", "1")
        cache.get_or_make(KEY, lambda: TABLE)
        while_full = cache.health().state

        client.config_set("maxmemory", "0")

    assert while_full == "refusing"
    wait_until(
        lambda: cache.health().state == "ok", within_s=30, problem="it goes on being refused"
    )


def test_a_redis_that_stops_and_comes_back_is_used_again(
    open_cache: Callable[[str], RedisCache], redis_server: RedisServer
) -> None:
    cache = open_cache(redis_server.url)
    cache.get_or_make(KEY, lambda: TABLE)
    redis_server.stop()
    while_down = cache.get_or_make(KEY, lambda: TABLE)
    state_while_down = cache.health().state
    redis_server.start()

    assert cache.wait_until_up(timeout_s=10)
    cache.get_or_make(KEY, lambda: TABLE)
    assert while_down.equals(TABLE)
    assert state_while_down == "down"
    assert cache.get_or_make(KEY, never).equals(TABLE)
