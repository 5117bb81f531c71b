"""The one object that pages and API call: it follows the active publication and never mixes."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from datalayer import runtime
from datalayer.kernel.contract.report import ValidationFailed
from datalayer.kernel.errors import (
    NotAllowed,
    NothingPublished,
    NotSigned,
    ReadFailed,
    StoreError,
    TrustedKeysUnusable,
    UnknownPublication,
    UnknownSigner,
)
from datalayer.portal import Portal, SeriesSelection
from datalayer.publications.stages import AlreadyCurrent
from datalayer.publications.store_watch import StoreWatch
from datalayer.reading import questions
from tests.portals import ADMIN, PLANNER, ROOT, make_portal, portal_settings, unreachable_store
from tests.publisher import Publisher, set_value
from tests.reading import series_of
from tests.redis_server import free_port
from tests.signing import KEY, STRANGER, sign_in, write_trusted
from tests.unit.publications.full_disk import small_disk

READERS = 6
SWITCHES = 100


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


def grown_contract(folder: Path) -> Path:
    """Write this repository's contract with one more optional column; return its file."""
    contract = json.loads((ROOT / "schema_registry.json").read_text(encoding="utf-8"))
    stock = next(each for each in contract["schema"] if each["name"] == "fact_inventory")
    column = next(each for each in stock["properties"] if each["name"] == "on_order")
    stock["properties"].append({**column, "name": "on_loan"})
    path = folder / "grown.json"
    path.write_text(json.dumps(contract), encoding="utf-8")
    return path


class TestUpgrade:
    def test_what_is_active_and_kept_is_served_by_a_portal_whose_contract_has_grown(
        self, tmp_path: Path, publisher: Publisher
    ) -> None:
        older = make_portal(tmp_path)
        manifests = []
        for salt in ("first", "second"):
            manifests.append(publisher.publish(salt=salt))
            older.activate(ADMIN)
        older.close()

        newer = make_portal(tmp_path, registry=grown_contract(tmp_path))

        assert newer.health().status == "ok"
        for manifest in manifests:
            publication = newer.open(manifest.publication_id)
            rows = publication.table(questions.inventory.of_item("P00001")).table.to_pylist()
            assert {row["on_loan"] for row in rows} == {None}
        assert newer.roll_back(ADMIN).publication_id == manifests[0].publication_id
        newer.close()


