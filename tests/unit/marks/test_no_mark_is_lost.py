"""Twenty publications, roll-backs, restarts, kills, two planners: every mark where it belongs.

What is read is compared with a model of a few lines that remembers every list whole.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import MarkedMeanwhile, NothingToUndo
from datalayer.portal import Statement
from tests.marked_list import CHECK, LATE, PARTS, THIS_WEEK, publish_list, row
from tests.portals import PLANNER
from tests.unit.marks.conftest import NOW, Desk

ROOT = Path(__file__).parents[3]
PUBLICATIONS = 20
KEPT = 5
MOST_STEPS = 25
"""More than there are steps in writing a mark, or in remembering a publication."""

Rows = dict[int, tuple[str, float | None]]


class MarksModel:
    """Every list and every mark; a mark holds where its row never left the lists in between."""

    def __init__(self) -> None:
        self.lists: dict[str, Rows] = {}
        self.marks: list[tuple[int, int, str, str]] = []  # number, part, publication, kind

    def holds(self, part: int, made_on: str, seen_on: str) -> bool:
        first, last = sorted((made_on, seen_on))
        return all(part in rows for name, rows in self.lists.items() if first <= name <= last)

    def row(self, part: int, publication: str) -> list[tuple[int, str, str]]:
        """Return number, kind and publication of all that was said of a row."""
        return [
            (number, kind, made_on)
            for number, its_part, made_on, kind in self.marks
            if its_part == part and self.holds(part, made_on, publication)
        ]

    def standing(self, publication: str) -> dict[str, tuple[int, str | None, str]]:
        """Return number of the last mark, the kind that counts, and the state of marked rows."""
        found: dict[str, tuple[int, str | None, str]] = {}
        for part in self.lists[publication]:
            if said := self.row(part, publication):
                left: list[tuple[str | None, str]] = [(None, publication)]
                for _, kind, made_on in said:
                    if kind == "undo":
                        left.pop()
                    else:
                        left.append((kind, made_on))
                kind_now, made_on = left[-1]
                state = self.state(part, made_on, publication) if kind_now == "ordered" else "open"
                found[row(part).item_id] = said[-1][0], kind_now, state
        return found

    def state(self, part: int, made_on: str, publication: str) -> str:
        """Return the state of a row that was ordered when it was as on *made_on*."""
        (tier, chance), (tier_now, chance_now) = (
            self.lists[each][part] for each in (made_on, publication)
        )
        order = (LATE, THIS_WEEK, CHECK)
        worse = order.index(tier_now) < order.index(tier)
        grown = round(100 * (chance_now or 0)) - round(100 * (chance or 0)) >= 10
        return "came_back" if worse or grown else "put_aside"


class Worker:
    """Another process over the same state, which dies where it is told to."""

    def __init__(self, state: Path, store: str) -> None:
        command = [sys.executable, "-m", "tests.unit.marks.killed_writer", str(state), store]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def attempt(self, **asked: Any) -> str:
        """Have it do something; return how that ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"now": NOW.isoformat(), **asked}) + "\n")
        self._process.stdin.flush()
        while (answer := self._process.stdout.readline().strip()) not in ENDS:
            assert answer or self._process.poll() is None  # a line of the log
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


ENDS = {"done", "refused", "killed", "failed"}


@pytest.fixture
def worker(desk: Desk) -> Iterator[Worker]:
    """The other process of a desk."""
    worker = Worker(desk.folder, desk.publisher.store.address)
    yield worker
    worker.close()


