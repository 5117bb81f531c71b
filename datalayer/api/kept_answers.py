"""The answers that the front sends by itself: by publication, address and form, least used out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from datalayer.api.answers import Answer
from datalayer.kernel.logs import ReadLine
from datalayer.reading.cache.result_cache import SingleFlight

Key = tuple[str, str, bytes, str]
"""Active publication, path, query string, form."""


@dataclass(frozen=True)
class KeptAnswer:
    """An answer, and what is told of each sending of it.

    Attributes:
        route: Template of the address, for the metrics.
        line: Its line of the log.
    """

    answer: Answer
    route: str
    line: ReadLine


class KeptAnswers:
    """Answers within *max_bytes*; safe to call from any thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._answers: OrderedDict[Key, KeptAnswer] = OrderedDict()
        self._lock = threading.Lock()
        self._flights = SingleFlight[Key, Answer]()

    def find(self, key: Key) -> KeptAnswer | None:
        """Return the answer under *key*, if it is kept."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def made_once(self, key: Key, make: Callable[[], Answer]) -> Answer:
        """Return what *make* makes; those who want the same at the same time wait for it."""
        return self._flights.run(key, make)

    def keep(self, key: Key, kept: KeptAnswer) -> None:
        """Keep an answer, dropping others where the room is used up."""
        with self._lock:
            before = self._answers.pop(key, None)
            self._size_bytes -= before.answer.size_bytes if before else 0
            self._answers[key] = kept
            self._size_bytes += kept.answer.size_bytes
            while self._size_bytes > self._max_bytes:
                _, dropped = self._answers.popitem(last=False)
                self._size_bytes -= dropped.answer.size_bytes
