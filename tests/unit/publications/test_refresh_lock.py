"""One refresh at a time, whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datalayer.kernel.errors import RefreshInProgress, StateError
from datalayer.publications.attempts import LockHolder, refresh_lock

ANA = LockHolder("ana", "activate", "2026-11-21T12:00:00.000+00:00")
EVE = LockHolder("eve", "roll_back", "2026-11-21T13:00:00.000+00:00")

HOLD = """
import os, pathlib, sys
from datalayer.publications.attempts import LockHolder, refresh_lock
holder = LockHolder("ana", "activate", "2026-11-21T12:00:00.000+00:00")
with refresh_lock(pathlib.Path(sys.argv[1]), holder):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lock is; its folder isn't there yet."""
    return tmp_path / "state" / "refresh.lock"


def taken(path: Path, holder: LockHolder = EVE) -> LockHolder | None:
    """Take the lock and give it back; return whom it says was killed."""
    with refresh_lock(path, holder) as killed:
        return killed


def test_a_free_lock_is_taken_again_and_again(path: Path) -> None:
    assert taken(path) is None
    assert taken(path) is None


def test_a_thread_is_told_who_holds_it_and_since_when(path: Path) -> None:
    with refresh_lock(path, ANA), ThreadPoolExecutor(1) as pool:
        refused = pool.submit(taken, path)

        with pytest.raises(RefreshInProgress, match=r"started by ana at 2026-11-21T12:00"):
            refused.result()


def test_another_process_is_told_too(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()

        with pytest.raises(RefreshInProgress, match="started by ana"):
            taken(path)

        process.communicate()
    assert taken(path) is None


def test_a_killed_holder_leaves_the_lock_free_and_its_name(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()

    assert taken(path) == ANA
    assert taken(path) is None


def test_a_holder_that_fails_leaves_no_name(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), refresh_lock(path, ANA):
        raise ZeroDivisionError

    assert taken(path) is None


def test_a_child_that_outlives_the_holder_does_not_keep_the_lock(path: Path) -> None:
    reader, writer = os.pipe()
    with refresh_lock(path, ANA):
        child = os.fork()
        if child == 0:
            os.close(writer)
            os.read(reader, 1)  # until the test closes its end
            os._exit(0)

    assert taken(path) is None
    os.close(writer)
    os.close(reader)
    os.waitpid(child, 0)


def test_a_damaged_name_is_no_obstacle(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"torn')

    killed = taken(path)

    assert killed is not None
    assert killed.actor == "unknown"


def test_a_lock_that_can_not_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="can't be opened: Is a directory"):
        taken(tmp_path)
