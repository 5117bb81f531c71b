"""Prophet: what it sees in a history, and how it behaves as a source."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.models import model_of
from ml_jobs.models.prophet import ProphetModel
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Drivers, Frequency, Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

pytestmark = pytest.mark.ml

NAN = float("nan")
WEEK = np.array([2.0, 9.0, 9.0, 9.0, 9.0, 30.0, 0.0])


def forecast(
    panel: Panel,
    horizon: int,
    model: ProphetModel | None = None,
    *,
    series: np.ndarray | None = None,
) -> NegativeBinomial:
    asked = np.ones(len(panel.item_ids), dtype=bool) if series is None else series
    fitted = (model or ProphetModel()).fit(panel, horizon)
    return fitted.forecast(panel, horizon, series=asked, historic=historic_of(panel))


def noise(periods: int, scale: float) -> np.ndarray:
    return np.random.default_rng(3).normal(0, scale, periods)


def with_driver(panel: Panel, values: np.ndarray) -> Panel:
    """*panel* with a driver that goes on as far as *values* reach."""
    dates = panel.frequency.calendar(panel.dates[0], len(values))
    return replace(panel, drivers=Drivers(("price",), dates, values[:, None]))


def test_the_model_is_made_by_the_name_of_its_source() -> None:
    options = ForecastOptions(country="PT", seed=5)

    assert model_of("prophet", options) == ProphetModel(country="PT", seed=5)


def test_a_trend_goes_on_from_two_years_of_history() -> None:
    rising = np.linspace(10, 46, 36) + noise(36, 0.3)

    long = forecast(panel_of([rising], frequency=Frequency.MONTHLY), 3)
    short = forecast(panel_of([rising[-20:]], frequency=Frequency.MONTHLY), 3)

    np.testing.assert_allclose(long.mean[0], [47, 48, 49], atol=2.0)
    assert short.mean[0, 2] < rising[-20:].max()


def test_a_year_is_seen_in_three_years_of_months() -> None:
    year = 50 + 30 * np.sin(2 * np.pi * np.arange(12) / 12)
    panel = panel_of([np.tile(year, 4)], frequency=Frequency.MONTHLY)

    point = forecast(panel, 12)

    np.testing.assert_allclose(point.mean[0], year, atol=5.0)


def test_a_year_is_seen_in_weeks() -> None:
    year = 50 + 30 * np.sin(2 * np.pi * np.arange(156) * 7 / 365.25)
    panel = panel_of([year[:-13]], frequency=Frequency.WEEKLY)

    point = forecast(panel, 13)

    np.testing.assert_allclose(point.mean[0], year[-13:], atol=5.0)


def test_a_holiday_of_the_country_moves_its_day() -> None:
    # New Year's Day of 2024 is the first period; 2025's lies in the horizon, period 366.
    demand = np.full(360, 20.0) + noise(360, 0.5)
    demand[0] = 2.0
    panel = panel_of([demand])

    point = forecast(panel, 10, ProphetModel(country="GB"))

    ahead = point.mean[0]
    assert ahead[6] < 10.0  # 2025-01-01
    assert np.delete(ahead, 6).min() > 15.0


def test_a_driver_moves_demand_in_the_horizon() -> None:
    price = np.tile([1.0, 1.0, 2.0, 1.0, 2.0], 30)
    demand = 50 - 20 * price[:100] + noise(100, 0.5)

    point = forecast(with_driver(panel_of([demand]), price), 10)

    np.testing.assert_allclose(point.mean[0], 50 - 20 * price[100:110], atol=2.0)


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(InvalidSelection, match="XX"):
        forecast(panel_of([np.tile(WEEK, 4)]), 2, ProphetModel(country="XX"))


def test_no_forecast_is_below_zero_or_beyond_twice_the_greatest_demand() -> None:
    rows = np.stack([np.linspace(60, 0, 30), np.linspace(0, 60, 30)])
    panel = panel_of(rows, frequency=Frequency.MONTHLY)

    point = forecast(panel, 60)

    assert (point.mean >= 0).all()
    assert (point.mean <= 120).all()


def test_the_variance_is_the_mean_squared_error_in_sample() -> None:
    panel = panel_of([100.0 + noise(140, 30.0).round()])

    point = forecast(panel, 1)

    variance = point.mean[0, 0] * point.lot[0] * (1.0 + point.excess[0])
    assert variance == pytest.approx(900.0, rel=0.3)


def test_only_series_asked_for_that_have_begun_and_can_be_fitted_are_covered() -> None:
    begun = np.tile(WEEK, 4)
    late, one = np.full((2, 28), NAN)
    one[-1] = 3.0
    panel = panel_of([begun, begun, late, one])
    asked = np.array([True, False, True, True])

    point = forecast(panel, 3, series=asked)

    assert point.covered.tolist() == [True, False, False, False]


def test_nothing_is_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    panel = retail_panel(series=2, periods=60)
    caplog.set_level(logging.DEBUG)

    forecast(panel, 2)

    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("cmdstanpy").disabled