class TestOpen:
    def test_on_a_full_disk_the_active_publication_is_served_after_a_restart(
        self, tmp_path: Path, publisher: Publisher
    ) -> None:
        with small_disk(tmp_path) as disk:
            first = make_portal(tmp_path, state=disk.folder)
            manifest = publisher.publish(items=2)
            first.activate(ADMIN)
            first.close()
            disk.fill()

            again = make_portal(tmp_path, state=disk.folder)

            assert again.open().manifest == manifest
            assert again.open().table(questions.search.parts("")).table.num_rows == 2
            again.close()

    def test_nothing_is_read_before_something_is_active(self, portal: Portal) -> None:
        with pytest.raises(NothingPublished):
            portal.open()

    def test_the_active_publication_is_opened(self, portal: Portal, publisher: Publisher) -> None:
        manifest = publisher.publish()

        portal.activate(ADMIN)

        assert portal.open().manifest == manifest

    def test_an_open_publication_stays_the_same_when_another_becomes_active(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish(items=4)
        portal.activate(ADMIN)
        publication = portal.open()
        publisher.publish(items=6)

        portal.activate(ADMIN)

        assert publication.table(questions.search.parts("")).table.num_rows == 4
        assert portal.open().table(questions.search.parts("")).table.num_rows == 6

    def test_a_kept_publication_opens_by_its_id(self, portal: Portal, publisher: Publisher) -> None:
        first = publisher.publish(items=4)
        portal.activate(ADMIN)
        publisher.publish(items=6)
        portal.activate(ADMIN)

        assert (
            portal.open(first.publication_id).table(questions.search.parts("")).table.num_rows == 4
        )

    @pytest.mark.parametrize(
        "publication_id", ["20261121T060000Z-00000000", "../../etc", "x" * 300, "'; drop"]
    )
    def test_an_unknown_publication_is_refused_with_the_nearest(
        self, portal: Portal, publisher: Publisher, publication_id: str
    ) -> None:
        manifest = publisher.publish()
        portal.activate(ADMIN)

        with pytest.raises(UnknownPublication) as refusal:
            portal.open(publication_id)

        assert refusal.value.nearest == manifest.publication_id

    def test_a_switch_by_another_process_arrives(
        self, portal: Portal, publisher: Publisher, tmp_path: Path
    ) -> None:
        publisher.publish()
        portal.activate(ADMIN)
        portal.open()
        second = publisher.publish()
        command_line = make_portal(tmp_path)

        command_line.activate(ADMIN)

        assert portal.open().manifest.publication_id == second.publication_id
        command_line.close()

    def test_a_restarted_portal_serves_what_was_active(
        self, portal: Portal, publisher: Publisher, tmp_path: Path
    ) -> None:
        manifest = publisher.publish()
        portal.activate(ADMIN)
        portal.close()

        restarted = make_portal(tmp_path)

        assert restarted.open().manifest == manifest
        assert restarted.open().loaded_at == portal.snapshots.all()[0].loaded_at
        restarted.close()

    def test_an_active_publication_that_can_not_be_served_leaves_the_one_before(
        self, portal: Portal, publisher: Publisher, tmp_path: Path
    ) -> None:
        first = publisher.publish()
        portal.activate(ADMIN)
        portal.open()
        second = publisher.publish()
        other = make_portal(tmp_path)
        other.activate(ADMIN)
        folder = tmp_path / "var" / "snapshots" / second.publication_id
        folder.chmod(0o755)
        (folder / "dim_item.parquet").unlink()

        served = portal.open().manifest

        health = portal.health()
        assert served == first
        assert health.status == "degraded"
        assert second.publication_id in health.problem
        other.close()

    def test_a_publication_pruned_by_another_process_is_unknown(
        self, portal: Portal, publisher: Publisher, tmp_path: Path
    ) -> None:
        first = publisher.publish()
        portal.activate(ADMIN)
        portal.open()
        command_line = make_portal(tmp_path, keep_snapshots=2)
        for _ in range(2):
            publisher.publish()
            command_line.activate(ADMIN)

        portal.open()

        assert first.publication_id not in portal.database.attached()
        with pytest.raises(UnknownPublication):
            portal.open(first.publication_id)
        command_line.close()

    def test_a_pruned_publication_is_let_go_of(self, publisher: Publisher, tmp_path: Path) -> None:
        portal = make_portal(tmp_path, keep_snapshots=2)
        for _ in range(3):
            publisher.publish()
            portal.activate(ADMIN)

        assert len(portal.snapshots.all()) == 2
        assert len(portal.database.attached()) == 2
        portal.close()

    def test_a_read_costs_its_query_once(self, portal: Portal, publisher: Publisher) -> None:
        publisher.publish()
        portal.activate(ADMIN)

        first = series_of(portal.open(), SeriesSelection("P00001")).table

        assert series_of(portal.open(), SeriesSelection("P00001")).table is first

    def test_freshness_follows_the_clock_given(self, publisher: Publisher, tmp_path: Path) -> None:
        manifest = publisher.publish()
        portal = make_portal(tmp_path, lambda: manifest.generated_at + timedelta(hours=40))
        portal.activate(ADMIN)

        assert set(portal.open().freshness().values()) == {"due"}
        portal.close()


class TestAdministration:
    def test_activating_what_is_active_changes_nothing(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish()
        portal.activate(ADMIN)

        assert isinstance(portal.activate(ADMIN), AlreadyCurrent)

    def test_rolling_back_returns_to_the_one_before(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        first = publisher.publish()
        portal.activate(ADMIN)
        publisher.publish()
        portal.activate(ADMIN)

        portal.roll_back(ADMIN)

        assert portal.open().manifest == first

    def test_a_refused_publication_leaves_the_active_one_serving(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        first = publisher.publish()
        portal.activate(ADMIN)
        tables = publisher.tables()
        tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 0, -1.0)
        publisher.publish(tables=tables)

        with pytest.raises(ValidationFailed):
            portal.activate(ADMIN)

        assert portal.open().manifest == first
        assert portal.health().status == "ok"

    @pytest.mark.parametrize("action", ["inspect", "activate", "roll_back", "prune"])
    def test_a_planner_administers_nothing(self, portal: Portal, action: str) -> None:
        with pytest.raises(NotAllowed):
            getattr(portal, action)(PLANNER)

        assert portal.audit.entries(50)[0].actor == PLANNER.name

    def test_a_candidate_is_compared_with_the_active_one(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        publisher.publish(items=4)
        portal.activate(ADMIN)
        publisher.publish(items=6)
        candidate = portal.inspect(ADMIN)

        compared = {each.data_set: each for each in portal.compare(candidate.manifest)}

        assert candidate.report.passed
        assert compared["dim_item"].candidate_rows == 6
        assert compared["dim_item"].active_rows == 4

    def test_a_first_candidate_is_compared_with_nothing(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        assert {each.active_rows for each in portal.compare(publisher.publish())} == {None}

    def test_the_store_tells_its_latest(self, portal: Portal, publisher: Publisher) -> None:
        manifest = publisher.publish()

        state = portal.store_state()

        assert (state.reachable, state.latest, state.problem) == (True, manifest, None)

    def test_an_empty_store_is_reachable_and_says_what_it_lacks(self, portal: Portal) -> None:
        state = portal.store_state()

        assert state.reachable
        assert state.latest is None
        assert "metadata.json" in str(state.problem)

    def test_an_unreachable_store_is_part_of_the_answer(self, tmp_path: Path) -> None:
        portal = make_portal(tmp_path, **unreachable_store())

        state = portal.store_state()

        assert not state.reachable
        assert isinstance(state.problem, StoreError)
        portal.close()


class TestHealth:
    def test_a_portal_without_publication_is_empty(self, portal: Portal) -> None:
        health = portal.health()

        assert health.status == "empty"
        assert health.publication_id is None

    def test_a_serving_portal_is_ok_and_says_what_it_serves(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        manifest = publisher.publish()
        portal.activate(ADMIN)

        health = portal.health()

        assert health.status == "ok"
        assert health.readiness == "ready"
        assert health.publication is not None
        assert health.publication.publication_id == manifest.publication_id
        assert health.publication.data_through == manifest.data_through
        assert health.publication.generated_at == manifest.generated_at
        assert health.publication.model_version == manifest.model_version
        assert health.ml_dependencies.status == "pass"

    def test_an_unreachable_redis_is_a_degraded_portal_that_answers(
        self, publisher: Publisher, tmp_path: Path
    ) -> None:
        publisher.publish()
        portal = make_portal(tmp_path, redis_url=f"redis://127.0.0.1:{free_port()}/0")
        portal.activate(ADMIN)

        rows = portal.open().table(questions.search.parts("")).table.num_rows

        assert rows == 6
        assert portal.health().cache["state"] == "down"
        assert portal.health().status == "degraded"
        portal.close()

    def test_health_never_waits_for_the_store(self) -> None:
        may_answer = threading.Event()
        watch = StoreWatch(may_answer.wait, lambda: None)

        answers = [watch.last_answer().reach for _ in range(100)]

        may_answer.set()
        assert answers == ["unknown"] * 100

    def test_an_unreachable_store_is_known_without_asking_again(self) -> None:
        asked: list[int] = []
        failed = threading.Event()

        def fail() -> None:
            asked.append(1)
            failed.set()
            raise StoreError(address="s3://bucket", problem="does not answer")

        watch = StoreWatch(fail, lambda: None)
        watch.last_answer()
        failed.wait()
        watch.wait_for_answer()

        answers = {watch.last_answer().reach for _ in range(10)}

        assert answers == {"unreachable"}
        assert len(asked) == 1

    def test_a_loaded_ml_module_degrades_the_portal(
        self, portal: Portal, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publisher.publish()
        portal.activate(ADMIN)
        monkeypatch.setitem(__import__("sys").modules, "torch", threading)

        health = portal.health()

        assert health.status == "degraded"
        assert health.ml_dependencies.violations == ("module:torch",)
        assert [str(each) for each in health.findings] == [
            "Machine learning is deployed here: module:torch"
        ]


def test_readers_never_fail_or_mix_while_an_admin_switches(
    portal: Portal, publisher: Publisher
) -> None:
    items = {publisher.publish(items=count).publication_id: count for count in (2, 3)}
    for publication_id in items:
        portal.activate(ADMIN, publication_id)
    ended = threading.Event()
    outcomes: Counter[str] = Counter()

    def read() -> None:
        for reads in itertools.count():
            if ended.is_set() and reads >= SWITCHES:
                return
            try:
                publication = portal.open()
                question = questions.search.parts("", limit=100 + reads % 50)
                rows = publication.table(question).table.num_rows
                forecasts = series_of(publication, SeriesSelection("P00001")).table.num_rows
                whole = rows == items[publication.manifest.publication_id] and forecasts == 172
                outcomes["whole" if whole else "mixed"] += 1
            except Exception as error:  # noqa: BLE001 - every failure is counted
                outcomes[f"failed: {error!r}"] += 1

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for _ in range(SWITCHES):
        portal.roll_back(ADMIN)
    ended.set()
    for reader in readers:
        reader.join()

    assert set(outcomes) == {"whole"}, outcomes
    assert outcomes["whole"] >= READERS * SWITCHES


def test_a_snapshot_whose_files_vanish_is_a_failed_read_and_not_a_crash(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    manifest = publisher.publish()
    portal.activate(ADMIN)
    folder = tmp_path / "var" / "snapshots" / manifest.publication_id
    folder.chmod(0o755)
    (folder / "fact_metrics.parquet").unlink()

    with pytest.raises(ReadFailed):
        portal.open().table(questions.accuracy.of_item("P00001"))


class TestRuntime:
    @pytest.fixture(autouse=True)
    def environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        settings = portal_settings(tmp_path)
        monkeypatch.setenv("FAROL_STORE", settings.store)
        monkeypatch.setenv("FAROL_STATE", str(settings.state))
        monkeypatch.setenv("FAROL_REGISTRY", str(settings.registry))
        runtime.reset()
        yield
        runtime.reset()

    def test_a_process_has_one_portal_however_many_ask_at_once(self) -> None:
        all_ask = threading.Barrier(READERS)
        portals: list[Portal] = []

        def ask() -> None:
            all_ask.wait()
            portals.append(runtime.portal())

        threads = [threading.Thread(target=ask) for _ in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(map(id, portals))) == 1
        assert len(portals) == READERS

    def test_half_staged_files_are_swept_when_the_portal_is_made(self, tmp_path: Path) -> None:
        left_over = tmp_path / "var" / "staging" / "20261121T060000Z-1a2b3c4d.partial"
        left_over.mkdir(parents=True)

        runtime.portal()

        assert not left_over.exists()


class TestSignaturesAtThePortal:
    @pytest.fixture
    def trusting(self, tmp_path: Path, publisher: Publisher) -> Iterator[Portal]:
        """A portal that begins to ask for signatures while an unsigned publication is active."""
        first = make_portal(tmp_path)
        publisher.publish(items=2)
        first.activate(ADMIN)
        first.close()
        keys = write_trusted(tmp_path / "keys.pem", KEY)
        portal = make_portal(tmp_path, trusted_keys=keys)
        yield portal
        portal.close()

    def test_what_nobody_signed_is_not_served_after_the_start(self, trusting: Portal) -> None:
        with pytest.raises(NotSigned):
            trusting.open()

        health = trusting.health()
        assert health.readiness == "not ready"
        assert "is not signed" in health.problem

    def test_it_is_served_once_it_is_signed_and_activated_again(
        self, trusting: Portal, publisher: Publisher
    ) -> None:
        sign_in(publisher.store, publisher.latest)

        trusting.activate(ADMIN)

        signatures = trusting.health().signatures
        assert trusting.open().manifest.publication_id == publisher.latest.publication_id
        assert signatures is not None
        assert signatures.signed_by == KEY.keyid

    def test_an_unsigned_one_can_not_be_read_by_a_link_either(
        self, trusting: Portal, publisher: Publisher
    ) -> None:
        with pytest.raises(NotSigned):
            trusting.open(publisher.latest.publication_id)

    def test_rows_can_be_compared_with_those_of_one_that_is_not_served(
        self, trusting: Portal, publisher: Publisher
    ) -> None:
        rows = trusting.compare(publisher.latest)

        assert {row.active_rows for row in rows} == {None}

    @pytest.fixture
    def keys(self, tmp_path: Path) -> Path:
        return write_trusted(tmp_path / "keys.pem", KEY)

    @pytest.fixture
    def serving(self, tmp_path: Path, publisher: Publisher, keys: Path) -> Iterator[Portal]:
        """A portal that serves the second of two signed publications, and keeps both."""
        portal = make_portal(tmp_path, trusted_keys=keys)
        for _ in range(2):
            sign_in(publisher.store, publisher.publish(items=2))
            portal.activate(ADMIN)
        yield portal
        portal.close()

    @pytest.mark.parametrize(
        ("spoil", "problem"),
        [
            (Path.unlink, "can't be read: No such file or directory"),
            (lambda path: path.write_bytes(b""), "is empty"),
            (lambda path: path.write_text("-----BEGIN"), "holds no PEM block"),
            (lambda path: path.write_text(KEY.private_pem()), "holds PRIVATE KEY"),
            (lambda path: (path.unlink(), path.mkdir()), "is a folder without key files"),
        ],
    )
    def test_nothing_is_accepted_while_the_keys_can_not_be_read_and_what_is_served_goes_on(
        self,
        serving: Portal,
        publisher: Publisher,
        keys: Path,
        spoil: Callable[[Path], object],
        problem: str,
    ) -> None:
        served = publisher.latest
        spoil(keys)
        sign_in(publisher.store, publisher.publish(items=2))

        for change in (serving.activate, serving.inspect, serving.roll_back):
            with pytest.raises(TrustedKeysUnusable) as refused:
                change(ADMIN)
            assert f"keys.pem, which FAROL_TRUSTED_KEYS names, {problem}" in str(refused.value)

        assert serving.open().manifest.publication_id == served.publication_id
        health = serving.health()
        assert (health.readiness, health.status) == ("ready", "degraded")
        assert [type(each) for each in health.findings] == [TrustedKeysUnusable]
        assert health.signatures
        assert (health.signatures.trusted, health.signatures.signed_by) == ((), KEY.keyid)

        keys.is_dir() and keys.rmdir()
        write_trusted(keys, KEY)
        serving.activate(ADMIN)
        assert serving.open().manifest.publication_id == publisher.latest.publication_id
        assert serving.health().findings == ()

    def test_a_key_that_is_added_counts_at_once(
        self, serving: Portal, publisher: Publisher, keys: Path
    ) -> None:
        sign_in(publisher.store, publisher.publish(items=2), key=STRANGER)
        with pytest.raises(UnknownSigner):
            serving.activate(ADMIN)

        write_trusted(keys, KEY, STRANGER)
        serving.activate(ADMIN)

        assert serving.open().manifest.publication_id == publisher.latest.publication_id

    def test_a_key_that_is_taken_away_counts_no_longer_for_what_is_not_served_yet(
        self, serving: Portal, publisher: Publisher, keys: Path
    ) -> None:
        served = publisher.latest
        write_trusted(keys, STRANGER)
        sign_in(publisher.store, publisher.publish(items=2))

        for change in (serving.activate, serving.roll_back):
            with pytest.raises(UnknownSigner):
                change(ADMIN)

        assert serving.open().manifest.publication_id == served.publication_id
        (finding,) = serving.health().findings
        assert f"is signed by the key {KEY.keyid}, which is not trusted here" in str(finding)

    def test_an_expired_signature_of_what_is_served_is_a_finding(
        self, tmp_path: Path, publisher: Publisher
    ) -> None:
        keys = write_trusted(tmp_path / "keys.pem", STRANGER, KEY)
        now = publisher.publish(items=2).generated_at
        sign_in(publisher.store, publisher.latest, expires_at=now + timedelta(days=1))
        clock = [now]
        portal = make_portal(tmp_path, lambda: clock[0], trusted_keys=keys)
        portal.activate(ADMIN)

        clock[0] = now + timedelta(days=2)
        health = portal.health()
        portal.close()

        (finding,) = map(str, health.findings)
        assert finding == (
            f"Publication {publisher.latest.publication_id} was signed to be used until "
            "2026-11-22T06:00:00+00:00, and it is 2026-11-23T06:00:00+00:00; publish newer results"
        )
        assert health.readiness == "ready"
