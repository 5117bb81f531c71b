"""Boosted trees over all series: what they learn, and what they never depend on."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from ml_jobs.dispersion import lots
from ml_jobs.models.gbm import Gbm
from ml_jobs.negative_binomial import NegativeBinomial, quantile
from ml_jobs.panel import Frequency, Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

HORIZON = 7
LEVELS = np.array([0.5, 0.8, 0.9, 0.95])


def forecast_of(known: Panel) -> NegativeBinomial:
    everything = np.ones(len(known.starts), dtype=bool)
    fitted = Gbm().fit(known, HORIZON)
    return fitted.forecast(known, HORIZON, series=everything, historic=historic_of(known))


def test_a_fitted_model_stays_small_for_workers_to_share() -> None:
    assert len(pickle.dumps(Gbm().fit(retail_panel(series=40, periods=160), HORIZON))) < 2_000_000


@pytest.mark.parametrize("frequency", list(Frequency))
@pytest.mark.parametrize(("series", "periods"), [(12, 60), (3, 20), (1, 5), (1, 1)])
def test_tiny_panels_are_forecast(frequency: Frequency, series: int, periods: int) -> None:
    random = np.random.default_rng(3)
    known = panel_of(random.poisson(2.0, (series, periods)), frequency=frequency)

    forecast = forecast_of(known)

    assert np.isfinite(forecast.mean).all()
    assert forecast.mean.max() < 50


def test_quantiles_beat_the_historic_mean_after_a_shift_of_level() -> None:
    random = np.random.default_rng(7)
    shift = random.choice([0.25, 1.0, 4.0], (80, 6))
    rates = random.uniform(1.0, 6.0, (80, 1)) * np.repeat(shift, 40, axis=1)[:, 25:225]
    panel = panel_of(random.poisson(rates))
    cutoff = 200 - HORIZON
    known, actual = panel.until(cutoff), panel.demand[:, cutoff:]

    learnt = forecast_of(known)

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

    assert np.median(excess[:30]) < 1.0
    assert np.median(excess[30:]) > 15.0
