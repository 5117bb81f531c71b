"""Places add up to the places above them, or validation finds where not."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.kernel.contract.registry import Registry
from tests.publisher import replace_column, set_value
from tests.unit.kernel.validation.conftest import Tables, Validate, the_fault


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
