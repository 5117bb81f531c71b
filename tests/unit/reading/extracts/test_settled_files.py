"""Files that were made stay while there is room, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.kernel.errors import ReadFailed
from datalayer.reading.extracts.settled_files import SettledFiles

CONTENT = [b"abc", b"", b"defg" * 100]
FILE = b"".join(CONTENT)


@pytest.fixture
def files(tmp_path: Path) -> SettledFiles:
    return SettledFiles(tmp_path / "extracts", 1000)


def test_a_file_is_kept_as_it_was_made(files: SettledFiles) -> None:
    made = files.make("a", iter(CONTENT))

    path = files.find("a", len(FILE))
    assert made == (len(FILE), hashlib.sha256(FILE).hexdigest())
    assert path is not None
    assert path.read_bytes() == FILE
    assert path.stat().st_mode & 0o077 == 0


def test_one_of_another_size_is_not_found(files: SettledFiles) -> None:
    files.make("a", iter(CONTENT))

    assert files.find("a", len(FILE) + 1) is None
    assert files.find("b", len(FILE)) is None


def test_one_that_was_dropped_is_gone(files: SettledFiles) -> None:
    files.make("a", iter(CONTENT))

    files.drop("a")
    files.drop("a")

    assert files.find("a", len(FILE)) is None


def test_the_one_used_least_recently_makes_room(files: SettledFiles, tmp_path: Path) -> None:
    for key in ("a", "b"):
        files.make(key, iter(CONTENT))
    for age, key in enumerate(("a", "b")):
        os.utime(tmp_path / "extracts" / key, (1000 - age, 1000 - age))
    files.find("b", len(FILE))

    files.make("c", iter(CONTENT))

    found = [key for key in "abc" if files.find(key, len(FILE))]
    assert found == ["b", "c"]


def test_a_file_without_room_is_read_all_the_same(files: SettledFiles, tmp_path: Path) -> None:
    files.make("a", iter(CONTENT))
    large = [b"x" * 400] * 3

    made = files.make("b", iter(large))

    assert made == (1200, hashlib.sha256(b"".join(large)).hexdigest())
    assert [each.name for each in (tmp_path / "extracts").iterdir()] == ["a"]


def test_a_file_that_fails_half_way_is_not_kept(files: SettledFiles, tmp_path: Path) -> None:
    def failing(error: Exception) -> Iterator[bytes]:
        yield b"abc"
        raise error

    for error in (
        ReadFailed(publication_id="-", problem="was withheld"),
        OSError(errno.EIO, "unreadable"),
    ):
        with pytest.raises(type(error)):
            files.make("a", failing(error))

    assert list((tmp_path / "extracts").iterdir()) == []


def test_a_disk_that_refuses_costs_nothing_but_the_copy(tmp_path: Path) -> None:
    (tmp_path / "extracts").write_text("in the way")
    files = SettledFiles(tmp_path / "extracts", 1000)

    assert files.make("a", iter(CONTENT)) == (len(FILE), hashlib.sha256(FILE).hexdigest())
    assert files.find("a", len(FILE)) is None


def test_what_a_killed_process_left_is_cleared_away(files: SettledFiles, tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    folder.mkdir()
    for name, at in ((".old.0.partial", 1000.0), (".young.0.partial", None)):
        (folder / name).write_bytes(b"half a file")
        if at:
            os.utime(folder / name, (at, at))

    files.make("a", iter(CONTENT))

    assert sorted(each.name for each in folder.iterdir()) == [".young.0.partial", "a"]
