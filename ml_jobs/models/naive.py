"""Seasonal naive: the last season again. What every other source is judged against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.models.library import SingleSeries, begun, report_all
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, silent


@dataclass(frozen=True)
class Naive(SingleSeries):
    """The demand of the same period one season ago; a shorter history repeats as a whole.

    Source: Hyndman and Athanasopoulos 2021, "Forecasting: Principles and Practice", section 5.2.
    """

    source: ClassVar[str] = "naive"

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast by the last season; the variance is that of one season's change."""
        asked = np.flatnonzero(begun(known, series))
        mean = np.full((len(known.item_ids), horizon), np.nan)
        variance = np.full(len(known.item_ids), np.nan)
        mean[asked] = _last_season(known, asked, horizon)
        variance[asked] = _seasonal_change(known, asked)
        report_all(self.source, series, report)
        return PointForecasts(mean, variance)


def _last_season(known: Panel, asked: IntArray, horizon: int) -> FloatArray:
    """Return the forecast of the series *asked*, shape (len(asked), H)."""
    periods = known.demand.shape[1]
    repeated = np.minimum(periods - known.starts[asked], known.frequency.season)[:, None]
    places = periods - repeated + np.arange(horizon) % repeated
    answer: FloatArray = known.demand[asked[:, None], places]
    return answer


def _seasonal_change(known: Panel, asked: IntArray) -> FloatArray:
    """Return the mean squared change over a season; over the whole of a shorter history."""
    demand, season = known.demand[asked], known.frequency.season
    observed = demand.shape[1] - known.starts[asked]
    changes = np.nan_to_num(demand[:, season:] - demand[:, :-season])
    whole = demand[:, -1] - demand[np.arange(len(asked)), known.starts[asked]]
    of_season = (changes**2).sum(axis=1) / np.maximum(observed - season, 1)
    answer: FloatArray = np.where(observed > season, of_season, whole**2)
    return answer
