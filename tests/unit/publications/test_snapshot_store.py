"""Publications on the local disk: nothing half done is ever served or left."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import Fault, ValidationFailed, ValidationReport
from datalayer.kernel.errors import (
    IntegrityError,
    ObjectMissing,
    ObjectTooLarge,
    StagingError,
    StateError,
    UnknownPublication,
)
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.durable import open_durably
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications import staging
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot
from datalayer.publications.staging import prove
from tests.unit.publications.full_disk import FULL, small_disk

if TYPE_CHECKING:
    from tests.publisher import Publisher

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOUND = ValidationReport(faults=(), warnings=(), rows={"fact_forecast": 1}, checks=1)
BROKEN = ValidationReport(
    faults=(Fault("fact_forecast", "q500", "nulls", 1, "1 null", "none"),),
    warnings=(),
    rows={},
    checks=1,
)
AMPLE = 1 << 40


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder; it isn't there yet."""
    return tmp_path / "state"


@pytest.fixture
def snapshots(state: Path, registry: Registry) -> SnapshotStore:
    """No snapshots, at noon."""
    return SnapshotStore(state, registry, clock=lambda: NOON)


@pytest.fixture
def keep(snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher) -> Keep:
    """Publishes and takes in."""
    return Keep(snapshots, folder_store, publisher)


class Keep:
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


