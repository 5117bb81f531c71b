"""A cache of result tables: the protocol, the key, and the level in memory.

A key names its publication, so activating another one changes every key: nothing is ever
cleared, and an old publication's entries fall out as the least recently used.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import pyarrow as pa

MakeTable = Callable[[], pa.Table]
Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")

# Measured: what an entry takes beside its buffers, whose own slack is in the share of a column.
_ENTRY_OVERHEAD_BYTES = 1024
_COLUMN_OVERHEAD_BYTES = 2048


@dataclass(frozen=True)
class CacheKey:
    """What makes one result the same as another.

    Attributes:
        question: Name of the question with a fingerprint of what it means.
        parameters: Names and values, sorted by name.
    """

    question: str
    parameters: tuple[tuple[str, object], ...]
    publication_id: str

    def text(self) -> str:
        """Return the key as text of bounded length, the same in every process."""
        digest = hashlib.sha256(repr(self.parameters).encode()).hexdigest()
        return f"{self.publication_id}:{self.question}:{digest}"


class ResultCache(Protocol):
    """A place that makes a result once and remembers it."""

    def get_or_make(self, key: CacheKey, make: MakeTable) -> pa.Table:
        """Return the table under *key*, making it if it isn't there.

        Callers who miss the same key at the same time wait for one making. What *make* raises
        is raised to each of them and not remembered.
        """

    def health(self) -> str:
        """Return the state of the level that can fail: ``off``, ``ok`` or ``down``."""

    def close(self) -> None:
        """Let go of threads and connections."""


class SingleFlight(Generic[Key, Made]):
    """Runs one making per key at a time; others who want the key wait for its outcome."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Key, Future[Made]] = {}

    def run(self, key: Key, make: Callable[[], Made]) -> Made:
        """Return what *make* returns here or in the thread that is already at it."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                own = self._flights[key] = Future()
        if flight is not None:
            return flight.result()
        try:
            own.set_result(make())
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._flights[key]
        return own.result()


class MemoryCache:
    """Tables in memory, the least recently used dropped beyond *max_bytes*."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._tables: OrderedDict[CacheKey, pa.Table] = OrderedDict()
        self._lock = threading.Lock()
        self._flights = SingleFlight[CacheKey, pa.Table]()

    @property
    def size_bytes(self) -> int:
        """Bytes held, keys included."""
        return self._size_bytes

    def get_or_make(self, key: CacheKey, make: MakeTable) -> pa.Table:
        """Return the table under *key*; see ``ResultCache``."""
        table = self._get(key)
        return self._flights.run(key, lambda: self._make(key, make)) if table is None else table

    def health(self) -> str:
        """Return ``off``: there is no second level."""
        return "off"

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._tables.clear()
            self._size_bytes = 0

    def _make(self, key: CacheKey, make: MakeTable) -> pa.Table:
        # Another thread may have finished this key between the miss and this flight.
        table = self._get(key)
        if table is None:
            table = make()
            self._put(key, table)
        return table

    def _get(self, key: CacheKey) -> pa.Table | None:
        with self._lock:
            table = self._tables.get(key)
            if table is not None:
                self._tables.move_to_end(key)
            return table

    def _put(self, key: CacheKey, table: pa.Table) -> None:
        with self._lock:
            self._tables[key] = table
            self._size_bytes += _held_bytes(table)
            while self._size_bytes > self._max_bytes:
                _, dropped = self._tables.popitem(last=False)
                self._size_bytes -= _held_bytes(dropped)


class LayeredCache:
    """A fast level in front of a shared one."""

    def __init__(self, first: ResultCache, second: ResultCache) -> None:
        self._first = first
        self._second = second

    def get_or_make(self, key: CacheKey, make: MakeTable) -> pa.Table:
        """Return the table under *key*; see ``ResultCache``."""
        return self._first.get_or_make(key, lambda: self._second.get_or_make(key, make))

    def health(self) -> str:
        """Return the state of the second level."""
        return self._second.health()

    def close(self) -> None:
        """Close both levels."""
        self._first.close()
        self._second.close()


def _held_bytes(table: pa.Table) -> int:
    columns_bytes = int(table.num_columns) * _COLUMN_OVERHEAD_BYTES
    return int(table.get_total_buffer_size()) + columns_bytes + _ENTRY_OVERHEAD_BYTES
