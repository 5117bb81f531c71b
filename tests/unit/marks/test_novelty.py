"""What is new in a list, and what is different since the list before."""

from __future__ import annotations

from datalayer.marks.novelty import Novelty
from datalayer.reading.publication import Publication
from tests.marked_list import CHECK, LATE, THIS_WEEK, publish_without_list
from tests.unit.marks.conftest import Desk


def novelty(desk: Desk, before: Publication | None) -> Novelty:
    return desk.marks.novelty(desk.active, before)


def test_the_first_list_says_nothing_of_what_is_new(desk: Desk) -> None:
    desk.activate({1: (LATE, 0.5)})

    assert novelty(desk, None) == Novelty(None, None)


def test_rows_that_the_list_before_had_not_are_new(desk: Desk) -> None:
    before = desk.activate({1: (LATE, 0.5), 2: (LATE, 0.5)})
    desk.activate({2: (LATE, 0.5), 3: (LATE, 0.5), 4: (CHECK, 0.1)})

    assert novelty(desk, before) == Novelty((2, 3), ())


def test_a_row_that_went_and_came_again_is_new(desk: Desk) -> None:
    desk.activate({1: (LATE, 0.5)})
    before = desk.activate({2: (LATE, 0.5)})
    desk.activate({1: (LATE, 0.5), 2: (LATE, 0.5)})

    assert novelty(desk, before).new == (1,)


def test_a_row_in_another_tier_changed(desk: Desk) -> None:
    before = desk.activate({1: (LATE, 0.5), 2: (THIS_WEEK, 0.5), 3: (CHECK, 0.5)})
    desk.activate({1: (LATE, 0.4), 2: (LATE, 0.5), 3: (CHECK, 0.5)})

    assert novelty(desk, before) == Novelty((), (2,))


def test_what_is_new_is_known_where_the_publication_before_is_kept_no_more(desk: Desk) -> None:
    desk.activate({1: (LATE, 0.5)})
    desk.activate({1: (THIS_WEEK, 0.5), 2: (LATE, 0.5)})

    assert novelty(desk, None) == Novelty((1,), None)


def test_nothing_is_new_after_a_publication_from_before_there_were_lists(desk: Desk) -> None:
    before = desk.switch_to(publish_without_list(desk.publisher))
    desk.activate({1: (LATE, 0.5)})

    assert novelty(desk, before) == Novelty(None, None)


def test_a_list_goes_on_saying_the_same_of_itself_when_others_follow(desk: Desk) -> None:
    desk.activate({1: (LATE, 0.5)})
    second = desk.activate({1: (LATE, 0.5), 2: (LATE, 0.5)})
    desk.activate({2: (LATE, 0.5)})

    assert desk.marks.novelty(second, None).new == (2,)
