"""Weeks and months of a whole run: they agree with the days, and the past knew no future."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.grain import ReadableForecasts
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Frequency, Panel
from ml_jobs.pipeline.learning import pools_at
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.partition_gold import judge
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.readable_forecasts import LearntSums, readable_forecasts
from ml_jobs.pipeline.run_folder import load
from ml_jobs.pipeline.stock_planning import stock_view
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.runs import QUICK, Ran, ran, request_of

pytestmark = pytest.mark.ml

OPTIONS = replace(
    QUICK, sources=("naive", "mean", "imapa", "gbm", "ensemble"), rules={}, origins=1, warmups=0
)
LEAD_DAYS = [0.0, 3.0, 7.0, 10.0, 14.0, 20.0]
LAGS = [0, 7, 7, 14, 14, 21]


def ran_with(options: ForecastOptions, folder: Path, registry: Registry) -> Ran:
    """A run of six items until a Wednesday, each with a lead time of its own."""
    panel = retail_panel(series=6, periods=415)
    items = {"item_id": list(panel.item_ids), "lead_time_days": LEAD_DAYS}
    pq.write_table(pa.table(items), folder / "items.parquet")
    request = replace(request_of(panel, folder, options), items=folder / "items.parquet")
    return ran(request, registry)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    return ran_with(OPTIONS, tmp_path_factory.mktemp("readable"), registry)


def rows_of(done: Ran, item: str, source: str | None = None) -> list[dict[str, object]]:
    rows = done.table("fact_period").to_pylist()
    return [r for r in rows if r["item_id"] == item and source in (None, r["source"])]


def champion_of(done: Ran, item: str) -> str:
    rows = done.table("fact_inventory").to_pylist()
    return next(str(row["source"]) for row in rows if row["item_id"] == item)


def test_the_results_keep_the_contract(done: Ran, registry: Registry) -> None:
    sound = check(done.draft, registry)

    assert sound.report.passed
    assert sound.report.rows["fact_period"] > 0


def test_weeks_ahead_are_the_champions_days_summed(done: Ran) -> None:
    through = done.draft.data_through
    days: dict[tuple[str, str, date], float] = defaultdict(float)
    for row in done.table("fact_forecast").to_pylist():
        if row["date"] > through:
            monday = row["date"] - timedelta(days=row["date"].weekday())
            days[row["item_id"], row["source"], monday] += row["forecast"]
    horizon = through + timedelta(days=28)

    found = 0
    for row in done.table("fact_period").to_pylist():
        if row["date"] > through and row["date"] + timedelta(days=6) <= horizon:
            expected = days[row["item_id"], row["source"], row["date"]]
            assert row["forecast"] == pytest.approx(expected, rel=1e-9)
            found += 1
    assert found >= 6 * 3


def test_weeks_ahead_reach_as_far_as_the_projection(done: Ran) -> None:
    projection = done.table("fact_projection").to_pylist()
    for item in ("P000", "P004"):
        last = max(row["date"] for row in projection if row["item_id"] == item)
        rows = rows_of(done, item, champion_of(done, item))

        assert last - timedelta(days=7) < max(r["date"] for r in rows) + timedelta(days=6) <= last


@pytest.mark.parametrize("place", range(6))
def test_each_week_of_the_last_half_year_was_forecast_a_lead_time_before(
    done: Ran, place: int
) -> None:
    item = f"P00{place}"
    through = done.draft.data_through
    half_a_year = [
        row
        for row in rows_of(done, item, champion_of(done, item))
        if through - timedelta(days=182) < row["date"] <= through
    ]

    assert len(half_a_year) == 26
    for row in half_a_year:
        assert row["cutoff"] == row["date"] - timedelta(days=LAGS[place] + 1)
        assert row["q025"] <= row["q500"] <= row["q990"]


def test_what_was_used_is_told_of_whole_weeks_and_by_the_champion_alone(done: Ran) -> None:
    panel = retail_panel(series=6, periods=415)
    rows = rows_of(done, "P005")
    used = {row["date"]: row["actual"] for row in rows if row["actual"] is not None}

    assert {row["source"] for row in rows} == {champion_of(done, "P005"), "naive"}
    assert all(row["forecast"] is not None for row in rows if row["source"] == "naive")
    for monday, quantity in used.items():
        first = int(np.searchsorted(panel.dates, np.datetime64(monday)))
        assert quantity == panel.demand[5, first : first + 7].sum()
    begun = panel.dates[panel.starts[5]].item()
    assert begun <= min(used) <= begun + timedelta(days=6)
    assert max(used) + timedelta(days=6) <= done.draft.data_through


def readable_of(done: Ran, panel: Panel | None = None) -> ReadableForecasts:
    """What the run's partition is forecast at, with another history if one is given."""
    folder, plan = done.prepared.folder, done.prepared.plan
    partition = load(folder.series(0), Partition)
    lessons = load(folder.lessons, Lessons)
    members = {c: load(folder.members(0, c), Members) for c in plan.stops}
    judged = judge(partition, members, plan, lessons)
    pools = pools_at(folder, plan.future)
    view = stock_view(
        partition,
        plan.future,
        judged.future,
        totals=members[plan.future].totals,
        pools=pools,
        champions=lessons.champions,
        plan=plan,
    )
    return readable_forecasts(
        panel or partition.panel,
        view,
        members[plan.future].readable,
        pools.sums,
        learnt=LearntSums(folder, plan, lessons.scatter),
    )


