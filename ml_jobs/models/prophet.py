"""Prophet: trend with changepoints, seasons, holidays and drivers, one model per series."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.inputs.holiday_calendar import public_holidays
from ml_jobs.models.library import SingleSeries, fit_each
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Dates, Frequency, Panel

# prophet.plot complains of charting libraries that nothing here needs.
_LOGGERS = ("prophet", "prophet.plot", "cmdstanpy")
_YEARS_FOR_TREND = 2.0
_MOST_CHANGEPOINTS = 10  # places, at most, where the trend may bend
_MOST_HISTORY = 1095  # periods, at most, that are looked at: three years of days
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

    Source: Taylor and Letham 2018, "Forecasting at Scale", section 3.
    """

    source: ClassVar[str] = "prophet"
    country: str = "BR"
    seed: int = 0

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast with one model per series; a series that no model fits stays uncovered.

        Raises:
            InvalidSelection: There is no holiday calendar for the country.
            KeyError: A driver is not known for all of history and horizon.
        """
        if not series.any():  # holidays take long to look up, and most partitions ask for none
            return replace(historic, mean=np.full((len(series), horizon), np.nan))
        regressors = _regressors(known, horizon)
        dates = regressors["ds"].to_numpy()
        daily = known.frequency is Frequency.DAILY
        holidays = _holidays(self.country, dates) if daily else None

        def fit(history: FloatArray) -> tuple[FloatArray, FloatArray]:
            recent = history[-_MOST_HISTORY:]
            periods = regressors[-(recent.size + horizon) :]
            return self._fit(recent, periods, holidays, known.frequency)

        with _quiet():
            return fit_each(fit, known, horizon, series=series, historic=historic)

    def _fit(
        self,
        history: FloatArray,
        periods: pd.DataFrame,
        holidays: pd.DataFrame | None,
        frequency: Frequency,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the fitted values of the *history* and the forecast of the periods after it."""
        from prophet import Prophet  # here its complaints on import are silenced

        seen = periods[: history.size].assign(y=history)
        years = history.size / frequency.steps_per_year
        sees_weeks = frequency is Frequency.DAILY and history.size >= 2 * frequency.season
        model = Prophet(
            growth="linear" if years >= _YEARS_FOR_TREND else "flat",
            n_changepoints=_MOST_CHANGEPOINTS,
            weekly_seasonality=3 if sees_weeks else 0,  # Fourier terms
            yearly_seasonality=_yearly_order(years, frequency),
            daily_seasonality=False,
            holidays=_occurring(holidays, seen),
            uncertainty_samples=0,
        )
        for name in periods.columns.drop("ds"):
            model.add_regressor(name)
        model.fit(seen, seed=self.seed, algorithm="BFGS", iter=_MOST_ITERATIONS)
        expected = np.asarray(model.predict(periods)["yhat"], dtype=np.float64)
        return expected[: history.size], expected[history.size :]


def _regressors(known: Panel, horizon: int) -> pd.DataFrame:
    """Return first day (``ds``) and drivers of each period of history and horizon."""
    ahead = known.frequency.following(known.dates[-1], horizon)
    dates = np.concatenate([known.dates, ahead])
    values = known.drivers.on(dates) if known.drivers else np.empty((len(dates), 0))
    drivers = pd.DataFrame(values, columns=[f"driver_{k}" for k in range(values.shape[1])])
    return drivers.assign(ds=dates)


def _holidays(country: str, dates: Dates) -> pd.DataFrame:
    named = public_holidays(country, dates[0], dates[-1])
    days = [(name, day) for name, found in named.items() for day in found]
    return pd.DataFrame(days, columns=["holiday", "ds"])


def _occurring(holidays: pd.DataFrame | None, seen: pd.DataFrame) -> pd.DataFrame | None:
    """Return the holidays that occur in the periods *seen*: no other has an effect."""
    if holidays is None:
        return None
    inside = holidays["ds"].between(seen["ds"].iloc[0], seen["ds"].iloc[-1])
    found = holidays[holidays["holiday"].isin(holidays["holiday"][inside])].copy()
    return found if len(found) else None


def _yearly_order(years: float, frequency: Frequency) -> int:
    """Return the Fourier terms of the year; 0 where the history holds it too few times.

    Twelve months determine no more than five pairs of terms, and noise takes them up sooner.
    """
    monthly = frequency is Frequency.MONTHLY
    seen_often = years >= (3 if monthly else 2)
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
