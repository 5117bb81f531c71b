"""The file of failed sign-ins, shared by threads and processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datalayer.access import sign_in_failures
from datalayer.access.sign_in_failures import FailureFile, Failures, FailureTables
from datalayer.kernel.errors import StateUnavailable

WRITE = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("begin immediate")
"""

COUNT = """
import pathlib, sys
from dataclasses import replace
from datalayer.access.sign_in_failures import FailureFile, Pool

def one_more(tables):
    found = tables.failures("subject")
    tables.store("subject", Pool.USERS, "name", replace(found, count=found.count + 1, last=1.0))

for _ in range(50):
    FailureFile(pathlib.Path(sys.argv[1])).transact(one_more)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sign_in_failures.sqlite"


def test_another_thread_that_comes_meanwhile_ends_no_lock_against_other_processes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_failures, "_BUSY_S", 0.0)

    def work(_: FailureTables) -> subprocess.CompletedProcess[str]:
        with pytest.raises(StateUnavailable, match="locked"):
            FailureFile(path).transact(lambda _: None)  # as another thread would
        return subprocess.run(
            [sys.executable, "-c", WRITE, path], check=False, capture_output=True, text=True
        )

    other_process = FailureFile(path).transact(work)

    assert "database is locked" in other_process.stderr


def test_processes_that_begin_at_once_on_an_empty_folder_lose_no_failure(path: Path) -> None:
    counting = [subprocess.Popen([sys.executable, "-c", COUNT, path]) for _ in range(3)]

    assert [each.wait(timeout=120) for each in counting] == [0, 0, 0]

    found = FailureFile(path).transact(lambda tables: tables.failures("subject"))
    assert found == Failures(150, 1.0)
    assert path.stat().st_mode & 0o077 == 0
