"""Extracts over publications that are served where they lie, whatever their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.reading.database import Database
from datalayer.reading.extracts.digests import DigestMemo
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import settled_files
from tests.publisher import Publisher
from tests.reading import publication_of, publications_folder, snapshot_of

OpenPublication = Callable[[Manifest], Publication]


@pytest.fixture
def database(folder_store: FolderStore, registry: Registry) -> Iterator[Database]:
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    yield database
    database.close()


@pytest.fixture
def open_publication(
    publisher: Publisher, registry: Registry, database: Database
) -> OpenPublication:
    """Opens a publication without validating it."""
    return lambda manifest: publication_of(
        snapshot_of(manifest, publisher.store), registry, database
    )


@pytest.fixture
def publication(publisher: Publisher, open_publication: OpenPublication) -> Publication:
    """A publication of six parts."""
    return open_publication(publisher.publish())


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.jsonl")


@pytest.fixture
def extracts(tmp_path: Path, audit: AuditLog) -> Extracts:
    return Extracts(
        audit, DigestMemo(tmp_path / "digests.json"), settled_files(tmp_path), members_only=False
    )
