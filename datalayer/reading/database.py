"""One locked in-memory DuckDB over the snapshots; each snapshot is a schema of views.

A snapshot's schema is created in one transaction and never changed. A read is pinned to one
schema, so a read that mixes two publications can't be written down.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import structlog

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    DatabaseUnsafe,
    PublicationError,
    QueryTooLarge,
    ReadFailed,
    StateUnavailable,
    UnknownPublication,
)
from datalayer.kernel.sentences import Sentence
from datalayer.publications.stages import Snapshot
from datalayer.reading.cache.lru import ByteBoundedLru
from datalayer.reading.views import (
    attach_statements,
    columns_query,
    detach_statement,
    fold_statements,
    use_statement,
)
from datalayer.reading.watchdog import Watchdog

Parameter = str | int | float | bool | date | None | tuple[str, ...]
Parameters = Mapping[str, Parameter]

# The library would rather have a relation, which spares a copy of the rows but plans the query
# twice: with a page of rows that is a millisecond or two lost, and the copy is nothing.
COPIES_ROWS = "Arrow output on a DB-API result makes an extra copy"
warnings.filterwarnings("ignore", COPIES_ROWS, UserWarning)

_log = structlog.get_logger(__name__)
_FILE = re.compile(r"\w+\.parquet")

MOST_SPILLED = "8GiB"
"""Most disk that reads may take which need more memory than there is."""

_STREAM_BATCH_ROWS = 20_000
_REMEMBERED_BYTES = 4 * 2**20

# One thread per query: a read touches one or two row groups, so a second thread has next to
# nothing to do. Measured with 1 million forecasts on two cores: four callers get as many
# answers either way, and each answer takes 3 to 8 % more CPU with two threads. One thread also
# keeps the files' order without sorting. Reads still run side by side, each on its own.
_TUNING = {
    "threads": "1",
    "TimeZone": "UTC",
    "parquet_metadata_cache": "true",
    "preserve_insertion_order": "true",
    # DuckDB 2.0.0 reads the file once per partition when it groups by a key of many values.
    "disabled_optimizers": "partitioned_execution",
    "python_enable_replacements": "false",
}
_LOCKS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "enable_external_access": "false",
    # Last: nothing can be set after it.
    "lock_configuration": "true",
}


class Database:
    """The process's database; every method may be called from any thread.

    Args:
        memory_limit: Most memory for all reads together.
        query_timeout_s: Longest a read may take that is not streamed.
        spill_folder: Where reads go on that need more memory, such as sorts; made when the first
            one does, and shared between processes. None where they are refused.

    Raises:
        DatabaseUnsafe: A setting is not what it must be after locking.
        StateUnavailable: The folder of the snapshots can't be made.
    """

    def __init__(
        self,
        snapshots_folder: Path,
        registry: Registry,
        *,
        memory_limit: str,
        query_timeout_s: float = 10.0,
        spill_folder: Path | None = None,
    ) -> None:
        try:
            snapshots_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = Sentence("can't be made: {reason}", reason=error.strerror)
            raise StateUnavailable(path=str(snapshots_folder), problem=problem) from error
        self._watchdog = Watchdog(query_timeout_s)
        self._memory_limit = memory_limit
        self._registry = registry
        self._connection = duckdb.connect(":memory:")
        self._changing = threading.Lock()
        self._attached: dict[str, None] = {}
        self._folded: frozenset[str] = frozenset()
        # Callers choose filters, so there is no end of questions.
        self._columns = ByteBoundedLru[str, Mapping[str, str]](_REMEMBERED_BYTES, _columns_bytes)
        self._folder = snapshots_folder.resolve()
        self._lock_down(self._folder, memory_limit, spill_folder)

    def attach(self, snapshot: Snapshot) -> None:
        """Create the views of *snapshot*, all or none; nothing happens if they are there.

        Raises:
            UnknownPublication: It is not kept here any more.
            PublicationError: Its files are damaged, or don't bear the columns that they must.
        """
        publication_id = snapshot.manifest.publication_id
        with self._changing:
            if publication_id in self._attached:
                return
            try:
                statements = attach_statements(snapshot, self._registry, self._columns_in)
                self._in_one_transaction(statements)
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                if not self._is_kept(publication_id):
                    raise self._not_attached(publication_id) from error
                self._tell(error, publication_id)
                problem = Sentence("can't be read here; activate it to fetch it anew")
                raise PublicationError(publication_id=publication_id, problem=problem) from error
            except (duckdb.Error, KeyError) as error:
                problem = Sentence(
                    "can't be served under this registry: {reason}",
                    reason=str(error).partition("\n")[0].replace(f"{self._folder}/", ""),
                )
                raise PublicationError(publication_id=publication_id, problem=problem) from error
            self._attached = {**self._attached, publication_id: None}

    def keep_folded(self, publication_id: str) -> None:
        """Keep in memory what a search of a snapshot's parts compares, until it is detached.

        Nothing happens if it is kept, and where it finds no room: a search then folds anew.

        Raises:
            UnknownPublication, ReadFailed: As for ``query``.
        """
        if publication_id in self._folded:
            return
        with self._translating_errors(publication_id), self._changing:
            if publication_id not in self._folded:
                with suppress(duckdb.OutOfMemoryException):
                    self._in_one_transaction(fold_statements(publication_id))
                self._folded |= {publication_id}

    def detach(self, publication_id: str) -> None:
        """Drop the views of a snapshot; reads that have begun end as if they were there."""
        with self._changing:
            kept = {name: None for name in self._attached if name != publication_id}
            self._attached = kept
            self._folded -= {publication_id}
            self._in_one_transaction((detach_statement(publication_id),))

    def attached(self) -> tuple[str, ...]:
        """Return the ids of the attached snapshots, in the order of their attaching."""
        return tuple(self._attached)

    def query(self, publication_id: str, sql: str, parameters: Parameters) -> pa.Table:
        """Run *sql* over one snapshot's views and return all rows.

        Raises:
            UnknownPublication: The snapshot is not attached.
            ReadFailed: Its files are gone or can't be read; ``QueryTooLarge`` where it took more
                memory and disk than reads may.
            QueryTooLong: It took longer than one read may.
        """
        with (
            self._translating_errors(publication_id),
            self._connection.cursor() as cursor,
            self._watchdog.watching(cursor),
        ):
            cursor.execute(use_statement(publication_id))
            return cursor.execute(sql, parameters).to_arrow_table()

    def columns(self, publication_id: str, sql: str, parameters: Parameters) -> Mapping[str, str]:
        """Return the names and types of the columns of *sql*, remembered: nothing is read.

        The views of every snapshot have the registry's types, so one answer holds for all.

        Raises:
            UnknownPublication, ReadFailed: As for ``query``.
        """
        known = self._columns.get(sql)
        if known is None:
            with self._translating_errors(publication_id), self._connection.cursor() as cursor:
                cursor.execute(use_statement(publication_id))
                relation = cursor.sql(sql, params=parameters)
                known = dict(zip(relation.columns, map(str, relation.types), strict=True))
            self._columns.put(sql, known)
        return known

    def stream(
        self, publication_id: str, sql: str, parameters: Parameters
    ) -> Iterator[pa.RecordBatch]:
        """Run *sql* over one snapshot's views and yield batches as they are read.

        Memory holds a few batches, however many rows there are. No time limit holds here.

        Raises:
            UnknownPublication, ReadFailed: As for ``query``, at the first batch or later.
        """
        with self._translating_errors(publication_id), self._connection.cursor() as cursor:
            cursor.execute(use_statement(publication_id))
            relation = cursor.sql(sql, params=parameters or None)
            yield from relation.to_arrow_reader(_STREAM_BATCH_ROWS)

    def settings(self) -> Mapping[str, str]:
        """Return DuckDB's settings by name."""
        rows = self._connection.cursor().sql("select name, value from duckdb_settings()")
        return {name: str(value) for name, value in rows.fetchall()}

    def close(self) -> None:
        """Close the database; reads after this fail."""
        self._watchdog.stop()
        self._connection.close()

    @contextmanager
    def _translating_errors(self, publication_id: str) -> Iterator[None]:
        """Turn DuckDB's errors within the block into ours.

        Each read takes a cursor of its own in it, some 65 us, a twentieth of the smallest read:
        nothing is left behind by Streamlit's short-lived threads.
        """
        if publication_id not in self._attached:
            raise self._not_attached(publication_id)
        try:
            yield
        except duckdb.Error as error:
            # It may be pruned at this moment: first its files go, then its views, which the
            # next caller may have back before this one has seen that they were gone.
            went = isinstance(error, duckdb.CatalogException)
            if went or publication_id not in self._attached or not self._is_kept(publication_id):
                raise self._not_attached(publication_id) from error
            self._tell(error, publication_id)
            if isinstance(error, duckdb.OutOfMemoryException):
                raise QueryTooLarge(
                    publication_id=publication_id,
                    problem=Sentence("the database failed"),
                    memory_limit=self._memory_limit,
                ) from error
            named = _FILE.search(str(error))
            problem = (
                Sentence("{file:s} is damaged or missing", file=named[0])
                if named
                else Sentence("the database failed")
            )
            raise ReadFailed(publication_id=publication_id, problem=problem) from error

    def _tell(self, error: Exception, publication_id: str) -> None:
        """Log what the database said, which has paths and is in no reader's language."""
        _log.warning("database.refused", publication_id=publication_id, problem=str(error))

    def _is_kept(self, publication_id: str) -> bool:
        return (self._folder / publication_id).is_dir()

    def _not_attached(self, publication_id: str) -> UnknownPublication:
        others = (each for each in reversed(self._attached) if each != publication_id)
        return UnknownPublication(publication_id=publication_id, nearest=next(others, "-"))

    def _columns_in(self, path: Path) -> set[str]:
        with self._connection.cursor() as cursor:
            return {name for name, *_ in cursor.execute(columns_query(path)).fetchall()}

    def _in_one_transaction(self, statements: tuple[str, ...]) -> None:
        with self._connection.cursor() as cursor:
            cursor.begin()
            try:
                for statement in statements:
                    cursor.execute(statement)
                cursor.commit()
            except duckdb.Error:
                cursor.rollback()
                raise

    def _lock_down(self, readable: Path, memory_limit: str, spill_folder: Path | None) -> None:
        # A file there has the name of its process; DuckDB removes those of processes that died.
        spilling = {"temp_directory": str(spill_folder.resolve()) if spill_folder else ""}
        # The tuning comes first: it takes the working directory's .tmp from what may be read.
        self._set({**_TUNING, **spilling})
        self._set({"max_temp_directory_size": MOST_SPILLED if spill_folder else "0 bytes"})
        self._set({"memory_limit": memory_limit, "allowed_directories": [str(readable)]})
        self._set(_LOCKS)
        folders = sorted(each for each in (str(readable), *spilling.values()) if each)
        allowed = ", ".join(f"{each}/" for each in folders)
        expected = {
            **_TUNING,
            **_LOCKS,
            **spilling,
            "allowed_directories": f"[{allowed}]",
            "allowed_paths": "[]",
        }
        found = self.settings()
        differences = [
            f"{name} is {found.get(name)!r} and must be {value!r}"
            for name, value in expected.items()
            if found.get(name) != value
        ]
        if differences:
            raise DatabaseUnsafe(faults=differences)

    def _set(self, settings: Mapping[str, str | list[str]]) -> None:
        for name, value in settings.items():
            self._connection.execute(f"set global {name} = $value", {"value": value})


def _columns_bytes(columns: Mapping[str, str]) -> int:
    # The key, SQL of a few thousand characters, takes more than the columns do.
    return 4096 + 128 * len(columns)
