"""Publications on the local disk: nothing half done is ever served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import Fault, ValidationFailed, ValidationReport
from datalayer.kernel.errors import IntegrityError, StagingError, StateError, UnknownPublication
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot
from datalayer.publications.staging import prove
from tests.unit.publications.full_disk import FULL, small_disk

if TYPE_CHECKING:
    from tests.publisher import Publisher
from tests.unit.publications.conftest import NOON, SOUND, Intake, names_in

BROKEN = ValidationReport(
    faults=(Fault("fact_forecast", "q500", "nulls", 1, "1 null", "none"),),
    warnings=(),
    rows={},
    checks=1,
)


class TestPromoting:
    def test_a_promoted_publication_is_kept(self, snapshots: SnapshotStore, keep: Intake) -> None:
        snapshot = keep.one()

        assert snapshots.get(snapshot.publication_id) == snapshot
        assert snapshots.all() == (snapshot,)
        assert snapshot.loaded_at == NOON

    def test_another_process_finds_the_same_snapshot(
        self, state: Path, registry: Registry, keep: Intake
    ) -> None:
        snapshot = keep.one()

        found = SnapshotStore(state, registry).get(snapshot.publication_id)

        assert found == snapshot

    def test_a_snapshot_is_read_only(self, keep: Intake) -> None:
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

    def test_nothing_stays_staged(self, keep: Intake, state: Path) -> None:
        keep.one()

        assert names_in(state / "staging") == []

    def test_a_damaged_snapshot_is_replaced(
        self,
        snapshots: SnapshotStore,
        folder_store: FolderStore,
        publisher: Publisher,
        keep: Intake,
    ) -> None:
        snapshot = keep.one()
        damage(snapshot)
        verified = snapshots.staging.verify(snapshots.staging.stage(publisher.latest, folder_store))

        snapshots.promote(verified, SOUND)

        prove(snapshots.get(snapshot.publication_id))

    def test_damage_to_a_kept_snapshot_is_found(
        self, snapshots: SnapshotStore, keep: Intake
    ) -> None:
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
    def test_the_newest_comes_first(self, snapshots: SnapshotStore, keep: Intake) -> None:
        ids = keep.several(3)

        assert [snapshot.publication_id for snapshot in snapshots.all()] == ids

    def test_an_unknown_publication_is_answered_with_the_nearest_kept(
        self, snapshots: SnapshotStore, keep: Intake
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
        self, snapshots: SnapshotStore, keep: Intake, asked: str
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
        self, state: Path, registry: Registry, keep: Intake
    ) -> None:
        damaged, sound = keep.one(), keep.one()
        damaged.folder.chmod(0o755)
        (damaged.folder / "loaded.json").unlink()
        snapshots = SnapshotStore(state, registry)

        assert [each.publication_id for each in snapshots.all()] == [sound.publication_id]
        with pytest.raises(StateError, match="is damaged"):
            snapshots.get(damaged.publication_id)

    def test_a_removed_snapshot_is_not_remembered(
        self, snapshots: SnapshotStore, keep: Intake
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
        self, snapshots: SnapshotStore, state: Path, registry: Registry, keep: Intake
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
        self, snapshots: SnapshotStore, keep: Intake
    ) -> None:
        _, before = keep.several(2)

        assert snapshots.roll_back_target() == before

    def test_one_that_is_not_kept_is_not_rolled_back_to(
        self, snapshots: SnapshotStore, keep: Intake
    ) -> None:
        _, before, earlier = keep.several(3)
        snapshots.discard(before)

        assert snapshots.roll_back_target() == earlier

    def test_a_full_disk_leaves_the_active_one(
        self, registry: Registry, folder_store: FolderStore, publisher: Publisher, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path) as disk:
            snapshots = SnapshotStore(disk.folder, registry)
            keep = Intake(snapshots, folder_store, publisher)
            first, second = keep.one(active=True), keep.one()
            disk.fill()

            with pytest.raises(StagingError, match=FULL):
                snapshots.set_active(second, "ana", 1)

            assert snapshots.active_id() == first.publication_id


def damage(snapshot: Snapshot) -> None:
    """Cut a file of a snapshot short, past its permissions."""
    path = snapshot.path("fact_forecast")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
