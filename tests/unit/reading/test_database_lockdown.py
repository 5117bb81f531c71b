"""The database can read the snapshots' folder and do nothing else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    DatabaseUnsafe,
    QueryTooLarge,
    ReadFailed,
    UnknownPublication,
)
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Snapshot
from datalayer.reading.database import Database
from tests.reading import publications_folder


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/etc/*')",
        "attach '/tmp/other.db'",
        "install httpfs",
        "load httpfs",
        "copy (select 1) to '/tmp/taken.csv'",
        "export database '/tmp/taken'",
        "set threads = 8",
        "set memory_limit = '8GB'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set allowed_directories = ['/']",
        "reset enable_external_access",
        "select * from read_parquet('s3://bucket/file.parquet')",
        "select * from read_parquet('https://example.org/file.parquet')",
    ],
)
def test_sql_reaches_nothing_outside(
    database: Database, snapshot: Snapshot, statement: str
) -> None:
    with pytest.raises(ReadFailed):
        database.query(snapshot.publication_id, statement, {})


def test_a_folder_beside_the_snapshots_is_out_of_reach(
    database: Database, snapshot: Snapshot, tmp_path: Path
) -> None:
    secret = tmp_path / "accounts.csv"
    secret.write_text("name\nadmin\n")

    with pytest.raises(ReadFailed) as refused:
        database.query(snapshot.publication_id, "from read_csv($path)", {"path": str(secret)})

    assert "disabled by configuration" in str(refused.value.__cause__)


def test_python_variables_are_no_tables(database: Database, snapshot: Snapshot) -> None:
    with pytest.raises(UnknownPublication):  # what finds no table was asked of one that went
        database.query(snapshot.publication_id, "select * from snapshot", {})


def test_the_settings_are_what_the_design_asks(database: Database, tmp_path: Path) -> None:
    settings = database.settings()

    assert settings["enable_external_access"] == "false"
    assert settings["lock_configuration"] == "true"
    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
    assert settings["allow_community_extensions"] == "false"
    assert settings["allowed_directories"] == f"[{tmp_path}/store/publications/]"
    assert settings["memory_limit"] == "256.0 MiB"
    assert settings["max_temp_directory_size"] == "0 bytes"
    assert settings["threads"] == "1"
    assert settings["parquet_metadata_cache"] == "true"
    assert settings["disabled_optimizers"] == "partitioned_execution"


def test_a_database_that_is_less_than_locked_is_refused(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Database.settings
    weaker = {"enable_external_access": "true"}
    monkeypatch.setattr(Database, "settings", lambda self: {**honest(self), **weaker})

    with pytest.raises(DatabaseUnsafe, match="enable_external_access is 'true'"):
        Database(tmp_path, registry, memory_limit="256MiB")


def test_a_grouping_reads_the_file_once(database: Database, snapshot: Snapshot) -> None:
    question = "explain select item_id, sum(forecast) from fact_forecast group by item_id"

    plan = str(database.query(snapshot.publication_id, question, {}).to_pylist())

    assert plan.count("READ_PARQUET") == 1


def test_times_are_utc_wherever_the_process_runs(database: Database, snapshot: Snapshot) -> None:
    table = database.query(snapshot.publication_id, "select generated_at from dim_item", {})

    assert str(table.schema.field("generated_at").type) == "timestamp[us, tz=UTC]"


def test_an_id_is_never_taken_for_sql(database: Database, snapshot: Snapshot) -> None:
    with pytest.raises(UnknownPublication):
        database.query('x"; drop schema main; --', "select 1", {})

    assert database.query(snapshot.publication_id, "select 1 as one", {}).num_rows == 1


class TestSpilling:
    SORT = "select hash(i) as code, i * 1.5 as value from range(1500000) t(i) order by code"

    def database(
        self, registry: Registry, snapshot: Snapshot, folder: Path, spill_folder: Path | None
    ) -> Database:
        database = Database(folder, registry, memory_limit="24MiB", spill_folder=spill_folder)
        database.attach(snapshot)
        return database

    def test_a_sort_larger_than_the_memory_goes_on_the_disk_and_leaves_nothing(
        self, registry: Registry, folder_store: FolderStore, snapshot: Snapshot, tmp_path: Path
    ) -> None:
        spill = tmp_path / "spill"
        database = self.database(registry, snapshot, publications_folder(folder_store), spill)

        batches = database.stream(snapshot.publication_id, self.SORT, {})
        codes = [batch.column(0) for batch in batches]
        spilled = [path.name for path in spill.iterdir()]
        database.close()

        assert sum(map(len, codes)) == 1_500_000
        assert all(a[-1].as_py() <= b[0].as_py() for a, b in pairwise(codes))
        assert spilled
        assert not spill.exists() or not list(spill.iterdir())

    def test_without_a_folder_it_is_refused_by_its_limit(
        self, registry: Registry, folder_store: FolderStore, snapshot: Snapshot
    ) -> None:
        database = self.database(registry, snapshot, publications_folder(folder_store), None)

        with pytest.raises(QueryTooLarge, match=r"24MiB.*filter for fewer rows"):
            list(database.stream(snapshot.publication_id, self.SORT, {}))
        database.close()

    def test_a_page_deep_in_an_order_of_its_own_is_read_within_the_memory_of_reads(
        self, registry: Registry, folder_store: FolderStore, snapshot: Snapshot, tmp_path: Path
    ) -> None:
        spill = tmp_path / "spill"
        database = self.database(registry, snapshot, publications_folder(folder_store), spill)
        page = f"select * from ({self.SORT}) limit 50 offset 1400000"

        seen = database.query(snapshot.publication_id, page, {})
        database.close()

        codes = seen["code"].to_pylist()
        assert len(codes) == 50
        assert codes == sorted(codes)
