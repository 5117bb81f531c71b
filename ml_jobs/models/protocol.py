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
        excess: Variance over mean, less 1, in lots, as the model learnt it, > 0, shape (S, H);
            NaN like *mean*. None where the model learns no dispersion; goes before *variance*.
    """

    mean: FloatArray
    variance: FloatArray | None = None
    excess: FloatArray | None = None

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        return np.isfinite(self.mean[:, 0])


class Fitted(Protocol):
    """A model that has learnt from one panel, and forecasts any series of the same kind."""

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast the *horizon* periods after the panel's last one.

        Args:
            known: Everything the forecast may be made from; its series need not be those that
                were learnt from, but it ends on the same day.
            horizon: Periods ahead, at least 1 and at most what was fitted for.
            series: Which series to forecast, shape (S,).
            report: Told how many series are done.
        """


class Model(Protocol):
    """One source of forecasts."""

    @property
    def source(self) -> str:
        """The source's name in the contract."""

    def fit(
        self,
        known: Panel,
        horizon: int,
        *,
        after: Fitted | None = None,
        report: ReportWork = silent,
    ) -> Fitted:
        """Learn what series have in common; a model of single series learns nothing here.

        Args:
            known: The history up to the cutoff, and nothing after it.
            horizon: Periods ahead that will be asked for.
            after: What the same model learnt at an earlier cutoff, to go on from.
            report: Told how far the training is.
        """
