"""One holder of a file's lock at a time."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from datalayer.kernel.errors import StateError
from datalayer.kernel.storage.lock import lock_descriptor, lock_file


def test_a_lock_that_is_held_is_not_waited_for_unless_asked_to(tmp_path: Path) -> None:
    path = tmp_path / "state" / "x.lock"

    with lock_file(path), pytest.raises(BlockingIOError), lock_file(path, wait=False):
        pass


def test_who_waits_goes_on_when_the_holder_ends(tmp_path: Path) -> None:
    path, order = tmp_path / "x.lock", list[str]()

    def wait_for_it() -> None:
        with lock_file(path):
            order.append("waited")

    with lock_file(path):
        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        order.append("held")
    waiting.join(timeout=30)

    assert order == ["held", "waited"]


def test_a_lock_file_is_its_owners_alone_unless_told_otherwise(tmp_path: Path) -> None:
    with lock_file(tmp_path / "own"), lock_file(tmp_path / "shown", mode=0o644):
        modes = [(tmp_path / name).stat().st_mode & 0o077 for name in ("own", "shown")]

    assert modes[0] == 0
    assert modes[1] != 0


def test_a_lock_file_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="can't be opened: Is a directory"), lock_file(tmp_path):
        pass


def test_readers_share_a_lock_and_keep_a_writer_out(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with (
        (tmp_path / "x").open("rb") as one,
        (tmp_path / "x").open("rb") as other,
        lock_descriptor(one.fileno(), fcntl.LOCK_SH),
        lock_descriptor(other.fileno(), fcntl.LOCK_SH),
        pytest.raises(BlockingIOError),
        lock_file(tmp_path / "x", wait=False),
    ):
        pass
