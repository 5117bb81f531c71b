"""What is over the limits goes, and what is half done; what is wanted stays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import NotAllowed
from datalayer.kernel.storage.durable import open_durably
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.snapshot_store import SnapshotStore
from tests.unit.publications.conftest import Intake, names_in
from tests.unit.publications.refreshing import ANA, PLANNER, Refreshing, joined

if TYPE_CHECKING:
    from tests.publisher import Publisher

AMPLE = 1 << 40


class TestPruningSnapshots:
    def test_the_oldest_beyond_the_number_go(self, snapshots: SnapshotStore, keep: Intake) -> None:
        ids = keep.several(5)

        removed = snapshots.prune(3, AMPLE)

        assert list(removed) == ids[3:]
        assert [each.publication_id for each in snapshots.all()] == ids[:3]

    def test_the_oldest_beyond_the_quota_go(self, snapshots: SnapshotStore, keep: Intake) -> None:
        ids = keep.several(4)
        sizes = [folder_bytes(snapshots.get(each).folder) for each in ids]

        removed = snapshots.prune(10, sum(sizes[:3]))

        assert list(removed) == ids[3:]

    def test_the_active_one_and_the_one_to_roll_back_to_stay_whatever_the_limits(
        self, snapshots: SnapshotStore, keep: Intake
    ) -> None:
        ids = keep.several(5)
        oldest, second_oldest = ids[4], ids[3]
        snapshots.set_active(snapshots.get(oldest), "ana", 1)
        snapshots.set_active(snapshots.get(second_oldest), "ana", 1)

        removed = snapshots.prune(1, 1)

        assert set(removed) == set(ids[:3])
        assert snapshots.active_id() == second_oldest
        assert snapshots.roll_back_target() == oldest

    def test_nothing_goes_within_the_limits(self, snapshots: SnapshotStore, keep: Intake) -> None:
        keep.several(2)

        assert snapshots.prune(2, AMPLE) == ()

    def test_nothing_is_left_of_what_goes(
        self, snapshots: SnapshotStore, keep: Intake, state: Path
    ) -> None:
        ids = keep.several(3)

        snapshots.prune(2, AMPLE)

        assert names_in(state / "snapshots") == sorted(ids[:2])
        assert names_in(state / "staging") == []


class TestSweeping:
    def test_what_is_half_done_goes(
        self, snapshots: SnapshotStore, keep: Intake, state: Path
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

    def test_a_snapshot_left_open_is_closed(self, snapshots: SnapshotStore, keep: Intake) -> None:
        snapshot = keep.one()
        snapshot.folder.chmod(0o755)

        snapshots.sweep()

        assert snapshot.folder.stat().st_mode & 0o222 == 0

    def test_an_empty_folder_is_swept_without_trouble(self, snapshots: SnapshotStore) -> None:
        assert snapshots.sweep() == ()


def folder_bytes(folder: Path) -> int:
    """Return the size of the files in *folder* together."""
    return sum(path.stat().st_size for path in folder.iterdir())


class TestPruning:
    def test_what_goes_is_recorded(
        self, state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
    ) -> None:
        generous = joined(state, folder_store, registry)
        published = []
        for _ in range(3):
            published.append(publisher.publish(items=2).publication_id)
            generous.activations.activate(ANA)
        parts = joined(state, folder_store, registry, keep=2)

        removed = parts.activations.prune(ANA)

        assert removed == (published[0],)
        assert parts.last_entry.outcome == "pruned"
        assert parts.last_entry.details["removed"] == published[0]

    def test_a_planner_may_not(self, parts: Refreshing) -> None:
        with pytest.raises(NotAllowed):
            parts.activations.prune(PLANNER)
