"""A database over the publications of the test's store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Snapshot
from datalayer.reading.database import Database
from datalayer.reading.publication import PublicationView
from tests.publisher import Publisher
from tests.reading import publications_folder, snapshot_of, view_of


@pytest.fixture
def database(folder_store: FolderStore, registry: Registry) -> Iterator[Database]:
    """The locked database, allowed to read the store's publications."""
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    yield database
    database.close()


@pytest.fixture
def snapshot(publisher: Publisher, database: Database) -> Snapshot:
    """One published publication, attached."""
    snapshot = snapshot_of(publisher.publish(), publisher.store)
    database.attach(snapshot)
    return snapshot


@pytest.fixture
def open_view(
    publisher: Publisher, registry: Registry, database: Database
) -> Callable[[Manifest], PublicationView]:
    """Opens a view of a manifest's publication."""
    return lambda manifest: view_of(snapshot_of(manifest, publisher.store), registry, database)


@pytest.fixture
def view(publisher: Publisher, open_view: Callable[[Manifest], PublicationView]) -> PublicationView:
    """A view of one ordinary publication."""
    return open_view(publisher.publish())
