"""Refreshing: whatever goes wrong, the active publication goes on serving and the log says why."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import (
    MANIFEST_LIMIT_BYTES,
    MANIFEST_NAME,
    Manifest,
    manifest_json,
)
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed
from datalayer.kernel.errors import (
    InvalidSelection,
    ManifestError,
    NoEarlierPublication,
    NotAllowed,
    ObjectMissing,
    PortalError,
    PublicationError,
    RefreshInProgress,
    StagingError,
    StateError,
    StoreError,
    UnknownPublication,
)
from datalayer.kernel.progress import Progress, ReportProgress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.kernel.storage.s3_store import S3Options, S3Store
from datalayer.publications.stages import Activated, AlreadyCurrent, Snapshot
from datalayer.publications.staging import prove
from datalayer.reading.database import Database
from tests.unit.publications.full_disk import FULL, small_disk
from tests.unit.publications.refreshing import ANA, PLANNER, Refreshing, Reports, joined

if TYPE_CHECKING:
    from tests.publisher import Publisher

UNKNOWN_ID = "20261121T060000Z-00000000"


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
    parts.activations.activate(ANA)
    return manifest


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


class TestFetchingOnce:
    def test_an_inspected_candidate_is_not_fetched_again(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        publisher.publish(items=2)
        parts.activations.inspect(ANA)
        reports = Reports()

        parts.activations.activate(ANA, report=reports)

        assert reports.steps == [
            Step.BEGIN,
            Step.VERIFY,
            Step.VALIDATE,
            Step.PROMOTE,
            Step.ACTIVATE,
        ]

    def test_a_candidate_changed_on_the_disk_is_refused_and_then_fetched_anew(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)
        parts.activations.inspect(ANA)
        staged = parts.snapshots.staging.folder / manifest.publication_id
        (staged / "fact_forecast.parquet").write_bytes(b"something else")

        with pytest.raises(PublicationError, match="bytes of fact_forecast"):
            parts.activations.activate(ANA)

        assert isinstance(parts.activations.activate(ANA), Activated)

    def test_a_kept_publication_is_checked_and_not_fetched_again(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        newer = publisher.publish(items=2)
        parts.activations.activate(ANA)
        parts.activations.roll_back(ANA)
        reports = Reports()

        parts.activations.activate(ANA, report=reports)

        assert parts.active_id == newer.publication_id
        assert reports.steps == [Step.BEGIN, Step.VERIFY, Step.ACTIVATE]

    def test_a_kept_publication_that_was_damaged_is_fetched_anew(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        damage(parts.snapshots.get(served.publication_id))

        outcome = parts.activations.activate(ANA)

        assert isinstance(outcome, Activated)
        prove(parts.snapshots.get(served.publication_id))

    def test_a_kept_publication_whose_manifest_was_damaged_is_fetched_anew(
        self,
        state: Path,
        folder_store: FolderStore,
        registry: Registry,
        parts: Refreshing,
        served: Manifest,
    ) -> None:
        manifest_file = parts.snapshots.get(served.publication_id).folder / MANIFEST_NAME
        manifest_file.chmod(0o644)
        manifest_file.write_bytes(b"{")
        started_again = joined(state, folder_store, registry)

        started_again.activations.activate(ANA, publication_id=served.publication_id)

        assert started_again.snapshots.get(served.publication_id).manifest == served

    def test_a_publication_that_changed_under_its_id_is_refused(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        def announce_other_content(fields: dict[str, Any]) -> None:
            fields["files"][0]["sha256"] = "0" * 64

        publisher.rewrite_manifest(announce_other_content)

        with pytest.raises(PublicationError, match="publish it under a new id"):
            parts.activations.activate(ANA)

        assert parts.active_id == served.publication_id


class TestForcing:
    def test_the_active_publication_is_fetched_and_checked_anew(
        self, parts: Refreshing, served: Manifest
    ) -> None:
        reports = Reports()

        outcome = parts.activations.activate(ANA, force=True, report=reports)

        assert isinstance(outcome, AlreadyCurrent)
        assert reports.steps == [Step.BEGIN, Step.VERIFY, Step.STAGE, Step.VALIDATE]
        assert parts.last_entry.outcome == "already_current"
        assert parts.last_entry.details["forced"] is True

    def test_a_whole_snapshot_is_left_where_its_readers_have_it_open(
        self, parts: Refreshing, served: Manifest, state: Path
    ) -> None:
        kept = parts.snapshots.get(served.publication_id)
        before = kept.path("fact_forecast").stat()

        parts.activations.activate(ANA, force=True)

        after = kept.path("fact_forecast").stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert not list((state / "staging").iterdir())

    def test_a_damaged_snapshot_is_healed_and_read_again_at_once(
        self, parts: Refreshing, served: Manifest, state: Path
    ) -> None:
        assert isinstance(parts.database, Database)
        question = "select sum(forecast) as total from fact_forecast"
        total = parts.database.query(served.publication_id, question, {})
        damage(parts.snapshots.get(served.publication_id))

        outcome = parts.activations.activate(ANA, force=True)

        assert isinstance(outcome, Activated)
        prove(parts.snapshots.get(served.publication_id))
        assert parts.database.query(served.publication_id, question, {}) == total
        assert not list((state / "staging").iterdir())

    def test_what_was_staged_before_is_fetched_anew(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        publisher.publish(items=2)
        parts.activations.inspect(ANA)
        reports = Reports()

        parts.activations.activate(ANA, force=True, report=reports)

        assert Step.STAGE in reports.steps

    def test_damage_in_the_store_is_found_and_the_active_one_stays(
        self, parts: Refreshing, publisher: Publisher, served: Manifest, state: Path
    ) -> None:
        publisher.corrupt("fact_forecast")

        with pytest.raises(PublicationError, match="damaged fact_forecast"):
            parts.activations.activate(ANA, force=True)

        prove(parts.snapshots.get(served.publication_id))
        assert parts.active_id == served.publication_id
        assert not list((state / "staging").iterdir())

    def test_an_older_publication_is_refused_before_it_is_fetched(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        publisher.publish(items=2)
        parts.activations.activate(ANA)
        publisher.go_back()
        reports = Reports()

        with pytest.raises(PublicationError, match="before the active one"):
            parts.activations.activate(ANA, force=True, report=reports)

        assert Step.STAGE not in reports.steps

    def test_one_that_is_kept_and_not_active_is_activated(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        newer = publisher.publish(items=2)
        parts.activations.activate(ANA)
        parts.activations.roll_back(ANA)

        outcome = parts.activations.activate(ANA, force=True)

        assert isinstance(outcome, Activated)
        assert parts.active_id == newer.publication_id


def with_file(change: Callable[[dict[str, Any]], None]) -> Callable[[Publisher], None]:
    """Return what rewrites the manifest's entry of its first file."""

    def spoil(publisher: Publisher) -> None:
        publisher.rewrite_manifest(lambda fields: change(fields["files"][0]))

    return spoil


