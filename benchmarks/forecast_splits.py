"""Real demand cut at past origins: what a forecaster may see, and what then happened.

Items are drawn among those observed long enough before the cutoff, with a fixed seed, so that
every method and every run gets the same ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml_jobs.arrays import FloatArray
from ml_jobs.panel import NETWORK, Dates, Frequency, Panel

SEED = 1
LEAST_HISTORY = {Frequency.DAILY: 56, Frequency.MONTHLY: 12}
SCORED = (0.5, 0.8, 0.9, 0.95, 0.99)
LEVELS = (0.025, 0.1, 0.5, 0.8, 0.9, 0.95, 0.975, 0.99)


@dataclass(frozen=True)
class BenchmarkDemand:
    """A file of demand and how it is split.

    Attributes:
        file: Long Parquet without gaps: item_id, date, demand.
        horizon: Periods forecast.
        items: How many are drawn; None for all.
        windows: Origins that Farol's ensemble is measured at; peers at the last two of them.
        country: Where the demand comes from, ISO 3166; None where it isn't known.
    """

    name: str
    file: str
    frequency: Frequency
    horizon: int
    items: int | None
    windows: int
    country: str | None = None


DATA_SETS = (
    BenchmarkDemand(
        "online-retail", "online_retail_daily.parquet", Frequency.DAILY, 28, 1000, 5, "GB"
    ),
    BenchmarkDemand("carparts", "carparts_monthly.parquet", Frequency.MONTHLY, 6, None, 3),
    BenchmarkDemand("carparts-300", "carparts_monthly.parquet", Frequency.MONTHLY, 6, 300, 2),
)


def data_set_arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser of which data sets are measured, and of how many items of each."""
    names = [data.name for data in DATA_SETS]
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder of the demand files")
    parser.add_argument("--sets", nargs="+", choices=names, default=names[:2])
    parser.add_argument("--items", type=int, default=600)
    return parser


@dataclass(frozen=True)
class Split:
    """One data set at one origin.

    Attributes:
        origin: Horizons that the cutoff lies before the latest possible one.
        history: Panel of the S series until the cutoff.
        actual: Demand of the H periods after it, units, shape (S, H).
        future: First days of those periods, shape (H,).
    """

    data: BenchmarkDemand
    origin: int
    history: Panel
    actual: FloatArray
    future: Dates

    @property
    def name(self) -> str:
        """Name of the split, such as ``carparts-0``."""
        return f"{self.data.name}-{self.origin}"

    @property
    def cutoff(self) -> date:
        """Last day that a forecaster may see."""
        return date.fromisoformat(str(self.history.data_through))

    def write_history(self, path: Path) -> None:
        """Write what a forecaster may see: item_id, date, demand."""
        series, periods = np.nonzero(np.isfinite(self.history.demand))
        table = pa.table(
            {
                "item_id": pa.array(np.asarray(self.history.item_ids)[series], pa.string()),
                "date": pa.array(self.history.dates[periods], pa.date32()),
                "demand": pa.array(self.history.demand[series, periods], pa.float64()),
            }
        )
        pq.write_table(table, path)


def read_panel(path: Path, frequency: Frequency) -> Panel:
    """Read the long demand file *path*; series in the order of their codes' bytes."""
    table = pq.read_table(path, columns=["item_id", "date", "demand"]).to_pandas()
    wide = table.pivot_table(index="item_id", columns="date", values="demand").astype(np.float64)
    order = sorted(range(len(wide)), key=lambda row: str(wide.index[row]).encode())
    demand = wide.to_numpy()[order]
    return Panel(
        item_ids=tuple(str(wide.index[row]) for row in order),
        location_ids=(NETWORK,) * len(order),
        dates=wide.columns.to_numpy().astype("datetime64[D]"),
        demand=demand,
        starts=np.isfinite(demand).argmax(axis=1).astype(np.int64),
        frequency=frequency,
    )


def split(whole: Panel, data: BenchmarkDemand, origin: int) -> Split:
    """Cut *whole* so that *data*'s horizon lies *origin* horizons before its end."""
    cutoff = len(whole.dates) - data.horizon * (origin + 1)
    panel = whole.rows(_draw_items(whole, cutoff, data.items))
    ahead = slice(cutoff, cutoff + data.horizon)
    return Split(data, origin, panel.until(cutoff), panel.demand[:, ahead], panel.dates[ahead])


def split_of(folder: Path, data: BenchmarkDemand, origin: int) -> Split:
    """Return the split of *data*'s file in *folder*."""
    return split(read_panel(folder / data.file, data.frequency), data, origin)


def available_data_sets(folder: Path, names: Sequence[str]) -> tuple[BenchmarkDemand, ...]:
    """Return the data sets of *names* whose file stands in *folder*."""
    return tuple(d for d in DATA_SETS if d.name in names and (folder / d.file).is_file())


def _draw_items(whole: Panel, cutoff: int, items: int | None) -> np.ndarray:
    able = np.flatnonzero(cutoff - whole.starts >= LEAST_HISTORY[whole.frequency])
    if items is None or items >= len(able):
        return able
    return np.sort(np.random.default_rng(SEED).choice(able, items, replace=False))
