"""Weighted quantile loss of every source at the last cutoff of a demand file, and the time it took.

    python benchmarks/forecasting_baselines.py DAILY.parquet --items 1000 --back 0 --frequency D

The file is long demand without gaps: item_id, date, demand. WQL is the mean over the levels .5 .8
.9 .95 .99 of 2 * sum(pinball loss) / sum(demand), over all items and steps. ``--back`` moves the
cutoff that many periods into the past: settings were chosen there, never at ``--back 0``.
``service_95`` is the share of items whose demand over a lead time of that many periods stayed at
or below the reorder point that was to hold with 95 %.
Writes JSON to standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1]))

from ml_jobs.arrays import FloatArray
from ml_jobs.backtest import ForecastJob, Forecasts, has_history
from ml_jobs.classification import demand_classes
from ml_jobs.lead_time import Outlook, demand_sum
from ml_jobs.metrics import pinball
from ml_jobs.models import models_of
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import NETWORK, Frequency, Panel
from ml_jobs.quantiles import quantile

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
SEED = 1


def read_panel(path: Path, frequency: Frequency) -> Panel:
    table = pq.read_table(path, columns=["item_id", "date", "demand"]).to_pandas()
    wide = table.pivot_table(index="item_id", columns="date", values="demand").astype(np.float64)
    demand = wide.to_numpy()
    order = sorted(range(len(wide)), key=lambda row: str(wide.index[row]).encode())
    return Panel(
        item_ids=tuple(str(wide.index[row]) for row in order),
        location_ids=(NETWORK,) * len(order),
        dates=wide.columns.to_numpy().astype("datetime64[D]"),
        demand=demand[order],
        starts=np.isfinite(demand[order]).argmax(axis=1).astype(np.int64),
        frequency=frequency,
    )


def sampled(panel: Panel, cutoff: int, items: int, options: ForecastOptions) -> Panel:
    """Keep *items* series that have enough history at the cutoff, drawn with a fixed seed."""
    able = np.flatnonzero(has_history(panel, cutoff, options.min_history_for(panel.frequency)))
    count = min(items, len(able))
    kept = np.sort(np.random.default_rng(SEED).choice(able, count, replace=False))
    return Panel(
        tuple(panel.item_ids[row] for row in kept),
        (NETWORK,) * count,
        panel.dates,
        panel.demand[kept],
        panel.starts[kept],
        panel.frequency,
    )


def weighted_quantile_loss(forecasts: Forecasts, actual: FloatArray) -> float:
    known = forecasts.covered
    spread = forecasts.spread
    drawn = quantile(
        np.maximum(forecasts.mean[known], spread.least_mean[known][:, None])[:, :, None],
        spread.excess[known][:, None, None],
        spread.lot[known][:, None, None],
        np.asarray(LEVELS),
    )
    return float(2.0 * pinball(drawn, actual[known], LEVELS).sum() / actual[known].sum())


def achieved_service(
    panel: Panel, cutoff: int, horizon: int, forecasts: Forecasts
) -> dict[str, float]:
    known = panel.until(cutoff)
    count = len(panel.item_ids)
    covered = forecasts.covered
    outlook = Outlook(
        np.full(count, ""),
        np.nan_to_num(forecasts.mean),
        forecasts.spread,
        demand_classes(known),
    )
    memory = 2 * ForecastOptions().spacing_for(panel.frequency)
    achieved = {}
    for periods in sorted({max(horizon // 4, 1), max(horizon // 2, 1), horizon}):
        # A little less than whole periods, so that rounding up does not add one.
        days = np.full(count, periods * panel.frequency.days_per_step - 1e-6)
        limit = demand_sum(known, days, outlook, memory=memory).quantile(np.full(count, 0.95))
        summed = panel.demand[:, cutoff : cutoff + periods].sum(axis=1)
        achieved[str(periods)] = round(float((summed <= limit)[covered].mean()), 3)
    return achieved


def measure(
    panel: Panel, cutoff: int, horizon: int, sources: Sequence[str]
) -> list[dict[str, object]]:
    actual = panel.demand[:, cutoff : cutoff + horizon]
    known = panel.until(cutoff)
    rows: list[dict[str, object]] = []
    for source in sources:
        wanted = np.ones(len(panel.item_ids), dtype=bool)
        if source == "arima":
            options = ForecastOptions()
            wanted = np.isin(demand_classes(known), options.arima.demand_classes)
        began = time.process_time()
        job = ForecastJob(models_of([source], processes=1), horizon, ForecastOptions())
        forecasts = job.run(known, {source: wanted})[source]
        cpu_s = round(time.process_time() - began, 2)
        covered = forecasts.covered
        total = actual[covered].sum()
        rows.append(
            {
                "source": source,
                "series": int(covered.sum()),
                "wql": round(weighted_quantile_loss(forecasts, actual), 4) if total else None,
                "bias": round(float(forecasts.mean[covered].sum() / total - 1), 4)
                if total
                else None,
                "service_95": achieved_service(panel, cutoff, horizon, forecasts),
                "cpu_s": cpu_s,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demand", type=Path)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--back", type=int, default=0)
    parser.add_argument("--horizon", type=int)
    parser.add_argument("--frequency", choices=[f.value for f in Frequency], default="D")
    parser.add_argument("--sources", nargs="+", default=["naive", "mean", "tsb", "imapa"])
    chosen = parser.parse_args()
    frequency = Frequency(chosen.frequency)
    horizon = chosen.horizon or frequency.default_horizon
    whole = read_panel(chosen.demand, frequency)
    cutoff = len(whole.dates) - horizon - chosen.back
    panel = sampled(whole, cutoff, chosen.items, ForecastOptions())
    rows = measure(panel, cutoff, horizon, chosen.sources)
    print(
        json.dumps(
            {
                "cutoff": str(frequency.last_day(panel.dates[cutoff - 1])),
                "horizon": horizon,
                "items": len(panel.item_ids),
                "results": rows,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
