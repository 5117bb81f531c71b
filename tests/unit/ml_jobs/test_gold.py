"""The whole run: tables that the contract accepts, the same every time, consistent throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from datalayer.contract.registry import Column, Registry
from datalayer.validation import validate
from ml_jobs.gold import GoldTables, MissingColumnError, forecast_panel, stamp, thresholds_of
from ml_jobs.models import MODELS
from ml_jobs.options import ArimaRule, ForecastOptions
from ml_jobs.panel import Frequency, Panel
from ml_jobs.selection import arima_series
from tests.unit.ml_jobs.panels import items_of, panel_of, retail_panel, stock_of

pytestmark = pytest.mark.ml

OPTIONS = ForecastOptions(
    sources=("naive", "mean", "tsb", "imapa", "arima"),
    arima=ArimaRule(max_series=2),
    processes=1,
    bootstrap_samples=50,
)
GENERATED_AT = datetime(2026, 11, 21, 9, 0, tzinfo=timezone(timedelta(hours=-3)))


def gold_of(panel: Panel, options: ForecastOptions = OPTIONS) -> GoldTables:
    return forecast_panel(panel, items_of(panel), stock_of(panel), options)


def stamped(gold: GoldTables, registry: Registry) -> dict[str, pa.Table]:
    return stamp(
        gold.tables,
        registry,
        dataset_id="test-demand",
        generated_at=GENERATED_AT,
        model_version="0.1.0",
    )


def faults_of(tables: Mapping[str, pa.Table], registry: Registry, folder: Path) -> str:
    files = {name: folder / f"{name}.parquet" for name in tables}
    for name, table in tables.items():
        pq.write_table(table, files[name], compression="zstd")
    report = validate(files, registry)
    assert report.checks > 0
    return "" if report.passed else report.summary()


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=9, periods=220)


@pytest.fixture(scope="module")
def gold(panel: Panel) -> GoldTables:
    return gold_of(panel)


def test_daily_results_keep_the_contract(
    gold: GoldTables, registry: Registry, tmp_path: Path
) -> None:
    faults = faults_of(stamped(gold, registry), registry, tmp_path)

    assert faults == ""


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY])
def test_weekly_and_monthly_results_keep_the_contract(
    frequency: Frequency, registry: Registry, tmp_path: Path
) -> None:
    panel = retail_panel(series=5, periods=100, frequency=frequency)

    faults = faults_of(stamped(gold_of(panel), registry), registry, tmp_path)

    assert faults == ""


def test_a_short_history_still_gets_forecasts_and_keeps_the_contract(
    registry: Registry, tmp_path: Path
) -> None:
    panel = retail_panel(series=4, periods=20)

    gold = gold_of(panel)

    assert gold.tables["fact_metrics"].num_rows == 0
    assert set(gold.tables["fact_inventory"]["item_id"].to_pylist()) == set(panel.item_ids)
    assert faults_of(stamped(gold, registry), registry, tmp_path) == ""


@pytest.mark.parametrize("demand", [[[0.0] * 130], [[5.0]], [[2.0] * 130], [[0.25, 0.0] * 65]])
def test_unusual_series_keep_the_contract(
    demand: list[list[float]], registry: Registry, tmp_path: Path
) -> None:
    gold = gold_of(panel_of(demand), replace(OPTIONS, arima=ArimaRule(max_series=1)))

    faults = faults_of(stamped(gold, registry), registry, tmp_path)

    assert faults == ""


def test_the_same_input_gives_the_same_tables(panel: Panel, gold: GoldTables) -> None:
    again = gold_of(panel)

    assert again.notes == gold.notes
    for name, table in gold.tables.items():
        assert again.tables[name].equals(table), name


def test_every_row_says_where_it_comes_from(gold: GoldTables, registry: Registry) -> None:
    tables = stamped(gold, registry)

    for name, table in tables.items():
        assert table.column_names == [c.name for c in registry.data_sets[name].columns]
        assert set(table["dataset_id"].to_pylist()) <= {"test-demand"}
        assert set(table["generated_at"].to_pylist()) <= {GENERATED_AT.astimezone(UTC)}


def test_rows_are_ordered_by_the_bytes_of_their_keys(registry: Registry) -> None:
    panel = replace(retail_panel(series=3, periods=70), item_ids=("B-1", "a", "é"))

    tables = stamped(gold_of(panel), registry)

    for name, table in tables.items():
        key = registry.data_sets[name].key
        columns = [table[column].to_pylist() for column in key]
        encoded = [
            tuple(value.encode() if isinstance(value, str) else value for value in row)
            for row in zip(*columns, strict=True)
        ]
        assert encoded == sorted(set(encoded)), name


def test_a_column_added_to_the_contract_is_empty_until_the_job_makes_it(
    gold: GoldTables, registry: Registry
) -> None:
    demand = registry.data_sets["fact_demand"]
    colour = replace(demand.column("quantity"), name="colour", required=False)

    tables = stamped(gold, _with_column(registry, colour))

    assert tables["fact_demand"]["colour"].null_count == tables["fact_demand"].num_rows


def test_a_required_column_that_the_job_does_not_make_is_refused(
    gold: GoldTables, registry: Registry
) -> None:
    demand = registry.data_sets["fact_demand"]
    colour = replace(demand.column("quantity"), name="colour", required=True)

    with pytest.raises(MissingColumnError, match="colour"):
        stamped(gold, _with_column(registry, colour))


def _with_column(registry: Registry, column: Column) -> Registry:
    demand = registry.data_sets["fact_demand"]
    wider = replace(demand, columns=(*demand.columns, column))
    return replace(registry, data_sets={**registry.data_sets, "fact_demand": wider})


def test_the_future_is_forecast_for_every_item_and_has_no_actual(
    panel: Panel, gold: GoldTables
) -> None:
    forecast = gold.tables["fact_forecast"]
    last = pa.scalar(panel.data_through.item())

    future = forecast.filter(pc.greater(forecast["date"], last))

    assert future["actual"].null_count == future.num_rows
    assert set(future["cutoff"].to_pylist()) == {last.as_py()}
    tsb = future.filter(pc.equal(future["source"], "tsb"))
    assert tsb.num_rows == 28 * len(panel.item_ids)


def test_a_past_forecast_was_made_before_the_day_it_is_for(gold: GoldTables) -> None:
    forecast = gold.tables["fact_forecast"]

    assert pc.all(pc.less(forecast["cutoff"], forecast["date"])).as_py()
    past = forecast.filter(pc.is_valid(forecast["actual"]))
    assert past.num_rows > 0
    assert len(past["cutoff"].unique()) == 4


def test_the_source_of_an_inventory_row_is_the_champion_of_the_item(gold: GoldTables) -> None:
    metrics = gold.tables["fact_metrics"]
    horizon = gold.notes["horizon"]
    final = metrics.filter(pc.and_(pc.equal(metrics["horizon"], horizon), metrics["is_champion"]))

    champions = dict(zip(final["item_id"].to_pylist(), final["source"].to_pylist(), strict=True))

    inventory = gold.tables["fact_inventory"]
    for item, source in zip(
        inventory["item_id"].to_pylist(), inventory["source"].to_pylist(), strict=True
    ):
        assert champions.get(item, source) == source


def test_a_source_that_covers_a_part_of_a_group_is_not_its_champion(gold: GoldTables) -> None:
    groups = gold.tables["agg_metrics"]
    arima = groups.filter(
        pc.and_(pc.equal(groups["source"], "arima"), pc.equal(groups["group_by"], "all"))
    )

    assert arima.num_rows > 0
    assert not any(arima["is_champion"].to_pylist())


def test_windows_of_daily_sums_reach_as_far_as_there_are_rows(gold: GoldTables) -> None:
    daily = gold.tables["agg_daily"].to_pandas()
    rows = daily[(daily["source"] == "tsb") & (daily["category"] == "Brakes")].sort_values("date")

    assert rows["forecast_7d_mean"].to_numpy()[6] == pytest.approx(rows["forecast"][:7].mean())
    assert rows["forecast_7d_mean"].to_numpy()[0] == pytest.approx(rows["forecast"].iloc[0])
    assert rows["forecast_30d_total"].to_numpy()[-1] == pytest.approx(rows["forecast"].iloc[-1])
    assert rows["forecast_30d_total"].to_numpy()[0] == pytest.approx(rows["forecast"][:30].sum())


def test_lineage_says_what_ran_on_what_and_why(panel: Panel, gold: GoldTables) -> None:
    sources = gold.notes["sources"]

    assert isinstance(sources, dict)
    assert set(sources) == set(MODELS)
    assert sources["tsb"]["series"] == len(panel.item_ids)
    assert sources["arima"]["series"] == 2
    assert "at most 2 series" in sources["arima"]["rule"]


def test_arima_runs_on_steady_classes_first_and_on_the_greatest_demand(panel: Panel) -> None:
    count = len(panel.item_ids)
    classes = ["lumpy"] * (count - 2) + ["smooth", "lumpy"]
    items = items_of(panel, demand_class=classes, abc_class=["A", *["C"] * (count - 2), "A"])

    one = arima_series(panel, items, ArimaRule(max_series=1))
    two = arima_series(panel, items, ArimaRule(max_series=2))
    many = arima_series(panel, items, ArimaRule(max_series=99))

    assert np.flatnonzero(one).tolist() == [count - 2]
    assert np.flatnonzero(two).tolist() == [count - 2, count - 1]
    assert np.flatnonzero(many).tolist() == [0, count - 2, count - 1]


def test_thresholds_come_from_the_contract(registry: Registry) -> None:
    thresholds = thresholds_of(registry)

    assert thresholds["overstock"] == registry.reason_codes["overstock"].threshold


def test_progress_is_reported_for_every_step(panel: Panel) -> None:
    seen = []

    forecast_panel(
        panel,
        items_of(panel),
        stock_of(panel),
        replace(OPTIONS, sources=("naive", "tsb")),
        report=seen.append,
    )

    stages = [work.stage for work in seen if work.done == work.total]
    assert [stage for stage in stages if stage in {"forecast", "backtest", "tables"}] == [
        "forecast",
        "backtest",
        "tables",
    ]
