"""`ByteBoundedLru`: what results and the API's kept answers are kept in, bounded in bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ByteBoundedLru(Generic[Key, Value]):
    """Values by key, the least recently used dropped; safe to call from any thread.

    Args:
        max_bytes: What all values may take together; a larger one is never kept.
        size_bytes: Returns what a value takes.
    """

    def __init__(self, max_bytes: int, size_bytes: Callable[[Value], int]) -> None:
        self._values: LRUCache[Key, Value] = LRUCache(max_bytes, getsizeof=size_bytes)
        self._making: dict[Key, Future[Value]] = {}
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """What all values take together."""
        return int(self._values.currsize)

    def get(self, key: Key) -> Value | None:
        """Return the value under *key*, or None; it is then the most recently used."""
        try:
            with self._lock:
                value: Value = self._values[key]  # its own get would look the key up twice
        except KeyError:
            return None
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep *value* under *key*, dropping others where the room is used up."""
        # What is too large raises ValueError, and nothing else is dropped for it.
        with self._lock, suppress(ValueError):
            self._values[key] = value

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value under *key*, made if it isn't there.

        Callers who miss the same key at the same time wait for one making. What *make* raises
        is raised to each of them and not remembered.
        """
        with self._lock:
            found: Value | None = self._values.get(key)
            if found is not None:
                return found
            making = self._making.get(key)
            if making is None:
                own = self._making[key] = Future()
        if making is not None:
            return making.result()
        try:
            value = make()
            self.put(key, value)
            own.set_result(value)
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._making[key]
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
