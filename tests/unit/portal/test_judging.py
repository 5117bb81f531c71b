"""A candidate is judged before it is active: it is not served, and nothing else is activated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.errors import (
    CandidateChanged,
    CandidateUnreadable,
    NotAllowed,
    UndoOver,
    UnknownPublication,
)
from datalayer.portal import Portal
from datalayer.reading import candidates
from tests.portals import ADMIN, PLANNER, make_portal
from tests.publisher import Publisher, set_value


@pytest.fixture
def active(portal: Portal, publisher: Publisher) -> str:
    """The id of the active publication."""
    publisher.publish(items=6)
    portal.activate(ADMIN)
    return portal.open().id


class TestJudging:
    def test_the_effect_is_known_and_nothing_of_the_candidate_is_served(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        candidate = publisher.publish(items=8).publication_id

        judged = portal.judge(ADMIN)

        assert judged.effect is not None
        assert judged.effect.new_parts == 2
        assert portal.active_id() == portal.open().id == active
        with pytest.raises(UnknownPublication):
            portal.open(candidate)
        assert candidate not in portal.database.attached()
        assert candidate not in portal.snapshots.kept_ids()

    def test_nothing_of_its_database_is_left(
        self, portal: Portal, publisher: Publisher, active: str, tmp_path: Path
    ) -> None:
        publisher.publish(items=8)
        before = sorted((tmp_path / "var" / "spill").glob("*"))

        portal.judge(ADMIN)

        assert sorted((tmp_path / "var" / "spill").glob("*")) == before

    def test_what_was_judged_is_not_fetched_again(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        candidate = publisher.publish(items=8)
        judged = portal.judge(ADMIN)
        publisher.withhold("fact_forecast")

        portal.activate(ADMIN, judged=judged)

        assert portal.open().manifest == candidate

    def test_it_is_still_there_after_a_restart(
        self, portal: Portal, publisher: Publisher, active: str, tmp_path: Path
    ) -> None:
        publisher.publish(items=8)
        portal.judge(ADMIN)
        publisher.withhold("fact_forecast")
        portal.close()

        again = make_portal(tmp_path)

        assert again.judge(ADMIN).effect is not None
        again.close()

    def test_the_first_one_has_nothing_to_be_compared_with(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish()

        judged = portal.judge(ADMIN)

        assert judged.candidate.report.passed
        assert (judged.effect, judged.problem, judged.active_id) == (None, None, None)

    def test_one_that_breaks_the_contract_has_no_effect(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        tables = publisher.tables()
        tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 0, -1.0)
        publisher.publish(tables=tables)

        judged = portal.judge(ADMIN)

        assert not judged.candidate.report.passed
        assert judged.effect is None

    def test_a_planner_judges_nothing(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        with pytest.raises(NotAllowed):
            portal.judge(PLANNER)


class TestHalfWay:
    def test_a_candidate_that_vanishes_is_told_and_what_is_served_goes_on(
        self,
        portal: Portal,
        publisher: Publisher,
        active: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        candidate = publisher.publish(items=8).publication_id
        effect_of = candidates.effect_of

        def vanishing(*publications: object) -> object:
            folder = portal.snapshots.staging.folder / candidate
            for path in folder.glob("fact_inventory*"):
                path.unlink()
            return effect_of(*publications)  # type: ignore[arg-type]

        monkeypatch.setattr(candidates, "effect_of", vanishing)

        with pytest.raises(CandidateUnreadable, match=candidate):
            portal.judge(ADMIN)
        assert portal.open().id == active

    def test_an_active_one_that_can_not_be_read_keeps_nothing_back(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        folder = portal.snapshots.folder / active
        folder.chmod(0o755)
        (folder / "fact_inventory.parquet").unlink()
        candidate = publisher.publish(items=8).publication_id

        judged = portal.judge(ADMIN)
        portal.activate(ADMIN, confirmed=True, judged=judged)

        assert judged.effect is None
        assert judged.problem is not None
        assert portal.open().id == candidate


class TestWhatWasNotJudged:
    def test_another_candidate_is_refused(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        publisher.publish(items=8)
        judged = portal.judge(ADMIN)
        newer = publisher.publish(items=9).publication_id

        with pytest.raises(CandidateChanged, match=newer):
            portal.activate(ADMIN, judged=judged)
        assert portal.open().id == active

    def test_the_same_id_published_anew_is_refused(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        publisher.publish(items=8)
        judged = portal.judge(ADMIN)
        publisher.rewrite_manifest(lambda fields: fields.update(model_version="2026.12.0"))

        with pytest.raises(CandidateChanged, match="published anew"):
            portal.activate(ADMIN, judged=judged)

    def test_an_effect_beside_what_is_active_no_more_is_refused(
        self, portal: Portal, publisher: Publisher, active: str
    ) -> None:
        publisher.publish(items=7)
        portal.activate(ADMIN)
        publisher.publish(items=8)
        judged = portal.judge(ADMIN)
        portal.roll_back(ADMIN)

        with pytest.raises(CandidateChanged, match=active):
            portal.activate(ADMIN, judged=judged)


class TestUndo:
    NOW = datetime.now(UTC)

    @pytest.fixture
    def clock(self) -> list[datetime]:
        """The present moment, to be set."""
        return [self.NOW]

    @pytest.fixture
    def two(
        self, publisher: Publisher, tmp_path: Path, clock: list[datetime]
    ) -> Iterator[Callable[[], Portal]]:
        """A portal in which a second publication was activated at this moment."""
        portal = make_portal(tmp_path, lambda: clock[0])
        publisher.publish(items=6)
        portal.activate(ADMIN)
        publisher.publish(items=8)
        portal.activate(ADMIN)
        yield lambda: portal
        portal.close()

    def test_for_ten_minutes_it_goes_back_to_what_was_active(
        self, two: Callable[[], Portal], clock: list[datetime], publisher: Publisher
    ) -> None:
        portal = two()
        clock[0] += timedelta(minutes=9, seconds=59)

        portal.undo(ADMIN, portal.open().id)

        assert portal.open().id == publisher.published[0].publication_id

    def test_after_ten_minutes_it_is_over(
        self, two: Callable[[], Portal], clock: list[datetime], publisher: Publisher
    ) -> None:
        portal = two()
        clock[0] += timedelta(minutes=10)

        assert portal.ways_back.undoable() is None
        with pytest.raises(UndoOver, match="10 minutes"):
            portal.undo(ADMIN, portal.open().id)
        assert portal.open().id == publisher.latest.publication_id

    def test_a_roll_back_is_not_undone(self, two: Callable[[], Portal]) -> None:
        portal = two()
        portal.roll_back(ADMIN)

        assert portal.ways_back.undoable() is None

    def test_what_another_switched_meanwhile_is_left_alone(
        self, two: Callable[[], Portal], publisher: Publisher
    ) -> None:
        portal = two()
        shown = portal.open().id
        newer = publisher.publish(items=9).publication_id
        portal.activate(ADMIN)

        with pytest.raises(UndoOver):
            portal.undo(ADMIN, shown)
        assert portal.open().id == newer

    def test_a_planner_undoes_nothing(self, two: Callable[[], Portal]) -> None:
        portal = two()

        with pytest.raises(NotAllowed):
            portal.undo(PLANNER, portal.open().id)

    def test_what_was_just_left_is_not_offered_to_go_back_to(
        self, two: Callable[[], Portal], publisher: Publisher
    ) -> None:
        portal = two()
        offered = portal.ways_back.likely_target()
        portal.roll_back(ADMIN)

        assert offered == publisher.published[0].publication_id
        assert portal.ways_back.likely_target() is None
