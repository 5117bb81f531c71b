"""What one process tells of a job, any other one finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datalayer.kernel.errors import RedisFailed
from datalayer.publications.job_records import MOST_KEPT, JobRecord, JobRecords

JOB = "9f86d081884c7d65"
RUNNING = {"job_id": JOB, "status": "running"}
ENDED = {"job_id": JOB, "status": "succeeded"}

RUN = """
import os, pathlib, signal, sys
from datalayer.publications.job_records import JobRecords
records = JobRecords(pathlib.Path(sys.argv[1]), None)
with records.hold(sys.argv[2]):
    records.keep(sys.argv[2], {"job_id": sys.argv[2], "status": "running"}, is_running=True)
    print("running", flush=True)
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


class Shelf:
    """What replicas of several machines share, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.is_cut = False

    def keep(self, job_id: str, content: bytes, *, is_running: bool) -> None:
        assert b"true" in content or not is_running
        self.kept[job_id] = content

    def find(self, job_id: str) -> bytes | None:
        if self.is_cut:
            raise RedisFailed(reason="can't be reached")
        return self.kept.get(job_id)

    def close(self) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What replicas of one machine share; not there yet."""
    return tmp_path / "jobs"


@pytest.fixture
def records(folder: Path) -> JobRecords:
    """The records as another replica finds them."""
    return JobRecords(folder, None)


def test_an_unknown_one_is_not_found(records: JobRecords) -> None:
    assert records.find(JOB) is None


@pytest.mark.parametrize("job_id", ["", "../active", "9F86D081884C7D65", JOB + "\n", "*"])
def test_what_can_be_no_id_is_no_file_name(records: JobRecords, folder: Path, job_id: str) -> None:
    records.keep("active", ENDED, is_running=False)

    assert records.find(job_id) is None


def test_one_that_runs_elsewhere_is_found_and_lost_once_its_process_is_killed(
    records: JobRecords, folder: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, folder, JOB], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        while_it_lives = records.find(JOB)

    assert while_it_lives == JobRecord(RUNNING, is_running=True)
    assert records.find(JOB) == JobRecord(RUNNING, is_running=True, is_lost=True)


def test_one_that_ended_is_found_as_it_ended(records: JobRecords, folder: Path) -> None:
    with records.hold(JOB):
        records.keep(JOB, RUNNING, is_running=True)
        records.keep(JOB, ENDED, is_running=False)

    assert records.find(JOB) == JobRecord(ENDED, is_running=False)
    assert [path.name for path in folder.iterdir()] == [f"{JOB}.json"]


def test_the_latest_are_kept(records: JobRecords, folder: Path) -> None:
    for number in range(MOST_KEPT + 3):
        records.keep(f"{number:016x}", ENDED, is_running=False)

    assert len(list(folder.iterdir())) == MOST_KEPT
    assert records.find(f"{MOST_KEPT + 2:016x}")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"told": 1, "is_running": true}'])
def test_a_damaged_record_is_none(records: JobRecords, folder: Path, content: bytes) -> None:
    records.keep(JOB, ENDED, is_running=False)
    (folder / f"{JOB}.json").write_bytes(content)

    assert records.find(JOB) is None


def test_a_folder_that_takes_none_keeps_no_job_from_running(folder: Path) -> None:
    folder.write_text("in the way")
    records = JobRecords(folder, None)

    with records.hold(JOB):
        records.keep(JOB, RUNNING, is_running=True)

    assert records.find(JOB) is None


class TestSeveralMachines:
    @pytest.fixture
    def shelf(self) -> Shelf:
        return Shelf()

    @pytest.fixture
    def elsewhere(self, shelf: Shelf, tmp_path: Path) -> JobRecords:
        return JobRecords(tmp_path / "elsewhere", shelf)

    def test_they_find_what_is_kept_between_them(
        self, shelf: Shelf, folder: Path, elsewhere: JobRecords
    ) -> None:
        JobRecords(folder, shelf).keep(JOB, RUNNING, is_running=True)

        assert elsewhere.find(JOB) == JobRecord(RUNNING, is_running=True)

    def test_what_can_not_be_asked_for_is_not_said_to_be_unknown(
        self, shelf: Shelf, elsewhere: JobRecords
    ) -> None:
        shelf.is_cut = True

        with pytest.raises(RedisFailed):
            elsewhere.find(JOB)

    def test_what_this_machine_knows_needs_no_other(self, shelf: Shelf, folder: Path) -> None:
        records = JobRecords(folder, shelf)
        records.keep(JOB, ENDED, is_running=False)
        shelf.is_cut = True

        assert records.find(JOB) == JobRecord(ENDED, is_running=False)
