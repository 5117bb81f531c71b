"""What is fetched arrives as it was published, or leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import IntegrityError, ObjectMissing, ObjectTooLarge, StagingError
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications import staging
from datalayer.publications.snapshot_store import SnapshotStore
from tests.unit.publications.conftest import names_in
from tests.unit.publications.full_disk import FULL, small_disk

if TYPE_CHECKING:
    from tests.publisher import Publisher

AMPLE = 1 << 40


class TestStaging:
    def test_every_file_arrives_as_it_was_published(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)

        staged = snapshots.staging.stage(manifest, folder_store)

        for file in manifest.files:
            published = folder_store.read(file.path, limit_bytes=AMPLE)
            assert staged.path(file.data_set).read_bytes() == published

    def test_progress_counts_the_bytes_of_the_whole_publication(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)
        reports: list[Progress] = []

        snapshots.staging.stage(manifest, folder_store, reports.append)

        total = sum(file.size_bytes for file in manifest.files)
        assert {report.step for report in reports} == {Step.STAGE}
        assert {report.total for report in reports} == {total}
        assert [report.done for report in reports] == sorted(report.done for report in reports)
        assert reports[-1].done == total

    def test_the_same_publication_is_not_fetched_twice(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)
        first = snapshots.staging.stage(manifest, folder_store)
        reports: list[Progress] = []

        second = snapshots.staging.stage(manifest, folder_store, reports.append)

        assert second == first
        assert reports == []

    def test_another_publication_takes_the_place_of_the_staged_one(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        first = snapshots.staging.stage(publisher.publish(items=1), folder_store)

        second = snapshots.staging.stage(publisher.publish(items=1), folder_store)

        assert not first.folder.exists()
        assert second.folder.exists()

    def test_a_file_longer_than_announced_is_not_fetched(
        self,
        snapshots: SnapshotStore,
        folder_store: FolderStore,
        publisher: Publisher,
        state: Path,
    ) -> None:
        manifest = publisher.publish(items=1)
        folder_store.write(manifest.file("fact_forecast").path, bytes(10_000_000))

        with pytest.raises(ObjectTooLarge):
            snapshots.staging.stage(manifest, folder_store)

        assert names_in(state / "staging") == []

    def test_a_missing_file_leaves_nothing_staged(
        self,
        snapshots: SnapshotStore,
        folder_store: FolderStore,
        publisher: Publisher,
        state: Path,
    ) -> None:
        manifest = publisher.publish(items=1)
        publisher.withhold("fact_forecast")

        with pytest.raises(ObjectMissing, match="fact_forecast"):
            snapshots.staging.stage(manifest, folder_store)

        assert names_in(state / "staging") == []

    def test_a_disk_too_small_is_told_before_anything_is_fetched(
        self,
        snapshots: SnapshotStore,
        folder_store: FolderStore,
        publisher: Publisher,
        state: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        manifest = publisher.publish(items=1)
        monkeypatch.setattr(staging, "_free_bytes", lambda _: 1000)
        reports: list[Progress] = []

        with pytest.raises(StagingError, match=r"it needs [\d,]+ bytes and 1,000 are free"):
            snapshots.staging.stage(manifest, folder_store, reports.append)

        assert reports == []
        assert names_in(state / "staging") == []

    def test_a_disk_that_fills_up_leaves_nothing_half_fetched(
        self, registry: Registry, folder_store: FolderStore, publisher: Publisher, tmp_path: Path
    ) -> None:
        manifest = publisher.publish(items=1)
        with small_disk(tmp_path) as disk:
            snapshots = SnapshotStore(disk.folder, registry)

            with pytest.raises(StagingError, match=FULL):
                snapshots.staging.stage(manifest, folder_store, lambda _: disk.fill())

            assert names_in(disk.folder / "staging") == []
            disk.empty()
            snapshots.staging.stage(manifest, folder_store)

    def test_a_data_set_is_no_path(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)
        staged = snapshots.staging.stage(manifest, folder_store)

        with pytest.raises(KeyError):
            staged.path("../active")


class TestVerifying:
    def test_what_was_published_is_verified_file_by_file(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)
        staged = snapshots.staging.stage(manifest, folder_store)
        reports: list[Progress] = []

        verified = snapshots.staging.verify(staged, reports.append)

        assert verified.manifest == manifest
        files = len(manifest.files)
        assert [report.done for report in reports] == list(range(files + 1))
        assert {(report.step, report.total) for report in reports} == {(Step.VERIFY, files)}

    def test_a_corrupt_file_is_found_by_its_hash(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)
        publisher.corrupt("fact_metrics")
        staged = snapshots.staging.stage(manifest, folder_store)

        with pytest.raises(IntegrityError, match="damaged fact_metrics: its SHA-256 is"):
            snapshots.staging.verify(staged)

        assert not staged.folder.exists()

    def test_a_truncated_file_is_found_by_its_size(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=1)
        publisher.truncate("fact_metrics")
        size_bytes = manifest.file("fact_metrics").size_bytes
        staged = snapshots.staging.stage(manifest, folder_store)

        sentence = rf"has {size_bytes // 2:,} bytes of fact_metrics; .* says {size_bytes:,}"
        with pytest.raises(IntegrityError, match=sentence):
            snapshots.staging.verify(staged)

    def test_a_file_that_vanished_is_found(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        staged = snapshots.staging.stage(publisher.publish(items=1), folder_store)
        staged.path("fact_metrics").unlink()

        with pytest.raises(IntegrityError, match="has no file for fact_metrics"):
            snapshots.staging.verify(staged)
