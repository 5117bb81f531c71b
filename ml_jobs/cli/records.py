"""How good each source was on the past, and one item's history beside its forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from datalayer.kernel.errors import ContentError
from ml_jobs.arrays import FloatArray
from ml_jobs.cli.explain import champion_at, history_panel
from ml_jobs.cli.explanation import number
from ml_jobs.panel import NETWORK, Dates
from ml_jobs.publishing.gold_files import GoldFiles

DATA_SETS = ("dim_item", "fact_demand", "fact_forecast", "fact_inventory", "agg_metrics")
EVERYTHING = "all"
LOSSES = ("wql", "scaled_pinball")  # what sources are compared by, the first that there is
BAND = ("q100", "q900")


class NothingJudgedError(ContentError):
    """A run has no backtest to show."""

    template = "{title} has no backtest: its history is too short for a cutoff with {what} after it"

    def __init__(self, title: str) -> None:
        super().__init__(title=title, what="a whole horizon")


@dataclass(frozen=True)
class SourceScore:
    """What one source reached in one group of series.

    Attributes:
        is_whole: Whether it was judged on all rows that any source was judged on.
        measures: By column of ``agg_metrics``; those that are null are left out.
    """

    source: str
    is_champion: bool
    is_whole: bool
    measures: Mapping[str, float]


@dataclass(frozen=True)
class GroupScores:
    """The scores of one group: the best source first, those of a part of it last."""

    group_by: str
    group_value: str
    scores: tuple[SourceScore, ...]


@dataclass(frozen=True)
class BacktestRecord:
    """How good each source was on the past.

    Attributes:
        horizon: Periods ahead that the scores are over.
        origins: Cutoffs that were judged.
        loss: The measure that the sources are ordered by.
        groups: All series together, then the groups of one kind.
    """

    title: str
    model_version: str
    data_through: date
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

    Args:
        gold: Holds ``agg_metrics``.
        by: A value of its column ``group_by``.

    Raises:
        NothingJudgedError: There are none.
    """
    rows = gold.rows("agg_metrics").to_pylist()
    horizon = max((int(row["horizon"]) for row in rows), default=0)
    judged = [row for row in rows if row["horizon"] == horizon]
    everywhere = [row for row in judged if row["group_by"] == EVERYTHING]
    if not everywhere:
        raise NothingJudgedError(gold.title)
    loss = next(name for name in LOSSES if name in everywhere[0])
    values = sorted({str(row["group_value"]) for row in judged if row["group_by"] == by})
    groups = [_group(everywhere, EVERYTHING, EVERYTHING, loss)]
    groups += [
        _group([r for r in judged if (r["group_by"], r["group_value"]) == (by, v)], by, v, loss)
        for v in values
    ]
    return BacktestRecord(
        title=gold.title,
        model_version=gold.model_version,
        data_through=gold.data_through,
        horizon=horizon,
        origins=max(int(row["n_origins"]) for row in everywhere),
        loss=loss,
        groups=tuple(groups),
    )


def _group(
    rows: Sequence[Mapping[str, object]], group_by: str, group_value: str, loss: str
) -> GroupScores:
    most = max(number(row, "n_obs") for row in rows)
    scores = (
        SourceScore(
            str(row["source"]),
            row["is_champion"] is True,
            number(row, "n_obs") == most,
            _measures(row),
        )
        for row in rows
    )
    ordered = sorted(scores, key=lambda s: (not s.is_whole, s.measures.get(loss, np.inf), s.source))
    return GroupScores(group_by, group_value, tuple(ordered))


def _measures(row: Mapping[str, object]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def series_of(gold: GoldFiles, item_id: str, location_id: str = NETWORK) -> ItemSeries:
    """Return demand and the champion's forecast of one item.

    Raises:
        UnknownItem, InvalidSelection: There is no such item, or nothing of it there.
    """
    source = champion_at(gold, item_id, location_id)
    panel = history_panel(gold, item_id, location_id)
    place = {"item_id": item_id, "location_id": location_id, "source": source}
    rows = gold.rows("fact_forecast", columns=["date", "forecast", *BAND], **place)
    future = rows.filter(pa.compute.greater(rows.column("date"), pa.scalar(gold.data_through)))
    return ItemSeries(
        item_id=item_id,
        location_id=location_id,
        source=source,
        dates=panel.dates if panel else _days(rows.slice(0, 0)),
        demand=panel.demand[0] if panel else np.empty(0),
        future=_days(future),
        mean=_numbers(future, "forecast"),
        low=_numbers(future, BAND[0]),
        high=_numbers(future, BAND[1]),
    )


def _days(rows: pa.Table) -> Dates:
    days: Dates = rows.column("date").to_numpy().astype("datetime64[D]")
    return days


def _numbers(rows: pa.Table, name: str) -> FloatArray:
    values: FloatArray = rows.column(name).to_numpy().astype(np.float64)
    return values
