"""IMAPA: exponential smoothing at several time scales at once, averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statsforecast.models import IMAPA

from ml_jobs.arrays import BoolArray
from ml_jobs.models.library import SingleSeries, forecast_each
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel


@dataclass(frozen=True)
class Imapa(SingleSeries):
    """Intermittent Multiple Aggregation Prediction Algorithm.

    Demand is summed over buckets of 1, 2, ... periods, up to the mean interval between demands;
    each sum is smoothed with the constant (0.1 to 0.3) that fits best; the rates are averaged.

    Source: Petropoulos and Kourentzes 2015, "Forecast combinations for intermittent demand".
    """

    source: ClassVar[str] = "imapa"

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast a flat line at the combined rate."""
        return forecast_each(IMAPA(), known, horizon, series=series, historic=historic)
