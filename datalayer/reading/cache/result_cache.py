"""Result tables by question, parameters and publication: in memory, and in Redis behind it.

A key names its publication, so activating another one changes every key: nothing is ever
cleared, and an old publication's entries fall out as the least recently used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from datalayer.reading.cache.lru import ByteBoundedLru
from datalayer.reading.cache.redis_cache import CacheHealth, RedisCache

# Measured: what an entry takes beside its buffers, whose own slack is in the share of a column.
_ENTRY_OVERHEAD_BYTES = 1024
_COLUMN_OVERHEAD_BYTES = 2048


@dataclass(frozen=True)
class CacheKey:
    """What makes one result the same as another.

    Attributes:
        question: Name of the question.
        parameters: Names and values, sorted by name.
        meaning: What the answer depends on beside these: contract and SQL. A replica of another
            version must not find this one's answers under its key.
    """

    question: str
    parameters: tuple[tuple[str, object], ...]
    publication_id: str
    meaning: tuple[str, ...]

    def text(self) -> str:
        """Return the key as text of bounded length, the same in every process."""
        digest = hashlib.sha256(repr((self.meaning, self.parameters)).encode()).hexdigest()
        return f"{self.publication_id}:{self.question}:{digest}"


class ResultCache:
    """Tables in memory, up to *max_bytes*, and in *shared*, the level that replicas share."""

    def __init__(self, max_bytes: int, shared: RedisCache | None = None) -> None:
        self.memory = ByteBoundedLru[CacheKey, pa.Table](max_bytes, _held_bytes)
        self._shared = shared

    def get_or_make(self, key: CacheKey, make: Callable[[], pa.Table]) -> pa.Table:
        """Return the table under *key*, made if it isn't there; see ``ByteBoundedLru``."""
        shared = self._shared
        if shared is None:
            return self.memory.get_or_make(key, make)
        return self.memory.get_or_make(key, lambda: shared.get_or_make(key.text(), make))

    def health(self) -> CacheHealth:
        """Return how the shared level is."""
        return self._shared.health() if self._shared else CacheHealth("off")

    def close(self) -> None:
        """Forget everything, and let go of the shared level's thread and connections."""
        self.memory.clear()
        if self._shared:
            self._shared.close()


def _held_bytes(table: pa.Table) -> int:
    columns_bytes = int(table.num_columns) * _COLUMN_OVERHEAD_BYTES
    return int(table.get_total_buffer_size()) + columns_bytes + _ENTRY_OVERHEAD_BYTES
