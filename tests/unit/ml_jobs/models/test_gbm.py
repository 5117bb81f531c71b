"""Boosted trees over all series: what they learn, and what they never depend on."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.models.gbm import PLAN, FittedGbm, Gbm
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Drivers, Frequency, Panel
from ml_jobs.quantiles import lots, quantile
from tests.unit.ml_jobs.panels import panel_of, retail_panel

HORIZON = 7
LEVELS = np.array([0.5, 0.8, 0.9, 0.95])


def fitted(known: Panel, horizon: int = HORIZON) -> FittedGbm:
    return Gbm().fit(known, horizon)


def forecast_of(known: Panel, horizon: int = HORIZON) -> PointForecasts:
    return forecast_by(fitted(known, horizon), known, horizon)


def forecast_by(model: FittedGbm, known: Panel, horizon: int = HORIZON) -> PointForecasts:
    return model.forecast(known, horizon, series=np.ones(len(known.starts), dtype=bool))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=40, periods=160)


@pytest.fixture(scope="module")
def model(panel: Panel) -> FittedGbm:
    return fitted(panel)


def test_every_step_has_a_mean_and_an_excess(model: FittedGbm, panel: Panel) -> None:
    forecast = forecast_by(model, panel)

    assert forecast.mean.shape == (40, HORIZON)
    assert (forecast.mean >= 0).all()
    assert forecast.excess is not None
    assert (forecast.excess > 0).all()


def test_the_same_panel_gives_the_same_forecast_to_the_bit(model: FittedGbm, panel: Panel) -> None:
    again = forecast_of(panel)

    first = forecast_by(model, panel)
    assert np.array_equal(first.mean, again.mean)
    assert first.excess is not None
    assert again.excess is not None
    assert np.array_equal(first.excess, again.excess)


def test_another_seed_draws_other_rows(model: FittedGbm, panel: Panel) -> None:
    plan = replace(PLAN, mean=replace(PLAN.mean, seed=2))

    other = forecast_by(Gbm(plan).fit(panel, HORIZON), panel)

    assert not np.array_equal(other.mean, forecast_by(model, panel).mean)


def test_a_forecast_does_not_depend_on_the_other_series(model: FittedGbm, panel: Panel) -> None:
    chosen = np.array([31, 4, 17])

    alone = forecast_by(model, panel.rows(chosen))

    together = forecast_by(model, panel)
    assert np.array_equal(alone.mean, together.mean[chosen])
    assert alone.excess is not None
    assert together.excess is not None
    assert np.array_equal(alone.excess, together.excess[chosen])


def test_learning_at_a_cutoff_ignores_what_follows_it(panel: Panel) -> None:
    flooded = panel.demand.copy()
    flooded[:, 130:] = 5_000.0
    cutoff = 130

    calm = forecast_of(panel.until(cutoff))

    assert np.array_equal(calm.mean, forecast_of(replace(panel, demand=flooded).until(cutoff)).mean)


def test_a_fitted_model_survives_a_pickle_and_stays_small(model: FittedGbm, panel: Panel) -> None:
    sent = pickle.dumps(model)

    arrived = pickle.loads(sent)

    assert np.array_equal(forecast_by(arrived, panel).mean, forecast_by(model, panel).mean)
    assert len(sent) < 2_000_000


def test_series_not_asked_for_or_without_history_stay_nan(panel: Panel) -> None:
    demand = panel.demand.copy()
    demand[3] = np.nan
    starts = panel.starts.copy()
    starts[3] = demand.shape[1] + 5
    known = replace(panel, demand=demand, starts=starts)
    asked = np.ones(40, dtype=bool)
    asked[8] = False

    forecast = fitted(known).forecast(known, HORIZON, series=asked)

    assert np.flatnonzero(~forecast.covered).tolist() == [3, 8]
    assert forecast.excess is not None
    assert np.isnan(forecast.excess[[3, 8]]).all()


@pytest.mark.parametrize("frequency", list(Frequency))
@pytest.mark.parametrize(("series", "periods"), [(12, 60), (3, 20), (1, 5), (1, 1)])
def test_tiny_panels_are_forecast(frequency: Frequency, series: int, periods: int) -> None:
    random = np.random.default_rng(3)
    known = panel_of(random.poisson(2.0, (series, periods)), frequency=frequency)

    forecast = forecast_of(known)

    assert np.isfinite(forecast.mean).all()
    assert forecast.mean.max() < 50


def test_series_that_never_moved_are_forecast_close_to_nothing() -> None:
    forecast = forecast_of(panel_of(np.zeros((5, 90))))

    assert (forecast.mean < 0.05).all()


def test_the_day_of_the_week_is_learnt() -> None:
    random = np.random.default_rng(5)
    pattern = np.array([8.0, 8.0, 8.0, 8.0, 8.0, 2.0, 0.2])
    known = panel_of(random.poisson(np.tile(pattern, 26), (40, 182)))

    mean = forecast_of(known).mean.mean(axis=0)

    week = np.roll(pattern, -(182 % 7))
    assert np.abs(mean - week).max() < 1.0


def test_a_driver_known_ahead_moves_the_forecast_of_its_period() -> None:
    random = np.random.default_rng(6)
    periods = 200
    promoted = (random.random(periods + HORIZON) < 0.2).astype(np.float64)
    promoted[periods:] = [0, 1, 0, 0, 1, 0, 0]
    plain = panel_of(random.poisson(4.0 + 12.0 * promoted[:periods], (30, periods)))
    dates = plain.frequency.calendar(plain.dates[0], periods + HORIZON)
    known = replace(plain, drivers=Drivers(("promotion",), dates, promoted[:, None]))

    mean = forecast_of(known).mean.mean(axis=0)

    assert mean[promoted[periods:] == 1].min() > 12
    assert mean[promoted[periods:] == 0].max() < 7


def test_quantiles_beat_the_historic_mean_after_a_shift_of_level() -> None:
    random = np.random.default_rng(7)
    shift = random.choice([0.25, 1.0, 4.0], (80, 6))
    rates = random.uniform(1.0, 6.0, (80, 1)) * np.repeat(shift, 40, axis=1)[:, 25:225]
    panel = panel_of(random.poisson(rates))
    cutoff = 200 - HORIZON
    known, actual = panel.until(cutoff), panel.demand[:, cutoff:]

    learnt = forecast_of(known)

    assert learnt.excess is not None
    own_mean = np.repeat(known.demand.mean(axis=1)[:, None], HORIZON, axis=1)
    own_excess = np.maximum(known.demand.var(axis=1)[:, None] / own_mean - 1.0, 0.05)
    assert loss(learnt.mean, learnt.excess, actual) < 0.85 * loss(own_mean, own_excess, actual)


def loss(mean: np.ndarray, excess: np.ndarray, actual: np.ndarray) -> float:
    lot = lots(actual)[:, None, None]
    drawn = quantile(mean[..., None], excess[..., None], lot, LEVELS)
    error = actual[..., None] - drawn
    return float(np.maximum(LEVELS * error, (LEVELS - 1.0) * error).mean())


def test_a_series_that_scatters_more_gets_more_excess() -> None:
    random = np.random.default_rng(8)
    calm = random.poisson(5.0, (30, 180))
    lumpy = 50.0 * (random.random((30, 180)) < 0.1)

    excess = forecast_of(panel_of(np.concatenate([calm, lumpy]))).excess

    assert excess is not None
    assert np.median(excess[:30]) < 1.0
    assert np.median(excess[30:]) > 15.0


def test_the_unit_that_demand_is_counted_in_does_not_matter(model: FittedGbm, panel: Panel) -> None:
    finer = replace(panel, demand=panel.demand * 0.1)

    ratio = forecast_of(finer).mean / forecast_by(model, panel).mean

    assert abs(float(np.median(ratio)) - 0.1) < 0.01


def test_a_year_of_steps_can_be_asked_for(panel: Panel) -> None:
    forecast = forecast_of(panel, 365)

    assert np.isfinite(forecast.mean).all()
