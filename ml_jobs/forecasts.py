"""What is published of one source's forecast: the expected demand and its quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.negative_binomial import NegativeBinomial


@dataclass(frozen=True)
class Forecasts:
    """Mean and quantiles of S series and H periods, by whatever distribution.

    Attributes:
        mean: Units per period, shape (S, H); NaN in rows the source doesn't cover.
        quantiles: At ``negative_binomial.LEVELS``, shape (S, H, 10); NaN likewise.
    """

    mean: FloatArray
    quantiles: FloatArray

    @classmethod
    def of(cls, demand: NegativeBinomial) -> Forecasts:
        """Return mean and quantiles of *demand*, a forecast of single periods."""
        return cls(demand.mean, demand.quantiles())

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        return np.isfinite(self.mean[:, 0])

    def without(self, series: BoolArray) -> Forecasts:
        """Return the forecasts with those of *series* taken out."""
        return replace(
            self,
            mean=np.where(series[:, None], np.nan, self.mean),
            quantiles=np.where(series[:, None, None], np.nan, self.quantiles),
        )


def of_sources(forecasts: Mapping[str, Forecasts], sources: TextArray) -> Forecasts:
    """Return the forecast of each series' own source, NaN where it has none.

    Args:
        forecasts: By source, of the same S series.
        sources: The source of each series, shape (S,).
    """
    first = next(iter(forecasts.values()))
    mean, quantiles = np.full_like(first.mean, np.nan), np.full_like(first.quantiles, np.nan)
    for source, each in forecasts.items():
        rows = sources == source
        mean[rows], quantiles[rows] = each.mean[rows], each.quantiles[rows]
    return Forecasts(mean, quantiles)
