"""Sending: again with growing pauses, in order, given up at last, and in nobody's way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datalayer.access.audit.log import AuditEntry, AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import NotAllowed, NoticeNotTaken
from datalayer.notices.notice import Notice
from datalayer.notices.sender import PAUSES_S, NoticeSender
from datalayer.notices.webhook import Webhook
from datalayer.publications.switches import Switch
from tests.receiving_host import (
    FAILED,
    GONE,
    SILENT,
    TAKEN,
    ReceivingHost,
    moved_to,
    receiving_host,
)
from tests.redis_server import free_port

LONG_S = 30.0
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIRST, SECOND = "20261114T060000Z-00000001", "20261121T060000Z-00000002"
ADMIN = Identity("cli:ana", Role.ADMIN)


def switch(number: int = 2, action: str = "activate") -> Switch:
    return Switch(number, NOON, FIRST, SECOND, action, is_return=False)


class Sending:
    """A sender to an address, whose pauses end at once and are counted."""

    def __init__(self, folder: Path, url: str, *, timeout_s: float = 5.0) -> None:
        self.paused: list[float] = []
        self.audit = AuditLog(folder / "audit.jsonl")
        self.sender = NoticeSender(
            Webhook(url, bytes(32), timeout_s),
            lambda each: Notice(each, None),
            "https://farol.example/f",
            self.audit,
            lambda: NOON,
            self.paused.append,
        )

    def send(self, *switches: Switch) -> list[AuditEntry]:
        """Send, and return what the audit log says of it, the first line first."""
        for each in switches:
            self.sender.tell(each)
        assert self.sender.finish(LONG_S)
        return list(reversed(self.audit.entries(99)))


Begin = Callable[..., Sending]


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Sending] = []

    def begin(url: str, *, timeout_s: float = 5.0) -> Sending:
        begun.append(Sending(tmp_path, url, timeout_s=timeout_s))
        return begun[-1]

    yield begin
    for each in begun:
        each.sender.close()


def bodies(host: ReceivingHost) -> list[dict[str, object]]:
    return [json.loads(each.body) for each in host.received]


def test_a_notice_says_what_took_the_place_of_what(sending: Begin) -> None:
    with receiving_host(TAKEN) as host:
        (entry,) = sending(host.url).send(switch())

    (body,) = bodies(host)
    assert body["type"] == "publication.activated"
    assert body["timestamp"] == NOON.isoformat()
    data = body["data"]
    assert isinstance(data, dict)
    assert data["before"]["publication_id"] == FIRST
    assert data["after"]["publication_id"] == SECOND
    assert data["links"] == {
        "monday": "https://farol.example/f/",
        "changes": f"https://farol.example/f/changes?before={FIRST}&after={SECOND}",
    }
    assert host.received[0].headers["webhook-id"] == str(switch().id)
    assert (entry.action, entry.outcome, entry.publication_id) == ("notice", "sent", SECOND)


def test_one_that_fails_is_sent_again_under_the_same_id(sending: Begin) -> None:
    with receiving_host(FAILED, FAILED, TAKEN) as host:
        found = sending(host.url)
        (entry,) = found.send(switch())

    assert len({each.headers["webhook-id"] for each in host.received}) == 1
    assert len(host.received) == entry.details["tries"] == 3
    assert found.paused == list(PAUSES_S[:2])
    assert found.sender.problem is None


def test_it_is_given_up_after_the_last_pause(sending: Begin) -> None:
    with receiving_host(FAILED) as host:
        found = sending(host.url)
        (entry,) = found.send(switch())

    assert entry.outcome == "given_up"
    assert "answered 500" in str(entry.details["reason"])
    assert len(host.received) == len(PAUSES_S) + 1
    assert found.paused == list(PAUSES_S)


@pytest.mark.parametrize("answer", [moved_to("http://127.0.0.1:9/"), FAILED])
def test_the_next_one_is_sent_whatever_became_of_the_one_before(
    sending: Begin, answer: bytes
) -> None:
    with receiving_host(*[answer] * (len(PAUSES_S) + 1), TAKEN) as host:
        entries = sending(host.url).send(switch(2), switch(3))

    assert [each.outcome for each in entries] == ["given_up", "sent"]


def test_a_host_that_wants_none_any_more_is_not_asked_again(sending: Begin) -> None:
    with receiving_host(GONE) as host:
        found = sending(host.url)
        (entry,) = found.send(switch())

    assert (entry.outcome, len(host.received), found.paused) == ("given_up", 1, [])


def test_a_closed_port_is_given_up_in_the_end(sending: Begin) -> None:
    (entry,) = sending(f"http://127.0.0.1:{free_port()}/").send(switch())

    assert entry.outcome == "given_up"


def test_what_another_replica_did_is_told_by_that_one(sending: Begin) -> None:
    with receiving_host(TAKEN) as host:
        entries = sending(host.url).send(switch(action="follow"))

    assert (host.received, entries) == ([], [])


def test_who_switches_does_not_wait_for_a_host_that_hangs(sending: Begin) -> None:
    with receiving_host(SILENT) as host:
        found = sending(host.url)
        found.sender.tell(switch())

        assert not found.sender.finish(0)


def test_the_end_comes_at_once_between_two_tries(tmp_path: Path) -> None:
    paused, audit = threading.Event(), AuditLog(tmp_path / "audit.jsonl")
    webhook = Webhook(f"http://127.0.0.1:{free_port()}/", bytes(32), 1.0)
    sender = NoticeSender(webhook, lambda each: Notice(each, None), "", audit, lambda: NOON)
    wait = sender._pause

    def pause(pause_s: float) -> object:
        paused.set()
        return wait(pause_s)

    sender._pause = pause
    sender.tell(switch())
    assert paused.wait(LONG_S)

    sender.close()

    (entry,) = audit.entries(9)
    assert entry.outcome == "given_up"
    assert "the process ended" in str(entry.details["reason"])


class TestSendingNow:
    def test_a_test_says_that_it_is_one(self, sending: Begin) -> None:
        with receiving_host(TAKEN) as host:
            found = sending(host.url)
            found.sender.send_now(Notice(switch(), None), ADMIN, test=True)

        (body,) = bodies(host)
        assert body["type"] == "test"
        assert host.received[0].headers["webhook-id"] == f"test-{switch().id}"
        assert found.audit.entries(1)[0].actor == ADMIN.name

    def test_the_caller_hears_why_it_was_not_taken(self, sending: Begin) -> None:
        with receiving_host(FAILED) as host:
            found = sending(host.url)
            with pytest.raises(NoticeNotTaken, match="answered 500"):
                found.sender.send_now(Notice(switch(), None), ADMIN)

        assert len(host.received) == 1
        assert found.audit.entries(1)[0].outcome == "given_up"

    def test_it_is_for_administrators(self, sending: Begin) -> None:
        with receiving_host(TAKEN) as host:
            found = sending(host.url)
            with pytest.raises(NotAllowed):
                found.sender.send_now(Notice(switch(), None), Identity("paulo", Role.PLANNER))

        assert host.received == []
