"""What the models of single series share: a fit that learns nothing, and a series at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.models.protocol import Fitted, PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, Work, silent

ForecastSeries = Callable[[FloatArray, int], FloatArray]
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
        report: ReportWork = silent,  # noqa: ARG002
    ) -> _Single:
        """Return the model itself."""
        return self


class LibraryModel(Protocol):
    """The part of a statsforecast model that is used here."""

    def forecast(self, y: FloatArray, h: int) -> Mapping[str, FloatArray]:
        """Fit on *y* and forecast *h* periods; the answer's ``mean`` has shape (h,)."""


def mean_of(model: LibraryModel) -> ForecastSeries:
    """Return the function that forecasts the mean of one history with *model*."""
    return lambda history, horizon: model.forecast(history, horizon)["mean"]


def begun(panel: Panel, series: BoolArray) -> BoolArray:
    """Return the series asked for that have at least one observation, shape (S,).

    A series that had not begun within the panel has nothing to learn from.
    """
    answer: BoolArray = series & (panel.starts < panel.demand.shape[1])
    return answer


def histories(panel: Panel, series: BoolArray) -> Iterator[tuple[int, FloatArray]]:
    """Give the index and the observed demand, without gaps, of each series that has begun."""
    for index in np.flatnonzero(begun(panel, series)):
        yield int(index), panel.demand[index, panel.starts[index] :]


def forecast_each(
    panel: Panel, horizon: int, *, series: BoolArray, forecast: ForecastSeries
) -> FloatArray:
    """Return *forecast* of every series asked for, shape (S, H); NaN in the other rows."""
    mean = np.full((len(panel.item_ids), horizon), np.nan)
    for index, history in histories(panel, series):
        mean[index] = np.maximum(forecast(history, horizon), 0.0)
    return mean


def fit_each(
    source: str,
    panel: Panel,
    horizon: int,
    *,
    series: BoolArray,
    fit: FitSeries,
    report: ReportWork,
) -> PointForecasts:
    """Forecast each series asked for with a model of its own; where none fits, not at all.

    Args:
        source: Whose work it is.
        panel: The history.
        horizon: Periods ahead, H.
        series: Which series to forecast, shape (S,).
        fit: Takes a history of N periods, gives what the model says of them, shape (N,), and of
            the periods after them, shape (H,).
        report: Told of every series.
    """
    mean = np.full((len(panel.item_ids), horizon), np.nan)
    variance = np.full(len(panel.item_ids), np.nan)
    asked = list(histories(panel, series))
    for done, (index, history) in enumerate(asked, start=1):
        answer = _answer(fit, history)
        if answer is not None:
            mean[index], variance[index] = answer
        report(Work(source, done, len(asked), panel.item_ids[index]))
    return PointForecasts(mean, variance)


def none_covered(series: int, horizon: int) -> PointForecasts:
    """Return the answer of a model that none of *series* series are asked of."""
    return PointForecasts(np.full((series, horizon), np.nan), np.full(series, np.nan))


def _answer(fit: FitSeries, history: FloatArray) -> tuple[FloatArray, float] | None:
    try:
        fitted, forecast = fit(history)
    except _GAVE_UP:
        return None  # the caller sees that the series is not covered
    mean = np.clip(forecast, 0.0, _CEILING * history.max())
    variance = float(np.nanmean((history[-fitted.size :] - fitted) ** 2))
    return (mean, variance) if np.isfinite([*mean, variance]).all() else None


def report_all(source: str, series: BoolArray, report: ReportWork) -> None:
    """Report that *source* is through with every series asked for."""
    count = int(series.sum())
    report(Work(source, count, count))
