"""What a portal lets its administrators do, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.contract.report import ValidationFailed
from datalayer.kernel.errors import NotAllowed, StoreError
from datalayer.portal import Portal
from datalayer.publications.stages import AlreadyCurrent
from tests.portals import ADMIN, PLANNER, make_portal, unreachable_store
from tests.publisher import Publisher, set_value


class TestAdministration:
    def test_activating_what_is_active_changes_nothing(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish()
        portal.activate(ADMIN)

        assert isinstance(portal.activate(ADMIN), AlreadyCurrent)

    def test_rolling_back_returns_to_the_one_before(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        first = publisher.publish()
        portal.activate(ADMIN)
        publisher.publish()
        portal.activate(ADMIN)

        portal.roll_back(ADMIN)

        assert portal.open().manifest == first

    def test_a_refused_publication_leaves_the_active_one_serving(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        first = publisher.publish()
        portal.activate(ADMIN)
        tables = publisher.tables()
        tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 0, -1.0)
        publisher.publish(tables=tables)

        with pytest.raises(ValidationFailed):
            portal.activate(ADMIN)

        assert portal.open().manifest == first
        assert portal.health().status == "ok"

    @pytest.mark.parametrize("action", ["inspect", "activate", "roll_back", "prune"])
    def test_a_planner_administers_nothing(self, portal: Portal, action: str) -> None:
        with pytest.raises(NotAllowed):
            getattr(portal, action)(PLANNER)

        assert portal.audit.entries(50)[0].actor == PLANNER.name

    def test_a_candidate_is_compared_with_the_active_one(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish(items=4)
        portal.activate(ADMIN)
        publisher.publish(items=6)
        candidate = portal.inspect(ADMIN)

        compared = {each.data_set: each for each in portal.compare(candidate.manifest)}

        assert candidate.report.passed
        assert compared["dim_item"].candidate_rows == 6
        assert compared["dim_item"].active_rows == 4

    def test_a_first_candidate_is_compared_with_nothing(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        assert {each.active_rows for each in portal.compare(publisher.publish())} == {None}

    def test_the_store_tells_its_latest(self, portal: Portal, publisher: Publisher) -> None:
        manifest = publisher.publish()

        state = portal.store_state()

        assert (state.reachable, state.latest, state.problem) == (True, manifest, None)

    def test_an_empty_store_is_reachable_and_says_what_it_lacks(self, portal: Portal) -> None:
        state = portal.store_state()

        assert state.reachable
        assert state.latest is None
        assert "metadata.json" in str(state.problem)

    def test_an_unreachable_store_is_part_of_the_answer(self, tmp_path: Path) -> None:
        portal = make_portal(tmp_path, **unreachable_store())

        state = portal.store_state()

        assert not state.reachable
        assert isinstance(state.problem, StoreError)
        portal.close()
