"""A fleet of replicas, simulated: skewed clocks, lost notes, cut connections, forged notes.

Each replica is its last switch and the real announcements over a note in memory; what takes
minutes in a fleet takes a call here.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from datalayer.access.identity import Identity
from datalayer.kernel.errors import (
    PortalError,
    RedisFailed,
    ReplicasCanNotFollow,
    ReplicasDiffer,
    StoreUnreachable,
)
from datalayer.publications.active import Activation
from datalayer.publications.announcements import MOST_NUMBER, Announcements, SharedActivation
from datalayer.publications.attendance import DIFFER_FOR_S, Presence, Replicas
from datalayer.publications.following import FIRST_PAUSE_S, Following

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REPLICAS = 3
FOLDERS = Path(tempfile.mkdtemp(prefix="fleet-"))
NUMBERS = itertools.count()
PUBLICATIONS = tuple(f"2026112{day}T060000Z-0000000{day}" for day in range(5))


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    """Remove the state folders of the replicas."""
    yield
    shutil.rmtree(FOLDERS)


@dataclass
class Board:
    """What all replicas share while they reach it."""

    content: bytes | None = None
    said: dict[str, Presence] = field(default_factory=dict)
    rings: int = 0


@dataclass
class Reach:
    """One replica's way to the board; cut off, it reads nothing and writes nothing."""

    board: Board
    name: str = "replica"
    is_cut: bool = False

    @property
    def problem(self) -> str:
        return "can't be reached" if self.is_cut else ""

    def read(self) -> bytes | None:
        return None if self.is_cut else self.board.content

    def write(self, content: bytes) -> None:
        if not self.is_cut:
            self.board.content = content
        self.ring()

    def ring(self) -> None:
        if not self.is_cut:
            self.board.rings += 1

    def wait(self, timeout_s: float) -> bool:
        raise AssertionError(f"nobody waits {timeout_s} s here")

    def tell(self, presence: Presence) -> Sequence[Presence] | None:
        if self.is_cut:
            return None
        self.board.said[self.name] = presence
        return [each for name, each in self.board.said.items() if name != self.name]

    def close(self) -> None:
        pass


