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
from datalayer.reading import questions
from datalayer.reading.cache.result_cache import ResultCache
from datalayer.reading.database import Database
from datalayer.reading.publication import Publication
from datalayer.reading.questions.forecasts import SeriesSelection
from datalayer.reading.results import Result

LOADED_AT = datetime(2026, 11, 21, 7, tzinfo=UTC)


def snapshot_of(manifest: Manifest, store: ObjectStore) -> Snapshot:
    """Return a publication in a folder store as a snapshot, served where it lies."""
    folder = Path(store.address) / "publications" / manifest.publication_id
    return Snapshot(manifest, folder, LOADED_AT)


def publications_folder(store: ObjectStore) -> Path:
    """Return the folder that holds all publications of a folder store."""
    return Path(store.address) / "publications"


def publication_of(
    snapshot: Snapshot,
    registry: Registry,
    database: Database,
    clock: Callable[[], datetime] = lambda: LOADED_AT,
) -> Publication:
    """Return *snapshot* attached to *database*, with a cache of its own."""
    database.attach(snapshot)
    return Publication(
        snapshot, registry.of(snapshot.manifest), database, ResultCache(2**24), clock
    )


def series_of(publication: Publication, selection: SeriesSelection) -> Result:
    """Return history and forecasts of a part that there is."""
    publication.require_item(selection.item_id)
    question = questions.forecasts.series(publication.registry, publication.manifest, selection)
    return publication.table(question)


def sources_of(publication: Publication, *part: str) -> tuple[str, ...]:
    """Return the sources that forecast a part, at a location."""
    found = publication.table(questions.forecasts.sources(publication.registry, *part)).table
    return tuple(found.column("source").to_pylist())


def published_rows(publication: Publication, name: str, limit: int = 100) -> Result:
    """Return the first rows of a data set."""
    data_set = questions.data_sets.data_set_named(publication.registry, name)
    return publication.table(questions.data_sets.rows(data_set, limit=limit))


def with_column(registry: Registry, data_set: str, name: str, *, required: bool = True) -> Registry:
    """Return *registry* with one more text column at the end of *data_set*."""
    column = Column(
        name=name,
        type=ColumnType.TEXT,
        required=required,
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
