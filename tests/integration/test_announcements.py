"""Replicas with disks of their own serve what was activated last on any of them.

``keep_up`` is what a running replica does every few seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from datalayer.kernel.clock import utc_now
from datalayer.kernel.errors import RedisFailed
from datalayer.portal import Portal
from datalayer.publications.attendance import Presence
from datalayer.publications.job_records import JobRecord, JobRecords
from datalayer.publications.redis_board import RedisAttendance, RedisNote, RedisRecords
from datalayer.reading import questions
from tests.integration.conftest import OpenPortal
from tests.integration.servers import wait_until
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.redis_server import RedisServer


def announcement(publication_id: str, activated_at: str) -> bytes:
    fields = {"publication_id": publication_id, "activated_at": activated_at}
    return json.dumps({**fields, "activated_by": "ana"}).encode()


@pytest.fixture
def other(open_portal: OpenPortal, portal: Portal) -> Portal:
    """A replica that was started after the first one had activated a publication."""
    other = open_portal("other")
    other.announcements.keep_up()
    return other


def test_a_new_replica_begins_with_what_is_announced(portal: Portal, other: Portal) -> None:
    assert other.open().manifest == portal.open().manifest
    assert other.audit.entries(50)[0].actor == f"follow:{ADMIN.name}"


def test_what_one_activates_the_others_serve(
    portal: Portal, other: Portal, publisher: Publisher
) -> None:
    second = publisher.publish()
    portal.activate(ADMIN)

    other.announcements.keep_up()

    assert other.open().manifest == second


def test_a_roll_back_is_followed_and_not_undone(
    portal: Portal, other: Portal, publisher: Publisher
) -> None:
    first = portal.open().manifest
    publisher.publish()
    portal.activate(ADMIN)
    other.announcements.keep_up()
    portal.roll_back(ADMIN)

    for replica in (other, portal, other):
        replica.announcements.keep_up()

    assert [replica.open().manifest for replica in (portal, other)] == [first, first]


def test_the_latest_activation_wins_whichever_replica_it_was_made_on(
    portal: Portal, other: Portal, publisher: Publisher
) -> None:
    publisher.publish()
    portal.activate(ADMIN)
    third = publisher.publish()
    other.activate(ADMIN)

    portal.announcements.keep_up()

    assert portal.open().manifest == third


def test_a_replica_that_can_not_follow_says_so_and_goes_on_serving(
    portal: Portal, other: Portal, publisher: Publisher
) -> None:
    first = other.open().manifest
    second = publisher.publish()
    portal.activate(ADMIN)
    publisher.corrupt("fact_forecast")

    other.announcements.keep_up()

    health = other.health()
    assert other.open().manifest == first
    assert health.status == "degraded"
    assert second.publication_id in health.problem
    entry = other.audit.entries(50)[0]
    assert (entry.action, entry.outcome) == ("follow", "rejected")


def test_what_can_not_be_followed_is_not_tried_again_at_once(
    portal: Portal, other: Portal, publisher: Publisher
) -> None:
    publisher.publish()
    portal.activate(ADMIN)
    publisher.corrupt("fact_forecast")
    other.announcements.keep_up()
    tried = len(other.audit.entries(50))

    other.announcements.keep_up()

    assert len(other.audit.entries(50)) == tried
    assert other.health().problem


def test_a_lost_announcement_is_made_again(
    portal: Portal, other: Portal, publisher: Publisher, redis_server: RedisServer
) -> None:
    second = publisher.publish()
    portal.activate(ADMIN)
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()

    portal.announcements.keep_up()
    other.announcements.keep_up()

    assert other.open().manifest == second


@pytest.mark.parametrize(
    "forged",
    [
        b"not json",
        b"[]",
        announcement("../../etc", "2999-01-01T00:00:00+00:00"),
        announcement("20261121T060000Z-00000000", "2999-01-01T00:00:00"),
    ],
    ids=["no JSON", "no object", "no id", "no zone"],
)
def test_what_is_no_announcement_is_left_alone(
    portal: Portal, redis_server: RedisServer, forged: bytes
) -> None:
    served = portal.open().manifest
    with redis.Redis.from_url(redis_server.url) as client:
        (name,) = client.keys("farol:active:*")
        client.set(name, forged)

    portal.announcements.keep_up()

    assert portal.open().manifest == served
    assert portal.health().problem == ""


def test_without_redis_each_replica_goes_on_as_it_is(
    portal: Portal, other: Portal, publisher: Publisher, redis_server: RedisServer
) -> None:
    first, second = portal.open().manifest, publisher.publish()
    redis_server.stop()

    other.activate(ADMIN)
    portal.announcements.keep_up()

    assert [each.open().manifest for each in (portal, other)] == [first, second]


def test_portals_of_another_store_announce_nothing_to_this_one(
    portal: Portal, publisher: Publisher, open_portal: OpenPortal, tmp_path: Path
) -> None:
    stranger = open_portal("stranger", store=str(tmp_path / "store"))

    stranger.announcements.keep_up()

    assert stranger.health().status == "empty"
    assert stranger.audit.entries(50) == ()


def test_a_replica_whose_clock_was_ahead_pins_nobody(
    portal: Portal, open_portal: OpenPortal, publisher: Publisher
) -> None:
    ahead = open_portal("ahead", clock=lambda: utc_now() + timedelta(days=365))
    ahead.announcements.keep_up()
    publisher.publish()
    ahead.activate(ADMIN)
    portal.announcements.keep_up()
    third = publisher.publish()
    portal.activate(ADMIN)

    for replica in (ahead, portal, ahead):
        replica.announcements.keep_up()

    assert [each.open().manifest for each in (ahead, portal)] == [third, third]


def test_a_person_overrules_what_this_replica_can_not_follow(
    portal: Portal, other: Portal, publisher: Publisher
) -> None:
    first = portal.open().manifest
    publisher.publish()
    other.activate(ADMIN)
    publisher.corrupt("fact_forecast")
    portal.announcements.keep_up()

    portal.activate(ADMIN, first.publication_id)
    other.announcements.keep_up()

    assert [each.open().manifest for each in (portal, other)] == [first, first]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("CONFIG SET maxmemory 1", "its memory is full"),
        ("REPLICAOF 127.0.0.1 1", "it is a read-only replica"),
        ("ACL SETUSER default -set", "lacks a permission"),
        ("CONFIG SET requirepass other", "refuses this portal's user name or password"),
    ],
)
def test_a_redis_that_refuses_is_a_finding_and_reads_go_on(
    portal: Portal,
    other: Portal,
    open_portal: OpenPortal,
    redis_server: RedisServer,
    command: str,
    reason: str,
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.execute_command(*command.split())
    if "requirepass" in command:
        other = open_portal("other")  # connections that stood already stay signed in

    other.announcements.keep_up()

    (finding,) = other.health().findings
    assert isinstance(finding, RedisFailed)
    assert reason in str(finding)
    assert other.open().table(questions.search.parts("")).table.num_rows


def test_a_redis_that_takes_writes_again_is_no_finding(
    portal: Portal, redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory", 1)
        portal.announcements.keep_up()
        portal.open().table(questions.search.parts(""))
        client.config_set("maxmemory", 0)

    portal.announcements.keep_up()
    portal.open().table(questions.search.parts("a"))

    assert portal.health().findings == ()


def test_replicas_tell_each_other_what_they_serve_and_why(redis_server: RedisServer) -> None:
    url, name = redis_server.url, "serving:test"
    one, two = RedisAttendance(url, name), RedisAttendance(url, name, silent_after_s=1)
    first = Presence("one/1", "20261121T060000Z-00000000")
    second = Presence("two/1", None, "The store can't be reached")
    one.tell(first)

    assert two.tell(second) == (first,)
    assert one.tell(first) == (second,)
    wait_until(lambda: not one.tell(first), within_s=20, problem="a silent replica is still told")
    one.close()
    two.close()


def test_one_that_stops_is_not_told_of_any_more(redis_server: RedisServer) -> None:
    url, name = redis_server.url, "serving:test"
    one, two = RedisAttendance(url, name), RedisAttendance(url, name)
    two.tell(Presence("two/1", None))

    two.close()

    assert one.tell(Presence("one/1", None)) == ()
    one.close()


@pytest.mark.parametrize(
    "forged", [b"", b"not json", b"[]", b'{"name": "x"}', b"\xff", b"[" * 100_000]
)
def test_what_no_replica_says_is_left_out(redis_server: RedisServer, forged: bytes) -> None:
    attendance = RedisAttendance(redis_server.url, "serving:test")
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("farol:serving:test:forged", forged)
        client.sadd("farol:serving:test", "forged")

    assert attendance.tell(Presence("one/1", None)) == ()
    attendance.close()


class TestRingingOverRedis:
    """Whoever announces rings, and the others look at once instead of in a few seconds."""

    LONG_S = 60.0

    @pytest.fixture
    def pair(self, redis_server: RedisServer) -> Iterator[tuple[RedisNote, RedisNote]]:
        """Two replicas' notes, of which the second one listens."""
        notes = RedisNote(redis_server.url, "test"), RedisNote(redis_server.url, "test")
        assert notes[1].wait(self.LONG_S), "who begins to listen may have missed a ring"
        yield notes
        for each in notes:
            each.close()

    def test_a_written_note_is_heard(self, pair: tuple[RedisNote, RedisNote]) -> None:
        pair[0].write(b"news")

        assert pair[1].wait(self.LONG_S)
        assert pair[1].read() == b"news"

    def test_many_rings_ask_for_one_look(self, pair: tuple[RedisNote, RedisNote]) -> None:
        for _ in range(5):
            pair[0].ring()

        assert pair[1].wait(self.LONG_S)
        assert not pair[1].wait(0.1)

    def test_who_listens_to_a_redis_that_was_started_anew_looks_and_hears(
        self, pair: tuple[RedisNote, RedisNote], redis_server: RedisServer
    ) -> None:
        redis_server.stop()
        assert not pair[1].wait(self.LONG_S)
        assert pair[1].problem == "can't be reached"

        redis_server.start()

        assert pair[1].wait(self.LONG_S)
        pair[0].ring()
        assert pair[1].wait(self.LONG_S)
        assert pair[1].problem == ""

    def test_a_subscriber_that_redis_drops_listens_again(
        self, pair: tuple[RedisNote, RedisNote], redis_server: RedisServer
    ) -> None:
        with redis.Redis.from_url(redis_server.url) as client:
            client.client_kill_filter(_type="pubsub")
            wait_until(lambda: pair[1].wait(1.0), within_s=20, problem="it does not listen again")

            pair[0].ring()

        assert pair[1].wait(self.LONG_S)

    def test_a_redis_that_was_slow_for_a_while_is_heard_again(
        self, pair: tuple[RedisNote, RedisNote], redis_server: RedisServer
    ) -> None:
        with redis.Redis.from_url(redis_server.url) as client:
            client.client_pause(2500)  # milliseconds; longer than it is waited for
        meanwhile = pair[1].read()

        def is_written() -> bool:  # as at every look, until it is read there
            pair[0].write(b"news")
            return pair[1].read() == b"news"

        wait_until(is_written, within_s=20, problem="it stays slow")

        assert meanwhile is None
        assert pair[1].wait(self.LONG_S)

    def test_a_redis_that_lets_nobody_listen_says_so_and_keeps_the_note(
        self, redis_server: RedisServer
    ) -> None:
        with redis.Redis.from_url(redis_server.url) as client:
            client.execute_command("ACL", "SETUSER", "default", "resetchannels")
        note = RedisNote(redis_server.url, "test")

        heard = note.wait(self.LONG_S)
        note.write(b"news")

        assert (heard, note.read()) == (False, b"news")
        assert "lacks a permission" in note.problem
        note.close()


