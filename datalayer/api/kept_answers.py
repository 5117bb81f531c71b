"""The answers that the front sends by itself: by publication, address and form, least used out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from datalayer.api.answers import Answer
from datalayer.kernel.logs import ReadLine
from datalayer.reading.cache.lru import ByteBoundedLru

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
        self._answers = ByteBoundedLru[Key, KeptAnswer](max_bytes, _kept_bytes)
        # Of no bytes: it keeps nothing, and has callers of one key wait for one making.
        self._makings = ByteBoundedLru[Key, Answer](0, _answer_bytes)

    def find(self, key: Key) -> KeptAnswer | None:
        """Return the answer under *key*, if it is kept."""
        return self._answers.get(key)

    def made_once(self, key: Key, make: Callable[[], Answer]) -> Answer:
        """Return what *make* makes; those who want the same at the same time wait for it."""
        return self._makings.get_or_make(key, make)

    def keep(self, key: Key, kept: KeptAnswer) -> None:
        """Keep an answer, dropping others where the room is used up."""
        self._answers.put(key, kept)


def _kept_bytes(kept: KeptAnswer) -> int:
    return kept.answer.size_bytes


def _answer_bytes(answer: Answer) -> int:
    return answer.size_bytes
