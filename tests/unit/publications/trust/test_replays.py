"""A signed publication that is older than the newest one accepted is no news."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import Replayed, StateError
from datalayer.publications.stages import AlreadyCurrent
from datalayer.publications.trust import NEWEST_SIGNED_NAME, Newest
from tests.publisher import Publisher
from tests.signing import KEY
from tests.unit.publications.refreshing import ANA, Refreshing
from tests.unit.publications.trust.conftest import Join, Publish, announced


class TestReplays:
    @pytest.fixture
    def two(self, parts: Refreshing, publish: Publish) -> tuple[Manifest, Manifest]:
        """Two signed publications, one after the other active."""
        older = publish()
        parts.activations.activate(ANA)
        newer = publish()
        parts.activations.activate(ANA)
        return older, newer

    def test_an_older_one_is_refused_although_nothing_is_active_any_more(
        self, two: tuple[Manifest, Manifest], state: Path, join: Join, publisher: Publisher
    ) -> None:
        older, newer = two
        (state / "active.json").unlink()
        publisher.go_back()

        with pytest.raises(Replayed) as caught:
            join(KEY).activations.activate(ANA)

        assert caught.value.publication_id == older.publication_id
        assert f"{newer.publication_id} of {newer.generated_at.isoformat()} was accepted" in str(
            caught.value
        )

    def test_checking_it_says_so_too(
        self, two: tuple[Manifest, Manifest], parts: Refreshing, publisher: Publisher
    ) -> None:
        publisher.go_back()

        with pytest.raises(Replayed):
            parts.activations.inspect(ANA)

    def test_after_a_roll_back_one_in_between_is_refused(
        self, two: tuple[Manifest, Manifest], parts: Refreshing, publish: Publish
    ) -> None:
        older, newer = two
        parts.activations.roll_back(ANA)
        between = older.generated_at + (newer.generated_at - older.generated_at) / 2
        publish(generated_at=between)

        with pytest.raises(Replayed):
            parts.activations.activate(ANA)

        assert parts.active_id == older.publication_id

    def test_a_person_may_roll_back_to_one_that_is_kept_and_return(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, newer = two

        parts.activations.roll_back(ANA)
        assert parts.active_id == older.publication_id
        assert parts.snapshots.trust.newest() == Newest(newer.publication_id, newer.generated_at)
        parts.activations.activate(ANA, confirmed=True)

        assert parts.active_id == newer.publication_id

    def test_the_active_one_is_no_replay_of_itself(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, _ = two
        parts.activations.roll_back(ANA)

        outcome = parts.activations.activate(
            ANA, publication_id=older.publication_id, force=True, confirmed=True
        )

        assert isinstance(outcome, AlreadyCurrent)

    def test_a_person_may_roll_back_to_one_that_must_be_fetched(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, _ = two
        parts.snapshots.discard(older.publication_id)

        parts.activations.roll_back(ANA, older.publication_id)

        assert parts.active_id == older.publication_id

    def test_another_replica_is_followed_to_one_that_is_kept(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, _ = two

        parts.activations.follow(ANA, announced(older.publication_id))

        assert parts.active_id == older.publication_id

    def test_no_announcement_brings_an_older_one_in(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, newer = two
        parts.snapshots.discard(older.publication_id)

        with pytest.raises(Replayed):
            parts.activations.follow(ANA, announced(older.publication_id))

        assert parts.active_id == newer.publication_id

    def test_a_new_replica_follows_to_whatever_is_signed(
        self, join: Join, publish: Publish
    ) -> None:
        older = publish()
        publish()
        parts = join(KEY)

        parts.activations.follow(ANA, announced(older.publication_id))

        assert parts.active_id == older.publication_id

    def test_a_damaged_record_of_the_newest_one_lets_nothing_in(
        self, two: tuple[Manifest, Manifest], parts: Refreshing, publish: Publish, state: Path
    ) -> None:
        (state / NEWEST_SIGNED_NAME).write_text("{")
        publish()

        with pytest.raises(StateError, match=r"newest_signed\.json is damaged .* remove the file"):
            parts.activations.activate(ANA)

        assert parts.active_id == two[1].publication_id
