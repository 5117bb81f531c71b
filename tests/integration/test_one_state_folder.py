"""Several processes on one state folder, as the replicas of one machine are: real ones, by HTTP."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import operator
from datalayer.access.users import open_users
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.integration.servers import wait_until
from tests.publisher import Publisher
from tests.redis_server import running_redis
from tests.running_portal import RunningPortal, running_portal

WITHIN_S = 120.0
REFRESH = "/api/v1/data/refresh"


@dataclass(frozen=True)
class SharingReplicas:
    """Running replicas on one state folder.

    Attributes:
        keys: An API key of each scope.
        settings: What a further replica is started with.
    """

    portals: tuple[RunningPortal, ...]
    state: Path
    publisher: Publisher
    keys: Mapping[Scope, str]
    settings: Mapping[str, str]

    def get(self, place: int, path: str) -> httpx.Response:
        """Ask one of the replicas."""
        headers = {"X-API-Key": self.keys[Scope.REFRESH]}
        address = self.portals[place].address
        return httpx.get(f"{address}{path}", headers=headers, timeout=WITHIN_S)

    def refresh(self, place: int, scope: Scope = Scope.REFRESH) -> httpx.Response:
        """Tell one of the replicas to activate the latest publication."""
        body = {"source": "ml_results", "confirm": True}
        headers = {"X-API-Key": self.keys[scope]}
        address = f"{self.portals[place].address}{REFRESH}"
        return httpx.post(address, json=body, headers=headers, timeout=WITHIN_S)

    def ended(self, place: int, begun: httpx.Response) -> dict[str, Any]:
        """Return what one of the replicas tells of a job once it has ended."""
        assert begun.status_code == 202, begun.text
        told: dict[str, Any] = {}

        def is_over() -> bool:
            answer = self.get(place, begun.headers["location"])
            assert answer.status_code == 200, answer.text
            told.update(answer.json())
            return told["status"] != "running"

        wait_until(is_over, within_s=WITHIN_S, problem="the job does not end")
        return told

    def activate(self, place: int, asked: int) -> Manifest:
        """Publish, activate on one replica, and return once another one says that it is done."""
        manifest = self.publisher.publish()
        assert self.ended(asked, self.refresh(place))["outcome"] == "activated"
        return manifest

    def served(self) -> list[str]:
        """Return what each replica serves."""
        return [
            self.get(place, "/health").json()["publication_id"]
            for place in range(len(self.portals))
        ]

    def recorded(self) -> Counter[tuple[str, str]]:
        """Count the lines of the audit log by action and outcome."""
        entries = AuditLog(self.state / "audit.jsonl").entries(10_000)
        return Counter((each.action, each.outcome) for each in entries)


@contextmanager
def running_fleet(
    folder: Path, registry: Registry, count: int, **more: str
) -> Iterator[SharingReplicas]:
    """Start replicas at once on an empty state folder, for the block."""
    state = folder / "state"
    settings = {
        "FAROL_STORE": str(folder / "store"),
        "FAROL_STATE": str(state),
        "FAROL_KEEP_SNAPSHOTS": "2",
        **more,
    }
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:

        def start(place: int) -> RunningPortal:
            own = folder / f"replica-{place}"
            own.mkdir()
            return stack.enter_context(running_portal(own, **settings))

        portals = tuple(pool.map(start, range(count)))
        keys = {
            scope: ApiKeys(state).add(scope.value, scope, by=operator(), expires_in_s=None)
            for scope in Scope
        }
        publisher = Publisher(FolderStore(folder / "store"), registry)
        yield SharingReplicas(portals, state, publisher, keys, settings)


@pytest.fixture(scope="module")
def fleet(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry
) -> Iterator[SharingReplicas]:
    """Three replicas that also share a Redis with others."""
    folder = tmp_path_factory.mktemp("fleet")
    with (
        running_redis(folder) as server,
        running_fleet(folder, registry, 3, FAROL_REDIS_URL=server.url) as fleet,
    ):
        yield fleet


class TestStartedAtOnce:
    def test_one_first_admin_is_made_and_told_once(self, fleet: SharingReplicas) -> None:
        told = [each.log.read_text().count("First start: sign in as") for each in fleet.portals]

        assert sum(told) == 1
        assert list(open_users(fleet.state).read()) == ["admin"]
        assert fleet.recorded()["user_add", "done"] == 1

    def test_a_key_that_is_made_opens_all_of_them(self, fleet: SharingReplicas) -> None:
        for place in range(3):
            answer = fleet.get(place, f"{REFRESH}/0123456789abcdef")
            assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (
                404,
                "unknown-job",
            )


class TestActivatingOnOneFolder:
    def test_what_one_activates_all_serve_at_their_next_read(self, fleet: SharingReplicas) -> None:
        manifest = fleet.activate(0, asked=1)

        assert fleet.served() == [manifest.publication_id] * 3

    def test_nobody_answers_with_what_was_kept_of_the_one_before(
        self, fleet: SharingReplicas
    ) -> None:
        fleet.activate(0, asked=0)
        before = [fleet.get(2, "/api/v1/items?limit=1").json()["metadata"] for _ in range(3)]

        manifest = fleet.activate(1, asked=2)

        after = fleet.get(2, "/api/v1/items?limit=1").json()["metadata"]
        assert after["publication_id"] == manifest.publication_id
        assert all(each["publication_id"] != manifest.publication_id for each in before)

    def test_it_is_done_and_recorded_once_and_followed_by_none_of_them(
        self, fleet: SharingReplicas
    ) -> None:
        before = fleet.recorded()

        fleet.activate(2, asked=0)

        assert fleet.recorded() - before == {("activate", "activated"): 1}

    def test_what_is_pruned_meanwhile_is_read_whole_or_gone(self, fleet: SharingReplicas) -> None:
        pinned = fleet.activate(0, asked=0).publication_id
        address = f"/api/v1/items?p={pinned}&limit="
        with ThreadPoolExecutor(1) as pool:
            reads = pool.submit(lambda: [fleet.get(1, f"{address}{n}") for n in range(1, 100)])
            for _ in range(3):
                fleet.activate(2, asked=2)
            found = reads.result()

        last = fleet.get(1, f"{address}200")
        assert {each.status_code for each in found} <= {200, 410}
        assert last.status_code == 410
        for each in found:
            assert each.status_code == 410 or each.json()["metadata"]["publication_id"] == pinned


def wait_until_it_follows(state: Path, manifest: Manifest) -> None:
    """Wait until a portal with that *state* has taken over what others serve."""
    audit = AuditLog(state / "audit.jsonl")
    wait_until(
        lambda: any(each.publication_id == manifest.publication_id for each in audit.entries(100)),
        within_s=WITHIN_S,
        problem="the other one does not follow",
    )


class TestFollowing:
    def test_one_of_them_follows_for_all(
        self, fleet: SharingReplicas, tmp_path: Path, registry: Registry
    ) -> None:
        served = fleet.activate(0, asked=0)
        before = fleet.recorded()
        state = tmp_path / "state"
        with running_portal(tmp_path, **fleet.settings | {"FAROL_STATE": str(state)}) as other:
            wait_until_it_follows(state, served)
            manifest = fleet.publisher.publish()
            activation = RunningPortal.command(other, "datalayer", "activate", "--confirm")
            wait_until(
                lambda: fleet.served() == [manifest.publication_id] * 3,
                within_s=WITHIN_S,
                problem=f"not all of them follow: {activation}",
            )
            wait_until(
                lambda: fleet.recorded()["follow", "activated"] > 0,
                within_s=WITHIN_S,
                problem="nobody has recorded it",
            )

        assert fleet.recorded() - before == {("follow", "activated"): 1}

    def test_what_none_of_them_can_follow_is_tried_by_one_and_told_by_all(
        self, fleet: SharingReplicas, tmp_path: Path
    ) -> None:
        served = fleet.activate(0, asked=0)
        before = fleet.recorded()
        state = tmp_path / "state"
        with running_portal(tmp_path, **fleet.settings | {"FAROL_STATE": str(state)}) as other:
            wait_until_it_follows(state, served)
            fleet.publisher.publish()
            RunningPortal.command(other, "datalayer", "inspect")
            fleet.publisher.withhold("dim_item")
            RunningPortal.command(other, "datalayer", "activate", "--confirm")

            def all_tell() -> bool:
                health = [fleet.get(place, "/health").json() for place in range(3)]
                return all("dim_item" in each["problem"] for each in health)

            def the_other_tells() -> bool:
                theirs = httpx.get(f"{other.address}/health", timeout=WITHIN_S).json()
                return any(
                    each.startswith("3 of 4 replicas can't serve") for each in theirs["findings"]
                )

            wait_until(all_tell, within_s=WITHIN_S, problem="not all of them tell")
            wait_until(the_other_tells, within_s=WITHIN_S, problem="the other one does not tell")

        assert fleet.served() == [served.publication_id] * 3
        assert (fleet.recorded() - before).keys() == {("follow", "rejected")}
        fleet.activate(1, asked=2)


class TestRecording:
    def test_lines_of_all_of_them_make_one_chain(self, fleet: SharingReplicas) -> None:
        before = fleet.recorded()["activate", "refused"]

        with ThreadPoolExecutor(12) as pool:
            refused = list(pool.map(lambda n: fleet.refresh(n % 3, Scope.READ), range(60)))

        assert {each.status_code for each in refused} == {403}
        assert fleet.recorded()["activate", "refused"] == before + 60
        assert AuditLog(fleet.state / "audit.jsonl").verify().broken is None


class TestKilled:
    """One is killed while it brings a publication in; there is no Redis to tell of it."""

    @pytest.fixture
    def pair(self, tmp_path: Path, registry: Registry) -> Iterator[SharingReplicas]:
        with running_fleet(tmp_path, registry, 2) as fleet:
            fleet.activate(0, asked=1)
            yield fleet

    def test_the_others_go_on(self, pair: SharingReplicas, tmp_path: Path) -> None:
        served = pair.served()[1]
        wanted = pair.publisher.publish()
        stuck = FileThatNeverComes(tmp_path / "store" / wanted.file("dim_item").path)
        begun = pair.refresh(0)
        while_it_runs = pair.get(1, begun.headers["location"]).json()
        beside = pair.refresh(1)
        (tmp_path / "another").mkdir()
        with running_portal(tmp_path / "another", **pair.settings):  # clears up nothing of this
            staged = [path.name for path in (pair.state / "staging").iterdir()]

        os.kill(pair.portals[0].pid, signal.SIGKILL)
        told = pair.ended(1, begun)
        stuck.comes()
        again = pair.ended(1, pair.refresh(1))

        assert while_it_runs["status"] == "running"
        assert while_it_runs["publication_id"] == wanted.publication_id
        assert beside.status_code == 409
        assert staged == [f"{wanted.publication_id}.partial"]
        assert (told["status"], told["problem"]["status"]) == ("failed", 503)
        assert "ended in the middle of it" in told["message"]
        assert (again["status"], again["publication_id"]) == ("succeeded", wanted.publication_id)
        assert served != wanted.publication_id
        assert pair.recorded()["activate", "interrupted"] == 1
        assert AuditLog(pair.state / "audit.jsonl").verify().broken is None


class FileThatNeverComes:
    """A file of the store that takes whoever reads it for ever, until it comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = path.read_bytes()
        path.unlink()
        os.mkfifo(path)

    def comes(self) -> None:
        self._path.unlink()
        self._path.write_bytes(self._content)
