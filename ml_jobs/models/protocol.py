"""What every model gives: expected demand per series and step, and how far off it tends to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, silent


@dataclass(frozen=True)
class PointForecasts:
    """Expected demand, as one source sees it.

    Attributes:
        mean: Units per period, at least 0, shape (S, H); NaN in the rows of series that the
            source does not cover.
        variance: Mean squared error of one period about the forecast, as the model measured it
            in sample, shape (S,); None where demand's own variance is the better measure.
    """

    mean: FloatArray
    variance: FloatArray | None = None

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        return np.isfinite(self.mean[:, 0])


class Model(Protocol):
    """One source of forecasts; fits and forecasts in one call, and keeps nothing."""

    @property
    def source(self) -> str:
        """The source's name in the contract."""

    def forecast(
        self, panel: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast the *horizon* periods after the panel's last one.

        Args:
            panel: Everything the model may know.
            horizon: Periods ahead, at least 1.
            series: Which series to forecast, shape (S,).
            report: Told how many series are done.
        """
