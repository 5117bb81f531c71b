"""A state folder, what works on it, and publications taken into it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationReport
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot
from tests.unit.publications.refreshing import ANA, Refreshing, joined
from tests.validating import validating_once

if TYPE_CHECKING:
    from tests.publisher import Publisher

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOUND = ValidationReport(faults=(), warnings=(), rows={"fact_forecast": 1}, checks=1)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder."""
    return tmp_path / "state"


@pytest.fixture
def parts(state: Path, folder_store: FolderStore, registry: Registry) -> Refreshing:
    """Activations over an empty state folder."""
    return joined(state, folder_store, registry)


@pytest.fixture
def served(parts: Refreshing, publisher: Publisher) -> Manifest:
    """A publication that is active already."""
    manifest = publisher.publish(items=2)
    with validating_once():
        parts.activations.activate(ANA)
    return manifest


@pytest.fixture
def snapshots(state: Path, registry: Registry) -> SnapshotStore:
    """No snapshots, at noon."""
    return SnapshotStore(state, registry, clock=lambda: NOON)


@pytest.fixture
def keep(snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher) -> Intake:
    """Publishes and takes in."""
    return Intake(snapshots, folder_store, publisher)


class Intake:
    """Takes publications in without a refresh around it."""

    def __init__(self, snapshots: SnapshotStore, store: FolderStore, publisher: Publisher) -> None:
        self._snapshots = snapshots
        self._store = store
        self._publisher = publisher

    def one(self, *, active: bool = False) -> Snapshot:
        """Publish, take in and perhaps activate a publication."""
        manifest = self._publisher.publish(items=1)
        verified = self._snapshots.staging.verify(
            self._snapshots.staging.stage(manifest, self._store)
        )
        snapshot = self._snapshots.promote(verified, SOUND)
        if active:
            self._snapshots.set_active(snapshot, "ana", 1)
        return snapshot

    def several(self, number: int) -> list[str]:
        """Take in and activate several, one after the other; return their ids, newest first."""
        return [self.one(active=True).publication_id for _ in range(number)][::-1]


def names_in(folder: Path) -> list[str]:
    """Return the names in *folder*, sorted; none if it isn't there."""
    return sorted(path.name for path in folder.glob("*"))