def with_fields(**fields: object) -> Callable[[Publisher], None]:
    """Return what rewrites fields of the manifest."""
    return lambda publisher: publisher.rewrite_manifest(lambda found: found.update(fields))


SPOILED: dict[str, Callable[[Publisher], None]] = {
    "a truncated file": lambda publisher: publisher.truncate("fact_forecast"),
    "a corrupted file": lambda publisher: publisher.corrupt("fact_forecast"),
    "a missing file": lambda publisher: publisher.withhold("fact_forecast"),
    "swapped files": lambda publisher: publisher.swap("fact_forecast", "fact_backtest"),
    "a wrong hash": with_file(lambda file: file.update(sha256="0" * 64)),
    "a wrong size": with_file(lambda file: file.update(size_bytes=file["size_bytes"] + 1)),
    "a wrong row count": with_file(lambda file: file.update(rows=file["rows"] + 1)),
    "an absurd size": with_file(lambda file: file.update(size_bytes=1 << 50)),
    "a path outside": with_file(lambda file: file.update(path="../../etc/passwd")),
    "an absolute path": with_file(lambda file: file.update(path="/etc/passwd")),
    "an unknown version": with_fields(manifest_version=99),
    "an id that is a path": with_fields(publication_id="../../var"),
    "a data set missing": lambda publisher: publisher.rewrite_manifest(
        lambda fields: fields.update(files=fields["files"][1:])
    ),
    "no JSON": lambda publisher: publisher.store.write(MANIFEST_NAME, b"{"),
    "a manifest without end": lambda publisher: publisher.store.write(
        MANIFEST_NAME, b" " * (5 << 20)
    ),
}


