"""What tests of reading share: a publication served without the way that brings it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Bilingual, Column, ColumnType, Registry
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.stages import Snapshot
from datalayer.reading.cache.result_cache import MemoryCache
from datalayer.reading.database import Database
from datalayer.reading.publication import PublicationView
from datalayer.reading.reader import Reader

LOADED_AT = datetime(2026, 11, 21, 7, tzinfo=UTC)


def snapshot_of(manifest: Manifest, store: ObjectStore) -> Snapshot:
    """Return a publication in a folder store as a snapshot, served where it lies."""
    folder = Path(store.address) / "publications" / manifest.publication_id
    return Snapshot(manifest, folder, LOADED_AT)


def publications_folder(store: ObjectStore) -> Path:
    """Return the folder that holds all publications of a folder store."""
    return Path(store.address) / "publications"


def view_of(
    snapshot: Snapshot,
    registry: Registry,
    database: Database,
    clock: Callable[[], datetime] = lambda: LOADED_AT,
) -> PublicationView:
    """Return a view of *snapshot*, attached to *database*."""
    return PublicationView(reader_of(snapshot, registry, database), clock)


def reader_of(snapshot: Snapshot, registry: Registry, database: Database) -> Reader:
    """Return a reader of *snapshot*, attached to *database*, with a cache of its own."""
    database.attach(snapshot)
    return Reader(snapshot, registry, database=database, cache=MemoryCache(2**24))


def with_column(registry: Registry, data_set: str, name: str) -> Registry:
    """Return *registry* with one more text column at the end of *data_set*."""
    column = Column(
        name=name,
        type=ColumnType.TEXT,
        required=True,
        key_position=None,
        minimum=None,
        maximum=None,
        allowed=(),
        reference=None,
        unit="",
        quantile_level=None,
        label=Bilingual("Added", "Acrescentada"),
        description=Bilingual("A column that was added.", "Uma coluna acrescentada."),
    )
    changed = registry.data_sets[data_set]
    changed = replace(changed, columns=(*changed.columns, column))
    return replace(
        registry,
        data_sets={**registry.data_sets, data_set: changed},
        fingerprints={**registry.fingerprints, data_set: f"with {name}"},
    )
