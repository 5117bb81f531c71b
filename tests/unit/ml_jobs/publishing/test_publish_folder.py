"""Parquet files that someone else wrote become a publication, or every fault of them is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.manifest import MANIFEST_LIMIT_BYTES, MANIFEST_NAME
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ManifestError
from datalayer.kernel.storage.object_store import FolderStore
from ml_jobs.columns import six_digits
from ml_jobs.errors import FolderError
from ml_jobs.publishing.folder import check_folder
from ml_jobs.publishing.layout import ROW_GROUP_ROWS, rewrite, write_batches
from ml_jobs.publishing.publish import SoundDraft, publish
from tests.publisher import (
    DATASET_ID,
    FIRST_GENERATED_AT,
    MODEL_VERSION,
    Publisher,
    replace_column,
    set_value,
    write_tables,
)

pytestmark = pytest.mark.ml

Check = Callable[[], tuple[SoundDraft, tuple[str, ...]]]


@pytest.fixture
def tables(publisher: Publisher) -> dict[str, pa.Table]:
    return publisher.tables(generated_at=FIRST_GENERATED_AT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def checked(folder: Path, tmp_path: Path, registry: Registry) -> Check:
    def checked() -> tuple[SoundDraft, tuple[str, ...]]:
        work = tmp_path / "work"
        work.mkdir()
        return check_folder(folder, work, registry)

    return checked


def faults_of(checked: Check) -> tuple[str, ...]:
    with pytest.raises(FolderError) as refused:
        checked()
    return refused.value.faults


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(5).permutation(table.num_rows)))


def test_files_in_any_order_of_rows_are_published_in_key_order(
    tables: dict[str, pa.Table],
    folder: Path,
    checked: Check,
    folder_store: FolderStore,
    registry: Registry,
) -> None:
    write_tables({name: shuffled(table) for name, table in tables.items()}, folder)

    manifest = publish(checked()[0], folder_store, registry)

    for file in manifest.files:
        stored = pq.read_table(Path(folder_store.address, file.path))
        assert stored.to_pylist() == tables[file.data_set].to_pylist()


def test_what_the_manifest_says_is_read_from_the_files(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    write_tables(tables, folder)

    manifest = checked()[0].manifest

    assert (manifest.dataset_id, manifest.model_version) == (DATASET_ID, MODEL_VERSION)
    assert manifest.generated_at == FIRST_GENERATED_AT
    assert manifest.data_through == max(tables["fact_demand"]["date"].to_pylist())
    assert {file.data_set: file.rows for file in manifest.files} == {
        name: table.num_rows for name, table in tables.items()
    }


def test_the_last_day_of_demand_can_be_said(
    tables: dict[str, pa.Table], folder: Path, tmp_path: Path, registry: Registry
) -> None:
    write_tables(tables, folder)
    (tmp_path / "work").mkdir()

    sound, _ = check_folder(folder, tmp_path / "work", registry, data_through=date(2026, 11, 21))

    assert sound.manifest.data_through == date(2026, 11, 21)


def test_demand_after_the_last_day_that_is_said_is_refused(
    tables: dict[str, pa.Table], folder: Path, tmp_path: Path, registry: Registry
) -> None:
    write_tables(tables, folder)
    (tmp_path / "work").mkdir()

    with pytest.raises(
        FolderError, match="data_through 2026-11-19, where the rows end on 2026-11-20"
    ):
        check_folder(folder, tmp_path / "work", registry, data_through=date(2026, 11, 19))


def test_columns_that_the_contract_does_not_know_are_kept_and_warned_of(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    extra = pa.array(["note"] * tables["dim_item"].num_rows)
    tables["dim_item"] = tables["dim_item"].append_column("remark", extra)
    write_tables(tables, folder)

    sound, warnings = checked()

    assert any("remark" in warning for warning in warnings)
    assert "remark" in pq.read_schema(sound.files["dim_item"]).names


def test_files_that_are_no_data_set_are_warned_of_and_left_out(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    write_tables({**tables, "scratch": tables["dim_item"]}, folder)

    sound, warnings = checked()

    assert any(warning.startswith("scratch.parquet is no data set") for warning in warnings)
    assert "scratch" not in sound.files


def test_every_fault_of_every_file_is_named_at_once(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    forecast = tables["fact_forecast"]
    tables["fact_forecast"] = set_value(forecast, "forecast", 0, float("nan"))
    tables["fact_demand"] = set_value(tables["fact_demand"], "quantity", 0, -1.0)
    tables["dim_item"] = tables["dim_item"].drop_columns(["name"])
    del tables["agg_daily"]
    write_tables(tables, folder)
    broken = folder / "fact_inventory.parquet"
    broken.write_bytes(broken.read_bytes()[:-12])

    faults = faults_of(checked)

    for place in (
        "fact_forecast.forecast",
        "fact_demand.quantity",
        "dim_item.name",
        "agg_daily: there is no file",
        "fact_inventory.parquet is not readable Parquet",
    ):
        assert any(fault.startswith(place) for fault in faults), place


def test_repeated_keys_are_refused(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    tables["dim_item"] = pa.concat_tables([tables["dim_item"], tables["dim_item"].slice(0, 1)])
    write_tables(tables, folder)

    assert any("dim_item" in fault and "key" in fault for fault in faults_of(checked))


def test_results_of_two_runs_are_refused(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    other = ["another-run"] * tables["fact_metrics"].num_rows
    tables["fact_metrics"] = replace_column(tables["fact_metrics"], "dataset_id", other)
    write_tables(tables, folder)

    assert any(fault.startswith("fact_metrics.dataset_id") for fault in faults_of(checked))


def test_a_time_without_a_zone_is_refused_with_what_would_be_right(
    tables: dict[str, pa.Table], folder: Path, checked: Check
) -> None:
    for name, table in tables.items():
        naive = table["generated_at"].cast(pa.timestamp("us"))
        tables[name] = table.set_column(
            table.schema.get_field_index("generated_at"), "generated_at", naive
        )
    write_tables(tables, folder)

    faults = faults_of(checked)

    assert "its files tell no generated_at with its zone" in faults
    assert any("expected type TIMESTAMP WITH TIME ZONE" in fault for fault in faults)


def test_no_folder_and_an_empty_folder_are_refused(folder: Path, checked: Check) -> None:
    assert faults_of(checked) == ("it is no folder",)


def test_an_empty_folder_is_refused_with_every_file_that_is_needed(
    folder: Path, checked: Check, registry: Registry
) -> None:
    folder.mkdir()

    faults = faults_of(checked)

    for name in (d.name for d in registry.data_sets.values() if not d.optional):
        assert any(fault.startswith(f"{name}: there is no file") for fault in faults)


class TestWithAManifest:
    @pytest.fixture
    def folder(self, publisher: Publisher, folder_store: FolderStore) -> Path:
        """A whole store, as a producer that makes its own manifests leaves it."""
        publisher.publish(lineage={"engine": "elsewhere"})
        return Path(folder_store.address)

    def test_the_files_that_it_names_are_published_with_its_lineage(
        self, checked: Check, publisher: Publisher, tmp_path: Path, registry: Registry
    ) -> None:
        manifest = publish(checked()[0], FolderStore(tmp_path / "other"), registry)

        assert manifest.lineage["engine"] == "elsewhere"
        assert manifest.data_through == publisher.latest.data_through

    def test_a_flat_layout_is_published(
        self, folder: Path, tmp_path: Path, registry: Registry
    ) -> None:
        flat, work = tmp_path / "flat", tmp_path / "work"
        flat.mkdir()
        work.mkdir()
        fields = json.loads((folder / MANIFEST_NAME).read_text())
        for file in fields["files"]:
            (folder / file["path"]).rename(flat / f"{file['data_set']}.parquet")
            file["path"] = f"{file['data_set']}.parquet"
        (flat / MANIFEST_NAME).write_text(json.dumps(fields))

        manifest = publish(
            check_folder(flat, work, registry)[0], FolderStore(tmp_path / "other"), registry
        )

        assert all(file.path.startswith("publications/") for file in manifest.files)

    def test_a_file_that_is_not_what_it_says_is_refused(
        self, publisher: Publisher, checked: Check
    ) -> None:
        publisher.swap("fact_metrics", "agg_metrics")

        faults = faults_of(checked)

        assert any("fact_metrics.parquet has" in fault for fault in faults)

    def test_a_manifest_that_is_none_of_ours_is_refused_with_a_hint(
        self, folder: Path, checked: Check
    ) -> None:
        (folder / MANIFEST_NAME).write_text('{"model": "v1.2.3"}')

        faults = faults_of(checked)

        assert faults[0].startswith("metadata.json: manifest_version is None")
        assert any("take it away to have one made" in fault for fault in faults)

    def test_one_longer_than_a_portal_reads_is_refused_with_what_to_shorten(
        self, folder: Path, checked: Check
    ) -> None:
        path = folder / MANIFEST_NAME
        fields = json.loads(path.read_text())
        fields["lineage"]["notes"] = ["x" * 10_000] * (MANIFEST_LIMIT_BYTES // 10_000 + 1)
        path.write_text(json.dumps(fields))

        with pytest.raises(ManifestError, match="no more than 4,194,304; shorten its lineage"):
            checked()

    def test_a_link_out_of_the_folder_is_refused(
        self, folder: Path, publisher: Publisher, checked: Check, tmp_path: Path
    ) -> None:
        inside = folder / publisher.latest.file("dim_item").path
        outside = tmp_path / "outside.parquet"
        inside.rename(outside)
        inside.symlink_to(outside)

        assert any("leads outside the folder" in fault for fault in faults_of(checked))


def test_rewriting_makes_whole_row_groups_in_key_order(tmp_path: Path) -> None:
    rows = 2 * ROW_GROUP_ROWS + 1000
    codes = np.random.default_rng(1).permutation(rows)
    table = pa.table({"item_id": pa.array([f"é{code:07d}" for code in codes]), "x": codes})
    source, target = tmp_path / "a[1].parquet", tmp_path / "b.parquet"
    pq.write_table(table, source)

    rewrite(source, target, key=["item_id"])

    file = pq.ParquetFile(target)
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 1000]
    assert file.read()["x"].to_pylist() == list(range(rows))
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_numbers_that_hardly_repeat_are_split_by_bytes(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    table = pa.table(
        {
            "item_id": pa.array([f"P{number:04d}" for number in range(5000)]),
            "level": random.integers(0, 9, 5000).astype(np.float64),
            "demand": np.resize(random.lognormal(0, 2, 3500), 5000),
            "hours": six_digits(random.lognormal(0, 2, 5000)),
        }
    )
    target = tmp_path / "written.parquet"

    write_batches(table.schema, table.to_batches(), target)

    file = pq.ParquetFile(target)
    columns = [file.metadata.row_group(0).column(place) for place in range(4)]
    assert ["RLE_DICTIONARY" in each.encodings for each in columns] == [True, True, False, False]
    assert ["BYTE_STREAM_SPLIT" in each.encodings for each in columns] == [False] * 3 + [True]
    assert columns[3].total_compressed_size < 4 * len(table)
    assert file.read().equals(table)


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    schema = pa.schema([("item_id", pa.string()), ("hours", pa.float64())])

    write_batches(schema, [], tmp_path / "empty.parquet")

    assert pq.read_table(tmp_path / "empty.parquet").equals(schema.empty_table())


def test_the_same_tables_make_the_same_bytes(tables: dict[str, pa.Table], tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for target in folders:
        target.mkdir()
        for name, table in tables.items():
            write_batches(table.schema, table.to_batches(), target / f"{name}.parquet")

    assert all(
        (folders[0] / f"{name}.parquet").read_bytes()
        == (folders[1] / f"{name}.parquet").read_bytes()
        for name in tables
    )
