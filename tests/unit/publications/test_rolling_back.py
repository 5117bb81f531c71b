"""Rolling back goes to a publication that was active before, without the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import (
    InvalidSelection,
    NoEarlierPublication,
    NotAllowed,
    ObjectMissing,
)
from datalayer.kernel.storage.object_store import FolderStore
from tests.unit.publications.refreshing import ANA, PLANNER, Refreshing, damage
from tests.validating import validating_once

if TYPE_CHECKING:
    from tests.publisher import Publisher


class TestRollingBack:
    @pytest.fixture
    def three(self, parts: Refreshing, publisher: Publisher) -> list[str]:
        """Three publications, each activated, the oldest first."""
        published = []
        for _ in range(3):
            published.append(publisher.publish(items=2).publication_id)
            with validating_once():
                parts.activations.activate(ANA)
        return published

    def test_the_one_active_before_comes_back(self, parts: Refreshing, three: list[str]) -> None:
        outcome = parts.activations.roll_back(ANA)

        assert outcome.publication_id == parts.active_id == three[1]
        assert outcome.previous_id == three[2]
        assert parts.last_entry.action == "roll_back"
        assert parts.last_entry.outcome == "activated"

    def test_any_kept_one_can_be_named(self, parts: Refreshing, three: list[str]) -> None:
        parts.activations.roll_back(ANA, three[0])

        assert parts.active_id == three[0]

    def test_rolling_back_twice_undoes_the_first(self, parts: Refreshing, three: list[str]) -> None:
        parts.activations.roll_back(ANA)

        parts.activations.roll_back(ANA)

        assert parts.active_id == three[2]

    def test_it_needs_no_store(
        self, parts: Refreshing, three: list[str], folder_store: FolderStore
    ) -> None:
        Path(folder_store.address).rename(f"{folder_store.address}-gone")

        parts.activations.roll_back(ANA)

        assert parts.active_id == three[1]

    def test_a_damaged_snapshot_is_not_gone_back_to_without_the_store(
        self, parts: Refreshing, three: list[str], folder_store: FolderStore
    ) -> None:
        damage(parts.snapshots.get(three[1]))
        Path(folder_store.address).rename(f"{folder_store.address}-gone")

        with pytest.raises(ObjectMissing):
            parts.activations.roll_back(ANA)

        assert parts.active_id == three[2]

    def test_with_nothing_earlier_there_is_nothing_to_go_back_to(
        self, parts: Refreshing, served: Manifest
    ) -> None:
        with pytest.raises(NoEarlierPublication):
            parts.activations.roll_back(ANA)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "refused"

    def test_the_active_one_is_not_gone_back_to(self, parts: Refreshing, served: Manifest) -> None:
        with pytest.raises(InvalidSelection, match="another than the active one"):
            parts.activations.roll_back(ANA, served.publication_id)

    def test_a_planner_may_not(self, parts: Refreshing, three: list[str]) -> None:
        with pytest.raises(NotAllowed):
            parts.activations.roll_back(PLANNER)

        assert parts.active_id == three[2]
