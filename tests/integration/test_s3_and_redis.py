"""The portal on a real S3 server and a real Redis: the same answers, and what outages cost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import StoreError, StoreWritable
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.portal import Activated, Portal, Publication, SeriesSelection
from datalayer.reading import questions
from tests.integration.conftest import OpenPortal
from tests.integration.servers import WRITER, publisher_into, running_s3, wait_until
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.reading import published_rows, series_of, sources_of
from tests.redis_server import RedisServer

if TYPE_CHECKING:
    pass

PART = "P00001"
READS = 40
BACK_WITHIN_S = 20


def answers(publication: Publication) -> dict[str, object]:
    """Return the rows of every kind of answer that pages and API are made of."""
    results = {
        "search": publication.table(questions.search.parts("bateria")),
        "item": publication.require_item(PART),
        "series": series_of(publication, SeriesSelection(PART)),
        "metrics": publication.table(questions.accuracy.of_item(PART)),
        "inventory": publication.table(questions.inventory.of_item(PART)),
        "exceptions": publication.table(questions.exceptions.first(100)),
        **{name: published_rows(publication, name) for name in publication.registry.data_sets},
    }
    return {
        **{name: result.table.to_pylist() for name, result in results.items()},
        "sources": sources_of(publication, PART),
    }


@dataclass(frozen=True)
class Counted:
    """Answers, and what Redis counted while they were asked for."""

    answers: dict[str, object]
    found: int
    missed: int


def counted(portal: Portal, server: RedisServer) -> Counted:
    with redis.Redis.from_url(server.url) as client:
        client.config_resetstat()
        found = answers(portal.open())
        counts = client.info("stats")
    return Counted(found, counts["keyspace_hits"], counts["keyspace_misses"])


class TestOnePortal:
    def test_it_answers_as_a_portal_on_a_folder_does(
        self, portal: Portal, registry: Registry, tmp_path: Path
    ) -> None:
        Publisher(FolderStore(tmp_path / "store"), registry).publish()
        on_folder = make_portal(tmp_path)
        on_folder.activate(ADMIN)

        expected = answers(on_folder.open())

        on_folder.close()
        assert answers(portal.open()) == expected

    def test_it_activates_and_rolls_back_with_keys_that_only_read(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        before = answers(portal.open())
        second = publisher.publish(items=8)
        activated = portal.activate(ADMIN)
        served_second = portal.open().manifest

        portal.roll_back(ADMIN)

        assert isinstance(activated, Activated)
        assert served_second == second
        assert portal.open().manifest == publisher.published[0]
        assert answers(portal.open()) == before

    def test_all_is_well_with_it(self, portal: Portal) -> None:
        portal.health()
        portal.store_watch.wait_for_answer()

        health = portal.health()

        assert health.status == "ok"
        assert (health.store["state"], health.cache["state"]) == ("reachable", "ok")
        assert health.store["writable"] == "no"
        assert health.findings == ()

    def test_keys_that_may_write_are_a_finding(
        self, open_portal: OpenPortal, publisher: Publisher
    ) -> None:
        publisher.publish()
        careless = open_portal("careless", s3_access_key=WRITER[0], s3_secret_key=WRITER[1])
        careless.activate(ADMIN)
        careless.store_watch.last_answer()
        careless.store_watch.wait_for_answer()

        health = careless.health()

        assert health.status == "degraded"
        assert [type(finding) for finding in health.findings] == [StoreWritable]


class TestTwoReplicas:
    @pytest.fixture
    def other(self, open_portal: OpenPortal, portal: Portal) -> Portal:
        """A second replica that serves what the first one does."""
        other = open_portal("other")
        other.activate(ADMIN)
        return other

    def test_both_serve_the_same_publication(self, portal: Portal, other: Portal) -> None:
        assert other.open().manifest == portal.open().manifest

    def test_what_one_has_made_the_other_finds_in_redis(
        self, portal: Portal, other: Portal, redis_server: RedisServer
    ) -> None:
        made = counted(portal, redis_server)

        found = counted(other, redis_server)

        assert found.answers == made.answers
        assert (made.found, found.missed) == (0, 0)
        assert found.found == made.missed > 0

    def test_publications_never_share_an_answer(
        self, portal: Portal, other: Portal, publisher: Publisher, redis_server: RedisServer
    ) -> None:
        first = counted(portal, redis_server)
        publisher.publish(items=8)
        other.activate(ADMIN)

        second = counted(other, redis_server)

        assert (second.found, second.missed) == (0, first.missed)
        assert second.answers["dim_item"] != first.answers["dim_item"]
        assert answers(portal.open()) == first.answers


class TestRedisOutage:
    def test_reads_go_on_while_it_is_stopped(
        self, portal: Portal, redis_server: RedisServer, open_portal: OpenPortal
    ) -> None:
        alone = open_portal("alone", redis_url=None)
        alone.activate(ADMIN)
        expected = [
            alone.open().table(questions.search.parts("", limit=n)).table for n in range(1, READS)
        ]

        def read(limit: int) -> object:
            if limit == READS // 2:
                redis_server.stop()
            return portal.open().table(questions.search.parts("", limit=limit)).table

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(read, range(1, READS)))

        assert found == expected

    def test_health_says_so(self, portal: Portal, redis_server: RedisServer) -> None:
        redis_server.stop()
        portal.open().table(questions.search.parts(""))

        health = portal.health()

        assert health.status == "degraded"
        assert health.cache["state"] == "down"

    def test_a_redis_that_comes_back_is_used_again(
        self, portal: Portal, redis_server: RedisServer
    ) -> None:
        redis_server.stop()
        portal.open().table(questions.search.parts(""))
        redis_server.start()
        wait_until(
            lambda: portal.health().cache["state"] == "ok",
            within_s=BACK_WITHIN_S,
            problem="the portal does not use Redis again",
        )

        used = counted(portal, redis_server)

        assert used.missed > 0


@dataclass(frozen=True)
class CutOff:
    """A portal whose store has gone.

    Attributes:
        served: What it serves.
        kept: What was active before that and is kept.
        newer: What the store could have given still.
        answered: The answers of ``served`` while the store was there.
        settings: Of another portal in its place.
    """

    portal: Portal
    folder: Path
    settings: dict[str, object]
    kept: Manifest
    served: Manifest
    newer: Manifest
    answered: dict[str, object]


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[CutOff]:
    """A portal that served from an S3 server which was then stopped."""
    folder = tmp_path_factory.mktemp("cut-off")
    with running_s3(tmp_path_factory.mktemp("s3-to-stop")) as server:
        publisher, settings = (
            publisher_into(server, "results", registry),
            server.settings("results"),
        )
        portal = make_portal(folder, **settings)
        for items in (2, 4):
            publisher.publish(items=items)
            portal.activate(ADMIN)
        publisher.publish(items=6)
        answered = answers(portal.open())
    yield CutOff(portal, folder, settings, *publisher.published, answered)
    portal.close()


class TestStoreOutage:
    def test_what_is_active_goes_on_being_served(self, cut_off: CutOff) -> None:
        restarted = make_portal(cut_off.folder, **cut_off.settings)

        served = answers(restarted.open())

        restarted.close()
        assert served == cut_off.answered

    def test_health_says_so_without_asking_again(self, cut_off: CutOff) -> None:
        state = cut_off.portal.store_state()

        health = cut_off.portal.health()

        assert not state.reachable
        assert health.status == "degraded"
        assert health.publication_id == cut_off.served.publication_id
        assert health.store["state"] == "unreachable"
        assert health.store["problem"] == str(state.problem)

    def test_activating_what_only_the_store_has_is_refused_and_recorded(
        self, cut_off: CutOff
    ) -> None:
        with pytest.raises(StoreError, match="can't be reached; check the endpoint") as refusal:
            cut_off.portal.activate(ADMIN, cut_off.newer.publication_id)

        entry = cut_off.portal.audit.entries(50)[0]
        assert (entry.action, entry.outcome) == ("activate", "rejected")
        assert entry.publication_id == cut_off.newer.publication_id
        assert entry.details["reason"] == str(refusal.value)
        assert cut_off.portal.open().manifest == cut_off.served

    def test_what_is_kept_can_be_rolled_back_to(self, cut_off: CutOff) -> None:
        cut_off.portal.roll_back(ADMIN)

        assert cut_off.portal.open().manifest == cut_off.kept
        cut_off.portal.roll_back(ADMIN, cut_off.served.publication_id)
