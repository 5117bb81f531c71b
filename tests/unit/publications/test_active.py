"""The pointer to the active publication."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.errors import StateError
from datalayer.publications.active import MOST_PREVIOUS, ActivePointer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the pointer is; it isn't there yet."""
    return tmp_path / "active.json"


def test_nothing_is_active_at_first(path: Path) -> None:
    assert ActivePointer(path).read() is None


def test_a_switch_says_which_when_and_by_whom(path: Path) -> None:
    ActivePointer(path).replace("a", "ana", NOON)

    activation = ActivePointer(path).read()

    assert activation is not None
    assert activation.publication_id == "a"
    assert activation.activated_at == NOON
    assert activation.activated_by == "ana"
    assert activation.previous == ()


def test_the_publications_before_are_known_each_once(path: Path) -> None:
    pointer = ActivePointer(path)
    for number, publication_id in enumerate(["a", "b", "c", "b"]):
        pointer.replace(publication_id, "ana", NOON + timedelta(hours=number))

    activation = pointer.read()

    assert activation is not None
    assert activation.publication_id == "b"
    assert activation.previous == ("c", "a")


def test_the_list_of_publications_before_does_not_grow_for_ever(path: Path) -> None:
    pointer = ActivePointer(path)

    for number in range(MOST_PREVIOUS + 10):
        pointer.replace(str(number), "ana", NOON)

    activation = pointer.read()
    assert activation is not None
    assert len(activation.previous) == MOST_PREVIOUS


def test_a_switch_by_another_process_is_seen(path: Path) -> None:
    pointer = ActivePointer(path)
    pointer.replace("a", "ana", NOON)
    before = pointer.read()
    code = (
        "import datetime, pathlib, sys\n"
        "from datalayer.publications.active import ActivePointer\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "ActivePointer(pathlib.Path(sys.argv[1])).replace('b', 'eve', now)\n"
    )

    subprocess.run([sys.executable, "-c", code, path], check=True)

    after = pointer.read()
    assert before is not None
    assert after is not None
    assert (before.publication_id, after.publication_id) == ("a", "b")


def test_reading_the_same_again_opens_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = ActivePointer(path)
    pointer.replace("a", "ana", NOON)
    first = pointer.read()
    monkeypatch.setattr(Path, "open", None)

    assert pointer.read() is first


def test_a_pointer_that_can_not_be_read_is_an_error_not_an_absence(path: Path) -> None:
    path.mkdir()

    with pytest.raises(StateError, match="can't be read: Is a directory"):
        ActivePointer(path).read()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"publication_id": "a"}', b"\xff"])
def test_a_damaged_pointer_is_an_error_not_an_absence(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(StateError, match="is damaged"):
        ActivePointer(path).read()


def test_a_failed_switch_leaves_the_one_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = ActivePointer(path)
    pointer.replace("a", "ana", NOON)
    monkeypatch.setattr(os, "fsync", _refuse)

    with pytest.raises(OSError, match="No space"):
        pointer.replace("b", "ana", NOON)

    activation = pointer.read()
    assert activation is not None
    assert activation.publication_id == "a"
    assert list(path.parent.iterdir()) == [path]


def _refuse(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_repair_of_what_is_active_is_no_later_switch(tmp_path: Path) -> None:
    pointer = ActivePointer(tmp_path / "active.json")
    switched = pointer.replace("a", "ana", NOON, 3)

    repaired = pointer.replace("a", "start", NOON + timedelta(days=2), 3)

    assert repaired == switched == pointer.read()
    again = pointer.replace("a", "eve", NOON + timedelta(days=3), 4)
    assert (again.activated_by, again.activated_at) == ("eve", NOON + timedelta(days=3))
