"""Planners at work on lists of actions that are published row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.marks.planner_marks import PlannerMarks
from datalayer.portal import Mark, Publication, RowKey, Statement
from datalayer.reading.database import Database
from tests.marked_list import publish_list, row
from tests.portals import PLANNER
from tests.publisher import Publisher
from tests.reading import publication_of, publications_folder, snapshot_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class DatedClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the moment that it shows."""
        return self.now

    def go_on(self, days: int) -> None:
        """Go on by so many *days*."""
        self.now += timedelta(days=days)


class Desk:
    """Where planners mark rows: publications are opened where they lie, none is validated.

    Attributes:
        folder: Where what is written lies.
        active: The publication that was activated last.
        kept: Ids of the publications that are kept.
    """

    def __init__(
        self, state: Path, publisher: Publisher, registry: Registry, database: Database
    ) -> None:
        self.folder = state
        self.publisher = publisher
        self.clock = DatedClock()
        self.kept: list[str] = []
        self._registry = registry
        self._database = database
        self.restart()

    def restart(self, *, members_only: bool = False) -> None:
        """Start the portal again."""
        self.audit = AuditLog(self.folder / "audit.jsonl", self.clock)
        self.marks = PlannerMarks(
            self.folder, self.audit, members_only=members_only, clock=self.clock
        )

    def open(self, manifest: Manifest) -> Publication:
        """Return a publication to be read."""
        snapshot = snapshot_of(manifest, self.publisher.store)
        return publication_of(snapshot, self._registry, self._database, self.clock)

    def activate(self, rows: dict[int, tuple[str, float | None]]) -> Publication:
        """Publish a list of these rows and activate it."""
        return self.switch_to(publish_list(self.publisher, rows))

    def switch_to(self, manifest: Manifest) -> Publication:
        """Make a publication the active one."""
        self.active = self.open(manifest)
        self.kept = sorted({*self.kept, self.active.id})
        self.marks.remember([self.active], self.kept)
        return self.active

    def mark(self, part: int, kind: str = "seen", **more: object) -> Mark:
        """Mark the row of a part in what is active, knowing what was said of it before."""
        said = Statement(kind, **{n: more.pop(n) for n in ("until", "comment") if n in more})  # type: ignore[arg-type]
        seen = more.pop("seen", self.number(part))
        return self.marks.mark(PLANNER, self.active, row(part), said, seen=seen, **more)  # type: ignore[arg-type]

    def undo(self, part: int) -> Mark:
        """Take the last mark of a part's row back."""
        seen = self.number(part)
        return self.marks.undo(PLANNER, self.active, row(part), seen=seen)

    def standing(self, part: int) -> dict[str, object] | None:
        """Return what is said of the row of a part in what is active; None if nothing is."""
        table = self.marks.standing(self.active)
        rows = {RowKey(*(each[n] for n in KEY)): each for each in table.to_pylist()}
        return rows.get(row(part))

    def state(self, part: int) -> object:
        """Return the state of a part's row, and why it came back if it did."""
        found = self.standing(part)
        return (found["state"], found["because"]) if found else None

    def number(self, part: int) -> int:
        """Return the number of the last mark of a part's row; 0 without one."""
        found = self.standing(part)
        return int(str(found["number"])) if found else 0


KEY = ("item_id", "location_id", "action", "ref")


@pytest.fixture
def desk(
    tmp_path: Path, folder_store: FolderStore, publisher: Publisher, registry: Registry
) -> Iterator[Desk]:
    """One with nothing published."""
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    yield Desk(tmp_path / "var", publisher, registry, database)
    database.close()
