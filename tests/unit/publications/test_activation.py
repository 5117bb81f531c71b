"""Refreshing makes the latest publication active, is recorded, and refuses what it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import (
    MANIFEST_LIMIT_BYTES,
    MANIFEST_NAME,
    Manifest,
    manifest_json,
)
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    ManifestError,
    NotAllowed,
    ObjectMissing,
    PortalError,
    PublicationError,
    UnknownPublication,
)
from datalayer.kernel.progress import Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Activated, AlreadyCurrent
from datalayer.reading.database import Database
from tests.unit.publications.refreshing import ANA, PLANNER, Refreshing, Reports, joined

if TYPE_CHECKING:
    from tests.publisher import Publisher


UNKNOWN_ID = "20261121T060000Z-00000000"


class TestActivating:
    def test_the_latest_publication_becomes_the_active_one(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)

        outcome = parts.activations.activate(ANA)

        assert isinstance(outcome, Activated)
        assert outcome.publication_id == manifest.publication_id == parts.active_id
        assert outcome.previous_id is None
        assert parts.snapshots.get(manifest.publication_id).manifest == manifest

    def test_it_can_be_read_at_once(self, parts: Refreshing, served: Manifest) -> None:
        assert isinstance(parts.database, Database)

        table = parts.database.query(
            served.publication_id, "select count(*) as n from fact_forecast", {}
        )

        assert table.column("n").to_pylist() == [served.file("fact_forecast").rows]

    def test_who_did_it_is_recorded(self, parts: Refreshing, served: Manifest) -> None:
        entry = parts.last_entry

        assert (entry.actor, entry.action, entry.outcome) == ("ana", "activate", "activated")
        assert entry.publication_id == served.publication_id
        assert entry.details["previous"] == "-"

    def test_the_steps_are_reported_in_order(self, parts: Refreshing, publisher: Publisher) -> None:
        publisher.publish(items=2)
        reports = Reports()

        parts.activations.activate(ANA, report=reports)

        assert reports.steps == [
            Step.BEGIN,
            Step.STAGE,
            Step.VERIFY,
            Step.VALIDATE,
            Step.PROMOTE,
            Step.ACTIVATE,
        ]

    def test_the_active_publication_is_current_already(
        self, parts: Refreshing, served: Manifest
    ) -> None:
        outcome = parts.activations.activate(ANA)

        assert isinstance(outcome, AlreadyCurrent)
        assert outcome.publication_id == served.publication_id
        assert parts.last_entry.outcome == "already_current"

    def test_a_publication_of_the_future_is_refused(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        future = publisher.publish(items=2, generated_at=datetime(2999, 1, 1, tzinfo=UTC))

        with pytest.raises(PublicationError, match="still to come"):
            parts.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "rejected"
        assert parts.last_entry.publication_id == future.publication_id

    def test_an_older_publication_is_refused(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        newer = publisher.publish(items=2)
        parts.activations.activate(ANA)
        publisher.go_back()

        with pytest.raises(PublicationError, match="roll back instead"):
            parts.activations.activate(ANA)

        assert parts.active_id == newer.publication_id
        assert parts.last_entry.outcome == "rejected"
        assert parts.last_entry.publication_id == served.publication_id

    def test_an_older_publication_is_refused_by_its_id_too(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        publisher.publish(items=2)
        parts.activations.activate(ANA)

        with pytest.raises(PublicationError, match="before the active one"):
            parts.activations.activate(ANA, publication_id=served.publication_id)

    def test_any_publication_of_the_store_can_be_named(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        first = publisher.publish(items=2)
        publisher.publish(items=2)

        parts.activations.activate(ANA, publication_id=first.publication_id)

        assert parts.active_id == first.publication_id

    @pytest.mark.parametrize(
        ("publication_id", "error"),
        [(UNKNOWN_ID, ObjectMissing), ("../../etc", UnknownPublication), ("", UnknownPublication)],
    )
    def test_what_nobody_published_can_not_be_activated(
        self,
        parts: Refreshing,
        served: Manifest,
        publication_id: str,
        error: type[PortalError],
    ) -> None:
        with pytest.raises(error):
            parts.activations.activate(ANA, publication_id=publication_id)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.publication_id == publication_id

    def test_an_empty_store_has_nothing_to_activate(self, parts: Refreshing) -> None:
        with pytest.raises(ObjectMissing, match=r"holds no metadata\.json"):
            parts.activations.activate(ANA)

        assert parts.active_id is None
        assert parts.last_entry.outcome == "rejected"

    def test_an_endless_manifest_is_refused_with_the_length_that_one_may_have(
        self, parts: Refreshing, served: Manifest, folder_store: FolderStore
    ) -> None:
        folder_store.write(MANIFEST_NAME, b" " * (MANIFEST_LIMIT_BYTES + 1))

        with pytest.raises(ManifestError, match="longer than 4,194,304 bytes"):
            parts.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "rejected"

    def test_a_flat_folder_is_a_publication_too(
        self, state: Path, publisher: Publisher, registry: Registry, tmp_path: Path
    ) -> None:
        manifest = publisher.publish(items=2)
        flat = flattened(manifest, publisher, tmp_path / "flat")
        parts = joined(state, flat, registry)

        parts.activations.activate(ANA, publication_id=manifest.publication_id)

        assert parts.active_id == manifest.publication_id

    def test_a_manifest_under_another_id_is_refused(
        self,
        parts: Refreshing,
        publisher: Publisher,
        folder_store: FolderStore,
        served: Manifest,
    ) -> None:
        newer = publisher.publish(items=2)
        key = f"publications/{served.publication_id}/{MANIFEST_NAME}"
        folder_store.write(f"publications/{UNKNOWN_ID}/{MANIFEST_NAME}", manifest_json(newer))
        assert folder_store.read(key, limit_bytes=1 << 20)

        with pytest.raises(PublicationError, match=f"manifest that says {newer.publication_id}"):
            parts.activations.activate(ANA, publication_id=UNKNOWN_ID)

    def test_a_planner_may_not(self, parts: Refreshing, publisher: Publisher, state: Path) -> None:
        publisher.publish(items=2)

        with pytest.raises(NotAllowed, match="paulo may not activate"):
            parts.activations.activate(PLANNER)

        assert parts.active_id is None
        assert not (state / "staging").exists()
        assert (parts.last_entry.actor, parts.last_entry.outcome) == ("paulo", "refused")

    def test_old_snapshots_go_after_a_switch(
        self, state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
    ) -> None:
        parts = joined(state, folder_store, registry, keep=2)
        published = []
        for _ in range(3):
            published.append(publisher.publish(items=2).publication_id)
            parts.activations.activate(ANA)

        assert [each.publication_id for each in parts.snapshots.all()] == published[:0:-1]
        assert isinstance(parts.database, Database)
        assert set(parts.database.attached()) == set(published[1:])


def flattened(manifest: Manifest, publisher: Publisher, folder: Path) -> FolderStore:
    """Return a store that holds the publication's files side by side."""
    store = FolderStore(folder)
    files = tuple(replace(file, path=f"{file.data_set}.parquet") for file in manifest.files)
    for file, flat in zip(manifest.files, files, strict=True):
        store.write(flat.path, publisher.store.read(file.path, limit_bytes=1 << 30))
    store.write(MANIFEST_NAME, manifest_json(replace(manifest, files=files)))
    return store
