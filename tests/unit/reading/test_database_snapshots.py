"""Each snapshot is a schema of its own: whole or not there, and never mixed with another."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import PublicationError, ReadFailed, UnknownPublication
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Snapshot
from datalayer.reading.database import Database
from datalayer.reading.views import question_sql
from tests.publisher import Publisher
from tests.reading import publications_folder, snapshot_of, with_column

READERS = 6
SWITCHES = 105
LEAST_READS = 40

BOTH_ENDS = """
    select generated_at, count(*) as rows from fact_forecast group by all
    union all
    select generated_at, count(*) as rows from dim_item group by all
"""


def test_a_view_has_the_registrys_columns_in_its_order_and_types(
    database: Database, snapshot: Snapshot, registry: Registry
) -> None:
    for data_set in registry.data_sets.values():
        described = database.query(snapshot.publication_id, f"describe {data_set.name}", {})

        found = [(row["column_name"], row["column_type"]) for row in described.to_pylist()]
        assert found == [(column.name, column.type.value) for column in data_set.columns]


def test_a_column_added_to_the_registry_arrives_in_its_view(
    folder_store: FolderStore, registry: Registry
) -> None:
    wider = with_column(registry, "dim_item", "shelf")
    snapshot = snapshot_of(Publisher(folder_store, wider).publish(), folder_store)
    database = Database(publications_folder(folder_store), wider, memory_limit="256MiB")

    database.attach(snapshot)

    table = database.query(snapshot.publication_id, "select shelf from dim_item", {})
    assert table.num_rows == 6


def test_attaching_twice_is_attaching_once(database: Database, snapshot: Snapshot) -> None:
    database.attach(snapshot)

    assert database.attached() == (snapshot.publication_id,)


def test_a_snapshot_of_before_an_optional_column_is_served_with_it_empty(
    publisher: Publisher, registry: Registry, folder_store: FolderStore
) -> None:
    wider = with_column(registry, "dim_item", "shelf", required=False)
    snapshot = snapshot_of(publisher.publish(), folder_store)
    database = Database(publications_folder(folder_store), wider, memory_limit="256MiB")

    database.attach(snapshot)

    question = (
        "select typeof(shelf) as type, shelf, count(item_id) as items from dim_item group by all"
    )
    table = database.query(snapshot.publication_id, question, {})
    assert table.to_pylist() == [{"type": "VARCHAR", "shelf": None, "items": 6}]


def test_a_snapshot_that_lacks_what_its_own_contract_names_is_refused(
    publisher: Publisher, registry: Registry, folder_store: FolderStore
) -> None:
    wider = with_column(registry, "dim_item", "shelf", required=False)
    manifest = publisher.publish()
    contract = replace(manifest.contract, fingerprints=wider.fingerprints)
    snapshot = snapshot_of(replace(manifest, contract=contract), folder_store)
    database = Database(publications_folder(folder_store), wider, memory_limit="256MiB")

    with pytest.raises(PublicationError, match="shelf"):
        database.attach(snapshot)


def test_a_snapshot_without_a_required_column_of_the_registry_is_refused_whole(
    publisher: Publisher, registry: Registry, folder_store: FolderStore
) -> None:
    wider = with_column(registry, "fact_exception", "planner")
    snapshot = snapshot_of(publisher.publish(), folder_store)
    database = Database(publications_folder(folder_store), wider, memory_limit="256MiB")

    with pytest.raises(PublicationError, match="planner"):
        database.attach(snapshot)

    assert database.attached() == ()


def test_a_refused_snapshot_can_be_attached_once_it_is_whole(
    publisher: Publisher, database: Database
) -> None:
    snapshot = snapshot_of(publisher.publish(), publisher.store)
    path = snapshot.path("dim_item")
    aside = path.rename(path.with_suffix(".aside"))
    with pytest.raises(PublicationError, match=r"can't be read here; .* to fetch it"):
        database.attach(snapshot)
    aside.rename(path)

    database.attach(snapshot)

    assert database.attached() == (snapshot.publication_id,)


def test_a_manifest_without_a_data_set_is_refused(publisher: Publisher, database: Database) -> None:
    snapshot = snapshot_of(publisher.publish(), publisher.store)
    files = [file for file in snapshot.manifest.files if file.data_set != "fact_forecast"]
    short = replace(snapshot.manifest, files=tuple(files))

    with pytest.raises(PublicationError, match="can't be served"):
        database.attach(replace(snapshot, manifest=short))


def test_reading_a_detached_snapshot_names_the_nearest(
    publisher: Publisher, database: Database, snapshot: Snapshot
) -> None:
    other = snapshot_of(publisher.publish(), publisher.store)
    database.attach(other)
    database.detach(snapshot.publication_id)

    with pytest.raises(UnknownPublication) as refusal:
        database.query(snapshot.publication_id, "select 1", {})

    assert refusal.value.nearest == other.publication_id


def test_detaching_what_is_not_attached_does_nothing(database: Database) -> None:
    database.detach("20261121T060000Z-00000000")

    assert database.attached() == ()


def test_a_stream_that_has_begun_outlives_its_snapshot(
    publisher: Publisher, database: Database
) -> None:
    snapshot = snapshot_of(publisher.publish(items=250), publisher.store)
    database.attach(snapshot)
    batches = database.stream(snapshot.publication_id, "select * from fact_forecast", {})
    rows = next(batches).num_rows

    database.detach(snapshot.publication_id)

    assert (
        rows + sum(batch.num_rows for batch in batches)
        == snapshot.manifest.file("fact_forecast").rows
    )


def test_files_that_are_gone_are_a_failed_read(database: Database, snapshot: Snapshot) -> None:
    snapshot.path("fact_demand").unlink()

    with pytest.raises(ReadFailed, match=snapshot.publication_id) as failed:
        database.query(snapshot.publication_id, "select * from fact_demand", {})

    assert "fact_demand.parquet" in str(failed.value)
    assert str(snapshot.folder.parent) not in str(failed.value)


def test_readers_never_fail_or_mix_generations_while_publications_switch(
    publisher: Publisher, database: Database
) -> None:
    stable = [snapshot_of(publisher.publish(items=3), publisher.store) for _ in range(2)]
    passing = [snapshot_of(publisher.publish(items=3), publisher.store) for _ in range(2)]
    generated = {each.publication_id: each.manifest.generated_at for each in stable}
    for each in stable:
        database.attach(each)
    active = [stable[0].publication_id]
    switched = threading.Event()
    outcomes: Counter[str] = Counter()

    def read() -> None:
        for reads in itertools.count():
            if switched.is_set() and reads >= LEAST_READS:
                return
            publication_id = active[0]
            try:
                times = database.query(publication_id, BOTH_ENDS, {}).column("generated_at")
                whole = times.to_pylist() == [generated[publication_id]] * 2
                outcomes["whole" if whole else "mixed"] += 1
            except Exception as error:  # noqa: BLE001 - every failure is counted
                outcomes[f"failed: {error!r}"] += 1

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for turn in range(SWITCHES):
        database.attach(passing[turn % 2])
        active[0] = stable[turn % 2].publication_id
        database.detach(passing[turn % 2].publication_id)
    switched.set()
    for reader in readers:
        reader.join()

    assert set(outcomes) == {"whole"}, outcomes
    assert outcomes["whole"] >= READERS * LEAST_READS


def test_a_reader_of_a_snapshot_that_goes_gets_its_rows_or_a_clean_refusal(
    publisher: Publisher, database: Database
) -> None:
    snapshot = snapshot_of(publisher.publish(items=3), publisher.store)
    rows = snapshot.manifest.file("fact_forecast").rows
    outcomes: Counter[str] = Counter()

    def read() -> None:
        try:
            table = database.query(snapshot.publication_id, "from fact_forecast", {})
            outcomes["rows" if table.num_rows == rows else "short"] += 1
        except UnknownPublication:
            outcomes["refused"] += 1
        except Exception as error:  # noqa: BLE001 - every other failure is counted
            outcomes[f"failed: {error!r}"] += 1

    with ThreadPoolExecutor(READERS) as readers:
        for _ in range(SWITCHES):
            database.attach(snapshot)
            reads = [readers.submit(read) for _ in range(READERS)]
            reads[0].result()
            database.detach(snapshot.publication_id)

    assert set(outcomes) <= {"rows", "refused"}, outcomes
    assert outcomes["rows"] >= SWITCHES
    assert outcomes.total() == SWITCHES * READERS


FOLDED = "select count(*) as parts from folded_item where contains(naming, ' bateria ')"
KIND = "select table_type from information_schema.tables where table_name = 'folded_item'"


def test_readers_search_while_what_they_compare_is_being_kept(
    publisher: Publisher, database: Database
) -> None:
    snapshot = snapshot_of(publisher.publish(items=3), publisher.store)

    with ThreadPoolExecutor(READERS) as readers:
        for _ in range(READERS):
            database.attach(snapshot)
            reads = [
                readers.submit(database.query, snapshot.publication_id, FOLDED, {})
                for _ in range(READERS)
            ]
            database.keep_folded(snapshot.publication_id)
            assert {read.result()["parts"][0].as_py() for read in reads} == {1}
            database.detach(snapshot.publication_id)


def test_what_a_search_compares_is_kept_until_its_snapshot_goes(
    publisher: Publisher, database: Database
) -> None:
    snapshot = snapshot_of(publisher.publish(items=3), publisher.store)
    found = []

    for _ in range(2):
        database.attach(snapshot)
        found += database.query(snapshot.publication_id, KIND, {})["table_type"].to_pylist()
        database.keep_folded(snapshot.publication_id)
        found += database.query(snapshot.publication_id, KIND, {})["table_type"].to_pylist()
        database.detach(snapshot.publication_id)

    assert found == ["VIEW", "BASE TABLE"] * 2


def test_nothing_is_kept_of_a_snapshot_that_is_not_attached(database: Database) -> None:
    with pytest.raises(UnknownPublication):
        database.keep_folded("20261121T060000Z-00000000")


def test_threads_that_end_leave_no_connection_behind(
    database: Database, snapshot: Snapshot
) -> None:
    def read() -> None:
        database.query(snapshot.publication_id, "select count(*) from dim_item", {})

    for _ in range(30):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    counted = database.query(
        snapshot.publication_id, "select count from duckdb_connection_count()", {}
    )
    assert counted.column("count").to_pylist() == [2]


def test_the_series_of_one_part_touches_few_row_groups(
    publisher: Publisher, database: Database
) -> None:
    snapshot = snapshot_of(publisher.publish(items=40), publisher.store)
    _rewrite_in_row_groups(snapshot.path("fact_forecast"), rows=100)
    database.attach(snapshot)
    question = "explain analyze " + question_sql("forecast_series").replace(
        "from (from history union all by name from forecasts)", "from forecasts"
    )

    plan = database.query(
        snapshot.publication_id,
        question,
        {
            "item_id": "P00020",
            "location_id": "network",
            "sources": (),
            "start": None,
            "end": None,
            "data_through": None,
            "period": "1 day",
        },
    )

    scanned = str(plan.to_pylist()).split("Row Groups Scanned: ")[1].split("│")[0].split("/")
    read, total = int(scanned[0]), int(scanned[1])
    assert total >= 40
    assert read <= 3


def _rewrite_in_row_groups(path: Path, rows: int) -> None:
    table: pa.Table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=rows, compression="zstd")


class TestPrunedAtThisMoment:
    """Of a pinned publication that is pruned the files go first, then the views: between them
    a read finds neither rows nor a failure, but that it is gone.
    """

    @pytest.fixture
    def gone(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot whose folder was moved away, as pruning does first."""
        snapshot.folder.chmod(0o755)
        snapshot.folder.rename(snapshot.folder.with_name("aside"))
        return snapshot

    def test_a_read_is_told_that_it_is_gone(self, database: Database, gone: Snapshot) -> None:
        with pytest.raises(UnknownPublication):
            database.query(gone.publication_id, "select * from fact_demand", {})

    def test_a_stream_is_told_so(self, database: Database, gone: Snapshot) -> None:
        with pytest.raises(UnknownPublication):
            list(database.stream(gone.publication_id, "select * from fact_demand", {}))

    def test_opening_it_is_told_so(
        self, registry: Registry, folder_store: FolderStore, gone: Snapshot
    ) -> None:
        folder = publications_folder(folder_store)
        with pytest.raises(UnknownPublication) as refused:
            Database(folder, registry, memory_limit="256MiB").attach(gone)

        assert refused.value.nearest != gone.publication_id
