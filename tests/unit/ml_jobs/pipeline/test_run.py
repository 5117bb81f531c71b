"""The whole run: data sets that the contract accepts, the same bytes every time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection
from ml_jobs.errors import InputError
from ml_jobs.options import SOURCES, thresholds_of
from ml_jobs.panel import Frequency, Panel
from ml_jobs.pipeline.engine import DASK
from ml_jobs.pipeline.preparing import Prepared
from ml_jobs.pipeline.run_folder import RunFolder
from ml_jobs.publishing.publish import check
from ml_jobs.selection import CostlyRule
from tests.unit.ml_jobs.panels import panel_of, retail_panel
from tests.unit.ml_jobs.runs import QUICK, Ran, ran, request_of

pytestmark = pytest.mark.ml


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=9, periods=220)


@pytest.fixture(scope="module")
def done(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    return ran(request_of(panel, tmp_path_factory.mktemp("run")), registry)


def digests(result: Ran) -> dict[str, str]:
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in result.draft.files.items()
    }


def test_daily_results_keep_the_contract(done: Ran, registry: Registry) -> None:
    sound = check(done.draft, registry)

    assert sound.report.passed
    assert sound.report.rows["fact_forecast"] > 0


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY])
def test_weekly_and_monthly_results_keep_the_contract(
    frequency: Frequency, registry: Registry, tmp_path: Path
) -> None:
    panel = retail_panel(series=5, periods=100, frequency=frequency)

    result = ran(request_of(panel, tmp_path), registry)

    assert check(result.draft, registry).report.passed


def test_a_short_history_still_gets_forecasts_and_keeps_the_contract(
    registry: Registry, tmp_path: Path
) -> None:
    panel = retail_panel(series=4, periods=20)

    result = ran(request_of(panel, tmp_path), registry)

    assert check(result.draft, registry).report.passed
    assert result.table("fact_metrics").num_rows == 0
    assert set(result.table("fact_inventory")["item_id"].to_pylist()) == set(panel.item_ids)


@pytest.mark.parametrize("demand", [[[5.0] + [0.0] * 129], [[2.0] * 130], [[0.25, 0.0] * 65]])
def test_unusual_series_keep_the_contract(
    demand: list[list[float]], registry: Registry, tmp_path: Path
) -> None:
    result = ran(request_of(panel_of(demand), tmp_path), registry)

    assert check(result.draft, registry).report.passed


def test_the_same_input_gives_the_same_bytes(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    again = ran(request_of(panel, tmp_path), registry)

    assert digests(again) == digests(done)
    assert again.draft.lineage == done.draft.lineage


def test_dask_gives_the_same_bytes_as_processes(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = replace(request_of(panel, tmp_path), engine=DASK, processes=2)

    on_dask = ran(request, registry)

    assert digests(on_dask) == digests(done)


def test_several_processes_give_the_same_bytes_as_one(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    options = replace(QUICK, partition_series=3)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    one = ran(request_of(panel, tmp_path / "one", options), registry)
    two = ran(replace(request_of(panel, tmp_path / "two", options), processes=2), registry)

    assert one.prepared.plan.partitions == 3
    assert digests(two) == digests(one)


def test_what_is_forecast_does_not_depend_on_the_size_of_partitions(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    small = ran(request_of(panel, tmp_path, replace(QUICK, partition_series=2)), registry)

    assert small.prepared.plan.partitions == 5
    names = ("fact_forecast", "fact_backtest", "fact_metrics", "agg_metrics", "agg_daily")
    for name in (*names, "fact_lead_time", "fact_projection"):
        found, expected = small.table(name), done.table(name)
        assert found.column_names == expected.column_names
        for column in found.column_names:
            values = [t[column].to_pylist() for t in (found, expected)]
            if pa.types.is_floating(found[column].type):
                a, b = (np.array(v, dtype=np.float64) for v in values)
                np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9, err_msg=f"{name}.{column}")
            else:
                assert values[0] == values[1], (name, column)


class Killed(BaseException):
    """What a kill looks like from inside."""


def test_a_killed_run_goes_on_where_it_was(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path)
    stages: list[str] = []

    def killed(work: object) -> None:
        if getattr(work, "stage", "") == "judge":
            raise Killed

    with pytest.raises(Killed):
        ran(request, registry, report=killed)
    finished = {path: path.stat().st_mtime_ns for path in _learnt(tmp_path)}
    result = ran(request, registry, report=lambda work: stages.append(work.stage))

    assert finished
    assert {path: path.stat().st_mtime_ns for path in _learnt(tmp_path)} == finished
    assert digests(result) == digests(done)


def test_parts_that_were_damaged_are_made_anew(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path)

    def killed(work: object) -> None:
        if getattr(work, "stage", "") == "write":
            raise Killed

    with pytest.raises(Killed):
        ran(request, registry, report=killed)
    parts = sorted(path for path in tmp_path.glob("runs/**/*") if path.is_file())
    for number, path in enumerate(parts):
        content = path.read_bytes()
        path.write_bytes((content[: len(content) // 2], b"", content[:-1] + b"?")[number % 3])
    result = ran(request, registry)

    assert {path.parent.name for path in parts} >= {"learnt", "000000"}
    assert digests(result) == digests(done)


def _learnt(folder: Path) -> list[Path]:
    return sorted([*folder.glob("runs/*/learnt/*"), *folder.glob("runs/*/partitions/*/members-*")])


def test_other_settings_are_another_run(panel: Panel, registry: Registry, tmp_path: Path) -> None:
    folders: list[RunFolder] = []

    def note(prepared: Prepared) -> None:
        folders.append(prepared.folder)

    ran(request_of(panel, tmp_path), registry, before=note)
    ran(request_of(panel, tmp_path, replace(QUICK, seed=5)), registry, before=note)

    assert folders[0].path != folders[1].path


def test_every_row_says_where_it_comes_from(done: Ran, registry: Registry) -> None:
    for name in done.draft.files:
        table, data_set = done.table(name), registry.data_sets[name]
        assert table.column_names == [column.name for column in data_set.columns]
        assert set(table["dataset_id"].to_pylist()) <= {done.draft.dataset_id}
        assert set(table["generated_at"].to_pylist()) <= {datetime(2026, 11, 21, 12, tzinfo=UTC)}


def test_rows_are_ordered_by_the_bytes_of_their_keys(registry: Registry, tmp_path: Path) -> None:
    panel = replace(retail_panel(series=3, periods=70), item_ids=("B-1", "a", "é"))

    result = ran(request_of(panel, tmp_path, replace(QUICK, partition_series=1)), registry)

    for name in result.draft.files:
        key = registry.data_sets[name].key
        columns = [result.table(name)[column].to_pylist() for column in key]
        encoded = [
            tuple(value.encode() if isinstance(value, str) else value for value in row)
            for row in zip(*columns, strict=True)
        ]
        assert encoded == sorted(set(encoded)), name


def test_the_future_is_forecast_for_every_item_and_has_no_actual(panel: Panel, done: Ran) -> None:
    forecast = done.table("fact_forecast")
    last = pa.scalar(panel.data_through.item())

    future = forecast.filter(pc.greater(forecast["date"], last))

    assert future["actual"].null_count == future.num_rows
    assert set(future["cutoff"].to_pylist()) == {last.as_py()}
    ensemble = future.filter(pc.equal(future["source"], "ensemble"))
    assert ensemble.num_rows == 28 * len(panel.item_ids)


def test_a_past_forecast_was_made_before_the_day_it_is_for(done: Ran) -> None:
    forecast = done.table("fact_forecast")

    assert pc.all(pc.less(forecast["cutoff"], forecast["date"])).as_py()
    past = forecast.filter(pc.is_valid(forecast["actual"]))
    assert past.num_rows > 0
    assert len(past["cutoff"].unique()) == 4


def test_a_part_that_died_is_neither_forecast_nor_ordered(
    registry: Registry, tmp_path: Path
) -> None:
    others = retail_panel(series=5, periods=46, frequency=Frequency.MONTHLY)
    demand = np.nan_to_num(others.demand)
    demand[0] = [20.0] * 22 + [0.0] * 24
    panel = replace(others, demand=demand, starts=np.zeros(5, np.int64))
    (tmp_path / "stock.csv").write_text(f"item_id,current_stock\n{panel.item_ids[0]},10\n")

    result = ran(
        replace(
            request_of(
                panel, tmp_path, replace(QUICK, sources=("mean", "tsb", "imapa", "ensemble"))
            ),
            stock=tmp_path / "stock.csv",
        ),
        registry,
    )

    forecast = result.table("fact_forecast").to_pandas()
    ahead = forecast[forecast["actual"].isna() & (forecast["source"] == "ensemble")]
    dead = ahead[ahead["item_id"] == panel.item_ids[0]]
    assert dead["forecast"].sum() < 0.5
    (stock,) = [
        row
        for row in result.table("fact_inventory").to_pylist()
        if row["item_id"] == panel.item_ids[0]
    ]
    assert (stock["status"], stock["source"], stock["reorder_point"]) == (
        "overstock",
        "ensemble",
        0,
    )


def test_places_get_forecasts_that_add_up_to_the_networks(
    tmp_path: Path, registry: Registry
) -> None:
    rows = retail_panel(series=6, periods=200)
    places = replace(
        rows,
        item_ids=("A", "A", "A", "B", "B", "B"),
        location_ids=("NORTE", "SUL", "SUDESTE", "NORTE", "SUL", "SUDESTE"),
    )

    result = ran(request_of(places, tmp_path), registry)

    assert check(result.draft, registry).report.passed
    forecast = result.table("fact_forecast").to_pandas()
    said = forecast[forecast["source"] == "ensemble"]
    of_network = said["location_id"] == "network"
    network = said[of_network].set_index(["item_id", "date"])["forecast"].sort_index()
    summed = said[~of_network].groupby(["item_id", "date"])["forecast"].sum().sort_index()
    assert set(said["location_id"]) == {"network", "NORTE", "SUL", "SUDESTE"}
    np.testing.assert_allclose(summed, network, rtol=1e-9)
    assert set(forecast[forecast["source"] == "arima"]["location_id"]) == {"network"}
    assert result.table("dim_item").num_rows == 2
    assert result.table("fact_inventory").num_rows == 8


def test_what_is_known_ahead_must_reach_as_far_as_the_forecast(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    days = np.append(panel.dates, panel.frequency.following(panel.dates[-1], 20))
    prices = pa.table({"date": days, "price": np.linspace(1.0, 2.0, len(days))})
    pq.write_table(prices, tmp_path / "drivers.parquet")
    request = replace(request_of(panel, tmp_path), drivers=tmp_path / "drivers.parquet")

    with pytest.raises(InputError, match=r"price up to .*; the horizon needs it up to"):
        ran(request, registry)


def test_what_is_known_ahead_is_used_and_named_in_the_lineage(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    days = np.append(panel.dates, panel.frequency.following(panel.dates[-1], 60))
    random = np.random.default_rng(1)
    prices = pa.table({"date": days, "price": random.random(len(days))})
    pq.write_table(prices, tmp_path / "drivers.parquet")
    options = replace(QUICK, sources=("mean", "gbm"))
    (tmp_path / "without").mkdir()
    request = request_of(panel, tmp_path, options)

    driven = ran(replace(request, drivers=tmp_path / "drivers.parquet"), registry)
    alone = ran(request_of(panel, tmp_path / "without", options), registry)

    inputs = driven.draft.lineage["inputs"]
    assert isinstance(inputs, list)
    assert [entry["role"] for entry in inputs] == ["demand", "drivers"]
    trees = [
        result.table("fact_forecast").filter(pc.field("source") == "gbm")["forecast"].to_numpy()
        for result in (driven, alone)
    ]
    assert not np.array_equal(trees[0], trees[1])


def test_a_spike_after_the_last_cutoff_changes_nothing_that_was_forecast_before(
    tmp_path: Path, registry: Registry
) -> None:
    calm = retail_panel(series=6, periods=240)
    options = replace(
        QUICK,
        sources=tuple(source for source in SOURCES if source not in {"lstm", "prophet"}),
        # Every series: whether a dear source runs on one at all looks at the whole history.
        rules={"arima": CostlyRule(("smooth", "erratic", "intermittent", "lumpy"), (), 6)},
    )
    spiked = calm.demand.copy()
    spiked[:, 240 - 28] += 5000.0
    (tmp_path / "calm").mkdir()
    (tmp_path / "struck").mkdir()

    before = ran(request_of(calm, tmp_path / "calm", options), registry)
    struck = replace(calm, demand=spiked)
    after = ran(request_of(struck, tmp_path / "struck", options), registry)

    tables = [result.table("fact_backtest") for result in (before, after)]
    assert set(tables[0]["source"].to_pylist()) == set(options.sources)
    assert tables[1]["actual"].to_numpy().max() >= 5000.0
    kept = [c for c in tables[0].column_names if c not in {"actual", "dataset_id"}]
    assert tables[1].select(kept).equals(tables[0].select(kept))


def test_the_source_of_an_inventory_row_is_the_champion_of_the_item(done: Ran) -> None:
    metrics = done.table("fact_metrics")
    final = metrics.filter(
        pc.and_(pc.equal(metrics["horizon"], done.notes["horizon"]), metrics["is_champion"])
    )

    champions = dict(zip(final["item_id"].to_pylist(), final["source"].to_pylist(), strict=True))

    inventory = done.table("fact_inventory")
    assert champions
    for item, source in zip(
        inventory["item_id"].to_pylist(), inventory["source"].to_pylist(), strict=True
    ):
        assert champions.get(item, source) == source


def test_a_source_that_covers_a_part_of_a_group_is_not_its_champion(done: Ran) -> None:
    groups = done.table("agg_metrics")
    arima = groups.filter(
        pc.and_(pc.equal(groups["source"], "arima"), pc.equal(groups["group_by"], "all"))
    )

    assert arima.num_rows > 0
    assert not any(arima["is_champion"].to_pylist())


def test_lineage_says_what_ran_on_what_and_why(panel: Panel, done: Ran) -> None:
    sources = done.notes["sources"]

    assert isinstance(sources, dict)
    assert tuple(sources) == QUICK.sources
    assert sources["tsb"]["series"] == len(panel.item_ids)
    assert sources["arima"]["series"] == 2
    assert "at most 2 series" in sources["arima"]["rule"]
    assert len(done.notes["cutoffs"]) == 4  # type: ignore[arg-type]


def test_sources_that_all_run_on_a_part_only_are_refused(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    with pytest.raises(InvalidSelection, match="runs on all series"):
        ran(request_of(panel, tmp_path, replace(QUICK, sources=("arima",))), registry)


def test_a_column_of_places_is_for_invoice_lines_only(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    with pytest.raises(InvalidSelection, match="names its places in location_id"):
        ran(replace(request_of(panel, tmp_path), location_column="depot"), registry)


def test_a_file_of_locations_needs_demand_that_names_them(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    places = tmp_path / "places.csv"
    places.write_text("location_id,name\nSUL,Sul\n", encoding="utf-8")

    with pytest.raises(InputError, match="needs a location_id"):
        ran(replace(request_of(panel, tmp_path), locations=places), registry)


def test_thresholds_come_from_the_contract(registry: Registry) -> None:
    thresholds = thresholds_of(registry)

    assert thresholds["overstock"] == registry.reason_codes["overstock"].threshold


def test_progress_is_reported_for_every_stage(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    seen = []

    ran(
        request_of(panel, tmp_path, replace(QUICK, sources=("naive", "tsb"))),
        registry,
        report=seen.append,
    )

    ended = [work.stage for work in seen if work.done == work.total]
    assert list(dict.fromkeys(ended)) == [
        "read",
        "lay out",
        "split",
        "learn",
        "forecast",
        "weigh",
        "judge",
        "weigh stock",
        "stock",
        "write",
    ]


def test_open_orders_are_published_and_counted_whatever_the_order_of_rows(
    registry: Registry, tmp_path: Path
) -> None:
    panel = retail_panel(series=4, periods=120)
    rows = ["7,10,P001,5,2026-12-01", "3,20,P001,2,", "3,10,P003,4,2026-10-01", "9,1,XX,1,"]
    results = []
    for number, lines in enumerate((rows, rows[::-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        orders = folder / "orders.csv"
        orders.write_text("\n".join(["order_id,line,item_id,quantity,due", *lines, ""]))
        request = request_of(panel, folder, replace(QUICK, sources=("naive", "mean")))
        results.append(ran(replace(request, orders=orders), registry))
    first, second = results

    published = first.table("fact_open_order").to_pylist()

    assert check(first.draft, registry).report.passed
    assert [(row["order_id"], row["line"], row["quantity"]) for row in published] == [
        ("3", "10", 4),
        ("3", "20", 2),
        ("7", "10", 5),
    ]
    assert first.table("fact_inventory")["on_order"].to_pylist() == [0, 7, 0, 4]
    assert not any(
        "on_order" in each for each in first.table("fact_inventory")["assumed"].to_pylist()
    )
    assert digests(first) == digests(second)
    assert first.draft.lineage["inputs"][-1]["role"] == "orders"
