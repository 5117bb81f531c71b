"""The record of switches: each is told once, whoever dies meanwhile, and it names nobody."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalayer.kernel.errors import StateUnavailable
from datalayer.publications.active import Activation, ActivePointer
from datalayer.publications.switches import Switch, SwitchLog
from tests.publisher import Publisher
from tests.unit.publications.refreshing import ANA, Refreshing
from tests.validating import validating_once

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
IDS = tuple(f"2026112{day}T060000Z-0000000{day}" for day in range(4))


class Folder:
    """A state folder, as far as switches need it; a process there may die at any moment."""

    def __init__(self, path: Path) -> None:
        self.pointer = ActivePointer(path / "active.json")
        self.log = SwitchLog(path / "switches.jsonl")
        self.path = path
        self.number = 0

    def switch(self, publication_id: str, *, dies: bool = False, action: str = "activate") -> None:
        """Switch as an activation does; one that *dies* has switched, and recorded nothing."""
        before = self.pointer.read()
        self.log.catch_up(before)
        self.number += 1
        now = NOON + timedelta(seconds=self.number)
        switched = self.pointer.replace(publication_id, "ana", now, self.number)
        if not dies:
            self.log.record(before, switched, action)

    def told(self) -> list[Switch]:
        """What is told of it, the first switch first."""
        return list(reversed(self.log.latest(1000, self.pointer.read())))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(IDS), st.booleans()), max_size=12))
def test_no_switch_is_lost_and_none_is_told_twice(steps: list[tuple[str, bool]]) -> None:
    path = Path(tempfile.mkdtemp(prefix="switches-"))
    try:
        folder, before, expected = Folder(path), None, []
        for publication_id, dies in steps:
            folder.switch(publication_id, dies=dies)
            if publication_id != before:
                expected.append((before, publication_id))
            before = publication_id

        told = folder.told()

        assert [(each.before, each.after) for each in told] == expected
        assert len({each.id for each in told}) == len(told)
    finally:
        shutil.rmtree(path)


def test_a_switch_keeps_its_id_when_it_is_recorded_late(folder: Folder) -> None:
    folder.switch(IDS[0])
    folder.switch(IDS[1], dies=True)
    before = folder.told()

    SwitchLog(folder.path / "switches.jsonl").catch_up(folder.pointer.read())

    assert folder.told() == before


def test_the_same_switch_has_one_id_on_all_replicas(folder: Folder, tmp_path: Path) -> None:
    folder.switch(IDS[0])
    folder.switch(IDS[1])
    first = folder.told()[-1]
    announced = Activation(IDS[1], first.at, "ana", number=first.number)
    own = Activation(IDS[0], NOON, "follow:ana", number=1)
    followed = Activation(IDS[1], NOON + timedelta(hours=2), "follow:ana", number=first.number)

    other = SwitchLog(tmp_path / "other.jsonl")
    other.record(own, followed, "follow", announced_at=announced.activated_at)

    (told,) = other.latest(9, followed)
    assert (told.id, told.at) == (first.id, first.at)


def test_going_back_and_forth_within_a_second_is_two_switches(folder: Folder) -> None:
    for each in (IDS[0], IDS[1], IDS[0]):
        folder.switch(each)

    assert [each.is_return for each in folder.told()] == [False, False, True]


def test_what_was_active_before_the_record_began_is_told_as_far_as_it_is_known(
    folder: Folder,
) -> None:
    folder.pointer.replace(IDS[0], "ana", NOON, 1)
    folder.pointer.replace(IDS[1], "ana", NOON, 2)

    (told,) = folder.told()

    assert (told.before, told.after) == (IDS[0], IDS[1])


def test_nobody_is_named(folder: Folder) -> None:
    folder.switch(IDS[0])

    assert "ana" not in (folder.path / "switches.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    [
        b'{"number": 7, "at": "2026-11-2',
        b"[]",
        b"\xff",
        json.dumps({"number": 7, "at": NOON.isoformat(), "before": None, "after": "../x"}).encode(),
    ],
)
def test_a_line_that_a_crash_has_torn_hides_none(folder: Folder, line: bytes) -> None:
    folder.switch(IDS[0])
    with (folder.path / "switches.jsonl").open("ab") as file:
        file.write(line)

    folder.switch(IDS[1])

    assert [each.after for each in folder.told()] == [IDS[0], IDS[1]]


def test_only_the_last_ones_are_told(folder: Folder) -> None:
    for number in range(10):
        folder.switch(IDS[number % 2])

    told = folder.log.latest(3, folder.pointer.read())

    assert [each.number for each in told] == [10, 9, 8]


class TestActivations:
    """What ``Activations`` records."""

    def test_activations_and_roll_backs_are_recorded(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        first, second = self._activate_two(parts, publisher)
        parts.activations.roll_back(ANA)

        told = parts.snapshots.switches.latest(9, parts.snapshots.active())

        assert [(each.before, each.after, each.action, each.is_return) for each in told] == [
            (second, first, "roll_back", True),
            (first, second, "activate", False),
            (None, first, "activate", False),
        ]

    def test_what_is_active_already_is_no_switch(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        self._activate_two(parts, publisher)
        parts.activations.activate(ANA)
        parts.activations.activate(ANA, force=True)
        parts.activations.mend(ANA)

        assert len(parts.snapshots.switches.latest(9, parts.snapshots.active())) == 2

    def test_a_listener_is_told_of_each(self, parts: Refreshing, publisher: Publisher) -> None:
        told: list[Switch] = []
        parts.snapshots.switches.listen(told.append)

        _, second = self._activate_two(parts, publisher)

        assert told[-1].after == second
        assert len(told) == 2

    def test_a_record_that_can_t_be_written_keeps_no_switch_from_being_made(
        self, parts: Refreshing, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_: SwitchLog, switch: Switch) -> None:
            raise StateUnavailable(path="switches.jsonl", problem=f"is full: {switch.number}")

        publisher.publish(items=2)
        monkeypatch.setattr(SwitchLog, "_append", refuse)

        parts.activations.activate(ANA)

        assert parts.active_id == publisher.latest.publication_id
        told = parts.snapshots.switches.latest(9, parts.snapshots.active())
        assert [each.after for each in told] == [parts.active_id]

    def test_numbers_go_on_where_the_pointer_was_damaged(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        self._activate_two(parts, publisher)
        (parts.snapshots.folder.parent / "active.json").write_text("{", encoding="utf-8")
        parts.activations.recover()
        parts.activations.roll_back(ANA)

        told = parts.snapshots.switches.latest(9, parts.snapshots.active())

        assert [each.number for each in told] == [3, 2, 1]

    @staticmethod
    def _activate_two(parts: Refreshing, publisher: Publisher) -> tuple[str, str]:
        with validating_once():
            first = publisher.publish(items=2).publication_id
            parts.activations.activate(ANA)
            second = publisher.publish(items=2).publication_id
            parts.activations.activate(ANA)
        return first, second
