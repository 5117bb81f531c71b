"""A refresh from a real S3 server, with keys that may only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import IntegrityError, ObjectMissing
from datalayer.kernel.storage.s3_store import S3Store
from datalayer.publications.stages import Activated
from datalayer.publications.staging import prove
from tests.integration.servers import READER, S3Server
from tests.publisher import Publisher
from tests.unit.publications.refreshing import ANA, Refreshing, joined


@pytest.fixture
def parts(s3_server: S3Server, prefix: str, registry: Registry, tmp_path: Path) -> Refreshing:
    """Activations that may read the bucket and nothing else."""
    store = S3Store(s3_server.options(READER), s3_server.bucket, prefix)
    return joined(tmp_path / "state", store, registry)


@pytest.fixture
def served(parts: Refreshing, publisher: Publisher) -> Manifest:
    """A publication that is active already."""
    manifest = publisher.publish(items=2)
    parts.activations.activate(ANA)
    return manifest


def test_a_publication_is_taken_in_whole(
    parts: Refreshing, publisher: Publisher, served: Manifest
) -> None:
    newer = publisher.publish(items=2)

    outcome = parts.activations.activate(ANA)

    assert isinstance(outcome, Activated)
    assert parts.active_id == newer.publication_id
    prove(parts.snapshots.get(newer.publication_id))


def test_a_truncated_file_is_rejected(
    parts: Refreshing, publisher: Publisher, served: Manifest
) -> None:
    publisher.publish(items=2)
    publisher.truncate("fact_forecast")

    with pytest.raises(IntegrityError):
        parts.activations.activate(ANA)

    assert parts.active_id == served.publication_id


def test_a_missing_file_is_rejected(
    parts: Refreshing, publisher: Publisher, served: Manifest
) -> None:
    publisher.publish(items=2)
    publisher.withhold("fact_forecast")

    with pytest.raises(ObjectMissing):
        parts.activations.activate(ANA)

    assert parts.active_id == served.publication_id


def test_rolling_back_reads_nothing_from_the_store(
    parts: Refreshing, publisher: Publisher, served: Manifest
) -> None:
    publisher.publish(items=2)
    parts.activations.activate(ANA)
    for file in served.files:
        publisher.store.write(file.path, b"gone")

    parts.activations.roll_back(ANA)

    assert parts.active_id == served.publication_id
