"""A portal with a webhook: what is told of an activation, which waits for nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from datalayer.portal import Portal
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.receiving_host import SILENT, TAKEN, ReceivingHost, receiving_host

SECRET = "whsec_q8Tz0nXvK3mYw5hLr2JdPbUe7CsGfA9iNoVxR4kWtE0="
LONG_S = 60.0

Told = Callable[[ReceivingHost], Portal]


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Told]:
    with ExitStack() as stack:

        def open_portal(host: ReceivingHost) -> Portal:
            portal = make_portal(
                tmp_path,
                public_origin="https://farol.example",
                path_prefix="/f",
                webhook_hosts="127.0.0.1",
                webhook_plain_http=True,
                webhook_secret=SECRET,
                webhook_url=host.url,
            )
            stack.callback(portal.close)
            return portal

        yield open_portal


def test_every_switch_is_sent_in_its_order_with_its_effect(
    telling: Told, publisher: Publisher
) -> None:
    with receiving_host(TAKEN) as host:
        portal = telling(host)
        for _ in range(2):
            publisher.publish(items=4)
            portal.activate(ADMIN)
        portal.roll_back(ADMIN)
        assert portal.notice_sender
        assert portal.notice_sender.finish(LONG_S)

    sent = [json.loads(each.body) for each in host.received]
    first, second = (each.publication_id for each in publisher.published)
    assert [each["data"]["after"]["publication_id"] for each in sent] == [first, second, first]
    assert [each["type"].partition(".")[2] for each in sent] == [
        *("activated", "activated", "returned"),
    ]
    assert "Proposed orders: " in sent[1]["data"]["effect"]["en"]
    assert sent[1]["data"]["links"]["monday"] == "https://farol.example/f/"


def test_an_activation_does_not_wait_for_a_host_that_hangs(
    telling: Told, publisher: Publisher
) -> None:
    with receiving_host(SILENT) as host:
        portal = telling(host)
        publisher.publish(items=2)

        portal.activate(ADMIN)

        assert portal.open().id == publisher.latest.publication_id
        assert portal.notice_sender
        assert not portal.notice_sender.finish(0)


def test_what_changes_nothing_is_not_told(telling: Told, publisher: Publisher) -> None:
    with receiving_host(TAKEN) as host:
        portal = telling(host)
        publisher.publish(items=2)
        portal.inspect(ADMIN)
        portal.activate(ADMIN)
        portal.activate(ADMIN)
        assert portal.notice_sender
        assert portal.notice_sender.finish(LONG_S)

    assert len(host.received) == 1
