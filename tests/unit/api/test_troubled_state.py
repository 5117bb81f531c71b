"""A state folder that takes no writes: reads go on, what needs it is refused, no path is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from datalayer.access.api_keys import Scope
from datalayer.access.identity import Role
from datalayer.kernel.errors import StateUnavailable
from tests.api_addresses import reads
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import PASSWORD, ServedPortal, served_portal
from tests.unit.publications.full_disk import READ_ONLY, Disk, small_disk

REFRESH = "/api/v1/data/refresh"
ROLL_BACK = "/api/v1/data/rollback"
TEMPORARY = (503, "temporarily-unavailable")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """The disk of the state folder."""
    with small_disk(tmp_path, size_bytes=20_000_000) as disk:
        yield disk


@pytest.fixture(params=[Disk.fill, Disk.protect], ids=["full", "read-only"])
def served(
    request: pytest.FixtureRequest, publisher: Publisher, tmp_path: Path, disk: Disk
) -> Iterator[ServedPortal]:
    """A portal whose disk failed after it had served two publications."""
    with served_portal(tmp_path, state=disk.folder / "var") as served:
        for _ in range(2):
            publisher.publish()
            served.portal.activate(ADMIN)
        served.key(Scope.REFRESH)
        served.cookie("ana", Role.ADMIN)
        getattr(disk, request.param.__name__)()
        yield served
        disk.empty()


def kind(answer: httpx.Response) -> tuple[int, str]:
    """Status and slug of a problem."""
    content = answer.json()
    return content["status"], content["type"].rpartition("/")[2]


def test_reads_go_on_and_health_says_what_is_wrong(served: ServedPortal) -> None:
    served.get("/health")
    served.portal.state_watch.wait_for_answer()

    health = served.get("/health")

    # What is taken away leaves a line in the audit, or stays; jobs are for administrators.
    kept = r"/extracts/|/(inventory|buy-list|naive-nearer)\.csv|/orders|/files/|/data/"
    addresses = [each for each in reads(served) if not re.search(kept, each)]
    assert {served.get(address).status_code for address in addresses} == {200}
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    (finding,) = health.json()["findings"]
    assert finding.startswith("The state file var can't be written")


@pytest.mark.parametrize(
    ("address", "body"), [(REFRESH, {"source": "ml_results"}), (ROLL_BACK, {})]
)
def test_changes_are_refused_for_the_moment(
    served: ServedPortal, address: str, body: dict[str, str]
) -> None:
    answer = served.call("POST", address, {"X-API-Key": served.key(Scope.REFRESH)}, json=body)

    assert kind(answer) == TEMPORARY
    assert str(served.settings.state.parent) not in answer.text


def test_nobody_is_signed_in_unseen(served: ServedPortal) -> None:
    with pytest.raises(StateUnavailable, match=READ_ONLY) as refused:
        served.accounts.sign_in("ana", PASSWORD)

    assert str(served.settings.state.parent) not in str(refused.value)


def test_with_room_again_all_goes_on(served: ServedPortal, disk: Disk) -> None:
    disk.empty()

    answer = served.call("POST", ROLL_BACK, {"X-API-Key": served.key(Scope.REFRESH)}, json={})

    assert answer.status_code == 202
    served.portal.jobs.get(answer.json()["job_id"], ADMIN).outcome()


class TestAnAuditThatCanNotBeWritten:
    """What must not happen unseen is refused for the moment, and reads go on."""

    @pytest.fixture
    def unaudited(self, publisher: Publisher, tmp_path: Path) -> Iterator[ServedPortal]:
        """A portal with a folder where its audit log should be."""
        with served_portal(tmp_path) as served:
            publisher.publish()
            served.portal.activate(ADMIN)
            served.key(Scope.REFRESH)
            audit = served.settings.state / "audit.jsonl"
            audit.rename(audit.with_name("audit.moved"))
            audit.mkdir()
            yield served

    def test_is_a_finding(self, unaudited: ServedPortal) -> None:
        unaudited.get("/health")
        unaudited.portal.state_watch.wait_for_answer()

        (finding,) = unaudited.get("/health").json()["findings"]

        assert finding == "The state file audit.jsonl can't be used: Is a directory"

    @pytest.mark.parametrize(
        ("method", "address"), [("POST", ROLL_BACK), ("GET", "/api/v1/extracts/dim_item.csv")]
    )
    def test_refuses_what_it_should_record(
        self, unaudited: ServedPortal, method: str, address: str
    ) -> None:
        body = {"json": {}} if method == "POST" else {}

        answer = unaudited.call(
            method, address, {"X-API-Key": unaudited.key(Scope.REFRESH)}, **body
        )

        assert kind(answer) == TEMPORARY
        assert str(unaudited.settings.state) not in answer.text
        assert unaudited.get("/api/v1/items").status_code == 200
