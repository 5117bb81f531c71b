"""What validation finds in content that breaks the contract, and that it finds nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.checks import CheckKind, data_set_checks
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.contract.report import Fault, ValidationReport
from datalayer.kernel.errors import ValidationTooLong, ValidationUnfinished
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.validation.validator import validate
from tests.publisher import FIRST_GENERATED_AT, Publisher, replace_column, set_value, write_tables

ROOT = Path(__file__).parents[4]
Tables = dict[str, pa.Table]
Validate = Callable[[Mapping[str, pa.Table]], ValidationReport]


@pytest.fixture
def tables(publisher: Publisher) -> Tables:
    return publisher.tables()


@pytest.fixture
def validated(tmp_path: Path, registry: Registry) -> Validate:
    """Write tables to files and validate them."""
    return lambda tables: validate(write_tables(tables, tmp_path / "files"), registry)


def found(report: ValidationReport) -> set[tuple[str, str | None, str]]:
    return {(fault.data_set, fault.column, fault.check) for fault in report.faults}


def the_fault(report: ValidationReport) -> Fault:
    assert len(report.faults) == 1, report.summary()
    return report.faults[0]


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


class TestSoundContent:
    def test_it_passes_every_check(
        self, tables: Tables, validated: Validate, registry: Registry
    ) -> None:
        report = validated(tables)

        assert report.passed, report.summary()
        assert report.checks == sum(len(data_set_checks(d)) for d in registry.data_sets.values())
        assert report.warnings == ()

    def test_its_rows_are_counted(self, tables: Tables, validated: Validate) -> None:
        report = validated(tables)

        assert report.rows == {name: table.num_rows for name, table in tables.items()}

    def test_progress_reaches_the_total(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        told: list[Progress] = []

        validate(write_tables(tables, tmp_path), registry, report=told.append)

        assert told[-1].done == told[-1].total
        assert {p.step for p in told} == {Step.VALIDATE}
        assert {p.subject for p in told} == set(registry.data_sets)
        assert [p.done for p in told] == sorted(p.done for p in told)

    def test_a_type_that_holds_no_more_is_as_good(
        self, tables: Tables, validated: Validate
    ) -> None:
        narrower = {
            ("fact_forecast", "forecast"): pa.float32(),
            ("fact_metrics", "n_obs"): pa.int16(),
            ("fact_metrics", "horizon"): pa.uint8(),
            ("fact_demand", "item_id"): pa.dictionary(pa.int32(), pa.string()),
            ("fact_forecast", "item_id"): pa.large_string(),
            ("fact_demand", "generated_at"): pa.timestamp("ms", tz="America/Sao_Paulo"),
            ("fact_metrics", "generated_at"): pa.timestamp("ns", tz="UTC"),
        }
        for (data_set, column), type_ in narrower.items():
            values = tables[data_set].column(column).combine_chunks().cast(type_)
            tables[data_set] = replace_column(tables[data_set], column, values)

        report = validated(tables)

        assert report.passed, report.summary()

    def test_the_order_of_columns_does_not_matter(
        self, tables: Tables, validated: Validate
    ) -> None:
        names = tables["fact_forecast"].column_names
        tables["fact_forecast"] = tables["fact_forecast"].select(names[::-1])

        assert validated(tables).passed

    def test_files_in_a_folder_of_any_name_are_read(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path / "it's [a] *folder?; ção")

        assert validate(files, registry).passed

    def test_files_behind_links_and_relative_paths_are_read(
        self, tables: Tables, tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = write_tables(tables, tmp_path / "real")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        monkeypatch.chdir(tmp_path)

        report = validate({n: Path("link") / path.name for n, path in files.items()}, registry)

        assert report.passed, report.summary()

    def test_a_column_that_is_new_in_the_registry_is_checked(self, tmp_path: Path) -> None:
        content = json.loads((ROOT / "schema_registry.json").read_text(encoding="utf-8"))
        demand = next(d for d in content["schema"] if d["name"] == "fact_demand")
        returned = next(c for c in demand["properties"] if c["name"] == "quantity").copy()
        demand["properties"].append({**returned, "name": "returned"})
        path = tmp_path / "registry.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        registry = load_registry(path)
        tables = Publisher(None, registry).tables()  # type: ignore[arg-type]

        sound = validate(write_tables(tables, tmp_path / "sound"), registry)
        tables["fact_demand"] = set_value(tables["fact_demand"], "returned", 3, -1.0)
        unsound = validate(write_tables(tables, tmp_path / "unsound"), registry)

        assert sound.passed, sound.summary()
        assert found(unsound) == {("fact_demand", "returned", CheckKind.RANGE)}


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
        tmp_path: Path,
        registry: Registry,
        column: str,
        other: object,
    ) -> None:
        tables = publisher.tables()
        manifest = publisher.publish(tables=tables)

        report = validate(
            write_tables(tables, tmp_path / "files"),
            registry,
            claims=claims_of(replace(manifest, **{column: other})),
        )

        bearing = {name for name, table in tables.items() if column in table.column_names}
        assert found(report) == {(name, column, CheckKind.PROVENANCE) for name in bearing}


class TestColumns:
    def test_a_missing_one_is_a_fault(self, tables: Tables, validated: Validate) -> None:
        tables["fact_demand"] = tables["fact_demand"].drop_columns(["quantity"])

        report = validated(tables)

        assert found(report) == {("fact_demand", "quantity", CheckKind.COLUMN)}

    def test_a_misspelt_one_is_named_beside_the_missing(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_demand"] = tables["fact_demand"].rename_columns({"quantity": "Quantity"})

        report = validated(tables)

        assert "Quantity" in the_fault(report).found
        assert [w.column for w in report.warnings] == ["Quantity"]

    def test_an_unknown_one_only_warns(self, tables: Tables, validated: Validate) -> None:
        extra = pa.array([1] * tables["dim_item"].num_rows)
        tables["dim_item"] = tables["dim_item"].append_column("shelf", extra)

        report = validated(tables)

        assert report.passed
        assert [(w.data_set, w.column) for w in report.warnings] == [("dim_item", "shelf")]


class TestValues:
    def test_a_bad_value_is_found_with_its_key(self, tables: Tables, validated: Validate) -> None:
        tables["fact_metrics"] = set_value(tables["fact_metrics"], "source", 1, "oracle")

        fault = next(f for f in validated(tables).faults if f.check == CheckKind.ALLOWED)

        assert (fault.data_set, fault.column, fault.count) == ("fact_metrics", "source", 1)
        assert len(fault.samples) == 1
        assert fault.samples[0].startswith("item_id=P00001, location_id=network, source=oracle")

    def test_a_nan_is_found_in_spite_of_statistics_that_pass_over_it(
        self, tables: Tables, validated: Validate
    ) -> None:
        values = [1.0] * tables["fact_metrics"].num_rows
        values[5] = math.nan
        tables["fact_metrics"] = replace_column(tables["fact_metrics"], "rmsse", values)

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.column, fault.check) == (
            "fact_metrics",
            "rmsse",
            CheckKind.FINITE,
        )
        assert "nan" in fault.found
        assert len(fault.samples) == 1

    def test_no_more_than_five_samples_are_shown(self, tables: Tables, validated: Validate) -> None:
        size = tables["fact_metrics"].num_rows
        tables["fact_metrics"] = replace_column(tables["fact_metrics"], "wape", [-1.0] * size)

        fault = the_fault(validated(tables))

        assert (fault.count, len(fault.samples)) == (size, 5)


class TestText:
    def test_text_longer_than_its_form_is_found_and_only_its_beginning_is_shown(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["dim_item"] = set_value(tables["dim_item"], "name", 1, "A" * 1_000_000)

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.column, fault.check) == ("dim_item", "name", CheckKind.TEXT)
        assert fault.samples == ("item_id=P00002",)
        assert fault.found.endswith("A... (1000000 characters)")
        assert len(str(fault)) < 500

    def test_what_a_sample_holds_that_nobody_sees_is_written_out(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["dim_item"] = set_value(tables["dim_item"], "sku", 0, "A\u200b\x1b[31m")

        fault = the_fault(validated(tables))

        assert r"A\u200b\x1b[31m" in fault.found

    @pytest.mark.parametrize(
        ("code", "twin"),
        [
            ("AB-1", "ab-1"),
            ("AB-1", "A\u0412-1"),
            ("AB-1", "AB\u20111"),
            ("caf\u00e9", "cafe\u0301"),
            ("A B", "A\u00a0B"),
        ],
    )
    def test_codes_that_look_the_same_are_a_warning(
        self, publisher: Publisher, validated: Validate, code: str, twin: str
    ) -> None:
        tables = publisher.tables()
        items = tables["dim_item"]
        row = items.slice(0, 1)
        rows = [items, *(replace_column(row, "item_id", [each]) for each in (code, twin))]
        tables["dim_item"] = pa.concat_tables(rows).sort_by("item_id")

        report = validated(tables)

        assert report.passed, report.summary()
        (warning,) = report.warnings
        assert (warning.column, warning.check, warning.count) == ("item_id", CheckKind.TWINS, 1)
        assert all(each.isprintable() for each in warning.samples)


class TestDataThrough:
    @pytest.fixture
    def judged(
        self, publisher: Publisher, tmp_path: Path, registry: Registry
    ) -> Callable[[date, str], ValidationReport]:
        """Validate sound data, whose rows end on 2026-11-20, under other claims."""
        files = write_tables(publisher.tables(), tmp_path)
        claims = claims_of(publisher.publish())
        return lambda day, frequency: validate(
            files, registry, claims=replace(claims, data_through=day, frequency=frequency)
        )

    @pytest.mark.parametrize(
        ("day", "frequency"),
        [
            (date(2026, 11, 20), "D"),
            (date(2026, 11, 26), "W"),
            (date(2026, 12, 19), "MS"),
            (date(2026, 12, 1), "None"),
        ],
    )
    def test_the_last_day_observed_or_the_end_of_its_period_is_sound(
        self, judged: Callable[[date, str], ValidationReport], day: date, frequency: str
    ) -> None:
        report = judged(day, frequency)

        assert report.passed, report.summary()

    @pytest.mark.parametrize(
        ("day", "frequency"),
        [
            (date(1, 1, 1), "D"),
            (date(1970, 1, 1), "D"),
            (date(2026, 11, 19), "D"),
            (date(2026, 11, 21), "D"),
            (date(2026, 11, 19), "W"),
            (date(2026, 11, 27), "W"),
            (date(2026, 12, 20), "MS"),
            (date(2026, 12, 21), "None"),
        ],
    )
    def test_any_other_day_is_found(
        self, judged: Callable[[date, str], ValidationReport], day: date, frequency: str
    ) -> None:
        fault = the_fault(judged(day, frequency))

        assert fault.check == CheckKind.DATA_THROUGH
        assert f"data_through {day}, where the rows end on 2026-11-20" in fault.found


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
                "514 columns",
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


class TestTime:
    def test_a_validation_that_takes_too_long_is_broken_off_and_leaves_nothing(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        work = tmp_path / "work"
        work.mkdir()

        with pytest.raises(ValidationTooLong, match="longer than 1e-06 s"):
            validate(write_tables(tables, tmp_path / "files"), registry, timeout_s=1e-6, work=work)

        assert list(work.iterdir()) == []

    def test_a_validation_in_time_is_not_disturbed(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        assert validate(write_tables(tables, tmp_path), registry, timeout_s=600).passed


class TestRowKeys:
    def test_a_repeated_key_is_found(self, tables: Tables, validated: Validate) -> None:
        demand = tables["fact_demand"]
        tables["fact_demand"] = pa.concat_tables([demand.slice(0, 4), demand.slice(3)])

        fault = next(f for f in validated(tables).faults if f.data_set == "fact_demand")

        assert (fault.check, fault.count) == (CheckKind.UNIQUE_KEY, 1)
        assert fault.samples[0].startswith("item_id=P00001, location_id=network, date=")

    def test_rows_out_of_order_are_found(self, tables: Tables, validated: Validate) -> None:
        demand = tables["fact_demand"]
        tables["fact_demand"] = pa.concat_tables(
            [demand.slice(10, 5), demand.slice(0, 10), demand.slice(15)]
        )

        fault = the_fault(validated(tables))

        assert (fault.check, fault.count) == (CheckKind.KEY_ORDER, 1)

    def test_a_repeated_key_is_found_far_from_its_twin(
        self, tables: Tables, validated: Validate
    ) -> None:
        demand = tables["fact_demand"]
        tables["fact_demand"] = pa.concat_tables([demand, demand.slice(0, 1)])

        checks = {f.check for f in validated(tables).faults if f.data_set == "fact_demand"}

        assert {CheckKind.KEY_ORDER, CheckKind.UNIQUE_KEY} <= checks

    def test_order_is_kept_across_row_groups(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        files = write_tables(tables, tmp_path)
        demand = tables["fact_demand"]
        pq.write_table(demand, files["fact_demand"], row_group_size=7)
        sound = validate(files, registry)
        twice = pa.concat_tables([demand.slice(0, 7), demand.slice(6)])
        pq.write_table(twice, files["fact_demand"], row_group_size=7)

        unsound = validate(files, registry)

        assert sound.passed, sound.summary()
        assert ("fact_demand", None, CheckKind.UNIQUE_KEY) in found(unsound)

    def test_text_is_ordered_by_its_bytes(self, publisher: Publisher, validated: Validate) -> None:
        tables = publisher.tables(items=5)
        names = ["A-10", "A2", "Z", "a", "É"]
        renamed = dict(zip(tables["dim_item"].column("item_id").to_pylist(), names, strict=True))
        for name, table in tables.items():
            if "item_id" in table.column_names:
                values = [renamed[code] for code in table.column("item_id").to_pylist()]
                tables[name] = replace_column(table, "item_id", values)

        report = validated(tables)

        assert report.passed, report.summary()


class TestBetweenDataSets:
    def test_an_actual_that_was_not_observed_is_found(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_backtest"] = set_value(tables["fact_backtest"], "actual", 0, 77.0)

        fault = the_fault(validated(tables))

        assert fault.check == "rule:actual_equals_demand"
        assert "P00001" in fault.samples[0]

    def test_an_aggregate_that_is_not_the_sum_is_found(
        self, tables: Tables, validated: Validate
    ) -> None:
        totals = tables["agg_daily"]
        doubled = [2 * value for value in totals.column("forecast").to_pylist()]
        tables["agg_daily"] = replace_column(totals, "forecast", doubled)

        checks = {fault.check for fault in validated(tables).faults}

        assert checks == {"rule:sums_of_forecast", "rule:windows_of_forecast"}

    def test_a_total_that_is_missing_is_found(self, tables: Tables, validated: Validate) -> None:
        tables["agg_daily"] = tables["agg_daily"].slice(1)

        assert "rule:sums_of_forecast" in {f.check for f in validated(tables).faults}

    def test_a_forecast_made_after_the_day_is_found(
        self, tables: Tables, validated: Validate
    ) -> None:
        day: date = tables["fact_forecast"].column("date")[0].as_py()
        tables["fact_forecast"] = set_value(
            tables["fact_forecast"], "cutoff", 0, day + timedelta(days=1)
        )

        assert the_fault(validated(tables)).check == "rule:cutoff_before_date"

    def test_a_reorder_point_below_the_safety_stock_is_found(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_inventory"] = set_value(tables["fact_inventory"], "safety_stock", 2, 999.0)

        fault = the_fault(validated(tables))

        assert fault.samples == ("P00003, network",)

    @pytest.mark.parametrize("champions", [[True, True], [False, False]])
    def test_other_than_one_champion_is_found(
        self, tables: Tables, validated: Validate, champions: list[bool]
    ) -> None:
        metrics = tables["fact_metrics"]
        values = champions + metrics.column("is_champion").to_pylist()[2:]
        tables["fact_metrics"] = replace_column(metrics, "is_champion", values)

        assert the_fault(validated(tables)).check == "rule:one_champion"

    def test_provenance_is_one_for_all_data_sets(
        self, publisher: Publisher, tables: Tables, validated: Validate
    ) -> None:
        publisher.publish()
        tables["fact_metrics"] = publisher.tables()["fact_metrics"]

        fault = the_fault(validated(tables))

        assert (fault.column, fault.check) == ("generated_at", CheckKind.PROVENANCE)
        assert "2026-11-21 06:00:00+00" in fault.expected


def parted(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """The rows of *table* with those of two depots beside them, which have 1/4 and 3/4 of all."""
    measures = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    parts = [table]
    for depot, share in (("D1", 0.25), ("D2", 0.75)):
        part = replace_column(table, "location_id", [depot] * table.num_rows)
        for name in measures:
            part = replace_column(part, name, pc.multiply(part[name], share).combine_chunks())
        parts.append(part)
    return pa.concat_tables(parts).sort_by([(name, "ascending") for name in key])


def set_forecast(table: pa.Table, location: str, value: float) -> pa.Table:
    """The table with another forecast in the first row of *location*."""
    row = table["location_id"].to_pylist().index(location)
    return set_value(table, "forecast", row, value)


class TestLevels:
    @pytest.fixture
    def levels(self, tables: Tables, registry: Registry) -> Tables:
        """A network of two depots."""
        whole = tables["dim_location"].to_pylist()[0]
        depots = [
            {**whole, "location_id": code, "level": "depot", "parent_location_id": "network"}
            for code in ("D1", "D2")
        ]
        schema = tables["dim_location"].schema
        tables["dim_location"] = pa.Table.from_pylist([*depots, whole], schema=schema)
        for name in ("fact_demand", "fact_forecast", "fact_backtest", "agg_daily"):
            tables[name] = parted(tables[name], registry.data_sets[name].key)
        return tables

    def test_levels_that_add_up_are_sound(self, levels: Tables, validated: Validate) -> None:
        report = validated(levels)

        assert report.passed, report.summary()

    @pytest.mark.parametrize("location", ["network", "D2"])
    def test_forecasts_that_do_not_add_up_are_found(
        self, levels: Tables, validated: Validate, location: str
    ) -> None:
        levels["fact_backtest"] = set_forecast(levels["fact_backtest"], location, 77.0)

        fault = the_fault(validated(levels))

        assert (fault.data_set, fault.check) == ("fact_backtest", "rule:levels_add_up")
        assert fault.samples[0].startswith("P00001, network, arima, ")
        assert "equals the sum of those of the same source right below it" in str(fault)

    def test_the_forecasts_of_a_day_that_do_not_add_up_are_found(
        self, levels: Tables, validated: Validate
    ) -> None:
        levels["fact_forecast"] = set_forecast(levels["fact_forecast"], "network", 77.0)

        checks = {(fault.data_set, fault.check) for fault in validated(levels).faults}

        assert ("fact_forecast", "rule:levels_add_up") in checks

    def test_a_source_may_forecast_the_network_alone(
        self, levels: Tables, validated: Validate
    ) -> None:
        backtest = levels["fact_backtest"]
        kept = pc.or_(
            pc.equal(backtest["location_id"], "network"), pc.equal(backtest["source"], "naive")
        )
        levels["fact_backtest"] = backtest.filter(kept)

        assert validated(levels).passed

    def test_a_part_may_have_demand_in_the_network_alone(
        self, levels: Tables, validated: Validate
    ) -> None:
        for name in ("fact_demand", "fact_forecast", "fact_backtest"):
            table = levels[name]
            of_others = pc.not_equal(table["item_id"], "P00001")
            levels[name] = table.filter(
                pc.or_(pc.equal(table["location_id"], "network"), of_others)
            )

        checks = {fault.check for fault in validated(levels).faults}

        assert checks <= {"rule:sums_of_forecast"}

    def test_demand_that_does_not_add_up_is_found(
        self, levels: Tables, validated: Validate
    ) -> None:
        demand = levels["fact_demand"]
        asked = pc.and_(
            pc.equal(demand["location_id"], "network"), pc.greater(demand["quantity"], 0)
        )
        row = asked.to_pylist().index(True)
        levels["fact_demand"] = pa.concat_tables([demand.slice(0, row), demand.slice(row + 1)])

        fault = next(f for f in validated(levels).faults if f.data_set == "fact_demand")

        assert (fault.check, fault.count) == ("rule:levels_add_up", 1)
        assert fault.samples[0].startswith("P00001, network, ")


class TestRules:
    def test_every_rule_shows_no_samples_where_it_holds(
        self, tables: Tables, registry: Registry
    ) -> None:
        with duckdb.connect(":memory:") as connection:
            for name, table in tables.items():
                connection.register(name, table)

            for data_set in registry.data_sets.values():
                for rule in data_set.rules:
                    assert connection.execute(rule.query).fetchall() == [(0,)], rule.name
                    assert connection.execute(rule.sample_query).fetchall() == [], rule.name


class TestEmptyContent:
    def test_a_publication_without_forecasts_is_refused(
        self, tables: Tables, validated: Validate
    ) -> None:
        for name in ("fact_forecast", "agg_daily"):
            tables[name] = tables[name].slice(0, 0)

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.check) == ("fact_forecast", "rule:not_empty")

    def test_a_publication_without_anything_is_refused(
        self, tables: Tables, validated: Validate
    ) -> None:
        report = validated({name: table.slice(0, 0) for name, table in tables.items()})

        assert found(report) == {
            ("dim_item", None, "rule:not_empty"),
            ("dim_location", None, "rule:network_exists"),
            ("fact_forecast", None, "rule:not_empty"),
        }

    @pytest.mark.parametrize("data_set", ["fact_exception", "fact_inventory", "fact_metrics"])
    def test_a_data_set_may_be_empty(
        self, tables: Tables, validated: Validate, data_set: str
    ) -> None:
        tables[data_set] = tables[data_set].slice(0, 0)

        assert validated(tables).passed


class TestReports:
    def test_every_fault_is_told_at_once(self, tables: Tables, validated: Validate) -> None:
        tables["fact_demand"] = set_value(tables["fact_demand"], "quantity", 0, math.nan)
        tables["fact_metrics"] = set_value(tables["fact_metrics"], "source", 0, "oracle")
        tables["fact_inventory"] = set_value(tables["fact_inventory"], "item_id", 5, "P99999")
        tables["dim_item"] = tables["dim_item"].drop_columns(["sku"])
        del tables["fact_exception"]

        report = validated(tables)

        assert {
            ("fact_demand", "quantity", CheckKind.FINITE),
            ("fact_metrics", "source", CheckKind.ALLOWED),
            ("fact_inventory", "item_id", CheckKind.REFERENCE),
            ("dim_item", "sku", CheckKind.COLUMN),
            ("fact_exception", None, CheckKind.FILE),
        } <= found(report)

    def test_the_summary_names_what_was_found_and_what_is_right(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_demand"] = set_value(tables["fact_demand"], "quantity", 0, -3.0)

        summary = validated(tables).summary()

        assert "fact_demand.quantity: 1 row(s) with -3.0; expected at least 0" in summary
        assert "item_id=P00001" in summary

    @pytest.mark.parametrize("memory_limit", ["1KB", "500KB", "1MB", "4MB"])
    def test_too_little_memory_is_no_verdict(
        self, tables: Tables, tmp_path: Path, registry: Registry, memory_limit: str
    ) -> None:
        files = write_tables(tables, tmp_path)

        with pytest.raises(ValidationUnfinished, match="could not be finished"):
            validate(files, registry, memory_limit=memory_limit)


def test_a_file_outside_the_publication_can_not_be_read_by_a_rule(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    content = json.loads((ROOT / "schema_registry.json").read_text(encoding="utf-8"))
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    content["schema"][0]["quality"][0]["query"] = f"select (select count(*) from '{secret}')"
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    report = validate(write_tables(tables, tmp_path / "files"), load_registry(path))

    assert "can't be run" in the_fault(report).found
