"""Going back waits for nobody who is bringing another publication in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import Overtaken, RefreshInProgress
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.attempts import LockHolder
from datalayer.publications.stages import Activated
from tests.publisher import Publisher
from tests.unit.publications.refreshing import ANA, Refreshing, joined
from tests.validating import validating_once


@pytest.fixture
def other(state: Path, folder_store: FolderStore, registry: Registry) -> Refreshing:
    """Another process over the same state folder."""
    return joined(state, folder_store, registry)


@pytest.fixture
def kept(parts: Refreshing, publisher: Publisher) -> tuple[Manifest, Manifest]:
    """Two publications that are kept; the second is active."""
    manifests = []
    for _ in range(2):
        manifests.append(publisher.publish())
        with validating_once():
            parts.activations.activate(ANA)
    return manifests[0], manifests[1]


@pytest.mark.parametrize("step", [Step.STAGE, Step.VERIFY, Step.VALIDATE])
def test_a_kept_publication_comes_back_while_another_is_brought_in(
    parts: Refreshing,
    other: Refreshing,
    publisher: Publisher,
    kept: tuple[Manifest, Manifest],
    step: Step,
) -> None:
    newer = publisher.publish()
    gone_back: list[Activated] = []

    def go_back(progress: Progress) -> None:
        if progress.step is step and not gone_back:
            gone_back.append(other.activations.roll_back(ANA))

    with pytest.raises(Overtaken, match=f"{newer.publication_id} was not activated: meanwhile ana"):
        parts.activations.activate(ANA, report=go_back)

    assert gone_back[0].publication_id == kept[0].publication_id
    assert parts.active_id == kept[0].publication_id
    assert [entry.outcome for entry in parts.audit.entries(2)] == ["refused", "activated"]


def test_what_was_overtaken_can_be_activated_again(
    parts: Refreshing, other: Refreshing, publisher: Publisher, kept: tuple[Manifest, Manifest]
) -> None:
    newer = publisher.publish()

    def go_back(progress: Progress) -> None:
        if progress.step is Step.VALIDATE and other.active_id == kept[1].publication_id:
            other.activations.roll_back(ANA)

    with pytest.raises(Overtaken):
        parts.activations.activate(ANA, report=go_back)

    parts.activations.activate(ANA)

    assert parts.active_id == newer.publication_id


def test_two_never_switch_at_the_same_time(
    parts: Refreshing, other: Refreshing, publisher: Publisher, kept: tuple[Manifest, Manifest]
) -> None:
    newer = publisher.publish()
    refused: list[RefreshInProgress] = []

    def go_back(progress: Progress) -> None:
        if progress.step is Step.ACTIVATE and progress.done < 3:
            with pytest.raises(RefreshInProgress) as caught:
                other.activations.roll_back(ANA)
            refused.append(caught.value)

    parts.activations.activate(ANA, report=go_back)

    assert len(refused) == 3
    assert parts.active_id == newer.publication_id


def test_a_publication_that_must_be_fetched_waits_its_turn(
    parts: Refreshing, other: Refreshing, publisher: Publisher, kept: tuple[Manifest, Manifest]
) -> None:
    parts.snapshots.discard(kept[0].publication_id)
    publisher.publish()
    refused: list[RefreshInProgress] = []

    def go_back(progress: Progress) -> None:
        if progress.step is Step.VALIDATE and not refused:
            with pytest.raises(RefreshInProgress) as caught:
                other.activations.roll_back(ANA, kept[0].publication_id)
            refused.append(caught.value)

    parts.activations.activate(ANA, report=go_back)

    assert refused
    assert isinstance(other.activations.roll_back(ANA, kept[0].publication_id), Activated)
    assert parts.active_id == kept[0].publication_id


def test_a_roll_back_that_was_killed_is_recorded_once(
    state: Path, parts: Refreshing, kept: tuple[Manifest, Manifest]
) -> None:
    began = parts.snapshots.clock().isoformat()
    killed = LockHolder("eve", "roll_back", began)
    (state / "switch.lock").write_text(json.dumps(asdict(killed)))

    for _ in range(2):
        parts.activations.recover()

    entries = [(e.actor, e.action, e.outcome) for e in parts.audit.entries(9)]
    assert [e for e in entries if e[0] == "eve"] == [("eve", "roll_back", "interrupted")]
