"""Historic mean: every period of the past counts the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.models.library import SingleSeries, observed_series
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel


@dataclass(frozen=True)
class HistoricMean(SingleSeries):
    """The mean of all observed periods."""

    source: ClassVar[str] = "mean"

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast a flat line at the mean of the history."""
        rows = observed_series(known, series)
        mean = np.full((len(series), horizon), np.nan)
        mean[rows] = historic.mean[rows, None]
        return replace(historic, mean=mean)
