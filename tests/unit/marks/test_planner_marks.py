"""What planners write beside the list: who may, what it makes of a row, and what is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from datalayer.access.identity import ANYONE
from datalayer.kernel.errors import (
    InvalidSelection,
    MarkedMeanwhile,
    NothingToMark,
    NothingToUndo,
    SignInRequired,
    UnknownAction,
    UnknownItem,
    UnknownMove,
)
from datalayer.marks.planner_marks import PlannerMarks
from datalayer.portal import RowKey, Statement
from datalayer.reading import questions
from tests.marked_list import CHECK, LATE, THIS_WEEK, publish_without_list, row
from tests.portals import ADMIN, PLANNER
from tests.unit.marks.conftest import NOW, Desk

TOMORROW = NOW.date() + timedelta(days=1)
LIST: dict[int, tuple[str, float | None]] = {1: (THIS_WEEK, 0.2), 2: (LATE, 0.9)}


def test_a_row_without_a_mark_is_not_among_the_marked(desk: Desk) -> None:
    desk.activate(LIST)

    assert desk.marks.standing(desk.active).num_rows == 0


@pytest.mark.parametrize("kind", ["seen", "disagreed"])
def test_what_was_only_looked_at_stays_on_the_list(desk: Desk, kind: str) -> None:
    desk.activate(LIST)

    desk.mark(1, kind, comment="pedido 4711 já cobre")

    assert desk.standing(1) == {
        "item_id": "P00001",
        "location_id": "network",
        "action": "check",
        "ref": "-",
        "state": "open",
        "because": None,
        "kind": kind,
        "until": None,
        "comment": "pedido 4711 já cobre",
        "comments": 1,
        "marked_by": "paulo",
        "signed_in": True,
        "marked_at": NOW,
        "publication_id": desk.active.id,
        "number": 1,
    }


def test_what_is_snoozed_is_put_aside_until_its_day(desk: Desk) -> None:
    desk.activate(LIST)
    desk.mark(1, "snoozed", until=TOMORROW)
    today = desk.state(1)

    desk.clock.go_on(days=1)

    assert (today, desk.state(1)) == (("put_aside", None), ("came_back", "until"))


def test_what_is_ordered_is_put_aside_without_a_day_as_well(desk: Desk) -> None:
    desk.activate(LIST)
    desk.mark(1, "ordered")

    desk.clock.go_on(days=400)

    assert desk.state(1) == ("put_aside", None)


@pytest.mark.parametrize(
    ("tier", "chance", "state"),
    [
        (THIS_WEEK, 0.29, ("put_aside", None)),
        (THIS_WEEK, 0.3, ("came_back", "chance")),
        (LATE, 0.1, ("came_back", "tier")),
        (CHECK, 0.2, ("put_aside", None)),
        (THIS_WEEK, None, ("put_aside", None)),
    ],
)
def test_it_comes_back_when_its_chance_grew_by_the_registry_s_share_or_its_tier_is_more_urgent(
    desk: Desk, tier: str, chance: float | None, state: object
) -> None:
    desk.activate(LIST)
    desk.mark(1, "snoozed", until=TOMORROW)

    desk.activate({1: (tier, chance)})

    assert desk.state(1) == state


def test_a_list_can_leave_out_what_is_put_aside(desk: Desk) -> None:
    publication = desk.activate({**LIST, 3: (CHECK, None)})
    desk.mark(1, "ordered")
    desk.mark(2, "seen")

    standing = desk.marks.standing(publication)
    left = questions.marks.not_put_aside(publication.registry, standing)
    rows = questions.data_sets.rows(publication.registry.data_sets["fact_action"], left)

    listed = publication.table(rows).table.column("item_id").to_pylist()
    assert listed == ["P00002", "P00003"]


def test_without_anything_put_aside_a_list_is_whole(desk: Desk) -> None:
    publication = desk.activate(LIST)

    left = questions.marks.not_put_aside(publication.registry, desk.marks.standing(publication))
    rows = questions.data_sets.rows(publication.registry.data_sets["fact_action"], left)

    assert publication.table(rows).table.num_rows == 2


def test_marked_again_it_is_measured_against_the_row_as_it_is_by_then(desk: Desk) -> None:
    desk.activate(LIST)
    desk.mark(1, "ordered")
    desk.activate({1: (THIS_WEEK, 0.5)})

    desk.mark(1, "ordered")

    assert desk.state(1) == ("put_aside", None)


def test_an_undone_mark_leaves_the_one_before_it_standing(desk: Desk) -> None:
    desk.activate(LIST)
    desk.mark(1, "ordered")
    desk.mark(1, "seen")

    desk.undo(1)
    ordered = desk.standing(1)
    desk.undo(1)

    assert ordered is not None
    assert (ordered["kind"], ordered["state"], ordered["number"]) == ("ordered", "put_aside", 3)
    assert desk.state(1) == ("open", None)
    history = desk.marks.history(desk.active, "P00001").to_pylist()
    assert [(each["number"], each["kind"], each["undone"]) for each in history] == [
        (1, "ordered", True),
        (2, "seen", True),
        (3, "undo", False),
        (4, "undo", False),
    ]


def test_a_comment_alone_changes_nothing_of_the_row_s_state(desk: Desk) -> None:
    desk.activate(LIST)
    desk.mark(1, "ordered", comment="pedido 9")

    desk.mark(1, "comment", comment="confirmado")

    found = desk.standing(1)
    assert found is not None
    assert (found["kind"], found["state"], found["comment"]) == (
        "ordered",
        "put_aside",
        "confirmado",
    )


def test_comments_that_were_taken_back_are_not_counted(desk: Desk) -> None:
    desk.activate(LIST)
    for comment in ("um", "dois", "três"):
        desk.mark(1, "comment", comment=comment)

    desk.undo(1)

    found = desk.standing(1)
    assert found is not None
    assert (found["comment"], found["comments"]) == ("dois", 2)


def test_of_two_planners_at_once_the_second_is_told_what_the_first_wrote(desk: Desk) -> None:
    publication = desk.activate(LIST)
    both_saw = desk.number(1)
    desk.mark(1, "ordered", seen=both_saw)

    with pytest.raises(MarkedMeanwhile) as refused:
        desk.marks.mark(ADMIN, publication, row(1), Statement("seen"), seen=both_saw)

    assert str(refused.value) == (
        "Meanwhile paulo marked this row (ordered, 2026-11-21T12:00+00:00); look at it again, then "
        "mark it if that is still right"
    )
    assert desk.state(1) == ("put_aside", None)


def test_of_many_at_the_same_moment_one_marks_a_row(desk: Desk) -> None:
    publication = desk.activate(LIST)
    together = threading.Barrier(8)

    def mark(number: int) -> str:
        # Each has files of its own open, as a process has.
        marks = PlannerMarks(desk.folder, desk.audit, members_only=False, clock=desk.clock)
        together.wait()
        try:
            marks.mark(ANYONE, publication, row(1), Statement("ordered"), name=f"p{number}")
        except MarkedMeanwhile as refused:
            return str(refused.fields["actor"])
        return f"p{number}"

    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(mark, range(8)))

    found = desk.standing(1)
    assert found is not None
    assert told == {found["marked_by"]}
    assert found["number"] == 1


def test_rows_of_other_parts_stand_in_nobody_s_way(desk: Desk) -> None:
    desk.activate(LIST)
    desk.mark(1)

    desk.mark(2, seen=0)

    assert desk.number(2) == 2


def test_an_open_portal_takes_a_name_and_says_that_nobody_signed_in(desk: Desk) -> None:
    publication = desk.activate(LIST)

    desk.marks.mark(ANYONE, publication, row(1), Statement("seen"), name="  João  ")

    found = desk.standing(1)
    assert found is not None
    assert (found["marked_by"], found["signed_in"]) == ("João", False)


@pytest.mark.parametrize("name", ["", " ", "a" * 65, "a\nb", "\u202egnp"])
def test_what_is_no_name_is_refused(desk: Desk, name: str) -> None:
    publication = desk.activate(LIST)

    with pytest.raises(InvalidSelection, match=r"^name is"):
        desk.marks.mark(ANYONE, publication, row(1), Statement("seen"), name=name)


def test_who_signed_in_can_t_take_another_name(desk: Desk) -> None:
    publication = desk.activate(LIST)

    mark = desk.marks.mark(PLANNER, publication, row(1), Statement("seen"), name="ana")

    assert mark.marked_by == "paulo"


def test_a_portal_for_its_members_asks_for_a_sign_in(desk: Desk) -> None:
    desk.activate(LIST)
    desk.restart(members_only=True)

    with pytest.raises(SignInRequired):
        desk.marks.mark(ANYONE, desk.active, row(1), Statement("seen"), name="João")


def test_each_mark_has_a_line_in_the_audit_log(desk: Desk) -> None:
    desk.activate(LIST)

    desk.mark(1, "ordered")

    entry, *_ = desk.audit.entries(1)
    assert (entry.action, entry.outcome, entry.actor) == ("mark", "done", "paulo")
    assert entry.publication_id == desk.active.id
    assert entry.details == {
        "kind": "ordered",
        "row": "P00001 network check -",
        "number": 1,
        "marked_by": "paulo",
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            Statement("boxed"),
            "kind is 'boxed'; it must be one of seen, ordered, done, snoozed, disagreed, comment",
        ),
        (
            Statement("undo"),
            "kind is 'undo'; it must be one of seen, ordered, done, snoozed, disagreed, comment",
        ),
        (
            Statement("snoozed"),
            "until is left out; it must be the day on which the row is on the list again",
        ),
        (
            Statement("snoozed", date(2026, 11, 21)),
            "until is 2026-11-21; it must be a day from 2026-11-22 to 2028-11-21",
        ),
        (
            Statement("ordered", date(2028, 11, 22)),
            "until is 2028-11-22; it must be a day from 2026-11-22 to 2028-11-21",
        ),
        (
            Statement("seen", date(2026, 12, 1)),
            (
                "until is 2026-12-01; it must be left out: only what is ordered, done or snoozed "
                "has a day"
            ),
        ),
        (
            Statement("comment"),
            "comment is empty; it must be 1 to 500 characters in one line",
        ),
        (
            Statement("seen", comment="x" * 501),
            "comment is 501 characters long; it must be at most 500 characters long",
        ),
        (
            Statement("seen", comment="a\x1b[2J"),
            "comment is with '\\x1b'; it must be one line of printable characters",
        ),
    ],
)
def test_what_can_t_be_said_is_refused_with_what_would_be_right(
    desk: Desk, said: Statement, sentence: str
) -> None:
    publication = desk.activate(LIST)

    with pytest.raises(InvalidSelection) as refused:
        desk.marks.mark(PLANNER, publication, row(1), said)

    assert str(refused.value) == sentence
    assert desk.standing(1) is None


@pytest.mark.parametrize(
    ("action", "ref", "refusal", "lacking"),
    [
        (
            "expedite",
            "PO7/1",
            UnknownAction,
            "row expedite of part P00001 at network with the open order PO7/1",
        ),
        ("move", "D1", UnknownMove, "move of part P00001 from D1 to network"),
    ],
)
def test_a_row_that_is_not_there_is_refused_with_those_of_its_part(
    desk: Desk, action: str, ref: str, refusal: type[UnknownAction], lacking: str
) -> None:
    publication = desk.activate(LIST)
    key = RowKey("P00001", "network", action, ref)

    with pytest.raises(refusal) as refused:
        desk.marks.mark(PLANNER, publication, key, Statement("seen"))

    assert str(refused.value) == (
        f"The list of publication {publication.id} has no {lacking}; it has check - (network) of "
        "this part"
    )


def test_a_part_that_is_gone_is_refused_with_those_near_it(desk: Desk) -> None:
    publication = desk.activate(LIST)
    key = RowKey("P00009", "network", "check", "-")

    with pytest.raises(UnknownItem, match=r"There is no part P00009 .*; near it are P00001"):
        desk.marks.mark(PLANNER, publication, key, Statement("seen"))


def test_a_publication_from_before_the_list_has_nothing_to_mark(desk: Desk) -> None:
    publication = desk.switch_to(publish_without_list(desk.publisher))

    with pytest.raises(NothingToMark, match="is from before there were any"):
        desk.marks.mark(PLANNER, publication, row(1), Statement("seen"))
    with pytest.raises(NothingToMark):
        desk.marks.standing(publication)
    assert desk.marks.history(publication, "P00001").num_rows == 0


def test_without_a_mark_there_is_nothing_to_undo(desk: Desk) -> None:
    desk.activate(LIST)

    with pytest.raises(NothingToUndo):
        desk.undo(1)