class TestJobsOfOtherMachines:
    """What is told of a job by one machine's replicas, those of another find in Redis."""

    JOB = "9f86d081884c7d65"

    @pytest.mark.parametrize(("is_running", "longest_s"), [(True, 60), (False, 7 * 86_400)])
    def test_one_is_found_until_it_is_not_told_of_any_more(
        self, redis_server: RedisServer, tmp_path: Path, *, is_running: bool, longest_s: int
    ) -> None:
        here, there = (
            JobRecords(tmp_path / name, RedisRecords(redis_server.url, "job:test"))
            for name in ("here", "there")
        )

        here.keep(self.JOB, {"status": "some"}, is_running=is_running)

        assert there.find(self.JOB) == JobRecord({"status": "some"}, is_running)
        with redis.Redis.from_url(redis_server.url) as client:
            assert 0 < client.ttl(f"farol:job:test:{self.JOB}") <= longest_s
        here.close()
        there.close()

    def test_while_redis_is_down_none_is_said_to_be_unknown(
        self, redis_server: RedisServer, tmp_path: Path
    ) -> None:
        records = JobRecords(tmp_path / "jobs", RedisRecords(redis_server.url, "job:test"))
        redis_server.stop()

        with pytest.raises(RedisFailed, match="can't be reached"):
            records.find(self.JOB)
        records.keep(self.JOB, {}, is_running=True)
        records.close()
