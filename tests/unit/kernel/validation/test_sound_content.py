"""Content that keeps the contract passes, however it is written; none at all is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from datalayer.kernel.contract.checks import CheckKind, data_set_checks
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.validation.validator import validate
from tests.portals import ROOT
from tests.publisher import Publisher, replace_column, set_value, write_tables
from tests.unit.kernel.validation.conftest import Tables, Validate, found, the_fault


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
