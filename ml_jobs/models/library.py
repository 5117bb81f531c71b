"""What the models of single series share: a fit that learns nothing, and a series at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.models.protocol import Fitted
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel

FitSeries = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

_CEILING = 2.0  # times the largest demand seen: a trend must not run away
# The ways of optimisers to give up on a series.
_GAVE_UP = (ArithmeticError, LookupError, RuntimeError, ValueError)

_Single = TypeVar("_Single", bound=Fitted)


class SingleSeries:
    """A model that learns from each series alone, and does so when it forecasts."""

    def fit(
        self: _Single,
        known: Panel,  # noqa: ARG002 - the protocol's; series have nothing in common here
        horizon: int,  # noqa: ARG002
        *,
        after: Fitted | None = None,  # noqa: ARG002
    ) -> _Single:
        """Return the model itself."""
        return self


class LibraryModel(Protocol):
    """The part of a statsforecast model that is used here."""

    def forecast(self, y: FloatArray, h: int) -> Mapping[str, FloatArray]:
        """Fit on *y* and forecast *h* periods; the answer's ``mean`` has shape (h,)."""


def observed_series(panel: Panel, series: BoolArray) -> IntArray:
    """Return which of the *series* asked for have begun: without demand nothing can be learnt."""
    return np.flatnonzero(series & (panel.starts < len(panel.dates)))


def forecast_each(
    model: LibraryModel,
    panel: Panel,
    horizon: int,
    *,
    series: BoolArray,
    historic: NegativeBinomial,
) -> NegativeBinomial:
    """Forecast each of the *series* asked for with *model*, and the scatter that history shows."""
    mean = np.full((len(panel.item_ids), horizon), np.nan)
    for row, history in _histories(panel, series):
        mean[row] = np.maximum(model.forecast(history, horizon)["mean"], 0.0)
    return replace(historic, mean=mean)


def fit_each(
    fit: FitSeries, panel: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
) -> NegativeBinomial:
    """Forecast each series asked for with a model of its own; where none fits, not at all.

    Args:
        fit: Takes a history of N periods; returns the fitted values, shape (N,), and the
            forecast of the periods after them, shape (H,).
        panel: The history.
        horizon: Periods ahead, H.
        series: Which series to forecast, shape (S,).
        historic: Demand of one period as history shows it.

    Returns:
        The variance is the mean squared error of the fit in sample.
    """
    mean = np.full((len(panel.item_ids), horizon), np.nan)
    variance = np.full(len(panel.item_ids), np.nan)
    for row, history in _histories(panel, series):
        try:
            fitted, forecast = fit(history)
        except _GAVE_UP:
            continue  # the caller sees that the series is not covered
        capped = np.clip(forecast, 0.0, _CEILING * history.max())
        error = np.nanmean((history[-fitted.size :] - fitted) ** 2)
        if np.isfinite([*capped, error]).all():
            mean[row], variance[row] = capped, error
    return replace(historic, mean=mean).with_variance(variance)


def _histories(panel: Panel, series: BoolArray) -> Iterator[tuple[int, FloatArray]]:
    """Yield row and demand, from its start on, of each series asked for that has begun."""
    for row in observed_series(panel, series):
        yield int(row), panel.demand[row, panel.starts[row] :]
