"""A file that only grows: lines are there whole, whoever wrote before and whatever was torn."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from datalayer.kernel.errors import StateUnavailable
from datalayer.kernel.storage.growing_file import GrowingFile


def append(file: GrowingFile, line: bytes) -> None:
    with file.open_to_append() as (opened, size_bytes):
        file.append(opened, size_bytes, line)


def content(file: GrowingFile) -> bytes:
    with file.open_whole() as (opened, size_bytes):
        return opened.read(size_bytes)


def test_before_its_first_line_it_reads_as_empty(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "var" / "lines")

    assert content(file) == b""
    assert not file.path.exists()


def test_lines_stand_one_behind_the_other(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "var" / "lines")

    append(file, b"one")
    append(file, b"two")

    assert content(file) == b"one\ntwo\n"


def test_a_torn_line_is_ended_and_stays(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "lines")
    file.path.write_bytes(b"one\ntor")

    append(file, b"two")

    assert content(file) == b"one\ntor\ntwo\n"


def test_threads_write_no_line_into_another(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "lines")
    lines = [b"%d" % number * 500 for number in range(8)]
    threads = [threading.Thread(target=append, args=(file, line)) for line in lines]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(content(file).split()) == sorted(lines)


def test_what_can_t_be_made_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StateUnavailable, match="The state file lines can't be used"):
        append(GrowingFile(tmp_path / "file" / "lines"), b"one")
