"""Engines: every task once, whatever works on it, and clear words where that can't be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.errors import MissingExtraError, WorkerLostError
from ml_jobs.pipeline.engine import DASK, LOCAL, Processes, open_engine
from ml_jobs.pipeline.run_folder import RunFolder, load, save

pytestmark = pytest.mark.ml


def doubled(number: int) -> int:
    """A task that any worker can do."""
    return 2 * number


def fatal(number: int) -> int:
    """A task that ends the process that does it."""
    os._exit(number)


@pytest.mark.parametrize("name", [LOCAL, DASK])
def test_every_task_is_answered_once(name: str) -> None:
    with open_engine(name, 2) as engine:
        answers = dict(engine.each(doubled, range(7)))

    assert answers == {number: 2 * number for number in range(7)}


def test_two_clusters_on_one_machine_want_no_port_of_each_other() -> None:
    with open_engine(DASK, 1), open_engine(DASK, 1) as engine:
        answers = dict(engine.each(doubled, [1, 2]))

    assert answers == {1: 2, 2: 4}


def test_a_cluster_that_runs_already_is_worked_with() -> None:
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    ) as cluster:
        address = cluster.scheduler_address.removeprefix("tcp://")

        with open_engine(f"dask://{address}", None) as engine:
            answers = dict(engine.each(doubled, [1, 2, 3]))

    assert answers == {1: 2, 2: 4, 3: 6}


def test_one_process_works_in_place() -> None:
    seen = list(Processes(1).each(lambda number: os.getpid() + 0 * number, [1, 2]))

    assert seen == [(1, os.getpid()), (2, os.getpid())]


def test_a_worker_that_is_lost_is_said_in_words() -> None:
    with pytest.raises(WorkerLostError, match="goes on from there"):
        list(Processes(2).each(fatal, [1, 1]))


def waiting(folder: str) -> None:
    """A task that says that it began, and never ends."""
    Path(folder, str(os.getpid())).touch()
    threading.Event().wait()


KILLED = f"""
import sys
from ml_jobs.pipeline.engine import Processes
from {__name__} import waiting

if __name__ == "__main__":
    list(Processes(2).each(waiting, [sys.argv[1]] * 2))
"""


def test_workers_end_with_the_run_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    begun = tmp_path / "begun"
    begun.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    run = subprocess.Popen([sys.executable, str(script), str(begun)], env=environment)
    deadline = time.monotonic() + 60
    while len(list(begun.iterdir())) < 2:
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)  # between two looks at a condition with a deadline
    workers = [psutil.Process(int(path.name)) for path in begun.iterdir()]

    run.kill()
    run.wait()

    _, left = psutil.wait_procs(workers, timeout=30)
    assert left == []


@pytest.mark.parametrize("name", ["spark", "dask://"])
def test_an_engine_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(InvalidSelection, match="engine is"), open_engine(name, 2):
        pass


def test_a_scheduler_that_does_not_answer_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    with (
        pytest.raises(InvalidSelection, match="address of a Dask scheduler"),
        open_engine(f"dask://127.0.0.1:{port}", 2),
    ):
        pass


def test_without_dask_its_lock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(MissingExtraError, match="requirements-extras"), open_engine(DASK, 2):
        pass


def test_what_is_kept_is_found_again_and_is_what_was_expected(tmp_path: Path) -> None:
    path = RunFolder(tmp_path).learnt("gbm", 7)

    save(path, {"a": 1})

    assert load(path, dict) == {"a": 1}
    with pytest.raises(TypeError, match="holds a dict, not a list"):
        load(path, list)


def test_a_file_that_was_being_written_when_the_run_was_killed_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = RunFolder(tmp_path).lessons

    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        save(path, [1])

    assert not path.exists()
