"""A portal reads the active publication or a kept one, follows a switch, and never mixes."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from datalayer.kernel.errors import NothingPublished, ReadFailed, UnknownPublication
from datalayer.portal import Portal, SeriesSelection
from datalayer.reading import questions
from tests.portals import ADMIN, ROOT, make_portal
from tests.publisher import Publisher
from tests.reading import series_of
from tests.unit.portal.conftest import READERS
from tests.unit.publications.full_disk import small_disk

SWITCHES = 100


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
