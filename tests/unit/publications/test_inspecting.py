"""A candidate is looked at without being activated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import PublicationError
from datalayer.kernel.progress import Step
from tests.unit.publications.refreshing import ANA, Refreshing, Reports

if TYPE_CHECKING:
    from tests.publisher import Publisher


class TestInspecting:
    def test_a_sound_candidate_is_shown_and_not_activated(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)

        candidate = parts.activations.inspect(ANA)

        assert candidate.manifest == manifest
        assert candidate.report.passed
        assert parts.active_id is None
        assert (parts.last_entry.action, parts.last_entry.outcome) == ("inspect", "accepted")

    def test_a_candidate_with_faults_is_shown_with_them(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        empty = {name: table.slice(0, 0) for name, table in publisher.tables(items=2).items()}
        publisher.publish(tables=empty)

        candidate = parts.activations.inspect(ANA)

        assert candidate.report.faults
        assert parts.last_entry.outcome == "rejected"

    def test_a_kept_publication_is_not_fetched_to_be_inspected(
        self, parts: Refreshing, served: Manifest
    ) -> None:
        reports = Reports()

        candidate = parts.activations.inspect(ANA, report=reports)

        assert candidate.manifest == served
        assert Step.STAGE not in reports.steps

    def test_files_that_are_not_the_ones_announced_are_an_error(
        self, parts: Refreshing, publisher: Publisher
    ) -> None:
        publisher.publish(items=2)
        publisher.corrupt("fact_forecast")

        with pytest.raises(PublicationError, match="damaged fact_forecast"):
            parts.activations.inspect(ANA)

        assert parts.last_entry.outcome == "rejected"
