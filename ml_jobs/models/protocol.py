"""What every model does: it learns from a panel, and forecasts demand as a negative binomial."""

from __future__ import annotations

from typing import Protocol

from ml_jobs.arrays import BoolArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel


class Fitted(Protocol):
    """A model that has learnt from one panel, and forecasts any series of the same kind."""

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast the *horizon* periods after the panel's last one.

        Args:
            known: Everything the forecast may be made from; its series need not be those that
                were learnt from, but it ends on the same day.
            horizon: Periods ahead, H, at least 1 and at most what was fitted for.
            series: Which series to forecast, shape (S,).
            historic: Demand of one period as history shows it. A model takes lots and least
                means from it, and the over-dispersion too where it measures none of its own.

        Returns:
            Units per period, mean of shape (S, H): at least 0, NaN in the rows of series that
            the model does not cover.
        """


class Model(Protocol):
    """One source of forecasts."""

    @property
    def source(self) -> str:
        """The source's name in the contract."""

    def fit(self, known: Panel, horizon: int, *, after: Fitted | None = None) -> Fitted:
        """Learn what series have in common; a model of single series learns nothing here.

        Args:
            known: The history up to the cutoff, and nothing after it.
            horizon: Periods ahead that will be asked for.
            after: What the same model learnt at an earlier cutoff, to go on from.
        """
