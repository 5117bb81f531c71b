"""The marks on the disk: appended, checked when they are read, and what is damaged kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import structlog.testing

from datalayer.kernel.errors import StateUnavailable
from datalayer.portal import Statement
from tests.marked_list import LATE, row
from tests.portals import PLANNER
from tests.unit.marks.conftest import Desk
from tests.unit.publications.full_disk import FULL, READ_ONLY, small_disk


@pytest.fixture
def marked(desk: Desk) -> Desk:
    """One on which three rows are marked."""
    desk.activate({1: (LATE, 0.5), 2: (LATE, 0.4), 3: (LATE, 0.3)})
    for part in (1, 2, 3):
        desk.mark(part)
    return desk


def log_of(desk: Desk) -> Path:
    return desk.folder / "marks" / "marks.log"


def fill_with_marks(desk: Desk) -> None:
    for _ in range(200):  # more than the rest of a block
        desk.mark(1, "disagreed", comment="x" * 400)


def test_the_marks_are_their_owner_s_alone(marked: Desk) -> None:
    files = [path for path in (marked.folder / "marks").rglob("*") if path.is_file()]

    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_line_is_only_ever_appended(marked: Desk) -> None:
    before = log_of(marked).read_bytes()

    marked.undo(1)

    assert log_of(marked).read_bytes().startswith(before)


def test_a_damaged_line_is_no_mark_and_all_others_hold(marked: Desk) -> None:
    content = log_of(marked).read_bytes()
    log_of(marked).write_bytes(content.replace(b"P00002", b"P00003"))

    marked.restart()

    assert [marked.number(part) for part in (1, 2, 3)] == [1, 0, 3]
    (finding,) = marked.marks.findings()
    assert str(finding) == (
        "1 line(s) of the state file marks.log can't be read and count as no marks: 2; they stay "
        "where they are, and a back-up may have them whole"
    )


def test_a_torn_end_is_no_mark_and_stays_where_it_is(marked: Desk) -> None:
    content = log_of(marked).read_bytes()
    log_of(marked).write_bytes(content[:-20])
    marked.restart()
    torn = [marked.number(part) for part in (1, 2, 3)]

    marked.mark(3, "ordered")

    assert torn == [1, 2, 0]
    assert marked.number(3) == 4
    assert log_of(marked).read_bytes().startswith(content[:-20] + b"\n")
    assert "no marks: 3;" in str(marked.marks.findings()[0])


def test_damage_is_logged_once(marked: Desk) -> None:
    with log_of(marked).open("ab") as file:
        file.write(b"\xff\n")

    with structlog.testing.capture_logs() as logged:
        marked.number(1)
        marked.number(1)

    assert [each["lines"] for each in logged if each["event"] == "marks.damaged"] == [[4]]


def test_marks_of_a_log_put_back_from_a_back_up_hold(marked: Desk) -> None:
    backed_up = log_of(marked).read_bytes()
    marked.undo(1)
    beside = log_of(marked).with_suffix(".restored")
    beside.write_bytes(backed_up)
    os.replace(beside, log_of(marked))  # noqa: PTH105 - as tar does

    assert marked.number(1) == 1


def test_another_portal_s_marks_are_read_at_once(marked: Desk) -> None:
    here = marked.marks
    marked.number(1)
    marked.restart()
    marked.mark(1, "ordered")

    table = here.standing(marked.active)

    assert table.column("kind").to_pylist() == ["ordered", "seen", "seen"]


def test_a_full_disk_refuses_a_mark_and_all_is_as_it_was(tmp_path: Path, desk: Desk) -> None:
    with small_disk(tmp_path) as disk:
        desk.folder = disk.folder / "var"
        desk.restart()
        desk.activate({1: (LATE, 0.5)})
        desk.mark(1, "ordered")
        disk.fill()

        with pytest.raises(StateUnavailable, match=f"The state file .* can't be .*({FULL})"):
            fill_with_marks(desk)
        still = desk.standing(1)
        disk.empty()
        desk.restart()

        assert still == desk.standing(1)
        assert desk.mark(1).number == desk.number(1)


def test_on_a_read_only_disk_marks_are_read_and_none_is_written(tmp_path: Path, desk: Desk) -> None:
    with small_disk(tmp_path) as disk:
        desk.folder = disk.folder / "var"
        desk.restart()
        publication = desk.activate({1: (LATE, 0.5)})
        desk.mark(1, "ordered")
        disk.protect()
        desk.marks.standing(publication)

        with pytest.raises(StateUnavailable, match=READ_ONLY):
            desk.marks.mark(PLANNER, publication, row(1), Statement("seen"), seen=1)
        assert desk.state(1) == ("put_aside", None)


def test_what_could_not_be_remembered_on_a_full_disk_is_read_all_the_same(
    tmp_path: Path, desk: Desk
) -> None:
    with small_disk(tmp_path) as disk:
        desk.folder = disk.folder / "var"
        desk.restart()
        desk.activate({1: (LATE, 0.5)})
        desk.mark(1, "ordered")
        disk.fill()

        with pytest.raises(StateUnavailable):
            desk.activate({1: (LATE, 0.5)})

        assert desk.state(1) == ("put_aside", None)
