"""Historic mean: every period of the past counts the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.models.library import SingleSeries, begun, report_all
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, silent


@dataclass(frozen=True)
class HistoricMean(SingleSeries):
    """The mean of all observed periods."""

    source: ClassVar[str] = "mean"

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast a flat line at the mean of the history."""
        asked = np.flatnonzero(begun(known, series))
        observed = known.demand.shape[1] - known.starts[asked]
        mean = np.full((len(known.item_ids), horizon), np.nan)
        mean[asked] = (np.nan_to_num(known.demand[asked]).sum(axis=1) / observed)[:, None]
        report_all(self.source, series, report)
        return PointForecasts(mean)
