"""What one source says of a set of series: the expected demand and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray


@dataclass(frozen=True)
class Forecasts:
    """What one source says of S series and H periods.

    Attributes:
        mean: Units per period, shape (S, H); NaN in rows the source doesn't cover.
        quantiles: At ``quantiles.LEVELS``, shape (S, H, 10); NaN likewise.
    """

    mean: FloatArray
    quantiles: FloatArray

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        covered: BoolArray = np.isfinite(self.mean[:, 0])
        return covered

    def without(self, series: BoolArray) -> Forecasts:
        """Return the forecasts with those of *series* taken out."""
        return replace(
            self,
            mean=np.where(series[:, None], np.nan, self.mean),
            quantiles=np.where(series[:, None, None], np.nan, self.quantiles),
        )
