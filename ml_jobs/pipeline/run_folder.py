"""What a run keeps on disk, so that a killed one goes on where it was.

Every file is written beside its place, brought to the disk and then moved there. It begins with a
digest of the rest, so that one damaged since, however little, is found (`is_whole`) and made anew:
the folder is a cache. It is named after everything that the results depend on, so a run finds only
what it made itself, or what the same run made before it was killed.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from datalayer.kernel.storage.durable import write_durably
from ml_jobs.errors import DamagedPartError

Saved = TypeVar("Saved")

_DIGEST_BYTES = 32


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of one run lie.

    Attributes:
        path: The folder; every worker must see it under this path.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """What every partition is to be done with."""
        return self.path / "plan.pickle"

    @property
    def sample(self) -> Path:
        """The series that models learn from."""
        return self.path / "sample.pickle"

    @property
    def lessons(self) -> Path:
        """What the backtest teaches: weights, champions, widths and service levels."""
        return self.path / "lessons.pickle"

    @property
    def prices(self) -> Path:
        """What tower-hours are worth to the stock."""
        return self.path / "prices.pickle"

    def file(self, number: int) -> Path:
        """The demand of one input file, laid out."""
        return self.path / "files" / f"{number:06d}.pickle"

    def learnt(self, what: str, cutoff: int) -> Path:
        """What *what*, a source or else, learnt at *cutoff*."""
        return self.path / "learnt" / f"{what}-{cutoff}.pickle"

    def partition(self, number: int) -> Path:
        """The folder of one partition."""
        return self.path / "partitions" / f"{number:06d}"

    def series(self, number: int) -> Path:
        """Demand, items and stock of one partition."""
        return self.partition(number) / "series.pickle"

    def members(self, number: int, cutoff: int) -> Path:
        """What every source forecast for one partition at *cutoff*."""
        return self.partition(number) / f"members-{cutoff}.pickle"

    def prospect(self, number: int) -> Path:
        """What is forecast of one partition's stock."""
        return self.partition(number) / "prospect.pickle"

    def stocked(self, number: int) -> Path:
        """One partition's series where their stock lies."""
        return self.partition(number) / "stocked.pickle"

    def table(self, number: int, name: str) -> Path:
        """One table of one partition's results."""
        return self.partition(number) / f"{name}.table"

    def results(self, number: int) -> Path:
        """What one partition found beside its tables; there once they all are."""
        return self.partition(number) / "results.pickle"


def is_whole(path: Path) -> bool:
    """Return whether *path* is there and holds what was written to it."""
    try:
        _content(path)
    except (FileNotFoundError, DamagedPartError):
        return False
    return True


def load_tables(folder: RunFolder, name: str, partitions: int) -> Iterator[pa.Table]:
    """Yield the table *name* of each partition, in their order.

    Raises:
        DamagedPartError: A table can't be read.
    """
    for number in range(partitions):
        yield pq.read_table(pa.BufferReader(_content(folder.table(number, name))))


def save(path: Path, value: object) -> None:
    """Write *value* to *path*, whole or not at all."""
    _write(path, pickle.dumps(value, protocol=5))


def load(path: Path, kind: type[Saved]) -> Saved:
    """Return what `save` wrote to *path*.

    Raises:
        DamagedPartError: The file can't be read.
        TypeError: The file holds something else.
    """
    value = pickle.loads(_content(path))  # noqa: S301 - written by this very job
    if not isinstance(value, kind):
        message = f"{path.name} holds a {type(value).__name__}, not a {kind.__name__}"
        raise TypeError(message)
    return value


def save_table(path: Path, table: pa.Table) -> None:
    """Write *table* to *path* as Parquet, whole or not at all."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    _write(path, sink.getvalue())


def _write(path: Path, content: bytes | pa.Buffer) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, b"".join([hashlib.sha256(content).digest(), content]))


def _content(path: Path) -> bytes:
    """Return what was written to *path*; refuse one that holds anything else by now."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedPartError(file=path.name, folder=path.parent.name) from error
    digest, content = found[:_DIGEST_BYTES], found[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise DamagedPartError(file=path.name, folder=path.parent.name)
    return content
