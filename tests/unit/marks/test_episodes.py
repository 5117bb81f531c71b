"""A mark is on one run of publications in which its row stands, whatever is kept or active."""

from __future__ import annotations

import pyarrow.parquet as pq

from tests.marked_list import LATE, THIS_WEEK, publish_list, publish_without_list
from tests.unit.marks.conftest import Desk

ONE: dict[int, tuple[str, float | None]] = {1: (THIS_WEEK, 0.2)}
BOTH: dict[int, tuple[str, float | None]] = {**ONE, 2: (LATE, 0.9)}
OTHER: dict[int, tuple[str, float | None]] = {2: (LATE, 0.9)}


def test_a_mark_holds_in_the_publications_that_follow(desk: Desk) -> None:
    desk.activate(ONE)
    desk.mark(1)

    for _ in range(3):
        desk.activate(BOTH)

    assert desk.state(1) == ("open", None)


def test_a_row_that_went_and_came_again_begins_clean(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.mark(1, "ordered")
    desk.activate(OTHER)

    publication = desk.activate(BOTH)

    assert desk.standing(1) is None
    (told,) = desk.marks.history(publication, "P00001").to_pylist()
    assert (told["kind"], told["stands"]) == ("ordered", False)


def test_a_roll_back_shows_the_marks_of_then(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.mark(1, "ordered")
    desk.activate(OTHER)
    desk.activate(BOTH)
    desk.mark(1, "disagreed")

    first, _, last = desk.publisher.published
    desk.switch_to(first)
    then = desk.standing(1)
    desk.switch_to(last)
    now = desk.standing(1)

    assert then is not None
    assert now is not None
    assert (then["kind"], now["kind"]) == ("ordered", "disagreed")


def test_what_is_marked_after_a_roll_back_holds_in_the_newer_ones_of_its_run(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.activate(BOTH)
    first, last = desk.publisher.published
    desk.switch_to(first)
    desk.mark(1, "ordered")

    desk.switch_to(last)

    assert desk.state(1) == ("put_aside", None)


def test_a_publication_after_a_roll_back_goes_on_from_the_newest_one(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.mark(1, "ordered")
    desk.activate(OTHER)
    desk.switch_to(desk.publisher.published[0])

    desk.activate(BOTH)

    assert desk.standing(1) is None


def test_a_publication_without_a_list_ends_every_run(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.mark(1, "ordered")
    desk.switch_to(publish_without_list(desk.publisher))

    desk.activate(BOTH)

    assert desk.standing(1) is None


def test_marks_depend_on_no_snapshot(desk: Desk) -> None:
    first = desk.activate(BOTH)
    desk.mark(1, "ordered")
    for _ in range(3):
        desk.kept = []
        desk.activate(BOTH)

    fetched_again = desk.switch_to(desk.publisher.published[0])

    assert fetched_again.id == first.id
    assert desk.state(1) == ("put_aside", None)


def test_of_what_is_kept_no_more_the_marked_rows_alone_are_remembered(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.mark(1)
    desk.kept = []

    desk.activate(BOTH)

    folder = desk.folder / "marks" / "publications"
    rows = {path.name: pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*.parquet")}
    before, after = desk.publisher.published
    assert rows == {
        f"{before.publication_id}.parquet": 1,
        f"{after.publication_id}.parquet": 2,
    }


def test_damaged_rows_of_a_kept_publication_are_read_from_it_again(desk: Desk) -> None:
    publication = desk.activate(BOTH)
    desk.mark(1, "ordered")
    path = desk.folder / "marks" / "publications" / f"{publication.id}.parquet"
    content = bytearray(path.read_bytes())
    content[40] ^= 0xFF
    path.write_bytes(bytes(content))

    desk.restart()

    assert desk.state(1) == ("put_aside", None)
    assert path.with_suffix(".damaged").read_bytes() == bytes(content)


def test_across_damaged_rows_of_one_that_is_gone_no_run_goes_on(desk: Desk) -> None:
    desk.activate(BOTH)
    desk.mark(1, "ordered")
    gone = desk.activate(OTHER)
    (desk.folder / "marks" / "publications" / f"{gone.id}.parquet").write_bytes(b"PAR1")
    desk.restart()
    desk.activate(BOTH)

    publish_list(desk.publisher, BOTH)
    desk.switch_to(desk.publisher.published[-1])

    assert desk.standing(1) is None