def test_a_spike_changes_no_forecast_that_was_made_before_it(done: Ran) -> None:
    partition = load(done.prepared.folder.series(0), Partition)
    spiked, day = partition.panel.demand.copy(), 340
    spiked[:, day] += 5_000.0

    calm, other = readable_of(done), readable_of(done, replace(partition.panel, demand=spiked))

    before = (calm.cutoffs > 0) & (calm.cutoffs <= day)
    after = (calm.cutoffs > day) & (calm.cutoffs < done.prepared.plan.future)
    assert before.sum() > 50
    for found, expected in ((other.champion, calm.champion), (other.naive, calm.naive)):
        assert np.array_equal(found.mean[before], expected.mean[before])
        assert np.array_equal(found.excess[before], expected.excess[before])
        assert not np.array_equal(found.mean[after], expected.mean[after])


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY])
def test_weeks_and_months_are_told_as_they_are(
    frequency: Frequency, registry: Registry, tmp_path: Path
) -> None:
    result = ran(
        request_of(retail_panel(series=3, periods=90, frequency=frequency), tmp_path, OPTIONS),
        registry,
    )

    rows = result.table("fact_period").to_pylist()

    assert {row["grain"] for row in rows} == {"week" if frequency is Frequency.WEEKLY else "month"}
    ahead = [row for row in rows if row["date"] > result.draft.data_through]
    single = {
        (row["item_id"], row["source"], row["date"]): row["forecast"]
        for row in result.table("fact_forecast").to_pylist()
    }
    known = [row for row in ahead if (row["item_id"], row["source"], row["date"]) in single]
    assert known
    for row in known:
        key = (row["item_id"], row["source"], row["date"])
        assert row["forecast"] == pytest.approx(single[key], rel=1e-9)


def test_what_is_published_does_not_depend_on_the_size_of_partitions(
    done: Ran, registry: Registry, tmp_path: Path
) -> None:
    small = ran_with(replace(OPTIONS, partition_series=2), tmp_path, registry)

    assert small.prepared.plan.partitions == 3
    for name in ("fact_inventory", "fact_lead_time", "fact_projection", "fact_period"):
        found, expected = small.table(name), done.table(name)
        for column in found.column_names:
            values = [table[column].to_pylist() for table in (found, expected)]
            if pa.types.is_floating(found[column].type):
                a, b = (np.array(each, dtype=np.float64) for each in values)
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=f"{name}.{column}")
            else:
                assert values[0] == values[1], (name, column)
