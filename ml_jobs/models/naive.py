"""Seasonal naive: the last season again. What every other source is judged against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.models.library import SingleSeries, observed_series
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel


@dataclass(frozen=True)
class Naive(SingleSeries):
    """The demand of the same period one season ago; a shorter history repeats as a whole.

    Source: Hyndman and Athanasopoulos 2021, "Forecasting: Principles and Practice", section 5.2.
    """

    source: ClassVar[str] = "naive"

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast by the last season; the variance is that of one season's change."""
        rows = observed_series(known, series)
        observed = len(known.dates) - known.starts[rows]
        repeated = np.minimum(observed, known.frequency.season)[:, None]
        places = len(known.dates) - repeated + np.arange(horizon) % repeated
        mean = np.full((len(series), horizon), np.nan)
        variance = np.full(len(series), np.nan)
        mean[rows] = known.demand[rows[:, None], places]
        variance[rows] = _seasonal_change(known, rows)
        return replace(historic, mean=mean).with_variance(variance)


def _seasonal_change(known: Panel, rows: IntArray) -> FloatArray:
    """Return the mean squared change over a season; over the whole of a shorter history."""
    demand, season = known.demand[rows], known.frequency.season
    observed = demand.shape[1] - known.starts[rows]
    changes = np.nan_to_num(demand[:, season:] - demand[:, :-season])
    whole = demand[:, -1] - demand[np.arange(len(rows)), known.starts[rows]]
    of_season = (changes**2).sum(axis=1) / np.maximum(observed - season, 1)
    return np.where(observed > season, of_season, whole**2)
