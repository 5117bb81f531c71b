"""Refreshes in the background: one at a time, remembered, and refused before they are a job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.access.audit.log import AuditEntry
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.kernel.errors import (
    CredentialRequired,
    NotAllowed,
    PortalError,
    RefreshInProgress,
    UnexpectedFailure,
    UnknownJob,
)
from datalayer.kernel.progress import Progress, PublicationFound, ReportProgress, Step
from datalayer.portal import AlreadyCurrent, Portal
from datalayer.publications.attempts import LockHolder, refresh_lock
from datalayer.publications.refresh_jobs import MOST_REMEMBERED, JobStatus, RefreshJob, RefreshJobs
from tests.portals import ADMIN, PLANNER, make_portal
from tests.publisher import Publisher

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
AN_ID = "20261121T060000Z-1a2b3c4d"


@pytest.fixture
def jobs() -> RefreshJobs:
    """Jobs over an empty audit log."""
    return jobs_after()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """A portal with nothing published."""
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


def jobs_after(*entries: AuditEntry) -> RefreshJobs:
    """Return jobs whose audit log holds *entries*, newest first."""
    return RefreshJobs(lambda limit: entries[:limit], lambda: NOW)


def activated(seconds: float, size_bytes: int, action: str = "activate") -> AuditEntry:
    details = {"seconds": seconds, "size_bytes": size_bytes}
    return AuditEntry(NOW, "ana", "admin", action, "activated", AN_ID, details)


def at_once(_: ReportProgress) -> None:
    """Do nothing and report nothing."""


def found(size_bytes: int) -> PublicationFound:
    return PublicationFound(Step.BEGIN, 1, 1, publication_id=AN_ID, size_bytes=size_bytes)


def activating(portal: Portal, who: Identity) -> Callable[[ReportProgress], object]:
    return lambda report: portal.activate(who, None, report)


@contextmanager
def unfinished(jobs: RefreshJobs, *reports: Progress) -> Iterator[RefreshJob]:
    """Start a job that has made *reports* and ends with the block."""
    reported, end = threading.Event(), threading.Event()

    def work(report: ReportProgress) -> None:
        for each in reports:
            report(each)
        reported.set()
        end.wait()

    job = jobs.start("activate", ADMIN, work)
    reported.wait()
    try:
        yield job
    finally:
        end.set()
        job.wait()


class TestStarting:
    def test_it_returns_while_the_work_goes_on(self, jobs: RefreshJobs) -> None:
        with unfinished(jobs, Progress(Step.BEGIN, 0, 1)) as job:
            status, ended_at = job.status, job.ended_at

        assert (status, ended_at) == (JobStatus.RUNNING, None)
        assert job.status is JobStatus.SUCCEEDED
        assert job.ended_at == NOW

    def test_it_reports_from_whatever_thread_in_the_order_of_its_steps(
        self, jobs: RefreshJobs
    ) -> None:
        def work(report: ReportProgress) -> str:
            for step in (Step.STAGE, Step.VERIFY):
                thread = threading.Thread(target=report, args=(Progress(step, 1, 2),))
                thread.start()
                thread.join()
            return "done"

        job = jobs.start("activate", ADMIN, work)

        assert job.outcome() == "done"
        assert list(job.latest()) == [Step.STAGE, Step.VERIFY]

    def test_what_fails_after_it_began_is_a_job_that_failed(self, portal: Portal) -> None:
        job = portal.jobs.start("activate", ADMIN, activating(portal, ADMIN))
        job.wait()

        assert job.status is JobStatus.FAILED
        assert "holds no metadata.json" in str(job.problem)
        with pytest.raises(PortalError, match=r"holds no metadata\.json"):
            job.outcome()

    def test_what_nobody_foresaw_is_told_by_reference_only(
        self, jobs: RefreshJobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def work(report: ReportProgress) -> None:
            report(Progress(Step.BEGIN, 0, 1))
            raise ZeroDivisionError("a secret")

        job = jobs.start("activate", ADMIN, work)
        job.wait()

        assert isinstance(job.problem, UnexpectedFailure)
        assert "a secret" not in str(job.problem)
        assert job.problem.reference in capsys.readouterr().out

    def test_the_publication_is_known_as_soon_as_the_store_named_it(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)

        job = portal.jobs.start("activate", ADMIN, activating(portal, ADMIN))
        job.wait()

        assert job.publication is not None
        assert job.publication.publication_id == manifest.publication_id
        assert job.publication.size_bytes == sum(file.size_bytes for file in manifest.files)


class TestRefusingJobs:
    @pytest.mark.parametrize(
        ("who", "error"),
        [
            (ANYONE, CredentialRequired),
            (PLANNER, NotAllowed),
            (Identity("key:reader", Role.ANALYST), NotAllowed),
        ],
    )
    def test_who_may_not_gets_no_job_and_a_line_in_the_audit_log(
        self, portal: Portal, publisher: Publisher, who: Identity, error: type[PortalError]
    ) -> None:
        publisher.publish(items=2)

        with pytest.raises(error):
            portal.jobs.start("activate", who, activating(portal, who))

        entry = portal.audit.entries(1)[0]
        assert (entry.actor, entry.action, entry.outcome) == (who.name, "activate", "refused")
        assert portal.jobs.running() is None

    def test_a_second_one_is_refused_while_one_runs(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish(items=2)
        held, go_on = threading.Event(), threading.Event()

        def slow(report: ReportProgress) -> object:
            def hold(progress: Progress) -> None:
                report(progress)
                held.set()
                go_on.wait()

            return portal.activate(ADMIN, None, hold)

        first = portal.jobs.start("activate", ADMIN, slow)
        held.wait()

        with pytest.raises(RefreshInProgress, match="started by ana"):
            portal.jobs.start("activate", ADMIN, activating(portal, ADMIN))
        go_on.set()

        assert first.wait()
        assert first.status is JobStatus.SUCCEEDED

    def test_one_of_another_process_counts_too(
        self, portal: Portal, publisher: Publisher, tmp_path: Path
    ) -> None:
        publisher.publish(items=2)
        holder = LockHolder("bruno", "activate", NOW.isoformat())

        with (
            refresh_lock(tmp_path / "var/refresh.lock", holder),
            pytest.raises(RefreshInProgress, match="started by bruno"),
        ):
            portal.jobs.start("activate", ADMIN, activating(portal, ADMIN))

    def test_a_planner_may_not_look_at_a_job(self, jobs: RefreshJobs) -> None:
        job = jobs.start("activate", ADMIN, at_once)

        with pytest.raises(NotAllowed):
            jobs.get(job.job_id, PLANNER)


class TestRemembering:
    def test_a_job_is_found_by_its_id(self, jobs: RefreshJobs) -> None:
        job = jobs.start("activate", ADMIN, at_once)

        assert jobs.get(job.job_id, ADMIN) is job

    def test_an_unknown_one_is_named(self, jobs: RefreshJobs) -> None:
        with pytest.raises(UnknownJob, match="no job 1234"):
            jobs.get("1234", ADMIN)

    def test_the_latest_are_kept_and_one_that_runs_is_never_forgotten(
        self, jobs: RefreshJobs
    ) -> None:
        with unfinished(jobs, Progress(Step.BEGIN, 0, 1)) as running:
            ended = [jobs.start("prune", ADMIN, at_once) for _ in range(150)]
            for job in ended:
                job.wait()
            last = jobs.start("prune", ADMIN, at_once)

            assert jobs.running() is running
            assert jobs.get(running.job_id, ADMIN) is running
            assert jobs.get(last.job_id, ADMIN) is last
            remembered = [job for job in ended if job.job_id in jobs._jobs]
            assert remembered == ended[-(MOST_REMEMBERED - 2) :]


class TestExpectedEnd:
    def test_nothing_is_expected_without_an_earlier_one(self, jobs: RefreshJobs) -> None:
        with unfinished(jobs, found(1000)) as job:
            assert jobs.expected_end(job) is None

    def test_nothing_is_expected_of_an_unknown_publication(self) -> None:
        jobs = jobs_after(activated(4, 1000))

        with unfinished(jobs, Progress(Step.BEGIN, 0, 1)) as job:
            assert jobs.expected_end(job) is None

    def test_it_is_the_median_of_earlier_ones_by_the_byte(self) -> None:
        jobs = jobs_after(activated(4, 1000), activated(90, 1000), activated(2, 1000))

        with unfinished(jobs, found(3000)) as job:
            assert jobs.expected_end(job) == NOW + timedelta(seconds=12)

    def test_only_the_same_action_counts_and_entries_without_a_size_do_not(self) -> None:
        unmeasured = AuditEntry(NOW, "ana", "admin", "activate", "activated", AN_ID, {"seconds": 9})
        jobs = jobs_after(activated(1, 1000, "roll_back"), unmeasured, activated(4, 1000))

        with unfinished(jobs, found(1000)) as job:
            assert jobs.expected_end(job) == NOW + timedelta(seconds=4)

    def test_a_real_activation_leaves_what_the_next_estimate_needs(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish(items=2)
        portal.activate(ADMIN)
        publisher.publish(items=2)

        job = portal.jobs.start("activate", ADMIN, activating(portal, ADMIN))
        job.wait()

        expected = portal.jobs.expected_end(job)
        assert expected is not None
        assert expected > job.started_at


def test_an_activation_already_done_says_so(portal: Portal, publisher: Publisher) -> None:
    publisher.publish(items=2)
    portal.activate(ADMIN)

    job = portal.jobs.start("activate", ADMIN, activating(portal, ADMIN))

    assert isinstance(job.outcome(), AlreadyCurrent)
