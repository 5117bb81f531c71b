"""Whatever fails around a refresh, the active publication goes on serving and the log says why."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    PublicationError,
    RefreshInProgress,
    StagingError,
    StateError,
    StoreError,
)
from datalayer.kernel.progress import Progress, ReportProgress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.kernel.storage.s3_store import S3Options, S3Store
from datalayer.publications.stages import Activated
from tests.unit.publications.full_disk import FULL, small_disk
from tests.unit.publications.refreshing import ANA, Refreshing, joined

if TYPE_CHECKING:
    from tests.publisher import Publisher


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
