"""Failed sign-ins in a small SQLite file: each attempt changes a few rows, however many there are.

What a crash of the machine loses of it is lost; nothing waits for the disk. A damaged file counts
as none, since it must not lock everybody out.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from datalayer.kernel.errors import StateUnavailable

MOST_STRANGERS: Final = 4096
"""Most names that are no user's, and most addresses, of which failures are kept."""

MOST_OF_A_USER: Final = 256
"""Most addresses and browsers of one user of which failures are kept."""

MOST_KNOWN_ADDRESSES: Final = 8
_BUSY_S: Final = 10.0

_TABLES: Final = """
create table if not exists failures (
    subject text primary key, pool text not null, name text not null,
    count integer not null, last real not null, told integer not null
) without rowid;
create index if not exists failures_by_age on failures (pool, last);
create index if not exists failures_by_name on failures (name, last);
create table if not exists known_addresses (
    name text not null, address text not null, last real not null, primary key (name, address)
) without rowid;
create table if not exists lines (
    subject text primary key, began real not null, count integer not null
) without rowid;
"""
_PRUNE: Final = """
delete from failures where pool = ? and last < (
    select last from failures where pool = ? order by last desc limit 1 offset ?
)
"""
_PRUNE_NAME: Final = """
delete from failures where name = ? and subject <> ? and last < (
    select last from failures where name = ? order by last desc limit 1 offset ?
)
"""
_PRUNE_KNOWN: Final = """
delete from known_addresses where name = ? and last < (
    select last from known_addresses where name = ? order by last desc limit 1 offset ?
)
"""

Outcome = TypeVar("Outcome")


class Pool(StrEnum):
    """What failures are kept with; each is bounded by itself, so that none pushes others out."""

    USERS = "users"
    STRANGERS = "strangers"
    ADDRESSES = "addresses"


@dataclass(frozen=True)
class Failures:
    """Failed attempts of one subject.

    Attributes:
        last: When the latest was, Unix time.
        told: Whether an attempt was answered with the wait that they make.
    """

    count: int = 0
    last: float = 0.0
    told: bool = False


class FailureTables:
    """The tables, inside of one transaction. Subjects and names are digests."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute

    def failures(self, subject: str) -> Failures:
        """Return the failures of *subject*."""
        query = "select count, last, told from failures where subject = ?"
        found = self._run(query, (subject,)).fetchone()
        return Failures(found[0], found[1], told=bool(found[2])) if found else Failures()

    def store(self, subject: str, pool: Pool, name: str, failures: Failures) -> None:
        """Keep *failures*, of *name* where they are a name's."""
        row = (subject, pool, name, failures.count, failures.last, failures.told)
        self._run("insert or replace into failures values (?, ?, ?, ?, ?, ?)", row)

    def forget(self, subject: str) -> None:
        """Drop the failures of *subject*."""
        self._run("delete from failures where subject = ?", (subject,))

    def forget_name(self, name: str) -> None:
        """Drop all that is kept of *name*: failures from wherever, and addresses."""
        self._run("delete from failures where name = ?", (name,))
        self._run("delete from known_addresses where name = ?", (name,))

    def prune(self, name: str, subject: str, *, before: float) -> None:
        """Drop failures from *before* that moment, and the oldest of too many.

        Those of *name* as a whole, which are *subject*'s, stay.
        """
        self._run("delete from failures where last < ?", (before,))
        for pool in (Pool.STRANGERS, Pool.ADDRESSES):
            self._run(_PRUNE, (pool, pool, MOST_STRANGERS - 1))
        self._run(_PRUNE_NAME, (name, subject, name, MOST_OF_A_USER))

    def is_known(self, name: str, address: str, *, since: float) -> bool:
        """Return True if *name* signed in from *address* after *since*."""
        query = "select 1 from known_addresses where name = ? and address = ? and last > ?"
        return self._run(query, (name, address, since)).fetchone() is not None

    def note_address(self, name: str, address: str, now: float) -> None:
        """Remember that *name* signed in from *address*."""
        self._run("insert or replace into known_addresses values (?, ?, ?)", (name, address, now))
        self._run(_PRUNE_KNOWN, (name, name, MOST_KNOWN_ADDRESSES - 1))

    def line_window(self, subject: str) -> tuple[float, int]:
        """Return when the lines of *subject* were first counted, and how many there were."""
        found = self._run("select began, count from lines where subject = ?", (subject,)).fetchone()
        return (found[0], found[1]) if found else (0.0, 0)

    def store_line_window(self, subject: str, began: float, count: int) -> None:
        """Keep what ``line_window`` returns; a count of 0 is dropped."""
        self._run("delete from lines where subject = ?", (subject,))
        if count:
            self._run("insert into lines values (?, ?, ?)", (subject, began, count))


class FailureFile:
    """The file, which only its owner may read; made at the first transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def transact(self, work: Callable[[FailureTables], Outcome]) -> Outcome:
        """Return what *work* returns, done while every other process waits.

        Raises:
            StateUnavailable: The file can't be written.
        """
        try:
            return self._try(work)
        except sqlite3.OperationalError as error:
            raise self._unavailable(error) from error
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error
        try:
            return self._try(work)
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def _try(self, work: Callable[[FailureTables], Outcome]) -> Outcome:
        with self._open() as connection:
            connection.execute("begin immediate")
            try:
                done = work(FailureTables(connection))
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
            return done

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Made without being opened: to close it would end the locks of this process's other
        # threads on it, and let another process write amid their transactions.
        with suppress(FileExistsError):
            os.mknod(self._path, 0o600)
        connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            connection.execute("pragma synchronous = off")
            connection.executescript(_TABLES)
            yield connection
        finally:
            connection.close()

    def _unavailable(self, error: Exception) -> StateUnavailable:
        problem = f"can't be written: {getattr(error, 'strerror', None) or error}"
        return StateUnavailable(path=str(self._path), problem=problem)
