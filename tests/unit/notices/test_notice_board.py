"""The effects of switches: found once, and known when their publications are kept no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.notices.effects import EffectsKept
from datalayer.notices.notice_board import NoticeBoard
from datalayer.portal import Portal
from tests.places_that_share import with_moves
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher

LONG_S = 60.0


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Portal]:
    """A portal that keeps more publications than are activated here."""
    portal = make_portal(tmp_path, keep_snapshots=9)
    yield portal
    portal.close()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = make_portal(tmp_path, keep_snapshots=2)
    yield portal
    portal.close()


def activate(portal: Portal, publisher: Publisher, times: int) -> None:
    for _ in range(times):
        publisher.publish(items=4)
        portal.activate(ADMIN)


def test_an_effect_is_read_of_both_publications(portal: Portal, publisher: Publisher) -> None:
    activate(portal, publisher, 2)

    latest, first = portal.notices.latest(9)

    assert latest.effect is not None
    assert latest.effect.after.orders > 0
    assert first.effect is None


def test_what_is_moved_is_told_as_no_order(portal: Portal, publisher: Publisher) -> None:
    publisher.publish()
    portal.activate(ADMIN)
    time = publisher.next_time()
    publisher.publish(generated_at=time, tables=with_moves(publisher.tables(generated_at=time)))
    portal.activate(ADMIN)

    latest = portal.notices.latest(1)[0]

    assert latest.effect is not None
    assert latest.effect.after == latest.effect.before
    assert f"Proposed orders: {latest.effect.after.orders}, as before" in latest.sentence("en")


def test_an_effect_outlives_its_publications(portal: Portal, publisher: Publisher) -> None:
    activate(portal, publisher, 2)
    known = portal.notices.latest(1)[0]
    activate(portal, publisher, 2)

    assert len(portal.snapshots.kept_ids()) == 2
    assert portal.notices.latest(9)[2] == known


def test_one_that_was_never_read_and_can_t_be_any_more_is_not_known(
    portal: Portal, publisher: Publisher
) -> None:
    activate(portal, publisher, 4)

    assert [each.effect is None for each in portal.notices.latest(9)] == [False, True, True, True]


def test_a_portal_that_serves_reads_it_before_anybody_asks(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    portal.notices.begin()
    activate(portal, publisher, 1)
    assert portal.notices.finish(LONG_S)
    activate(portal, publisher, 1)
    assert portal.notices.finish(LONG_S)

    pair = publisher.published[0].publication_id, publisher.published[1].publication_id
    assert pair in EffectsKept(tmp_path / "var" / "effects.jsonl").known()


def test_it_reads_what_other_processes_switched_when_it_starts(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    activate(portal, publisher, 2)

    portal.notices.begin()

    assert portal.notices.finish(LONG_S)
    assert len(EffectsKept(tmp_path / "var" / "effects.jsonl").known()) == 1


def test_of_several_quick_switches_each_is_looked_up(
    roomy: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    kept = EffectsKept(tmp_path / "effects.jsonl")
    board = NoticeBoard(roomy.snapshots, kept, roomy._publications)
    board.begin()
    assert board.finish(LONG_S)
    activate(roomy, publisher, 4)
    switches = roomy.snapshots.switches.latest(9, roomy.snapshots.active())

    for each in reversed(switches):
        board.tell(each)

    assert board.finish(LONG_S)
    assert set(kept.known()) == {(each.before, each.after) for each in switches if each.before}
    assert [each.effect for each in board.latest(3)] == [
        kept.known()[each.before or "", each.after] for each in switches[:3]
    ]
    board.close()


def test_what_is_kept_is_what_was_found(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    activate(portal, publisher, 2)
    found = portal.notices.latest(1)[0].effect

    assert list(EffectsKept(tmp_path / "var" / "effects.jsonl").known().values()) == [found]


@pytest.mark.parametrize("line", [b"{", b'{"pair": ["a"]}', b"[1]", b"\xff", b'"text"'])
def test_a_damaged_line_is_left_out(
    portal: Portal, publisher: Publisher, tmp_path: Path, line: bytes
) -> None:
    activate(portal, publisher, 2)
    path = tmp_path / "var" / "effects.jsonl"
    path.write_bytes(line + b"\n")

    assert portal.notices.latest(1)[0].effect is not None
