"""A process killed at any step of a refresh leaves no half state behind.

The refresh runs in a process of its own that kills itself (SIGKILL: nothing is tidied up) when
its progress reaches a given step; then the portal starts again over what was left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import Manifest, is_publication_id
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import RefreshInProgress
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Activated, AlreadyCurrent
from datalayer.publications.staging import prove
from tests.unit.publications.refreshing import ANA, Refreshing, joined
from tests.validating import validating_once

if TYPE_CHECKING:
    from tests.publisher import Publisher

ROOT = Path(__file__).parents[3]

REFRESH = """
import os, signal, sys
from pathlib import Path
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.access.identity import Identity, Role
from datalayer.kernel.storage.object_store import FolderStore
from tests.unit.publications.refreshing import joined

state, store, step, done = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]

def kill_at_the_step(progress):
    reached = progress.done >= (progress.total if done == "end" else int(done))
    if progress.step == step and reached:
        os.kill(os.getpid(), signal.SIGKILL)

parts = joined(state, FolderStore(store), load_registry(Path("schema_registry.json")))
parts.activations.activate(Identity("eve", Role.ADMIN), report=kill_at_the_step)
"""

BEFORE_THE_SWITCH = [
    (Step.STAGE, "1"),
    (Step.STAGE, "end"),
    (Step.VERIFY, "0"),
    (Step.VERIFY, "end"),
    (Step.VALIDATE, "0"),
    (Step.VALIDATE, "end"),
    (Step.PROMOTE, "0"),
    (Step.PROMOTE, "end"),
    (Step.ACTIVATE, "0"),  # before the database has it
    (Step.ACTIVATE, "1"),  # before active.json
]
AFTER_THE_SWITCH = [
    (Step.ACTIVATE, "2"),  # before the audit log
    (Step.ACTIVATE, "end"),
]


@pytest.fixture
def served(
    state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
) -> Manifest:
    """A publication that is active before anything is killed."""
    manifest = publisher.publish(items=1)
    with validating_once():
        joined(state, folder_store, registry).activations.activate(ANA)
    return manifest


def refresh_killed_at(step: Step, done: str, state: Path, store: FolderStore) -> None:
    """Refresh in another process that is killed at *step*; outside the state it leaves nothing."""
    temporary = state.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    refresh = subprocess.run(
        [sys.executable, "-c", REFRESH, state, store.address, step, done],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert refresh.returncode == -signal.SIGKILL, refresh.stderr
    assert list(temporary.iterdir()) == []


def started_again(state: Path, store: FolderStore, registry: Registry) -> Refreshing:
    """Return the parts of a portal that starts over what was left."""
    parts = joined(state, store, registry)
    parts.activations.recover()
    return parts


def assert_whole(parts: Refreshing, state: Path) -> None:
    """Assert that all that is kept is whole and nothing half done is left."""
    for snapshot in parts.snapshots.all():
        prove(snapshot)
        parts.database.attach(snapshot)
    assert all(is_publication_id(path.name) for path in (state / "staging").glob("*"))
    assert not list(state.glob(".*"))


@pytest.mark.parametrize(("step", "done"), BEFORE_THE_SWITCH)
def test_killed_before_the_switch_the_earlier_publication_is_served(
    state: Path,
    folder_store: FolderStore,
    registry: Registry,
    publisher: Publisher,
    served: Manifest,
    step: Step,
    done: str,
) -> None:
    newer = publisher.publish(items=1)

    refresh_killed_at(step, done, state, folder_store)

    parts = started_again(state, folder_store, registry)
    assert parts.active_id == served.publication_id
    assert_whole(parts, state)
    entry = parts.last_entry
    assert (entry.actor, entry.action, entry.outcome) == ("eve", "activate", "interrupted")
    assert isinstance(parts.activations.activate(ANA), Activated)
    assert parts.active_id == newer.publication_id


@pytest.mark.parametrize(("step", "done"), AFTER_THE_SWITCH)
def test_killed_after_the_switch_the_new_publication_is_served_and_recorded_once(
    state: Path,
    folder_store: FolderStore,
    registry: Registry,
    publisher: Publisher,
    served: Manifest,
    step: Step,
    done: str,
) -> None:
    newer = publisher.publish(items=1)

    refresh_killed_at(step, done, state, folder_store)

    parts = started_again(state, folder_store, registry)
    assert parts.active_id == newer.publication_id
    assert_whole(parts, state)
    recorded = [
        (entry.actor, entry.outcome)
        for entry in parts.audit.entries(10)
        if entry.publication_id == newer.publication_id
    ]
    assert recorded == [("eve", "activated")]
    assert isinstance(parts.activations.activate(ANA), AlreadyCurrent)


def test_a_first_refresh_that_is_killed_leaves_nothing_active(
    state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
) -> None:
    publisher.publish(items=1)

    refresh_killed_at(Step.ACTIVATE, "0", state, folder_store)

    parts = started_again(state, folder_store, registry)
    assert parts.active_id is None
    assert isinstance(parts.activations.activate(ANA), Activated)


def test_recovering_twice_records_once(
    state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
) -> None:
    publisher.publish(items=1)
    refresh_killed_at(Step.PROMOTE, "0", state, folder_store)

    started_again(state, folder_store, registry)
    parts = started_again(state, folder_store, registry)

    assert len(parts.audit.entries(10)) == 1


def test_recovering_over_nothing_does_nothing(
    state: Path, folder_store: FolderStore, registry: Registry
) -> None:
    parts = started_again(state, folder_store, registry)

    assert parts.audit.entries(10) == ()
    assert parts.active_id is None


def test_recovering_leaves_a_running_refresh_alone(
    state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
) -> None:
    publisher.publish(items=1)
    parts = joined(state, folder_store, registry)
    other = joined(state, folder_store, registry)
    half_seen: list[bool] = []

    def recover_meanwhile(progress: Progress) -> None:
        other.activations.recover()
        if progress.step is Step.STAGE:
            half_seen.append(bool(list((state / "staging").glob("*.partial"))))

    outcome = parts.activations.activate(ANA, report=recover_meanwhile)

    assert isinstance(outcome, Activated)
    assert half_seen
    assert all(half_seen)
    assert [entry.outcome for entry in parts.audit.entries(10)] == ["activated"]


def test_recovering_keeps_refreshes_out_meanwhile(
    state: Path, folder_store: FolderStore, registry: Registry, publisher: Publisher
) -> None:
    publisher.publish(items=1)
    parts = joined(state, folder_store, registry)

    with parts.activations._attempts.lock(ANA, "recover"), pytest.raises(RefreshInProgress):
        parts.activations.activate(ANA)
