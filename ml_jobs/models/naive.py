"""Seasonal naive: the last season again. What every other source is judged against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from statsforecast.models import SeasonalNaive

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.models.library import forecast_each, histories, mean_of, report_all
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, silent


@dataclass(frozen=True)
class Naive:
    """The demand of the same period one season ago; a shorter history repeats as a whole."""

    source: ClassVar[str] = "naive"

    def forecast(
        self, panel: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast by the last season; the variance is that of one season's change."""
        season = panel.frequency.season
        mean = forecast_each(
            panel, horizon, series=series, forecast=lambda y, h: _last_season(y, h, season)
        )
        report_all(self.source, series, report)
        return PointForecasts(mean, _seasonal_change(panel, series, season))


def _last_season(history: FloatArray, horizon: int, season: int) -> FloatArray:
    model = SeasonalNaive(season_length=min(season, history.size))
    return mean_of(model)(history, horizon)


def _seasonal_change(panel: Panel, series: BoolArray, season: int) -> FloatArray:
    variance = np.full(len(panel.item_ids), np.nan)
    for index, history in histories(panel, series):
        lag = min(season, history.size - 1)
        change = history[lag:] - history[: history.size - lag]
        variance[index] = np.mean(change**2) if lag else 0.0
    return variance
