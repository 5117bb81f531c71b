"""A cache bounded in bytes: the least recently used goes first, and a key is made once."""

from __future__ import annotations

import pytest

from datalayer.reading.cache.lru import ByteBoundedLru
from tests.unit.reading.cache.conftest import never


@pytest.fixture
def lru() -> ByteBoundedLru[str, bytes]:
    return ByteBoundedLru(10, len)


def test_the_least_recently_used_goes_first(lru: ByteBoundedLru[str, bytes]) -> None:
    lru.put("old", b"12345")
    lru.put("idle", b"12345")
    lru.get("old")

    lru.put("new", b"12345")

    assert lru.get("old") == lru.get("new") == b"12345"
    assert lru.get("idle") is None


def test_what_is_put_again_takes_its_bytes_once(lru: ByteBoundedLru[str, bytes]) -> None:
    lru.put("key", b"12345")

    lru.put("key", b"1234567")

    assert lru.get("key") == b"1234567"
    assert lru.size_bytes == 7


def test_what_is_larger_than_all_the_room_drops_nothing(lru: ByteBoundedLru[str, bytes]) -> None:
    lru.put("kept", b"1")

    assert lru.get_or_make("large", lambda: b"1" * 11) == b"1" * 11

    assert lru.get("large") is None
    assert lru.get("kept") == b"1"


def test_what_was_put_is_not_made(lru: ByteBoundedLru[str, bytes]) -> None:
    lru.put("key", b"1")

    assert lru.get_or_make("key", never) == b"1"


def test_nothing_is_left_after_clearing(lru: ByteBoundedLru[str, bytes]) -> None:
    lru.put("key", b"1")

    lru.clear()

    assert lru.get("key") is None
    assert lru.size_bytes == 0
