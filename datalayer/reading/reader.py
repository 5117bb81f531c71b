"""Questions put to one snapshot, through the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.publications.stages import Snapshot
from datalayer.reading.cache.result_cache import CacheKey, ResultCache
from datalayer.reading.database import Database, Parameter
from datalayer.reading.question import Question, question_sql
from datalayer.reading.results import Provenance, Result

MOST_QUESTIONS_KNOWN = 1000
"""Questions whose columns are remembered; callers choose filters, so there is no end of them."""


class Reader:
    """Reads one snapshot; the database may attach and detach others meanwhile.

    Attributes:
        registry: The contract behind the views.
        manifest: What the publication says of itself.
        loaded_at: When this portal loaded it, UTC.
        snapshot: The snapshot itself.
    """

    def __init__(
        self, snapshot: Snapshot, registry: Registry, *, database: Database, cache: ResultCache
    ) -> None:
        self.registry = registry
        self.manifest: Manifest = snapshot.manifest
        self.loaded_at: datetime = snapshot.loaded_at
        self.database = database
        self.snapshot = snapshot
        self._cache = cache
        self._columns: dict[str, Mapping[str, str]] = {}
        self._contract = "".join(registry.fingerprints[name] for name in sorted(registry.data_sets))

    def ask(self, question: str, **parameters: Parameter) -> pa.Table:
        """Return the answer to the question of ``sql/<question>.sql``, cached."""
        return self.ask_sql(question, question_sql(question), **parameters)

    def ask_sql(self, question: str, sql: str, **parameters: Parameter) -> pa.Table:
        """Return the answer to *sql*, cached under the name *question*."""
        return self.cached(question, sql, lambda: self.query(sql, **parameters), **parameters)

    def answer(self, question: Question) -> Result:
        """Return the answer to *question* with its provenance, cached."""
        table = self.ask_sql(question.name, question.sql, **question.parameters)
        found = question.sources or (sources_in(table) if "source" in table.column_names else ())
        return self.result(table, *question.data_sets, sources=found)

    def columns(self, question: Question) -> Mapping[str, str]:
        """Return names and types of the columns of the answer to *question*; nothing is read."""
        known = self._columns.get(question.sql)
        if known is None:
            publication_id = self.manifest.publication_id
            known = self.database.columns(publication_id, question.sql, question.parameters)
            if len(self._columns) >= MOST_QUESTIONS_KNOWN:
                self._columns.clear()
            self._columns[question.sql] = known
        return known

    def query(self, sql: str, **parameters: Parameter) -> pa.Table:
        """Return the answer to *sql*, read from the files."""
        return self.database.query(self.manifest.publication_id, sql, parameters)

    def query_question(self, question: str, **parameters: Parameter) -> pa.Table:
        """Return the answer to the question of ``sql/<question>.sql``, never cached."""
        return self.query(question_sql(question), **parameters)

    def stream(self, sql: str, **parameters: Parameter) -> Iterator[pa.RecordBatch]:
        """Yield the answer to *sql* in batches, read from the files."""
        return self.database.stream(self.manifest.publication_id, sql, parameters)

    def cached(
        self, question: str, meaning: str, make: Callable[[], pa.Table], **parameters: Parameter
    ) -> pa.Table:
        """Return what *make* returns, cached.

        Args:
            question: Name of the question.
            meaning: What the answer depends on beside parameters, publication and contract;
                a replica of another version must not find this one's answers under its key.
            make: Makes the answer.
            parameters: Parameters of the question.
        """
        fingerprint = hashlib.sha256((self._contract + meaning).encode()).hexdigest()[:12]
        key = CacheKey(
            f"{question}@{fingerprint}",
            tuple(sorted(parameters.items())),
            self.manifest.publication_id,
        )
        return self._cache.get_or_make(key, make)

    def result(self, table: pa.Table, *data_sets: str, sources: tuple[str, ...] = ()) -> Result:
        """Return *table* with the provenance of *data_sets*."""
        return Result(table, self.provenance(data_sets, sources))

    def provenance(self, data_sets: tuple[str, ...], sources: tuple[str, ...] = ()) -> Provenance:
        """Return where a result read from *data_sets* comes from."""
        return Provenance(
            publication_id=self.manifest.publication_id,
            dataset_id=self.manifest.dataset_id,
            model_version=self.manifest.model_version,
            generated_at=self.manifest.generated_at,
            data_through=self.manifest.data_through,
            loaded_at=self.loaded_at,
            data_sets=data_sets,
            sources=sources,
        )


def sources_in(table: pa.Table) -> tuple[str, ...]:
    """Return the different values of the column ``source``, without nulls."""
    return tuple(pc.unique(table.column("source")).drop_null().to_pylist())
