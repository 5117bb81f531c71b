"""/metrics tells of the portal itself what an operator must hear of, and only what it knows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Metric

from datalayer.api.portal_metrics import PortalCollector
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import PortalError
from datalayer.portal import Portal, questions
from tests.portals import ADMIN, make_portal, unreachable_store
from tests.publisher import Publisher
from tests.redis_server import RedisServer, running_redis
from tests.unit.publications.full_disk import small_disk

LAST = "farol_audit_last_entry_timestamp_seconds"


def families(portal: Portal) -> dict[str, Metric]:
    """Return what is told of *portal* once store and state folder have been asked."""
    portal.health()
    portal.store_watch.wait_for_answer()
    portal.state_watch.wait_for_answer()
    registry = CollectorRegistry()
    registry.register(PortalCollector(portal))
    return {family.name: family for family in registry.collect()}


def value(portal: Portal, name: str, **labels: str) -> float | None:
    found = families(portal).get(name)
    samples = found.samples if found else []
    return next((each.value for each in samples if each.labels == labels), None)


def test_a_store_that_answers_is_reachable(portal: Portal) -> None:
    assert value(portal, "farol_store_reachable") == 1


def test_a_store_that_can_not_be_reached_is_told(tmp_path: Path) -> None:
    portal = make_portal(tmp_path, **unreachable_store())
    try:
        assert value(portal, "farol_store_reachable") == 0
    finally:
        portal.close()


def test_what_has_not_been_asked_yet_is_left_out(portal: Portal) -> None:
    # Who collects has it asked; an answer could come in time to be told.
    portal.store_watch.close()
    portal.state_watch.close()
    registry = CollectorRegistry()
    registry.register(PortalCollector(portal))

    told = {family.name for family in registry.collect()}

    assert told.isdisjoint({"farol_store_reachable", "farol_state_writable"})


def test_a_folder_has_no_key_that_could_write(portal: Portal) -> None:
    assert value(portal, "farol_store_writable") is None


def test_a_portal_of_one_process_has_no_redis(portal: Portal) -> None:
    assert value(portal, "farol_redis_up") is None


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


def test_a_redis_that_is_gone_is_told(
    activated: Manifest, redis: RedisServer, tmp_path: Path
) -> None:
    portal = make_portal(tmp_path, redis_url=redis.url)
    try:
        before = value(portal, "farol_redis_up")
        redis.stop()
        portal.open(activated.publication_id).table(questions.search.parts(""))

        assert (before, value(portal, "farol_redis_up")) == (1, 0)
    finally:
        portal.close()


def test_a_state_folder_that_takes_no_file_is_told_with_its_room(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.publish()
    with small_disk(tmp_path, size_bytes=20_000_000) as disk:
        portal = make_portal(tmp_path, state=disk.folder / "var")
        portal.activate(ADMIN)
        disk.fill()
        try:
            assert value(portal, "farol_state_writable") == 0
            free_bytes = value(portal, "farol_state_disk_free_bytes")
            assert free_bytes == shutil.disk_usage(disk.folder).free
        finally:
            disk.empty()
            portal.close()


def test_a_state_folder_that_is_not_there_has_no_room_to_tell(tmp_path: Path) -> None:
    portal = make_portal(tmp_path)
    try:
        shutil.rmtree(tmp_path / "var")
        registry = CollectorRegistry()
        registry.register(PortalCollector(portal))

        told = {family.name for family in registry.collect()}

        assert "farol_state_disk_bytes" not in told
        assert "farol_health" in told
    finally:
        portal.close()


def test_a_publication_that_is_active_and_can_not_be_served_is_told(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    manifest = publisher.publish(salt="other")
    before = value(portal, "farol_publication_behind")
    active = tmp_path / "var" / "active.json"
    served_id = portal.open().manifest.publication_id
    active.write_text(active.read_text().replace(served_id, manifest.publication_id))

    after = value(portal, "farol_publication_behind")

    assert (before, after) == (0, 1)


def test_the_time_of_the_last_failure_stands_beside_that_of_the_last_success(
    portal: Portal, publisher: Publisher
) -> None:
    begun = utc_now().timestamp()
    publisher.publish(salt="a")
    portal.activate(ADMIN)
    publisher.publish(salt="b")
    publisher.corrupt("dim_item")
    with pytest.raises(PortalError):
        portal.activate(ADMIN)

    succeeded = value(portal, LAST, action="activate", outcome="activated")
    failed = value(portal, LAST, action="activate", outcome="rejected")

    assert succeeded is not None
    assert failed is not None
    assert begun <= succeeded < failed


def test_an_audit_log_that_can_not_be_read_hides_nothing_else(
    portal: Portal, tmp_path: Path
) -> None:
    log = tmp_path / "var" / "audit.jsonl"
    log.unlink()
    log.mkdir()

    told = families(portal)

    assert "farol_audit_entries" not in told
    assert told["farol_findings"].samples[0].value > 0
