"""Who is let in, who makes room, and who took too long."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalayer.access.authentication import open_authentication
from datalayer.server import connections
from datalayer.server.connections import BODY_WITHIN_S, HEAD_WITHIN_S, Connections, Refusal
from tests.portals import portal_settings

PROXY = "10.0.0.5"


@dataclass(eq=False)
class Client:
    """A connection that remembers how it was ended."""

    unsent_bytes: int = 0
    answers: list[Refusal] = field(default_factory=list)
    is_cut: bool = False

    def refuse(self, reason: Refusal) -> None:
        self.answers.append(reason)

    def cut(self) -> None:
        self.is_cut = True

    @property
    def is_open(self) -> bool:
        return not (self.answers or self.is_cut)


class Door:
    """Connections with a cap, and a clock that is set."""

    def __init__(self, folder: Path, most: int) -> None:
        self.now = 0.0
        self.notes: list[tuple[Refusal, str]] = []
        self.connections = Connections(
            open_authentication(portal_settings(folder, trusted_proxies=PROXY)),
            most=lambda: most,
            clock=lambda: self.now,
            note=lambda *noted: self.notes.append(noted),
        )

    def let_in(self, peer: str) -> tuple[Client, bool]:
        """Return a new connection from *peer* and whether it is within the cap."""
        made = Client()
        return made, self.connections.admit(made, peer)

    def at_work(self, peer: str) -> Client:
        """Return a connection whose request is being answered."""
        made, within = self.let_in(peer)
        assert within
        self.connections.works(made)
        return made


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path, most=10)


def test_one_address_takes_no_more_than_half(door: Door) -> None:
    for _ in range(5):
        door.at_work("203.0.113.1")

    assert not door.let_in("203.0.113.1")[1]
    assert door.let_in("203.0.113.2")[1]


@pytest.mark.parametrize(
    "peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", PROXY, f"::ffff:{PROXY}", ""]
)
def test_this_host_and_trusted_proxies_take_all_there_is(door: Door, peer: str) -> None:
    for _ in range(10):
        door.at_work(peer)

    assert not door.let_in(peer)[1]


def test_all_of_an_ipv6_network_counts_as_one_address(door: Door) -> None:
    for number in range(5):
        door.at_work(f"2001:db8::{number}")

    assert not door.let_in("2001:db8::ffff")[1]


def test_ipv4_addresses_stay_apart_on_a_socket_of_ipv6(door: Door) -> None:
    for _ in range(5):
        door.at_work("::ffff:203.0.113.1")

    assert door.let_in("::ffff:203.0.113.2")[1]


def test_an_address_at_its_share_makes_room_by_itself_alone(door: Door) -> None:
    other, _ = door.let_in("203.0.113.9")
    own, _ = door.let_in("203.0.113.1")
    for _ in range(4):
        door.at_work("203.0.113.1")

    _, within = door.let_in("203.0.113.1")

    assert within
    assert other.is_open
    assert own.answers == [Refusal.FULL]


def test_the_one_that_waited_longest_makes_room(door: Door) -> None:
    waiting = [door.let_in("127.0.0.1")[0] for _ in range(10)]

    door.let_in("127.0.0.1")

    assert [each.is_open for each in waiting] == [False] + [True] * 9


def test_what_is_at_work_never_makes_room(door: Door) -> None:
    working = [door.at_work("127.0.0.1") for _ in range(10)]

    _, within = door.let_in("127.0.0.1")

    assert not within
    assert all(each.is_open for each in working)


def test_far_too_many_are_refused_at_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SURPLUS", 2)
    for _ in range(10):
        door.at_work("127.0.0.1")

    surplus = [door.let_in("127.0.0.1")[0] for _ in range(30)]

    assert sum(each.is_open for each in surplus) <= 2
    assert len(door.connections) <= 12


@pytest.mark.parametrize(
    ("arrives", "within_s"), [("head", HEAD_WITHIN_S), ("body", BODY_WITHIN_S)]
)
def test_what_is_waited_for_has_its_time(door: Door, arrives: str, within_s: float) -> None:
    slow, _ = door.let_in("203.0.113.1")
    getattr(door.connections, f"awaits_{arrives}")(slow)
    door.now = within_s - 1
    door.connections.sweep()
    before = slow.is_open

    door.now = within_s
    door.connections.sweep()

    assert before
    assert slow.answers == [Refusal.SLOW]
    assert door.notes == [(Refusal.SLOW, "203.0.113.1")]


def test_what_is_at_work_is_never_too_slow(door: Door) -> None:
    working = door.at_work("203.0.113.1")

    door.now = 10_000
    door.connections.sweep()

    assert working.is_open


def test_who_was_refused_is_cut_after_a_moment(door: Door) -> None:
    refused, _ = door.let_in("203.0.113.1")
    door.connections.refuse(refused, Refusal.TOO_LARGE)
    before = refused.is_cut

    door.now = connections.LINGER_S
    door.connections.sweep()

    assert not before
    assert refused.is_cut


def test_who_takes_some_of_an_answer_is_waited_for(door: Door) -> None:
    client = door.at_work("203.0.113.1")
    for second in range(0, 10_000, 100):
        door.now, client.unsent_bytes = second, 1_000_000 - second
        door.connections.sweep()

    assert client.is_open


def test_who_takes_nothing_of_an_answer_is_cut(door: Door) -> None:
    client = door.at_work("203.0.113.1")
    client.unsent_bytes = 1_000
    for second in range(0, int(connections.STUCK_FOR_S) + 1, 10):
        door.now = second
        door.connections.sweep()

    assert client.is_cut


def test_who_takes_nothing_of_an_answer_makes_room(door: Door) -> None:
    clients = [door.at_work("127.0.0.1") for _ in range(10)]
    clients[3].unsent_bytes = 1_000
    door.connections.sweep()
    door.now = connections.STUCK_IF_FULL_S
    door.connections.sweep()

    _, within = door.let_in("127.0.0.1")

    assert within
    assert [index for index, each in enumerate(clients) if not each.is_open] == [3]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["let_in", "works", "awaits_request", "awaits_body", "remove", "sweep", "refuse"]
        ),
        st.integers(0, 30),
        st.sampled_from(["203.0.113.1", "203.0.113.2", "127.0.0.1"]),
    ),
    max_size=120,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_no_more_are_held_than_the_cap_and_what_is_beside_it(
    steps: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    door = Door(tmp_path_factory.getbasetemp(), most=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "SURPLUS", 2)
        clients: list[Client] = []
        for step, which, peer in steps:
            door.now += 1
            if step == "let_in":
                clients.append(door.let_in(peer)[0])
            elif step == "sweep":
                door.connections.sweep()
            elif held := [each for each in clients if each.is_open]:
                one = held[which % len(held)]
                if step == "remove":
                    one.is_cut = True
                    door.connections.remove(one)
                elif step == "refuse":
                    door.connections.refuse(one, Refusal.INVALID)
                else:
                    getattr(door.connections, step)(one)
            held = [each for each in clients if not each.is_cut]

            assert len(door.connections) == sum(each.is_open for each in clients) <= 5 + 2
            assert len(held) <= 5 + 2 + 2
