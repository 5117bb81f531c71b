"""What is known of the store: whether it takes writes is asked once, and told by health."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from datalayer.kernel.errors import (
    ObjectMissing,
    StoreDenied,
    StoreError,
    StoreTooSlow,
    StoreWritable,
)
from datalayer.portal import Portal
from datalayer.publications.store_watch import LATE_AFTER_S, StoreWatch
from tests.clocks import SecondsClock
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher


def asked(watch: StoreWatch) -> str:
    """Return whether the store is writable, after an answer."""
    watch.last_answer()
    watch.wait_for_answer()
    return watch.last_answer().writable


def answering(watch_every_s: float, *outcomes: bool | StoreError | None) -> StoreWatch:
    """Return a watch whose tries to write end as *outcomes*, one after another."""
    left = list(outcomes)

    def try_write() -> bool | None:
        outcome = left.pop(0)
        if isinstance(outcome, StoreError):
            raise outcome
        return outcome

    return StoreWatch(lambda: None, try_write, watch_every_s)


@pytest.mark.parametrize(
    ("took", "writable"), [(True, "yes"), (False, "no"), (None, "not checked")]
)
def test_whether_the_store_took_a_write_is_known(took: bool | None, writable: str) -> None:
    watch = answering(60, took)

    found = asked(watch)

    assert found == writable
    assert watch.last_answer().reach == "reachable"


def test_a_store_that_holds_nothing_yet_is_asked_all_the_same() -> None:
    def ask() -> None:
        raise ObjectMissing(address="s3://bucket", key="metadata.json")

    watch = StoreWatch(ask, lambda: False)

    found = asked(watch)

    assert found == "no"
    assert watch.last_answer().reach == "reachable"


def test_once_it_is_known_nothing_is_written_any_more() -> None:
    watch = answering(-1, False)
    asked(watch)

    found = asked(watch)

    assert found == "no"
    assert watch.last_answer().reach == "reachable"


def test_a_failure_leaves_it_unknown_and_is_tried_again() -> None:
    watch = answering(-1, StoreError(address="s3://bucket", problem="does not answer"), True)
    first = watch.last_answer(), watch.wait_for_answer()

    found = asked(watch)

    assert first[0].writable == "unknown"
    assert found == "yes"


def test_a_store_that_answers_reads_and_fails_at_writes_is_reachable() -> None:
    refused = StoreError(address="s3://bucket", problem="gives no S3 answer")
    watch = answering(60, refused)

    found = asked(watch)

    assert found == "unknown"
    assert watch.last_answer().reach == "reachable"


def test_credentials_that_are_refused_altogether_leave_it_unknown() -> None:
    denied = StoreDenied(address="s3://bucket", key="k", reason="InvalidAccessKeyId")

    def refuse() -> None:
        raise denied

    watch = StoreWatch(refuse, lambda: True, 60)

    found = asked(watch)

    assert found == "unknown"
    assert watch.last_answer().reach == "unreachable"


def test_a_store_that_stays_silent_is_unreachable_before_its_time_is_over() -> None:
    clock, asked, may_answer = SecondsClock(), threading.Event(), threading.Event()

    def answer_late() -> None:
        asked.set()
        may_answer.wait()

    silent = StoreTooSlow(address="s3://bucket", timeout_s=LATE_AFTER_S)
    watch = StoreWatch(answer_late, lambda: False, late=silent, clock=clock)
    watch.last_answer()
    asked.wait()
    in_time = watch.last_answer()
    clock.now_s += LATE_AFTER_S + 0.1

    late = watch.last_answer()

    may_answer.set()
    answered = watch.wait_for_answer()
    assert (in_time.reach, in_time.problem) == ("unknown", "")
    assert (late.reach, late.problem) == ("unreachable", str(silent))
    assert (answered.reach, answered.problem) == ("reachable", "")


def test_once_started_it_asks_again_though_nobody_looks() -> None:
    asked = threading.Semaphore(0)
    watch = StoreWatch(asked.release, lambda: False, 0.0)
    watch.start()

    times = [asked.acquire() for _ in range(3)]

    watch.close()
    assert times == [True] * 3


def test_closed_it_asks_no_more() -> None:
    asked: list[int] = []
    watch = StoreWatch(lambda: asked.append(1), lambda: False, -1)
    watch.last_answer()
    watch.close()

    watch.last_answer()

    assert asked == [1]


class WritableStore:
    """Takes whatever is written to it."""

    address = "s3://bucket"

    def try_write(self) -> bool:
        return True


def test_a_store_that_takes_writes_is_a_finding(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish()
    portal = make_portal(tmp_path)
    portal.activate(ADMIN)
    portal.store_watch = StoreWatch(lambda: None, WritableStore().try_write)
    portal.store_watch.last_answer()
    portal.store_watch.wait_for_answer()

    health = portal.health()

    assert health.status == "degraded"
    assert health.store["writable"] == "yes"
    (finding,) = health.findings
    assert isinstance(finding, StoreWritable)
    assert str(finding).startswith("The store .../store lets this portal write")
    portal.close()


def test_a_folder_is_not_written_to(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish()
    portal: Portal = make_portal(tmp_path)
    before = sorted((tmp_path / "store").rglob("*"))
    portal.store_watch.last_answer()
    portal.store_watch.wait_for_answer()

    health = portal.health()

    assert health.store["writable"] == "not checked"
    assert health.findings == ()
    assert sorted((tmp_path / "store").rglob("*")) == before
    portal.close()
