"""Marks in a whole portal: over activations, roll-backs, restarts and other replicas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.portal import Novelty, Portal, Statement
from tests.marked_list import LATE, publish_list, row
from tests.portals import ADMIN, PLANNER, make_portal
from tests.publisher import Publisher


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """One with nothing published."""
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


def activate(portal: Portal, publisher: Publisher, *parts: int) -> None:
    publish_list(publisher, dict.fromkeys(parts, (LATE, 0.5)))
    portal.activate(ADMIN, confirmed=True)


def kinds(portal: Portal) -> dict[str, str]:
    table = portal.marks.standing(portal.open())
    return dict(zip(*(table.column(name).to_pylist() for name in ("item_id", "kind")), strict=True))


def test_marks_follow_the_list_over_activations_and_roll_backs(
    portal: Portal, publisher: Publisher
) -> None:
    activate(portal, publisher, 1, 2)
    portal.marks.mark(PLANNER, portal.open(), row(1), Statement("ordered"))
    activate(portal, publisher, 1, 2)
    kept = kinds(portal)
    activate(portal, publisher, 2)
    activate(portal, publisher, 1, 2)
    clean = kinds(portal)

    portal.roll_back(ADMIN, publisher.published[1].publication_id)

    assert (kept, clean, kinds(portal)) == ({"P00001": "ordered"}, {}, {"P00001": "ordered"})


def test_an_activation_that_nobody_looked_at_ends_runs_as_well(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    activate(portal, publisher, 1)
    portal.marks.mark(PLANNER, portal.open(), row(1), Statement("ordered"))
    other = make_portal(tmp_path)
    activate(other, publisher, 2)
    activate(other, publisher, 1)
    other.close()

    assert kinds(portal) == {}


def test_what_was_activated_before_there_were_marks_is_remembered_at_the_start(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    for _ in range(2):
        activate(portal, publisher, 1)
    remembered = tmp_path / "var" / "marks" / "publications"
    for path in remembered.glob("*.parquet"):
        path.unlink()

    upgraded = make_portal(tmp_path)
    upgraded.begin_serving()
    first = upgraded.open(publisher.published[0].publication_id)
    upgraded.marks.mark(PLANNER, first, row(1), Statement("seen"))

    assert kinds(upgraded) == {"P00001": "seen"}
    upgraded.close()


def test_a_publication_that_was_pruned_ends_runs_still(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    activate(portal, publisher, 1)
    portal.marks.mark(PLANNER, portal.open(), row(1), Statement("ordered"))
    few = make_portal(tmp_path, keep_snapshots=2)
    activate(few, publisher, 2)
    for _ in range(2):
        activate(few, publisher, 1)

    assert publisher.published[1].publication_id not in few.snapshots.kept_ids()
    assert kinds(few) == {}
    few.roll_back(ADMIN, publisher.published[0].publication_id)
    assert kinds(few) == {"P00001": "ordered"}
    few.close()


def test_damaged_marks_are_a_finding_and_the_portal_goes_on(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    activate(portal, publisher, 1)
    portal.marks.mark(PLANNER, portal.open(), row(1), Statement("ordered"))
    log = tmp_path / "var" / "marks" / "marks.log"
    log.write_bytes(log.read_bytes()[1:])

    restarted = make_portal(tmp_path)
    restarted.begin_serving()

    assert [str(each)[:50] for each in restarted.health().findings if "marks.log" in str(each)] == [
        "1 line(s) of the state file marks.log can't be rea"
    ]
    assert restarted.health().status == "degraded"
    assert kinds(restarted) == {}
    restarted.close()


def test_a_list_is_compared_with_the_one_that_was_active_before(
    portal: Portal, publisher: Publisher
) -> None:
    activate(portal, publisher, 1)
    first = portal.novelty(portal.open())
    publish_list(publisher, {1: ("this_week", 0.5), 2: (LATE, 0.5)})
    portal.activate(ADMIN, confirmed=True)

    assert first == Novelty(None, None)
    assert portal.novelty(portal.open()) == Novelty(new=(1,), changed=(2,))
    portal.roll_back(ADMIN)
    assert portal.novelty(portal.open()) == first
