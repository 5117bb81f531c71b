"""Prophet: trend with changepoints, seasons, holidays and drivers, one model per series."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.inputs.holiday_calendar import public_holidays
from ml_jobs.models.library import SingleSeries, fit_each, none_covered
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Dates, Frequency, Panel
from ml_jobs.progress import ReportWork, silent

# prophet.plot complains of charting libraries that nothing here needs.
_LOGGERS = ("prophet", "prophet.plot", "cmdstanpy")
_YEARS_FOR_TREND = 2.0
_MOST_ITERATIONS = 300  # twice what noisy demand takes; without noise it ends in a slow failure


@dataclass(frozen=True)
class ProphetModel(SingleSeries):
    """Piecewise linear trend plus Fourier terms of the week and the year; never below 0.

    Daily demand knows the public holidays of a country by name; drivers of the panel are
    regressors at any frequency. A history of less than two years has no trend: it can't be told
    from the season of the year, and carried on it misled at every cutoff tried.

    Attributes:
        country: ISO 3166 code of the country whose public holidays count.
        seed: Seed of Stan.
        changepoints: Places, at most, where the trend may bend.
        longest: Periods of history, at most, that are looked at: three years of days.

    Source: Taylor and Letham 2018, "Forecasting at Scale", section 3.
    """

    source: ClassVar[str] = "prophet"
    country: str = "BR"
    seed: int = 0
    changepoints: int = 10
    longest: int = 1095

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast with one model per series; a series that no model fits stays uncovered.

        Raises:
            OptionError: There is no holiday calendar for the country.
            KeyError: A driver is not known for all of history and horizon.
        """
        if not series.any():
            return none_covered(len(series), horizon)
        surroundings = _surroundings(known, horizon, self.country)

        def fit(history: FloatArray) -> tuple[FloatArray, FloatArray]:
            recent = history[-self.longest :]
            return self._fit(recent, surroundings.since(recent.size + horizon), known.frequency)

        with _quiet():
            return fit_each(self.source, known, horizon, series=series, fit=fit, report=report)

    def _fit(
        self, history: FloatArray, around: _Surroundings, frequency: Frequency
    ) -> tuple[FloatArray, FloatArray]:
        from prophet import Prophet  # here its complaints on import are silenced

        model = Prophet(
            growth="linear" if _years(history, frequency) >= _YEARS_FOR_TREND else "flat",
            n_changepoints=self.changepoints,
            weekly_seasonality=_weekly_order(history, frequency),
            yearly_seasonality=_yearly_order(history, frequency),
            daily_seasonality=False,
            holidays=around.seen_holidays(history.size),
            uncertainty_samples=0,
        )
        for name in around.drivers.columns:
            model.add_regressor(name)
        table = around.drivers.assign(ds=around.dates)
        seen = table[: history.size].assign(y=history)
        model.fit(seen, seed=self.seed, algorithm="BFGS", iter=_MOST_ITERATIONS)
        expected = np.asarray(model.predict(table)["yhat"], dtype=np.float64)
        return expected[: history.size], expected[history.size :]


@dataclass(frozen=True)
class _Surroundings:
    """What is known of N periods besides demand, history and horizon.

    Attributes:
        dates: First days of the periods, shape (N,).
        drivers: A column per driver, N rows.
        holidays: Days and names of holidays, as Prophet takes them; None for none.
    """

    dates: Dates
    drivers: pd.DataFrame
    holidays: pd.DataFrame | None

    def since(self, periods: int) -> _Surroundings:
        """Return the last *periods* of them."""
        return _Surroundings(self.dates[-periods:], self.drivers[-periods:], self.holidays)

    def seen_holidays(self, periods: int) -> pd.DataFrame | None:
        """Return the holidays that occur in the first *periods*: no other has an effect."""
        if self.holidays is None:
            return None
        seen = self.holidays["ds"].between(self.dates[0], self.dates[periods - 1])
        found = self.holidays[self.holidays["holiday"].isin(self.holidays["holiday"][seen])].copy()
        return found if len(found) else None


def _surroundings(known: Panel, horizon: int, country: str) -> _Surroundings:
    ahead = known.frequency.following(known.dates[-1], horizon)
    dates = np.concatenate([known.dates, ahead])
    values = known.drivers.on(dates) if known.drivers else np.empty((len(dates), 0))
    drivers = pd.DataFrame(values, columns=[f"driver_{k}" for k in range(values.shape[1])])
    daily = known.frequency is Frequency.DAILY
    return _Surroundings(dates, drivers, _holidays(country, dates) if daily else None)


def _holidays(country: str, dates: Dates) -> pd.DataFrame:
    named = public_holidays(country, dates[0], dates[-1])
    days = [(name, day) for name, found in named.items() for day in found]
    return pd.DataFrame(days, columns=["holiday", "ds"])


def _years(history: FloatArray, frequency: Frequency) -> float:
    return history.size / frequency.steps_per_year


def _weekly_order(history: FloatArray, frequency: Frequency) -> int:
    """Return the Fourier terms of the week; 0 where there is none to be seen."""
    return 3 if frequency is Frequency.DAILY and history.size >= 2 * frequency.season else 0


def _yearly_order(history: FloatArray, frequency: Frequency) -> int:
    """Return the Fourier terms of the year; 0 where the history holds it too few times.

    Twelve months determine no more than five pairs of terms, and noise takes them up sooner.
    """
    monthly = frequency is Frequency.MONTHLY
    seen_often = _years(history, frequency) >= (3 if monthly else 2)
    return (5 if monthly else 10) if seen_often else 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Prophet and Stan from logging every fit; what fails shows as an uncovered series."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
