"""What validation finds in a file as a whole: unreadable, another's, larger than it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.checks import CheckKind
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.validation.validator import validate
from tests.publisher import FIRST_GENERATED_AT, Publisher, replace_column, set_value, write_tables
from tests.unit.kernel.validation.conftest import Tables, Validate, found, the_fault


def rewrite_footer(path: Path, text: bytes, other: bytes) -> None:
    """Put *other*, of the same length, for *text* in what a file says of itself."""
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    assert text in content[start:]
    path.write_bytes(content[:start] + content[start:].replace(text, other))


def damage(path: Path, column: str) -> None:
    """Overwrite the values of one column of a file."""
    metadata = pq.ParquetFile(path).metadata
    chunk = metadata.row_group(0).column(metadata.schema.names.index(column))
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(content)


class TestFiles:
    def test_a_missing_file_is_a_fault(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path)
        files["fact_exception"].unlink()

        report = validate(files, registry)

        assert the_fault(report).found == "there is no file"

    def test_a_data_set_without_a_file_is_a_fault(
        self, tables: Tables, validated: Validate
    ) -> None:
        del tables["fact_exception"]

        assert found(validated(tables)) == {("fact_exception", None, CheckKind.FILE)}

    def test_files_that_are_truncated_or_no_parquet_are_faults(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path)
        contents = [b"", b"PAR1", b"hello", b"PAR1" + b"\0" * 99 + b"PAR1"]
        whole = files["fact_backtest"].read_bytes()
        contents += [whole[: int(len(whole) * kept)] for kept in (0.3, 0.9)]
        broken = list(files)[: len(contents)]
        for name, content in zip(broken, contents, strict=True):
            files[name].write_bytes(content)

        report = validate(files, registry)

        assert found(report) == {(name, None, CheckKind.FILE) for name in broken}
        assert all("can't be read" in fault.found for fault in report.faults)
        assert not any(str(tmp_path) in fault.found for fault in report.faults)

    def test_a_damaged_page_of_any_column_is_a_fault(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path)
        damaged = {
            "fact_backtest": "q500",
            "fact_forecast": "actual",
            "fact_demand": "item_id",
            "fact_metrics": "model_version",
            "agg_daily": "generated_at",
        }
        for data_set, column in damaged.items():
            damage(files[data_set], column)

        report = validate(files, registry)

        assert {f.data_set for f in report.faults if f.check == CheckKind.FILE} == set(damaged)

    def test_a_file_of_another_data_set_is_a_fault(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_metrics"], tables["fact_demand"] = (
            tables["fact_demand"],
            tables["fact_metrics"],
        )

        report = validated(tables)

        assert ("fact_demand", "quantity", CheckKind.COLUMN) in found(report)
        assert ("fact_metrics", "wape", CheckKind.COLUMN) in found(report)

    def test_other_row_counts_than_the_manifests_are_a_fault(
        self, publisher: Publisher, tmp_path: Path, registry: Registry
    ) -> None:
        tables = publisher.tables()
        manifest = publisher.publish(tables=tables)
        files = tuple(
            replace(file, rows=7) if file.data_set == "dim_item" else file
            for file in manifest.files
        )

        report = validate(
            write_tables(tables, tmp_path / "files"),
            registry,
            claims=claims_of(replace(manifest, files=files)),
        )

        fault = the_fault(report)
        assert (fault.check, fault.found) == (CheckKind.ROWS, "6 row(s)")
        assert "7 row(s)" in fault.expected

    @pytest.mark.parametrize(
        ("column", "other"),
        [
            ("dataset_id", "another"),
            ("generated_at", FIRST_GENERATED_AT + timedelta(seconds=1)),
            ("model_version", "another"),
        ],
    )
    def test_rows_of_another_origin_than_the_manifests_are_a_fault(
        self,
        publisher: Publisher,
        filled: Tables,
        tmp_path: Path,
        registry: Registry,
        column: str,
        other: object,
    ) -> None:
        manifest = publisher.publish(tables=filled)

        report = validate(
            write_tables(filled, tmp_path / "files"),
            registry,
            claims=claims_of(replace(manifest, **{column: other})),
        )

        bearing = {name for name, table in filled.items() if column in table.column_names}
        assert found(report) == {(name, column, CheckKind.PROVENANCE) for name in bearing}


class TestLayout:
    def test_more_rows_than_the_bytes_can_hold_are_found_before_they_are_read(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path)
        one, path = tables["fact_demand"].slice(0, 1), files["fact_demand"]
        with duckdb.connect() as connection:
            connection.register("one", one)
            rows = f"select one.* from one, range({5_000_000})"
            connection.execute(
                f"copy ({rows}) to '{path}' (format parquet, row_group_size 5000000)"
            )

        fault = the_fault(validate(files, registry))

        assert (fault.data_set, fault.check) == ("fact_demand", CheckKind.LAYOUT)
        assert fault.found == f"5,000,000 rows in {path.stat().st_size:,} bytes"

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (lambda t: t.replace_schema_metadata({"note": "x" * 2**21}), "that is too long"),
            (lambda t: t.replace_schema_metadata({"note": "x" * 600_000}), "notes"),
            (
                lambda t: pa.table({**dict(zip(t.column_names, t.columns, strict=True)),
                                    **{f"x{n}": t["sku"] for n in range(500)}}),
                "517 columns",
            ),
        ],
        ids=["one long note", "many notes", "columns"],
    )  # fmt: skip
    def test_what_stands_beside_the_data_is_bounded(
        self,
        tables: Tables,
        validated: Validate,
        change: Callable[[pa.Table], pa.Table],
        found: str,
    ) -> None:
        tables["dim_item"] = change(tables["dim_item"])

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.check) == ("dim_item", CheckKind.LAYOUT)
        assert found in fault.found

    def test_a_footer_longer_than_it_may_be_is_not_read(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path)
        length = (2**31).to_bytes(4, "little")
        files["dim_item"].write_bytes(b"PAR1" + length + b"PAR1")

        fault = the_fault(validate(files, registry))

        assert (fault.check, fault.found) == (CheckKind.LAYOUT, "a footer of 2,147,483,648 bytes")

    def test_one_text_of_many_megabytes_is_refused_before_it_is_read(
        self, tables: Tables, validated: Validate
    ) -> None:
        names = ["x" * 2_000_000, *tables["dim_item"]["name"].to_pylist()[1:]]
        tables["dim_item"] = replace_column(tables["dim_item"], "name", names)

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.check) == ("dim_item", CheckKind.LAYOUT)
        assert "bytes of text in name, for 6 rows" in fault.found

    def test_texts_as_long_as_they_may_be_are_read(
        self, tables: Tables, validated: Validate
    ) -> None:
        rows = tables["dim_item"].num_rows
        tables["dim_item"] = replace_column(
            tables["dim_item"], "name", ["\U0001f600" * 1000] * rows
        )

        assert validated(tables).passed

    def test_a_long_text_is_cut_in_what_is_said_of_a_rule(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["dim_item"] = set_value(tables["dim_item"], "category", 0, "x" * 900_000)

        assert len(validated(tables).summary()) < 10_000


class TestStatistics:
    @pytest.mark.parametrize("row_group_rows", [1, 2, 5, 6])
    def test_a_file_that_is_wrong_about_its_least_values_is_refused(
        self, tables: Tables, tmp_path: Path, registry: Registry, row_group_rows: int
    ) -> None:
        # Whoever looks for P00001 is told by the file that it can't be in its row group.
        files = write_tables(tables, tmp_path)
        pq.write_table(tables["dim_item"], files["dim_item"], row_group_size=row_group_rows)
        rewrite_footer(files["dim_item"], b"P00001", b"Q00001")

        report = validate(files, registry)

        assert ("dim_item", "item_id", CheckKind.STATISTICS) in found(report)

    @pytest.mark.parametrize("row_group_rows", [1, 7, 2048, 5000])
    def test_a_file_that_is_right_about_its_values_passes(
        self, tables: Tables, tmp_path: Path, registry: Registry, row_group_rows: int
    ) -> None:
        files = write_tables(tables, tmp_path)
        for name, table in tables.items():
            pq.write_table(table, files[name], row_group_size=row_group_rows)

        assert validate(files, registry).passed
