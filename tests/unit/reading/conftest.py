"""A database over the publications of the test's store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Snapshot
from datalayer.reading.database import Database
from datalayer.reading.publication import Publication
from tests.availability import available_tables, silent_tables
from tests.publisher import Publisher
from tests.reading import publication_of, publications_folder, snapshot_of


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
def open_publication(
    publisher: Publisher, registry: Registry, database: Database
) -> Callable[[Manifest], Publication]:
    """Opens a manifest's publication."""
    return lambda manifest: publication_of(
        snapshot_of(manifest, publisher.store), registry, database
    )


@pytest.fixture
def publication(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication]
) -> Publication:
    """One ordinary publication."""
    return open_publication(publisher.publish())


@pytest.fixture
def available(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication]
) -> Publication:
    """A publication with two contracts, and something to buy at two places."""
    return open_publication(publisher.publish(tables=available_tables(publisher)))


@pytest.fixture
def silent(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication]
) -> Publication:
    """A publication from before availability was weighed."""
    return open_publication(publisher.publish(tables=silent_tables(publisher)))
