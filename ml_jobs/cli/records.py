"""How good each source was on the past, and one item's history beside its forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datalayer.kernel.errors import ContentError
from ml_jobs.arrays import FloatArray
from ml_jobs.cli.explain import history_panel, item_rows
from ml_jobs.cli.explanation import Row, at_longest_horizon, number, text
from ml_jobs.columns import column_of
from ml_jobs.panel import NETWORK, Dates
from ml_jobs.publishing.gold_files import GoldFiles

DATA_SETS = ("dim_item", "fact_demand", "fact_forecast", "fact_inventory", "agg_metrics")
EVERYTHING = "all"
LOSSES = ("wql", "scaled_pinball")  # what sources are compared by, the first that there is
BAND = ("q100", "q900")


class NothingJudgedError(ContentError):
    """A run has no backtest to show."""

    template = (
        "{title} has no backtest: its history is too short for a cutoff with a whole horizon after "
        "it"
    )


@dataclass(frozen=True)
class GroupScores:
    """The scores of one group of series.

    Attributes:
        rows: Of ``agg_metrics``, without what is null: the best source first, and last those that
            were judged on a part of the group only.
        observations: Rows that a source was judged on at most.
    """

    group_by: str
    group_value: str
    rows: tuple[Row, ...]
    observations: float


@dataclass(frozen=True)
class BacktestRecord:
    """How good each source was on the past.

    Attributes:
        horizon: Periods ahead that the scores are over.
        origins: Cutoffs that were judged.
        loss: The measure that the sources are ordered by.
        groups: All series together, then the groups of one kind.
    """

    gold: GoldFiles
    horizon: int
    origins: int
    loss: str
    groups: tuple[GroupScores, ...]

    @property
    def everything(self) -> GroupScores:
        """The scores over all series."""
        return self.groups[0]


@dataclass(frozen=True)
class ItemSeries:
    """One item's demand and its champion's forecast, by period.

    Attributes:
        dates: Of the demand, shape (T,).
        demand: Units per period, shape (T,).
        future: Dates of the forecast, shape (H,).
        mean: Expected units per period, shape (H,).
        low: 10 % quantile, shape (H,).
        high: 90 % quantile, shape (H,).
    """

    item_id: str
    location_id: str
    source: str
    dates: Dates
    demand: FloatArray
    future: Dates
    mean: FloatArray
    low: FloatArray
    high: FloatArray


def record_of(gold: GoldFiles, by: str) -> BacktestRecord:
    """Return the scores of all series, and of each group by *by*, over the longest horizon.

    Raises:
        NothingJudgedError: There are none.
    """
    judged = at_longest_horizon(gold.rows("agg_metrics").to_pylist())
    everywhere = [row for row in judged if row["group_by"] == EVERYTHING]
    if not everywhere:
        raise NothingJudgedError(title=gold.title)
    loss = next(name for name in LOSSES if name in everywhere[0])
    groups = {(EVERYTHING, EVERYTHING): everywhere}
    for row in sorted(judged, key=lambda row: text(row, "group_value")):
        if row["group_by"] == by:
            groups.setdefault((by, text(row, "group_value")), []).append(row)
    return BacktestRecord(
        gold=gold,
        horizon=int(number(everywhere[0], "horizon")),
        origins=int(max(number(row, "n_origins") for row in everywhere)),
        loss=loss,
        groups=tuple(_group(rows, *group, loss) for group, rows in groups.items()),
    )


def _group(rows: Sequence[Row], group_by: str, group_value: str, loss: str) -> GroupScores:
    most = max(number(row, "n_obs") for row in rows)

    def rank(row: Row) -> tuple[bool, float, str]:
        whole = number(row, "n_obs") == most
        return (not whole, number(row, loss) if loss in row else np.inf, text(row, "source"))

    known = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return GroupScores(group_by, group_value, tuple(sorted(known, key=rank)), most)


def series_of(gold: GoldFiles, item_id: str, location_id: str = NETWORK) -> ItemSeries:
    """Return demand and the champion's forecast of one item; raises what `item_rows` does."""
    source = text(item_rows(gold, item_id, location_id)[1], "source")
    panel = history_panel(gold, item_id, location_id)
    place = {"item_id": item_id, "location_id": location_id, "source": source}
    rows = gold.rows("fact_forecast", columns=["date", "forecast", *BAND], **place)
    future = rows.filter(pa.compute.greater(rows.column("date"), pa.scalar(gold.data_through)))
    days: Dates = future.column("date").to_numpy().astype("datetime64[D]")
    mean, low, high = (column_of(future, name) for name in ("forecast", *BAND))
    return ItemSeries(
        item_id=item_id,
        location_id=location_id,
        source=source,
        dates=panel.dates if panel else days[:0],
        demand=panel.demand[0] if panel else np.empty(0),
        future=days,
        mean=mean,
        low=low,
        high=high,
    )
