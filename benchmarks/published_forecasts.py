"""What Farol published, read as its readers read it: the gold Parquet files of the store.

The contract publishes no 80 % quantile; it is taken from those at 75 and 90 %, linearly in the
level, and rounded to whole units, as all demand and all quantiles of the data sets measured are.
This holds for Farol alone: every peer is asked for its 80 % quantile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.forecast_scores import Predictions
from benchmarks.forecast_splits import LEVELS, SCORED, Split
from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.negative_binomial import quantile
from ml_jobs.panel import NETWORK

SERVICE_LEVEL = 0.95
PUBLISHED = ("q025", "q100", "q500", "q750", "q900", "q950", "q975", "q990")
TOTAL_COLUMNS = ("lead_time_demand", "lead_time_excess", "lot")


@dataclass(frozen=True)
class PublishedForecasts:
    """One publication's forecasts and reorder points, in the order of the split's series.

    Attributes:
        sources: What each source says.
        champions: The source that each series' stock is held against; empty without one.
        reorder_point: Units, shape (S,); 0 for a series that is not published.
        total: Quantiles at ``SCORED`` of demand over the lead time, units, shape (S, 5); None
            where the publication doesn't give its distribution.
    """

    sources: dict[str, Predictions]
    champions: TextArray
    reorder_point: FloatArray
    total: FloatArray | None

    @property
    def champion(self) -> Predictions:
        """What each series' champion says."""
        first = next(iter(self.sources.values()))
        mean, quantiles = np.full_like(first.mean, np.nan), np.full_like(first.quantiles, np.nan)
        for source, said in self.sources.items():
            chosen = self.champions == source
            mean[chosen], quantiles[chosen] = said.mean[chosen], said.quantiles[chosen]
        return Predictions(mean, quantiles)


def lead_time_days(split: Split, periods: int) -> float:
    """Return a lead time of *periods* whole periods in days, a hair less so that it isn't more."""
    return periods * split.data.frequency.days_per_step - 1e-6


def write_master_files(split: Split, lead_periods: int, folder: Path) -> None:
    """Write the item and stock files: one lead time, one service level, nothing on the shelf."""
    items = pa.array(split.history.item_ids, pa.string())
    zeros = pa.array(np.zeros(len(items)))
    lead_time = np.full(len(items), lead_time_days(split, lead_periods))
    pq.write_table(
        pa.table({"item_id": items, "lead_time_days": lead_time}), folder / "items.parquet"
    )
    stock = {
        "item_id": items,
        "current_stock": zeros,
        "on_order": zeros,
        "service_level": pa.array(np.full(len(items), SERVICE_LEVEL)),
    }
    pq.write_table(pa.table(stock), folder / "stock.parquet")


def read_published(split: Split, store: Path) -> PublishedForecasts:
    """Read the latest publication of *store*."""
    manifest = json.loads((store / "metadata.json").read_text("utf-8"))
    paths = {file["data_set"]: store / file["path"] for file in manifest["files"]}
    future = (pc.field("location_id") == NETWORK) & pc.field("date").isin(
        pa.array(split.future, pa.date32())
    )
    columns = ["item_id", "date", "source", "cutoff", "forecast", *PUBLISHED]
    rows = pq.read_table(paths["fact_forecast"], columns=columns, filters=future)
    told = pc.unique(rows.column("cutoff")).to_pylist()
    if told != [split.cutoff]:
        raise ValueError(f"{split.name}: forecasts were made at {told}, not at {split.cutoff}")
    at_network = pc.field("location_id") == NETWORK
    inventory = pq.read_table(paths["fact_inventory"], filters=at_network)
    return PublishedForecasts(
        sources={
            source: _predictions(split, rows.filter(pc.field("source") == source))
            for source in sorted(pc.unique(rows.column("source")).to_pylist())
        },
        champions=_by_item(split, inventory, "source", ""),
        reorder_point=_by_item(split, inventory, "reorder_point", 0.0),
        total=_total(split, inventory),
    )


def read_predictions(split: Split, path: Path) -> Predictions:
    """Read a peer's file."""
    columns = [f"q{round(level * 1000):03d}" for level in LEVELS]
    table = pq.read_table(path, columns=["item_id", "date", "mean", *columns])
    quantiles = np.column_stack([table.column(name).to_numpy() for name in columns])
    return _placed(split, table, table.column("mean").to_numpy(), quantiles)


def _predictions(split: Split, rows: pa.Table) -> Predictions:
    said = {name: rows.column(name).to_numpy().astype(np.float64) for name in PUBLISHED}
    part = (0.80 - 0.75) / (0.90 - 0.75)
    said["q800"] = np.rint(said["q750"] + part * (said["q900"] - said["q750"]))
    quantiles = np.column_stack([said[f"q{round(level * 1000):03d}"] for level in LEVELS])
    return _placed(split, rows, rows.column("forecast").to_numpy(), quantiles)


def _placed(split: Split, rows: pa.Table, mean: FloatArray, quantiles: FloatArray) -> Predictions:
    """Lay rows out by series and period."""
    places = {item: place for place, item in enumerate(split.history.item_ids)}
    series = np.array([places[item] for item in rows.column("item_id").to_pylist()], np.int64)
    dates = rows.column("date").to_numpy().astype("datetime64[D]")
    steps = np.searchsorted(split.future, dates)
    shape = split.actual.shape
    laid_mean, laid = np.full(shape, np.nan), np.full((*shape, len(LEVELS)), np.nan)
    laid_mean[series, steps], laid[series, steps] = mean, quantiles
    return Predictions(laid_mean, laid)


def _by_item(split: Split, table: pa.Table, column: str, otherwise: float | str) -> np.ndarray:
    items = table.column("item_id").to_pylist()
    known = dict(zip(items, table.column(column).to_pylist(), strict=True))
    values = (known.get(item) for item in split.history.item_ids)
    return np.array([otherwise if value is None else value for value in values])


def _total(split: Split, inventory: pa.Table) -> FloatArray | None:
    if not set(TOTAL_COLUMNS) <= set(inventory.column_names):
        return None
    mean, excess, lot = (
        _by_item(split, inventory, name, otherwise)[:, None]
        for name, otherwise in zip(TOTAL_COLUMNS, (0.0, 1.0, 1.0), strict=True)
    )
    return quantile(mean, excess, lot, np.asarray(SCORED))
