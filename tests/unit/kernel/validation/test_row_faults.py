"""What validation finds between rows: keys, their order, and rows of other data sets."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.checks import CheckKind
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.validation.validator import validate
from tests.publisher import Publisher, replace_column, set_value, write_tables
from tests.unit.kernel.validation.conftest import Tables, Validate, found, the_fault


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
