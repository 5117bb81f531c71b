"""Each process has a folder of its own, and clears up after those that were killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datalayer.kernel.storage.own_folder import OwnFolder

SPILL = """
import os, pathlib, signal, sys
from datalayer.kernel.storage.own_folder import OwnFolder
folder = OwnFolder(pathlib.Path(sys.argv[1]))
folder.path.mkdir()
(folder.path / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"half a sort")
print("spilt", flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """What the processes share; not there yet."""
    return tmp_path / "spill"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_has_one_of_its_own(parent: Path) -> None:
    one, other = OwnFolder(parent), OwnFolder(parent)

    assert one.path != other.path
    assert one.path.parent == other.path.parent == parent
    one.close()
    other.close()


def test_it_is_gone_with_the_one_that_had_it(parent: Path) -> None:
    folder = OwnFolder(parent)
    folder.path.mkdir()
    (folder.path / "sort.tmp").touch()

    folder.close()

    assert names_in(parent) == []


def test_that_of_a_living_process_stays_and_that_of_a_killed_one_goes(parent: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SPILL, parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        OwnFolder(parent).close()
        while_it_lives = names_in(parent)

    OwnFolder(parent).close()

    assert len(while_it_lives) == 2
    assert names_in(parent) == []


def test_a_disk_that_takes_no_lock_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "spill").write_text("in the way")

    folder = OwnFolder(tmp_path / "spill")

    assert folder.path.parent == tmp_path / "spill"
    folder.close()
