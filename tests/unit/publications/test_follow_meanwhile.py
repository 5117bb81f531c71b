"""Following another replica waits for what a person does here, and does not undo it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.active import Activation
from datalayer.publications.stages import Activated, AlreadyCurrent
from tests.publisher import Publisher
from tests.unit.publications.refreshing import ANA, Refreshing, joined
from tests.validating import validating_once

BIA = Identity("follow:bia", Role.ADMIN)


@pytest.fixture
def other(tmp_path: Path, folder_store: FolderStore, registry: Registry) -> Refreshing:
    """That other process."""
    return joined(tmp_path / "state", folder_store, registry)


@pytest.fixture
def first(parts: Refreshing, publisher: Publisher) -> Manifest:
    """A publication that is active, by a switch numbered 1."""
    manifest = publisher.publish()
    with validating_once():
        parts.activations.activate(ANA)
    return manifest


def follow_meanwhile(parts: Refreshing, other: Refreshing, announced: Activation) -> object:
    """Activate the store's latest; return what came of following, which began in between."""
    followed: list[Future[object]] = []
    with ThreadPoolExecutor(1) as pool:

        def follow(progress: Progress) -> None:
            if progress.step is Step.VALIDATE and not followed:
                followed.append(pool.submit(other.activations.follow, BIA, announced))

        parts.activations.activate(ANA, report=follow)
        return followed[0].result()


def announced(manifest: Manifest, number: int) -> Activation:
    return Activation(manifest.publication_id, datetime.now(UTC), "bia", number=number)


def test_a_later_activation_elsewhere_is_followed_once_this_one_is_done(
    parts: Refreshing, other: Refreshing, publisher: Publisher, first: Manifest
) -> None:
    publisher.publish()

    outcome = follow_meanwhile(parts, other, announced(first, number=9))

    assert isinstance(outcome, Activated)
    assert parts.active_id == first.publication_id
    lines = [(entry.actor, entry.outcome) for entry in parts.audit.entries(2)]
    assert lines == [("follow:bia", "activated"), ("ana", "activated")]


def test_one_that_this_is_later_than_is_not_followed_any_more(
    parts: Refreshing, other: Refreshing, publisher: Publisher, first: Manifest
) -> None:
    newer = publisher.publish()

    outcome = follow_meanwhile(parts, other, announced(first, number=2))

    assert outcome == AlreadyCurrent(newer.publication_id)
    assert parts.active_id == newer.publication_id
    assert [entry.actor for entry in parts.audit.entries(1)] == ["ana"]
