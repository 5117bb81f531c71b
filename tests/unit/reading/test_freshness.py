"""Four states of freshness, from the registry's thresholds and the age of the results."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from datalayer.kernel.contract.registry import Freshness, Registry
from datalayer.reading.database import Database
from datalayer.reading.publication import freshness_state
from tests.publisher import FIRST_GENERATED_AT, Publisher
from tests.reading import publication_of, snapshot_of

LIMITS = Freshness(due_after_hours=36, stale_after_hours=168)


@pytest.mark.parametrize(
    ("age_hours", "state"),
    [(-0.1, "unknown"), (0, "fresh"), (35.9, "fresh"), (36, "due"), (167.9, "due"), (168, "stale")],
)
def test_age_decides_the_state(age_hours: float, state: str) -> None:
    now = FIRST_GENERATED_AT + timedelta(hours=age_hours)

    assert freshness_state(FIRST_GENERATED_AT, now, LIMITS) == state


def test_every_data_set_has_a_state_by_its_own_thresholds(
    publisher: Publisher, registry: Registry, database: Database
) -> None:
    clock: Callable[[], datetime] = lambda: FIRST_GENERATED_AT + timedelta(days=365)  # noqa: E731

    publication = publication_of(
        snapshot_of(publisher.publish(), publisher.store), registry, database, clock
    )

    assert publication.freshness() == dict.fromkeys(registry.data_sets, "stale")


@pytest.mark.parametrize(
    ("frequency", "days_after", "state"),
    [
        # A run could know a day more from the second midnight after the last day of demand on.
        ("D", 2, "fresh"),
        ("D", 4, "due"),
        ("D", 9, "stale"),
        ("W", 8, "fresh"),
        ("W", 10, "due"),
        ("MS", 31, "fresh"),
        ("MS", 40, "stale"),
    ],
)
def test_demand_ages_once_a_run_could_know_a_period_more(
    publisher: Publisher, registry: Registry, database: Database, frequency: str, days_after: int,
    state: str,
) -> None:  # fmt: skip
    manifest = publisher.publish(lineage={"frequency": frequency})
    end = datetime.combine(manifest.data_through, time(), UTC)

    publication = publication_of(
        snapshot_of(manifest, publisher.store),
        registry,
        database,
        lambda: end + timedelta(days=days_after, hours=13),
    )

    assert publication.data_freshness() == state
