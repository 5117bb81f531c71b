"""TSB: how likely demand is and how large, smoothed apart; sees an item die out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statsforecast.models import TSB

from ml_jobs.arrays import BoolArray
from ml_jobs.models.library import SingleSeries, forecast_each
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel


@dataclass(frozen=True)
class Tsb(SingleSeries):
    """Teunter-Syntetos-Babai: smoothed probability of demand times its smoothed size.

    Unlike Croston's method the probability is updated in every period, so the forecast decays
    when demand stops.

    Attributes:
        size_smoothing: Smoothing constant of the size of demand, a fraction.
        probability_smoothing: Smoothing constant of the probability of demand, a fraction.

    Source: Teunter, Syntetos and Babai 2011, "Intermittent demand: Linking forecasting to
    inventory obsolescence", eq. 1 and 2.
    """

    source: ClassVar[str] = "tsb"
    size_smoothing: float = 0.1
    probability_smoothing: float = 0.1

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast a flat line at probability times size."""
        model = TSB(alpha_d=self.size_smoothing, alpha_p=self.probability_smoothing)
        return forecast_each(model, known, horizon, series=series, historic=historic)