class TestBadPublications:
    @pytest.mark.parametrize("fault", SPOILED)
    def test_a_spoiled_publication_is_rejected_and_the_active_one_stays(
        self, parts: Refreshing, publisher: Publisher, served: Manifest, state: Path, fault: str
    ) -> None:
        publisher.publish(items=2)
        SPOILED[fault](publisher)

        with pytest.raises(PortalError) as raised:
            parts.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert len(parts.snapshots.all()) == 1
        assert not list((state / "staging").glob("*.partial"))
        assert parts.last_entry.outcome == "rejected"
        assert parts.last_entry.details["reason"] == str(raised.value)[:2000]

    def test_what_breaks_the_contract_is_rejected_with_every_fault(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        tables = publisher.tables(items=2)
        forecast = tables["fact_forecast"]
        negative = pa.array([-1.0] * forecast.num_rows, pa.float64())
        place = forecast.schema.get_field_index("forecast")
        tables["fact_forecast"] = forecast.set_column(place, "forecast", negative)
        publisher.publish(tables=tables)

        with pytest.raises(ValidationFailed, match="breaks the contract") as raised:
            parts.activations.activate(ANA)

        assert {fault.column for fault in raised.value.report.faults} >= {"forecast"}
        assert parts.active_id == served.publication_id
        assert "fact_forecast.forecast" in str(parts.last_entry.details["reason"])

    def test_an_empty_publication_is_rejected(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        empty = {name: table.slice(0, 0) for name, table in publisher.tables(items=2).items()}
        publisher.publish(tables=empty)

        with pytest.raises(ValidationFailed):
            parts.activations.activate(ANA, confirmed=True)

        assert parts.active_id == served.publication_id

    def test_one_that_the_database_refuses_is_rejected_and_not_kept(
        self,
        state: Path,
        folder_store: FolderStore,
        registry: Registry,
        publisher: Publisher,
        parts: Refreshing,
        served: Manifest,
    ) -> None:
        publisher.publish(items=2)
        refusing = joined(state, folder_store, registry, make_database=RefusingDatabase)

        with pytest.raises(PublicationError, match="does not fit"):
            refusing.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert [each.publication_id for each in parts.snapshots.all()] == [served.publication_id]
        assert parts.last_entry.outcome == "rejected"


class TestTrouble:
    def test_an_unreachable_store_leaves_the_active_one(
        self, state: Path, registry: Registry, parts: Refreshing, served: Manifest
    ) -> None:
        options = S3Options("127.0.0.1:1", "key", "secret", secure=False, timeout_s=1)
        cut_off = joined(state, S3Store(options, "farol"), registry)

        with pytest.raises(StoreError, match="can't be reached"):
            cut_off.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "rejected"

    def test_a_full_disk_leaves_the_active_one(
        self,
        folder_store: FolderStore,
        registry: Registry,
        publisher: Publisher,
        tmp_path: Path,
    ) -> None:
        with small_disk(tmp_path) as disk:
            parts = joined(disk.folder, folder_store, registry)
            first = publisher.publish(items=2)
            parts.activations.activate(ANA)
            publisher.publish(items=2)

            def fill_while_fetching(progress: Progress) -> None:
                if progress.step is Step.STAGE:
                    disk.fill()

            with pytest.raises(StagingError, match=FULL):
                parts.activations.activate(ANA, report=fill_while_fetching)

            assert parts.active_id == first.publication_id
            assert not list((disk.folder / "staging").iterdir())
            disk.empty()
            assert isinstance(parts.activations.activate(ANA), Activated)

    def test_one_that_is_broken_off_is_recorded(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        publisher.publish(items=2)

        with pytest.raises(KeyboardInterrupt):
            parts.activations.activate(ANA, report=break_off_at(Step.VALIDATE))

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "interrupted"
        assert isinstance(parts.activations.activate(ANA), Activated)

    def test_one_that_is_broken_off_after_the_switch_is_recorded_as_done(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        newer = publisher.publish(items=2)

        with pytest.raises(KeyboardInterrupt):
            parts.activations.activate(ANA, report=break_off_at(Step.ACTIVATE, done=2))

        assert parts.active_id == newer.publication_id
        assert parts.last_entry.outcome == "activated"

    def test_nothing_is_done_that_can_not_be_recorded(
        self, parts: Refreshing, publisher: Publisher, state: Path
    ) -> None:
        publisher.publish(items=2)
        (state / "audit.jsonl").mkdir(parents=True)

        with pytest.raises(StateError, match=r"audit\.jsonl can't be used"):
            parts.activations.activate(ANA)

        assert parts.active_id is None

    def test_an_audit_log_lost_on_the_way_does_not_hide_what_went_wrong(
        self, parts: Refreshing, publisher: Publisher, state: Path
    ) -> None:
        publisher.publish(items=2)
        publisher.corrupt("fact_forecast")

        with pytest.raises(PublicationError, match="damaged fact_forecast"):
            parts.activations.activate(ANA, report=lose_audit_log(state, Step.STAGE))

    def test_a_switch_whose_record_is_lost_on_the_way_is_told(
        self, parts: Refreshing, publisher: Publisher, state: Path
    ) -> None:
        manifest = publisher.publish(items=2)

        with pytest.raises(StateError, match=r"audit\.jsonl can't be used"):
            parts.activations.activate(ANA, report=lose_audit_log(state, Step.ACTIVATE))

        assert parts.active_id == manifest.publication_id

    def test_of_two_at_once_one_is_told_who_the_other_is(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)
        staging, told = threading.Event(), threading.Event()

        def wait(progress: Progress) -> None:
            staging.set()
            assert told.wait(30)

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(parts.activations.activate, ANA, report=wait)
            assert staging.wait(30)
            with pytest.raises(RefreshInProgress, match="started by ana at 20"):
                parts.activations.activate(ANA)
            refused = parts.last_entry
            told.set()

        assert isinstance(first.result(), Activated)
        assert parts.active_id == manifest.publication_id
        assert refused.outcome == "refused"


class TestRollingBack:
    @pytest.fixture
    def three(self, parts: Refreshing, publisher: Publisher) -> list[str]:
        """Three publications, each activated, the oldest first."""
        published = []
        for _ in range(3):
            published.append(publisher.publish(items=2).publication_id)
            parts.activations.activate(ANA)
        return published

    def test_the_one_active_before_comes_back(self, parts: Refreshing, three: list[str]) -> None:
        outcome = parts.activations.roll_back(ANA)

        assert outcome.publication_id == parts.active_id == three[1]
        assert outcome.previous_id == three[2]
        assert parts.last_entry.action == "roll_back"
        assert parts.last_entry.outcome == "activated"

    def test_any_kept_one_can_be_named(self, parts: Refreshing, three: list[str]) -> None:
        parts.activations.roll_back(ANA, three[0])

        assert parts.active_id == three[0]

    def test_rolling_back_twice_undoes_the_first(self, parts: Refreshing, three: list[str]) -> None:
        parts.activations.roll_back(ANA)

        parts.activations.roll_back(ANA)

        assert parts.active_id == three[2]

    def test_it_needs_no_store(
        self, parts: Refreshing, three: list[str], folder_store: FolderStore
    ) -> None:
        Path(folder_store.address).rename(f"{folder_store.address}-gone")

        parts.activations.roll_back(ANA)

        assert parts.active_id == three[1]

    def test_a_damaged_snapshot_is_not_gone_back_to_without_the_store(
        self, parts: Refreshing, three: list[str], folder_store: FolderStore
    ) -> None:
        damage(parts.snapshots.get(three[1]))
        Path(folder_store.address).rename(f"{folder_store.address}-gone")

        with pytest.raises(ObjectMissing):
            parts.activations.roll_back(ANA)

        assert parts.active_id == three[2]

    def test_with_nothing_earlier_there_is_nothing_to_go_back_to(
        self, parts: Refreshing, served: Manifest
    ) -> None:
        with pytest.raises(NoEarlierPublication):
            parts.activations.roll_back(ANA)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "refused"

    def test_the_active_one_is_not_gone_back_to(self, parts: Refreshing, served: Manifest) -> None:
        with pytest.raises(InvalidSelection, match="another than the active one"):
            parts.activations.roll_back(ANA, served.publication_id)

    def test_a_planner_may_not(self, parts: Refreshing, three: list[str]) -> None:
        with pytest.raises(NotAllowed):
            parts.activations.roll_back(PLANNER)

        assert parts.active_id == three[2]


class TestInspecting:
    def test_a_sound_candidate_is_shown_and_not_activated(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)

        candidate = parts.activations.inspect(ANA)

        assert candidate.manifest == manifest
        assert candidate.report.passed
        assert parts.active_id is None
        assert (parts.last_entry.action, parts.last_entry.outcome) == ("inspect", "accepted")

    def test_a_candidate_with_faults_is_shown_with_them(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        empty = {name: table.slice(0, 0) for name, table in publisher.tables(items=2).items()}
        publisher.publish(tables=empty)

        candidate = parts.activations.inspect(ANA)

        assert candidate.report.faults
        assert parts.last_entry.outcome == "rejected"

    def test_a_kept_publication_is_not_fetched_to_be_inspected(
        self, parts: Refreshing, served: Manifest
    ) -> None:
        reports = Reports()

        candidate = parts.activations.inspect(ANA, report=reports)

        assert candidate.manifest == served
        assert Step.STAGE not in reports.steps

    def test_files_that_are_not_the_ones_announced_are_an_error(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        publisher.publish(items=2)
        publisher.corrupt("fact_forecast")

        with pytest.raises(PublicationError, match="damaged fact_forecast"):
            parts.activations.inspect(ANA)

        assert parts.last_entry.outcome == "rejected"


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


class RefusingDatabase:
    """A database that can't read any snapshot."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        pass

    def attach(self, snapshot: Snapshot) -> None:
        """Refuse."""
        raise PublicationError(
            publication_id=snapshot.publication_id, problem="does not fit the registry"
        )

    def detach(self, publication_id: str) -> None:
        """Do nothing."""


def lose_audit_log(state: Path, step: Step) -> ReportProgress:
    """Return a report that puts a folder in the audit log's place when *step* begins."""

    def report(progress: Progress) -> None:
        log = state / "audit.jsonl"
        if progress.step is step and log.is_file():
            log.unlink()
            log.mkdir()

    return report


def break_off_at(step: Step, done: int = 0) -> Callable[[Progress], None]:
    """Return a report that interrupts the work at *step*."""

    def report(progress: Progress) -> None:
        if progress.step == step and progress.done >= done:
            raise KeyboardInterrupt

    return report


def damage(snapshot: Snapshot) -> None:
    """Change a byte of a snapshot's file, past its permissions."""
    path = snapshot.path("fact_forecast")
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def flattened(manifest: Manifest, publisher: Publisher, folder: Path) -> FolderStore:
    """Return a store that holds the publication's files side by side."""
    store = FolderStore(folder)
    files = tuple(replace(file, path=f"{file.data_set}.parquet") for file in manifest.files)
    for file, flat in zip(manifest.files, files, strict=True):
        store.write(flat.path, publisher.store.read(file.path, limit_bytes=1 << 30))
    store.write(MANIFEST_NAME, manifest_json(replace(manifest, files=files)))
    return store