class Replica:
    """A replica that stages nothing: it switches at once, unless it *refuses* to."""

    def __init__(
        self,
        board: Board,
        name: str = "replica",
        *,
        ahead: timedelta = timedelta(0),
        folder: Path | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.reach = Reach(board, name)
        self.active: Activation | None = None
        self.refuses: PortalError | None = None
        self.seconds = seconds
        self._ahead = ahead
        self.tried = 0
        self._shared = SharedActivation(self.reach)
        self.folder = folder or FOLDERS / f"{next(NUMBERS)}"
        self.announcements = Announcements(
            self._shared,
            lambda: self.active,
            Following(self.folder, lambda: self.active, self._follow, lambda: self.seconds),
            Replicas(self.reach, lambda: self.seconds),
            lambda: Presence(self.reach.name, self.serves, self.announcements.problem),
        )

    def activate(self, publication_id: str) -> None:
        number = self._shared.next_number(self.active)
        self.active = Activation(publication_id, NOON + self._ahead, "ana", number=number)
        self.announcements.announce()

    def _follow(self, actor: Identity, announced: Activation) -> None:
        self.tried += 1
        if self.refuses:
            raise self.refuses
        at = NOON + self._ahead
        self.active = Activation(announced.publication_id, at, actor.name, number=announced.number)

    @property
    def serves(self) -> str | None:
        return self.active.publication_id if self.active else None


class AnnouncementMachine(RuleBasedStateMachine):
    """Whatever happened: once all reach the board again, all serve the same.

    It is the latest activation by a person, where that person's replica and all before it knew
    of each other; after a cut, any that was made meanwhile may win, and only one of them.
    """

    @initialize(hours=st.lists(st.integers(-87_600, 87_600), min_size=3, max_size=3))
    def begin(self, hours: list[int]) -> None:
        self.board = Board()
        clocks = [timedelta(hours=each) for each in hours]
        self.replicas = [Replica(self.board, str(n), ahead=a) for n, a in enumerate(clocks)]
        self.wanted = PUBLICATIONS[0]
        self.was_cut = False
        self.replicas[0].activate(self.wanted)

    @rule(place=st.integers(0, REPLICAS - 1), publication=st.sampled_from(PUBLICATIONS))
    def a_person_activates(self, place: int, publication: str) -> None:
        self.replicas[place].activate(publication)
        self.wanted = publication

    @rule(place=st.integers(0, REPLICAS - 1))
    def one_keeps_up(self, place: int) -> None:
        self.replicas[place].announcements.keep_up()

    @rule(place=st.integers(0, REPLICAS - 1))
    def one_is_cut_off(self, place: int) -> None:
        self.replicas[place].reach.is_cut = self.was_cut = True

    @rule(forged=st.sampled_from([b"", b"[]", b"{}", b"\xff", b'{"publication_id": "../.."}']))
    def somebody_scribbles_on_the_note(self, forged: bytes) -> None:
        self.board.content = forged
        self._all_keep_up()

    @rule()
    def the_note_is_lost(self) -> None:
        self.board.content = None
        self._all_keep_up()

    @rule(number=st.sampled_from([-1, MOST_NUMBER, 10**400]))
    def an_absurd_number_is_announced(self, number: int) -> None:
        self.board.content = note(PUBLICATIONS[0], number=number)
        self._all_keep_up()

    @precondition(lambda self: self.was_cut)
    @rule()
    def all_reach_the_board_again(self) -> None:
        for replica in self.replicas:
            replica.reach.is_cut = False
        self._all_keep_up()
        self.was_cut = False
        self.wanted = self.replicas[0].serves or self.wanted
        assert {each.serves for each in self.replicas} == {self.wanted}

    @precondition(lambda self: not self.was_cut)
    @rule()
    def all_serve_the_latest(self) -> None:
        self._all_keep_up()

        assert {each.serves for each in self.replicas} == {self.wanted}

    def _all_keep_up(self) -> None:
        for replica in (*self.replicas, *self.replicas, *self.replicas):
            replica.announcements.keep_up()


TestFleet = AnnouncementMachine.TestCase
TestFleet.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


def note(publication_id: str, **more: object) -> bytes:
    fields = {"publication_id": publication_id, "activated_at": "2026-11-20T12:00:00+00:00"}
    return json.dumps({**fields, "activated_by": "ana", **more}).encode()


def test_a_clock_that_was_ahead_pins_nobody() -> None:
    board = Board()
    ahead, other = Replica(board, "ahead", ahead=timedelta(days=3650)), Replica(board, "other")
    ahead.activate(PUBLICATIONS[0])
    other.announcements.keep_up()

    other.activate(PUBLICATIONS[1])
    for replica in (ahead, other, ahead):
        replica.announcements.keep_up()

    assert (ahead.serves, other.serves) == (PUBLICATIONS[1], PUBLICATIONS[1])


def test_a_note_from_before_switches_were_numbered_is_followed_and_then_overruled() -> None:
    board = Board(note(PUBLICATIONS[0], activated_at="9999-01-01T00:00:00+00:00"))
    replica = Replica(board)
    replica.announcements.keep_up()
    followed = replica.serves

    replica.activate(PUBLICATIONS[1])
    replica.announcements.keep_up()

    assert (followed, replica.serves) == (PUBLICATIONS[0], PUBLICATIONS[1])


@pytest.mark.parametrize("number", [-1, MOST_NUMBER, 10**30, "many", None, [], float("inf")])
def test_a_number_that_is_none_is_no_announcement(number: object) -> None:
    board = Board()
    replica = Replica(board)
    replica.activate(PUBLICATIONS[1])
    board.content = note(PUBLICATIONS[0], number=number)

    replica.announcements.keep_up()

    assert replica.serves == PUBLICATIONS[1]
    assert json.loads(board.content)["publication_id"] == PUBLICATIONS[1]


def test_a_follower_writes_a_lost_note_again_in_the_name_of_who_activated() -> None:
    board = Board()
    gone, follower = Replica(board, "gone"), Replica(board, "follower")
    gone.activate(PUBLICATIONS[2])
    follower.announcements.keep_up()
    announced = json.loads(board.content or b"")
    board.content = None

    follower.announcements.keep_up()

    written = json.loads(board.content or b"")
    assert {name: written[name] for name in ("number", "publication_id", "activated_by")} == {
        name: announced[name] for name in ("number", "publication_id", "activated_by")
    }


def test_of_two_activations_at_the_same_moment_all_serve_one() -> None:
    board = Board()
    one, other = Replica(board, "one"), Replica(board, "other")
    one.reach.is_cut = other.reach.is_cut = True
    one.activate(PUBLICATIONS[1])
    other.activate(PUBLICATIONS[2])
    one.reach.is_cut = other.reach.is_cut = False

    for replica in (one, other, one, other):
        replica.announcements.keep_up()

    assert (one.serves, other.serves) == (PUBLICATIONS[2], PUBLICATIONS[2])


class TestReplicasThatDiffer:
    """A replica that can't follow, and those that see it."""

    @pytest.fixture
    def board(self) -> Board:
        return Board()

    @pytest.fixture
    def leader(self, board: Board) -> Replica:
        leader = Replica(board, "leader")
        leader.activate(PUBLICATIONS[0])
        leader.announcements.keep_up()
        return leader

    @pytest.fixture
    def stuck(self, board: Board, leader: Replica) -> Replica:
        stuck = Replica(board, "stuck")
        stuck.announcements.keep_up()
        stuck.refuses = StoreUnreachable(address="s3://bucket")
        leader.activate(PUBLICATIONS[1])
        for replica in (leader, stuck, leader):
            replica.announcements.keep_up()
        return stuck

    def test_the_others_hear_at_once_why_it_can_not(self, leader: Replica, stuck: Replica) -> None:
        (finding,) = leader.announcements.findings

        assert isinstance(finding, ReplicasCanNotFollow)
        assert str(finding).startswith("1 of 2 replicas can't serve the publication that was")
        assert "stuck: The store s3://bucket" in str(finding)
        assert stuck.announcements.findings == ()

    def test_after_a_while_it_sees_that_it_differs(self, leader: Replica, stuck: Replica) -> None:
        for replica in (leader, stuck):
            replica.seconds += DIFFER_FOR_S
            replica.announcements.keep_up()

        (by_other,) = stuck.announcements.findings
        assert isinstance(by_other, ReplicasDiffer)
        assert str(by_other).startswith(
            f"1 of 2 replicas serve another publication than this one: {PUBLICATIONS[1]}"
        )
        assert "s3://bucket" in stuck.announcements.problem

    def test_once_they_agree_nothing_is_said(self, leader: Replica, stuck: Replica) -> None:
        leader.seconds += DIFFER_FOR_S
        leader.announcements.keep_up()
        stuck.refuses = None
        stuck.seconds += DIFFER_FOR_S

        for replica in (stuck, leader):
            replica.announcements.keep_up()

        assert leader.announcements.findings == stuck.announcements.findings == ()

    def test_one_that_can_say_nothing_says_why(self, leader: Replica) -> None:
        leader.reach.is_cut = True

        (finding,) = leader.announcements.findings

        assert isinstance(finding, RedisFailed)


class TestRinging:
    """Whoever has news has the others look at once; who has none keeps still."""

    def test_an_activation_rings(self) -> None:
        board = Board()
        replica = Replica(board)

        replica.activate(PUBLICATIONS[0])

        assert board.rings == 1

    def test_a_look_that_finds_nothing_new_does_not(self) -> None:
        board = Board()
        replica = Replica(board)
        replica.activate(PUBLICATIONS[0])
        replica.announcements.keep_up()
        rings = board.rings

        replica.announcements.keep_up()

        assert board.rings == rings

    def test_one_that_followed_rings_so_that_who_activated_sees_it(self) -> None:
        board = Board()
        leader, follower = Replica(board, "leader"), Replica(board, "follower")
        for number, replica in enumerate((leader, follower, leader)):
            leader.activate(PUBLICATIONS[number])
            replica.announcements.keep_up()
        rings = board.rings

        follower.announcements.keep_up()
        leader.announcements.keep_up()

        assert board.rings == rings + 1
        assert [each.publication_id for each in leader.announcements.replicas.all] == [
            PUBLICATIONS[2]
        ] * 2


class TestOneFolder:
    """Replicas that share a state folder: what one of them failed at, none tries in turn."""

    @pytest.fixture
    def board(self) -> Board:
        board = Board()
        Replica(board, "elsewhere").activate(PUBLICATIONS[0])
        return board

    @pytest.fixture
    def pair(self, board: Board, tmp_path: Path) -> tuple[Replica, Replica]:
        one, other = (Replica(board, name, folder=tmp_path) for name in ("one", "other"))
        for replica in (one, other):
            replica.refuses = StoreUnreachable(address="s3://bucket")
        one.announcements.keep_up()
        other.announcements.keep_up()
        return one, other

    def test_a_failure_of_one_is_not_repeated_by_the_other(
        self, pair: tuple[Replica, Replica]
    ) -> None:
        assert [each.tried for each in pair] == [1, 0]
        assert [bool(each.announcements.problem) for each in pair] == [True, True]

    def test_the_next_try_is_made_by_one_of_them_and_doubles_the_pause(
        self, pair: tuple[Replica, Replica]
    ) -> None:
        for replica in pair:
            replica.seconds += FIRST_PAUSE_S
        pair[1].announcements.keep_up()
        pair[0].announcements.keep_up()
        for replica in pair:
            replica.seconds += FIRST_PAUSE_S
            replica.announcements.keep_up()

        assert [each.tried for each in pair] == [1, 1]

    def test_one_that_is_started_again_tries_at_once(
        self, board: Board, pair: tuple[Replica, Replica], tmp_path: Path
    ) -> None:
        again = Replica(board, "again", folder=tmp_path, seconds=1.0)

        again.announcements.keep_up()

        assert again.serves == PUBLICATIONS[0]
        assert pair[0].tried == 1

    def test_another_activation_is_tried_at_once(
        self, board: Board, pair: tuple[Replica, Replica]
    ) -> None:
        board.content = note(PUBLICATIONS[1], number=2)

        pair[1].announcements.keep_up()

        assert pair[1].tried == 1

    def test_a_folder_that_takes_no_note_of_it_is_tried_with_pauses_all_the_same(
        self, board: Board, tmp_path: Path
    ) -> None:
        replica = Replica(board, folder=tmp_path)
        replica.refuses = StoreUnreachable(address="s3://bucket")
        (tmp_path / "follow.json").mkdir()

        for _ in range(3):
            replica.announcements.keep_up()

        assert replica.tried == 1
