"""AutoARIMA, for the series that a rule of the settings picks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

from statsforecast.models import AutoARIMA

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.models.library import SingleSeries, fit_each
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel

_LONGEST_SEASON = 12  # a longer one makes the state space, and with it a fit, too large
_LONGEST_SEASONS = 26  # half a year of days: older ones cost time and make no forecast better


@dataclass(frozen=True)
class Arima(SingleSeries):
    """The ARIMA model with the best AICc, of low orders; negative forecasts become 0.

    Source: Hyndman and Khandakar 2008, "Automatic time series forecasting", section 3.
    """

    source: ClassVar[str] = "arima"

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast with one model per series; a series that no model fits stays uncovered."""

        def fit(history: FloatArray) -> tuple[FloatArray, FloatArray]:
            return _fit(history, horizon, known.frequency.season)

        return fit_each(fit, known, horizon, series=series, historic=historic)


def _fit(history: FloatArray, horizon: int, season: int) -> tuple[FloatArray, FloatArray]:
    recent = history[-_LONGEST_SEASONS * season :]
    seasonal = season <= _LONGEST_SEASON and recent.size >= 2 * season
    model = AutoARIMA(
        season_length=season if seasonal else 1,
        max_p=3,
        max_q=3,
        max_P=1,
        max_Q=1,
        max_d=1,
        # Beginning small is quicker, and the search arrives at forecasts as good.
        start_p=1,
        start_q=0,
        start_P=0,
        start_Q=1,
        approximation=True,
        nmodels=20,
    )
    with warnings.catch_warnings():
        # The search reports every candidate that did not converge; it then takes another.
        warnings.simplefilter("ignore")
        fit = model.forecast(recent, horizon, fitted=True)
    return fit["fitted"], fit["mean"]