class TestPromoting:
    def test_a_promoted_publication_is_kept(self, snapshots: SnapshotStore, keep: Keep) -> None:
        snapshot = keep.one()

        assert snapshots.get(snapshot.publication_id) == snapshot
        assert snapshots.all() == (snapshot,)
        assert snapshot.loaded_at == NOON

    def test_another_process_finds_the_same_snapshot(
        self, state: Path, registry: Registry, keep: Keep
    ) -> None:
        snapshot = keep.one()

        found = SnapshotStore(state, registry).get(snapshot.publication_id)

        assert found == snapshot

    def test_a_snapshot_is_read_only(self, keep: Keep) -> None:
        snapshot = keep.one()

        modes = {path.stat().st_mode & 0o222 for path in snapshot.folder.rglob("*")}
        assert modes == {0}
        assert snapshot.folder.stat().st_mode & 0o222 == 0

    def test_what_breaks_the_contract_is_not_promoted(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        verified = snapshots.staging.verify(
            snapshots.staging.stage(publisher.publish(items=1), folder_store)
        )

        with pytest.raises(ValidationFailed, match="breaks the contract"):
            snapshots.promote(verified, BROKEN)

        assert snapshots.all() == ()

    def test_nothing_stays_staged(self, keep: Keep, state: Path) -> None:
        keep.one()

        assert names_in(state / "staging") == []

    def test_a_damaged_snapshot_is_replaced(
        self,
        snapshots: SnapshotStore,
        folder_store: FolderStore,
        publisher: Publisher,
        keep: Keep,
    ) -> None:
        snapshot = keep.one()
        damage(snapshot)
        verified = snapshots.staging.verify(snapshots.staging.stage(publisher.latest, folder_store))

        snapshots.promote(verified, SOUND)

        prove(snapshots.get(snapshot.publication_id))

    def test_damage_to_a_kept_snapshot_is_found(self, snapshots: SnapshotStore, keep: Keep) -> None:
        snapshot = keep.one()
        damage(snapshot)

        with pytest.raises(IntegrityError, match="bytes of fact_forecast"):
            prove(snapshot)

    def test_a_full_disk_promotes_nothing(
        self, registry: Registry, folder_store: FolderStore, publisher: Publisher, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path) as disk:
            snapshots = SnapshotStore(disk.folder, registry)
            verified = snapshots.staging.verify(
                snapshots.staging.stage(publisher.publish(items=1), folder_store)
            )
            disk.fill()

            with pytest.raises(StagingError, match=FULL):
                snapshots.promote(verified, SOUND)

            assert snapshots.all() == ()


class TestFinding:
    def test_the_newest_comes_first(self, snapshots: SnapshotStore, keep: Keep) -> None:
        ids = keep.several(3)

        assert [snapshot.publication_id for snapshot in snapshots.all()] == ids

    def test_an_unknown_publication_is_answered_with_the_nearest_kept(
        self, snapshots: SnapshotStore, keep: Keep
    ) -> None:
        newest, _, oldest = keep.several(3)

        with pytest.raises(UnknownPublication) as after_all:
            snapshots.get("20991231T000000Z-00000000")
        with pytest.raises(UnknownPublication) as before_all:
            snapshots.get("19991231T000000Z-00000000")

        assert after_all.value.nearest == newest
        assert before_all.value.nearest == oldest

    @pytest.mark.parametrize("asked", ["", "..", "../staging", "x" * 1000, "a\0b", "20269999T9"])
    def test_what_is_no_id_is_unknown_and_never_a_path(
        self, snapshots: SnapshotStore, keep: Keep, asked: str
    ) -> None:
        newest = keep.one().publication_id

        with pytest.raises(UnknownPublication) as raised:
            snapshots.get(asked)

        assert raised.value.nearest == newest
        assert len(str(raised.value)) < 300

    def test_with_nothing_kept_nothing_is_near(self, snapshots: SnapshotStore) -> None:
        with pytest.raises(UnknownPublication) as raised:
            snapshots.get("20261121T060000Z-1a2b3c4d")

        assert raised.value.nearest == "-"
        assert snapshots.all() == ()

    def test_a_snapshot_that_can_not_be_read_is_left_out_and_named_when_asked_for(
        self, state: Path, registry: Registry, keep: Keep
    ) -> None:
        damaged, sound = keep.one(), keep.one()
        damaged.folder.chmod(0o755)
        (damaged.folder / "loaded.json").unlink()
        snapshots = SnapshotStore(state, registry)

        assert [each.publication_id for each in snapshots.all()] == [sound.publication_id]
        with pytest.raises(StateError, match="is damaged"):
            snapshots.get(damaged.publication_id)

    def test_a_removed_snapshot_is_not_remembered(
        self, snapshots: SnapshotStore, keep: Keep
    ) -> None:
        snapshot = keep.one()
        snapshots.discard(snapshot.publication_id)

        with pytest.raises(UnknownPublication):
            snapshots.get(snapshot.publication_id)


class TestTheActiveOne:
    def test_there_is_none_at_first(self, snapshots: SnapshotStore) -> None:
        assert snapshots.active_id() is None
        assert snapshots.active() is None
        assert snapshots.roll_back_target() is None

    def test_a_switch_is_seen_by_every_store_of_the_folder(
        self, snapshots: SnapshotStore, state: Path, registry: Registry, keep: Keep
    ) -> None:
        other = SnapshotStore(state, registry)
        first, second = keep.one(active=True), keep.one()
        assert other.active_id() == first.publication_id

        snapshots.set_active(second, "ana", 1)

        assert other.active_id() == second.publication_id
        activation = other.active()
        assert activation is not None
        assert activation.activated_by == "ana"

    def test_the_one_before_is_what_is_rolled_back_to(
        self, snapshots: SnapshotStore, keep: Keep
    ) -> None:
        _, before = keep.several(2)

        assert snapshots.roll_back_target() == before

    def test_one_that_is_not_kept_is_not_rolled_back_to(
        self, snapshots: SnapshotStore, keep: Keep
    ) -> None:
        _, before, earlier = keep.several(3)
        snapshots.discard(before)

        assert snapshots.roll_back_target() == earlier

    def test_a_full_disk_leaves_the_active_one(
        self, registry: Registry, folder_store: FolderStore, publisher: Publisher, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path) as disk:
            snapshots = SnapshotStore(disk.folder, registry)
            keep = Keep(snapshots, folder_store, publisher)
            first, second = keep.one(active=True), keep.one()
            disk.fill()

            with pytest.raises(StagingError, match=FULL):
                snapshots.set_active(second, "ana", 1)

            assert snapshots.active_id() == first.publication_id


class TestPruningSnapshots:
    def test_the_oldest_beyond_the_number_go(self, snapshots: SnapshotStore, keep: Keep) -> None:
        ids = keep.several(5)

        removed = snapshots.prune(3, AMPLE)

        assert list(removed) == ids[3:]
        assert [each.publication_id for each in snapshots.all()] == ids[:3]

    def test_the_oldest_beyond_the_quota_go(self, snapshots: SnapshotStore, keep: Keep) -> None:
        ids = keep.several(4)
        sizes = [folder_bytes(snapshots.get(each).folder) for each in ids]

        removed = snapshots.prune(10, sum(sizes[:3]))

        assert list(removed) == ids[3:]

    def test_the_active_one_and_the_one_to_roll_back_to_stay_whatever_the_limits(
        self, snapshots: SnapshotStore, keep: Keep
    ) -> None:
        ids = keep.several(5)
        oldest, second_oldest = ids[4], ids[3]
        snapshots.set_active(snapshots.get(oldest), "ana", 1)
        snapshots.set_active(snapshots.get(second_oldest), "ana", 1)

        removed = snapshots.prune(1, 1)

        assert set(removed) == set(ids[:3])
        assert snapshots.active_id() == second_oldest
        assert snapshots.roll_back_target() == oldest

    def test_nothing_goes_within_the_limits(self, snapshots: SnapshotStore, keep: Keep) -> None:
        keep.several(2)

        assert snapshots.prune(2, AMPLE) == ()

    def test_nothing_is_left_of_what_goes(
        self, snapshots: SnapshotStore, keep: Keep, state: Path
    ) -> None:
        ids = keep.several(3)

        snapshots.prune(2, AMPLE)

        assert names_in(state / "snapshots") == sorted(ids[:2])
        assert names_in(state / "staging") == []


class TestSweeping:
    def test_what_is_half_done_goes(
        self, snapshots: SnapshotStore, keep: Keep, state: Path
    ) -> None:
        keep.one(active=True)
        for name in ("20261121T060000Z-1a2b3c4d.partial", "20261121T060000Z-1a2b3c4d.discarded"):
            (state / "staging" / name).mkdir()
            (state / "staging" / name / "fact_forecast.parquet").write_bytes(b"half")
        (state / ".active.json.0123.partial").touch()
        os.utime(state / ".active.json.0123.partial", (1000.0, 1000.0))

        removed = snapshots.sweep()

        assert len(removed) == 3
        assert names_in(state / "staging") == []
        assert names_in(state) == ["active.json", "snapshots", "staging"]
        assert len(snapshots.all()) == 1

    def test_what_another_process_is_writing_stays(
        self, snapshots: SnapshotStore, state: Path
    ) -> None:
        state.mkdir(exist_ok=True)
        with open_durably(state / "sessions.json") as file:
            file.write(b"who is signed in")

            assert snapshots.sweep() == ()

        assert (state / "sessions.json").read_bytes() == b"who is signed in"

    def test_a_candidate_fetched_whole_stays(
        self, snapshots: SnapshotStore, folder_store: FolderStore, publisher: Publisher
    ) -> None:
        staged = snapshots.staging.stage(publisher.publish(items=1), folder_store)

        assert snapshots.sweep() == ()

        assert staged.folder.is_dir()

    def test_a_snapshot_left_open_is_closed(self, snapshots: SnapshotStore, keep: Keep) -> None:
        snapshot = keep.one()
        snapshot.folder.chmod(0o755)

        snapshots.sweep()

        assert snapshot.folder.stat().st_mode & 0o222 == 0

    def test_an_empty_folder_is_swept_without_trouble(self, snapshots: SnapshotStore) -> None:
        assert snapshots.sweep() == ()


def names_in(folder: Path) -> list[str]:
    """Return the names in *folder*, sorted; none if it isn't there."""
    return sorted(path.name for path in folder.glob("*"))


def folder_bytes(folder: Path) -> int:
    """Return the size of the files in *folder* together."""
    return sum(path.stat().st_size for path in folder.iterdir())


def damage(snapshot: Snapshot) -> None:
    """Cut a file of a snapshot short, past its permissions."""
    path = snapshot.path("fact_forecast")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
