"""A file on its way: counted and hashed as it goes, and never taken for whole when it is not."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum

from datalayer.kernel.errors import ReadFailed
from datalayer.reading.extracts.digests import Digest


class Outcome(StrEnum):
    """What became of a file: given out whole, given up or failed, or not what was announced."""

    DELIVERED = "delivered"
    BROKEN = "broken"
    ALTERED = "altered"


@dataclass(frozen=True)
class ByteSpan:
    """Bytes of a file, counted from 0, the last one not included."""

    begin: int
    end: int


class Delivery:
    """The bytes of a file, or a span of them, once; whoever takes them exhausts or closes it.

    The last bytes leave only after all were found to be what was announced: else an error comes
    in their place, and the receiver has a broken transfer instead of a wrong file.

    Attributes:
        announced: What the file was said to be; None if nobody could tell.

    Args:
        chunks: The bytes.
        rows: How many rows the file has.
        announced: As above.
        on_begin: Called before the first bytes are read.
        on_end: Called once after that, with what was read and what became of it.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        *,
        rows: int,
        announced: Digest | None,
        on_begin: Callable[[], None],
        on_end: Callable[[Digest, Outcome], None],
    ) -> None:
        self._rows = rows
        self.announced = announced
        self._on_begin = on_begin
        self._on_end = on_end
        self._open = False
        self._turn = threading.Lock()
        self._hash = hashlib.sha256()
        self._size_bytes = 0
        self._content = self._check(chunks)

    def __iter__(self) -> Delivery:
        return self

    def __next__(self) -> bytes:
        """Return the next bytes.

        Raises:
            StopIteration: The file is whole.
            ReadFailed: It can't be read, or is not what was announced.
        """
        with self._turn:
            try:
                return next(self._content)
            except StopIteration:
                self._end(Outcome.DELIVERED)
                raise
            except BaseException:
                self._end(Outcome.BROKEN)
                raise

    @property
    def digest(self) -> Digest:
        """What was read so far; the whole file once this is exhausted."""
        return Digest(self._rows, self._size_bytes, self._hash.hexdigest())

    def close(self) -> None:
        """Give up what is left, and free the reader behind it.

        Waits for whoever is reading: a cancelled request leaves its thread behind.
        """
        with self._turn:
            self._content.close()
            self._end(Outcome.BROKEN)

    def _check(self, chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
        self._on_begin()
        self._open = True
        held = b""
        for chunk in chunks:
            self._hash.update(chunk)
            self._size_bytes += len(chunk)
            if held:
                yield held
            held = chunk
        if self.announced not in (None, self.digest):
            self._end(Outcome.ALTERED)
            raise not_as_announced(self.digest, self.announced)
        yield held

    def _end(self, outcome: Outcome) -> None:
        if self._open:
            self._open = False
            self._on_end(self.digest, outcome)


def not_as_announced(made: Digest, announced: Digest | None) -> ReadFailed:
    """Return the error that a file is another one than was said before."""
    problem = f"{made} was made where {announced} was announced"
    return ReadFailed(publication_id="-", problem=problem)
