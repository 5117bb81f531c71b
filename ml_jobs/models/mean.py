"""Historic mean: every period of the past counts the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statsforecast.models import HistoricAverage

from ml_jobs.arrays import BoolArray
from ml_jobs.models.library import forecast_each, mean_of, report_all
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, silent


@dataclass(frozen=True)
class HistoricMean:
    """The mean of all observed periods."""

    source: ClassVar[str] = "mean"

    def forecast(
        self, panel: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast a flat line at the mean of the history."""
        model = HistoricAverage()
        mean = forecast_each(panel, horizon, series=series, forecast=mean_of(model))
        report_all(self.source, series, report)
        return PointForecasts(mean)
