"""How one series at a time goes through a model of statsforecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, Work

ForecastSeries = Callable[[FloatArray, int], FloatArray]


class LibraryModel(Protocol):
    """The part of a statsforecast model that is used here."""

    def forecast(self, y: FloatArray, h: int) -> Mapping[str, FloatArray]:
        """Fit on *y* and forecast *h* periods; the answer's ``mean`` has shape (h,)."""


def mean_of(model: LibraryModel) -> ForecastSeries:
    """Return the function that forecasts the mean of one history with *model*."""
    return lambda history, horizon: model.forecast(history, horizon)["mean"]


def histories(panel: Panel, series: BoolArray) -> Iterator[tuple[int, FloatArray]]:
    """Give the index and the observed demand, without gaps, of each series asked for.

    A series that had not begun within the panel has nothing to learn from and is left out.
    """
    for index in np.flatnonzero(series):
        history = panel.demand[index, panel.starts[index] :]
        if history.size:
            yield int(index), history


def forecast_each(
    panel: Panel, horizon: int, *, series: BoolArray, forecast: ForecastSeries
) -> FloatArray:
    """Return *forecast* of every series asked for, shape (S, H); NaN in the other rows."""
    mean = np.full((len(panel.item_ids), horizon), np.nan)
    for index, history in histories(panel, series):
        mean[index] = np.maximum(forecast(history, horizon), 0.0)
    return mean


def report_all(source: str, series: BoolArray, report: ReportWork) -> None:
    """Report that *source* is through with every series asked for."""
    count = int(series.sum())
    report(Work(source, count, count))
