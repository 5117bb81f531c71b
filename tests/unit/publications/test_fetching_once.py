"""What is kept is not fetched again, unless it is damaged or a person forces it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import PublicationError
from datalayer.kernel.progress import Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Activated, AlreadyCurrent
from datalayer.publications.staging import prove
from datalayer.reading.database import Database
from tests.unit.publications.refreshing import ANA, Refreshing, Reports, joined

if TYPE_CHECKING:
    from tests.publisher import Publisher
from tests.unit.publications.refreshing import damage


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
