"""Do the bands of weeks, months and accumulated demand hold what they promise?

    python -m benchmarks.readable_bands --data FOLDER [--sets online-retail carparts] [--items 600]

FOLDER holds the files that ``forecast_splits.DATA_SETS`` names. Each is cut at its last two
origins; the job forecasts from what lies before, with a lead time of half a horizon, and its weeks
or months and its accumulated demand are held against what then happened. An actual at the end of a
band counts by the share of that count's chance that lies inside: with whole counts a band that has
both of its ends would always hold more than it promises.

Beside them stands how far the sums that stand for the champion's past forecasts are from the
champion's own: at the cutoffs judged, those learnt at the cutoff before. Prints Markdown.

Source: Czado, Gneiting and Held 2009, "Predictive Model Assessment for Count Data", section 2.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import stats

from benchmarks.forecast_splits import (
    Split,
    available_data_sets,
    data_set_arguments,
    read_panel,
    split,
)
from benchmarks.published_forecasts import write_master_files
from datalayer.kernel.contract.registry_loader import load_registry
from ml_jobs.arrays import FloatArray
from ml_jobs.forecasts import of_sources
from ml_jobs.grain import ReadableForecasts, readable_between
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.options import ForecastOptions
from ml_jobs.pipeline.job import run, under_contract
from ml_jobs.pipeline.learning import pools_at, totals_before
from ml_jobs.pipeline.lessons import Lessons, corrected_sums
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.partition_gold import JudgedPartition, judge
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.preparing import Prepared, prepare
from ml_jobs.pipeline.readable_forecasts import LearntSums, readable_forecasts
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import load
from ml_jobs.pipeline.stock_planning import stock_view
from ml_jobs.progress import silent
from ml_jobs.stocking.accumulated import accumulated

HELD_OUT = 2
SOURCES = ("naive", "mean", "tsb", "imapa", "gbm", "ensemble")
REGISTRY = Path(__file__).parents[1] / "schema_registry.json"


def forecast(part: Split, folder: Path, origins: int) -> Prepared:
    """Run the job on what lies before the split's cutoff; everything stays in its run folder."""
    history = folder / "history.parquet"
    part.write_history(history)
    write_master_files(part, part.data.horizon // 2, folder)
    registry = load_registry(REGISTRY)
    request = JobRequest(
        demand=history,
        items=folder / "items.parquet",
        stock=folder / "stock.parquet",
        generated_at=datetime(2026, 11, 21, tzinfo=UTC),
        rejected=folder / "rejected.parquet",
        frequency=part.data.frequency,
        min_sale_days=1,
        options=ForecastOptions(
            sources=SOURCES, horizon=part.data.horizon, origins=origins, partition_series=2000
        ),
        work=folder / "runs",
        processes=1,
    )
    request = under_contract(request, registry)
    prepared = prepare(request, report=silent)
    gold = folder / "gold"
    gold.mkdir()
    run(request, prepared, gold, registry)
    return prepared


def held(demand: NegativeBinomial, actual: FloatArray, level: float) -> float:
    """Share of *actual* within the band that promises *level*; ends count by their share."""
    shape = np.maximum(demand.drawn / (demand.lot * demand.excess), 1e-12)
    chance = 1.0 / (1.0 + demand.excess)
    count = np.rint(actual / demand.lot)
    below, until = (stats.nbinom.cdf(count - back, shape, chance) for back in (1, 0))
    low, high = (1.0 - level) / 2, (1.0 + level) / 2
    inside = np.clip(np.minimum(until, high) - np.maximum(below, low), 0.0, None)
    share = inside / np.maximum(until - below, 1e-12)
    return float(share[np.isfinite(actual) & demand.covered].mean())


def row(name: str, what: str, demand: NegativeBinomial, actual: FloatArray) -> str:
    """One line of the table."""
    bands = [f"{100 * held(demand, actual, level):.1f}" for level in (0.8, 0.95)]
    bias = np.nansum(demand.mean) / np.nansum(actual) - 1
    off = np.nansum(np.abs(demand.mean - actual)) / np.nansum(actual)
    return f"| {name} | {what} | {bands[0]} | {bands[1]} | {100 * bias:+.1f} % | {off:.3f} |"


def measure(part: Split, prepared: Prepared) -> list[str]:
    """Return the rows of one split."""
    folder, plan = prepared.folder, prepared.plan
    lessons = load(folder.lessons, Lessons)
    partition = load(folder.series(0), Partition)
    found_members = {c: load(folder.members(0, c), Members) for c in plan.stops}
    members = {
        c: corrected_sums(each, c, partition.panel, lessons.scatter)
        for c, each in found_members.items()
    }
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
    panel = partition.panel
    places = [part.history.item_ids.index(item) for item in panel.item_ids]
    ahead = part.actual[places]
    learnt = LearntSums(folder, plan, lessons.scatter)
    found = readable_forecasts(
        panel, view, members[plan.future].readable, pools.sums, learnt=learnt
    )
    rows = []
    for week in np.flatnonzero(found.shown.begins >= plan.future).tolist():
        begin = int(found.shown.begins[week]) - plan.future
        if begin + found.shown.length <= ahead.shape[1]:
            actual = ahead[:, begin : begin + found.shown.length].sum(axis=1)
            rows.append(row(part.name, f"begins after {begin}", found.champion.at(week), actual))
    rows.append(_in_time(part, found, panel.demand))
    steps = (7, 14, 21, 28) if part.data.horizon == 28 else (1, 2, 3, 6)
    days = np.tile(np.array(steps) * part.data.frequency.days_per_step, (len(places), 1))
    summed = accumulated(panel, view.outlook, pools.sums, days, view.sums)
    for place, step in enumerate(steps):
        actual = ahead[:, :step].sum(axis=1)
        rows.append(row(part.name, f"accumulated over {step}", summed.at(place), actual))
    planned = lessons.planned[plan.future].of(view.levels.service_level, view.outlook.classes)
    lead = ahead[:, : part.data.horizon // 2].sum(axis=1)
    served = 100 * (lead <= view.sums.lead.quantile(planned)).mean()
    rows.append(f"| {part.name} | lead times served of 95 % asked | {served:.1f} | - | - | - |")
    rows.append(f"| {part.name} | {lessons.scatter[plan.future].notes()} | - | - | - | - |")
    return rows + stand_ins(part, judged, prepared, plan)


def _in_time(part: Split, found: ReadableForecasts, demand: FloatArray) -> str:
    shown, cutoffs = found.shown, found.cutoffs
    past = np.flatnonzero((shown.ends <= demand.shape[1]) & (cutoffs > 0).any(axis=0))
    actual = np.concatenate(
        [demand[:, b : b + shown.length].sum(axis=1) for b in shown.begins[past]]
    )
    columns = [found.champion.at(week) for week in past.tolist()]
    demand_of = NegativeBinomial(
        *(
            np.concatenate([getattr(each, name) for each in columns])
            for name in ("mean", "excess", "lot", "least_mean")
        )
    )
    return row(part.name, f"{len(past)} past, a lead time before", demand_of, actual)


def stand_ins(part: Split, judged: JudgedPartition, prepared: Prepared, plan: Plan) -> list[str]:
    """Champion's own sums at the cutoffs judged, and those learnt at the cutoff before."""
    panel, lag = judged.partition.panel, plan.longest_lag
    rows = []
    own, others, actuals = [], [], []
    for cutoff in plan.judged:
        totals = totals_before(prepared.folder, plan, cutoff - 1)
        weeks = readable_between(panel.dates, panel.frequency, cutoff + lag, cutoff + plan.horizon)
        if totals is None or not len(weeks.begins):
            continue
        begin = int(weeks.begins[0])
        champions = of_sources(judged.forecasts[cutoff], judged.champions).mean
        begins = np.full((len(champions), 1), begin - cutoff)
        lengths = np.full_like(begins, weeks.length)
        historic = judged.members[cutoff].demand["mean"]
        stand_in = totals.forecast(panel.until(cutoff), begins, lengths, historic=historic)
        own.append(champions[:, begin - cutoff : begin - cutoff + weeks.length].sum(axis=1))
        others.append(stand_in.mean[:, 0])
        actuals.append(panel.demand[:, begin : begin + weeks.length].sum(axis=1))
    if own:
        actual = np.concatenate(actuals)
        for name, means in (("champion", own), ("stand-in", others)):
            mean = np.concatenate(means)
            known = np.isfinite(mean + actual + np.concatenate(others) + np.concatenate(own))
            off = np.abs(mean - actual)[known].sum() / actual[known].sum()
            bias = mean[known].sum() / actual[known].sum() - 1
            what = f"{part.name} | {name}, first after the lead time"
            rows.append(f"| {what} | - | - | {100 * bias:+.1f} % | {off:.3f} |")
    return rows


def main() -> int:
    """Measure every data set that is there."""
    parser = data_set_arguments(__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--origins", type=int, nargs="+", default=list(range(HELD_OUT)))
    parser.add_argument("--cutoffs", type=int, default=4, help="past ones that are judged")
    told = parser.parse_args()
    print(
        "| split | what | in 80 % | in 95 % | bias | error |\n|---|---|---|---|---|---|", flush=True
    )
    for data in available_data_sets(told.data, told.sets):
        whole = read_panel(told.data / data.file, data.frequency)
        for origin in told.origins:
            part = split(whole, replace(data, items=told.items), origin)
            with TemporaryDirectory() as folder:
                prepared = forecast(part, Path(folder), told.cutoffs)
                print("\n".join(measure(part, prepared)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