class DeskRun:
    """A desk at work beside its model.

    Attributes:
        kept: Publications that can be rolled back to.
    """

    def __init__(self, desk: Desk, worker: Worker, seed: int) -> None:
        self.desk = desk
        self.worker = worker
        self.model = MarksModel()
        self.chance = random.Random(seed)
        self.kept: list[Manifest] = []

    def publish(self) -> None:
        """Activate a list in which some rows went and others came, after attempts that die."""
        last: Rows = self.model.lists[max(self.model.lists)] if self.model.lists else {}
        stays = {part: self.chance.random() < (0.8 if part in last else 0.4) for part in PART}
        rows: Rows = {part: self._figures() for part in PART if stays[part]} or {1: (LATE, 0.5)}
        manifest = publish_list(self.desk.publisher, rows)
        self.model.lists[manifest.publication_id] = rows
        self.kept = [*self.kept, manifest][-KEPT:]
        self.desk.kept = [each.publication_id for each in self.kept]
        ended = self.worker.attempt(
            kind="remember",
            publication_id=manifest.publication_id,
            kept=self.desk.kept,
            kill_at=self.chance.randrange(MOST_STEPS),
        )
        assert ended in ("killed", "done")
        self.desk.switch_to(manifest)

    def roll_back(self) -> None:
        """Return to one that is kept."""
        self.desk.switch_to(self.chance.choice(self.kept))

    def mark(self) -> None:
        """Say something of a row, or take it back, here or in the process that may die of it."""
        publication = self.desk.active.id
        part = self.chance.choice(list(self.model.lists[publication]))
        said = self.model.row(part, publication)
        kind = self.chance.choice(("seen", "ordered", "disagreed", "undo"))
        seen = self.chance.choice([0, *(number for number, *_ in said)][-2:])
        may = seen == (said[-1][0] if said else 0)
        undoes = [kind for _, kind, _ in said]
        may = may and (kind != "undo" or 2 * undoes.count("undo") < len(undoes))
        write = self._by_other if self.chance.random() < 0.6 else self._by_hand
        number = write(kind, part, seen, may=may)
        if number:
            self.model.marks.append((number, part, publication, kind))

    def _by_hand(self, kind: str, part: int, seen: int, *, may: bool) -> int | None:
        marks, key = self.desk.marks, row(part)
        try:
            if kind == "undo":
                mark = marks.undo(PLANNER, self.desk.active, key, seen=seen)
            else:
                mark = marks.mark(PLANNER, self.desk.active, key, Statement(kind), seen=seen)
        except (MarkedMeanwhile, NothingToUndo):
            assert not may
            return None
        assert may
        return mark.number

    def _by_other(self, kind: str, part: int, seen: int, *, may: bool) -> int | None:
        ended = self.worker.attempt(
            kind=kind,
            publication_id=self.desk.active.id,
            row=list(asdict(row(part)).values()),
            writer="rita",
            seen=seen,
            kill_at=self.chance.choice([None, *range(MOST_STEPS)]),
        )
        known = {number for number, *_ in self.model.marks}
        told = self.desk.marks.history(self.desk.active, row(part).item_id).to_pylist()
        new = [each["number"] for each in told if each["number"] not in known]
        # One that was killed has written all of its mark or none of it.
        assert ended in (("killed", "done") if may else ("killed", "refused"))
        assert len(new) in {"done": [1], "refused": [0], "killed": [0, int(may)]}[ended]
        return new[0] if new else None

    def check(self) -> None:
        """Compare every publication that is kept, and all marks, with the model."""
        for manifest in self.kept:
            table = self.desk.marks.standing(self.desk.open(manifest))
            told = {
                each["item_id"]: (each["number"], each["kind"], each["state"])
                for each in table.to_pylist()
            }
            assert told == self.model.standing(manifest.publication_id)
        histories = (
            self.desk.marks.history(self.desk.active, row(part).item_id).to_pylist()
            for part in PART
        )
        told_marks = [
            (each["number"], each["item_id"], each["publication_id"], each["kind"])
            for history in histories
            for each in history
        ]
        assert sorted(told_marks) == [
            (number, row(part).item_id, made_on, kind)
            for number, part, made_on, kind in self.model.marks
        ]

    def _figures(self) -> tuple[str, float]:
        return self.chance.choice((LATE, THIS_WEEK, CHECK)), round(self.chance.random(), 2)


PART = range(1, PARTS + 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_mark_is_lost_and_none_is_on_another_episode(
    desk: Desk, worker: Worker, seed: int
) -> None:
    run = DeskRun(desk, worker, seed)

    for _ in range(PUBLICATIONS):
        run.publish()
        for _ in range(4):
            run.mark()
        if run.chance.random() < 0.4:
            run.roll_back()
            run.mark()
        if run.chance.random() < 0.3:
            desk.restart()
        run.check()

    assert len(run.model.marks) > PUBLICATIONS


def test_killed_at_any_step_a_mark_is_there_whole_or_not_at_all(desk: Desk, worker: Worker) -> None:
    desk.activate({1: (LATE, 0.5)})
    ended, steps = "killed", 0

    while ended == "killed":
        before = desk.mark(1).number
        ended = worker.attempt(
            kind="ordered",
            publication_id=desk.active.id,
            row=list(asdict(row(1)).values()),
            writer="rita",
            seen=before,
            kill_at=steps,
        )
        written = desk.number(1)
        steps += 1

        assert written in ((before, before + 1) if ended == "killed" else (before + 1,))
        assert desk.mark(1, "disagreed").number > written

    assert ended == "done"
    assert steps > 5
