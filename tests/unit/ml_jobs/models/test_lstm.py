"""Rules of the source `lstm`: what it learns, from what, and that it does so the same way twice."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml_jobs.dispersion import lots
from ml_jobs.judging.metrics import pinball
from ml_jobs.models.lstm import FittedLstm, Lstm
from ml_jobs.negative_binomial import NegativeBinomial, quantile
from ml_jobs.panel import Drivers, Frequency, Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

LEVELS = (0.5, 0.9)
WEEK = 7
SMALL = Lstm(width=16, windows=16, steps=300, later_steps=60)


def weekday_panel(*, series: int = 24, periods: int = 161, seed: int = 3) -> Panel:
    """Counts that are nine times as large on the first three days of a week as on the others."""
    random = np.random.default_rng(seed)
    busy = np.where(np.arange(periods) % WEEK < 3, 9.0, 1.0)
    return panel_of(random.poisson(busy * random.uniform(0.5, 2.0, (series, 1))).astype(float))


def forecast(fitted: FittedLstm, known: Panel, horizon: int = WEEK) -> NegativeBinomial:
    everything = np.ones(len(known.item_ids), dtype=bool)
    return fitted.forecast(known, horizon, series=everything, historic=historic_of(known))


def loss(mean: np.ndarray, excess: np.ndarray, panel: Panel, actual: np.ndarray) -> float:
    lot = lots(panel.demand)[:, None, None]
    drawn = quantile(mean[:, :, None], excess[:, :, None], lot, np.asarray(LEVELS))
    return float(pinball(drawn, actual, LEVELS).mean())


@pytest.fixture(scope="module")
def whole() -> Panel:
    return weekday_panel()


@pytest.fixture(scope="module")
def known(whole: Panel) -> Panel:
    return whole.until(154)


@pytest.fixture(scope="module")
def fitted(known: Panel) -> FittedLstm:
    return SMALL.fit(known, WEEK)


def test_a_weekday_pattern_is_forecast_better_than_by_the_mean(
    whole: Panel, known: Panel, fitted: FittedLstm
) -> None:
    actual = whole.demand[:, 154:]
    mean = known.demand.mean(axis=1, keepdims=True)
    excess = np.maximum(known.demand.var(axis=1, keepdims=True) / mean - 1.0, 0.05)
    flat = np.broadcast_to(mean, actual.shape), np.broadcast_to(excess, actual.shape)

    learnt = forecast(fitted, known)

    assert loss(learnt.mean, learnt.excess, known, actual) < 0.8 * loss(*flat, known, actual)


def test_training_lowers_the_loss_of_the_windows_held_back(fitted: FittedLstm) -> None:
    assert min(fitted.losses) < 0.9 * fitted.losses[0]


def test_an_earlier_cutoff_is_gone_on_from_in_fewer_steps(
    whole: Panel, known: Panel, fitted: FittedLstm
) -> None:
    earlier = SMALL.fit(whole.until(147), WEEK)

    later = SMALL.fit(known, WEEK, after=earlier)

    assert later.steps < fitted.steps
    assert later.losses[0] < 0.9 * fitted.losses[0]
    assert min(later.losses) < 1.05 * min(fitted.losses)


def test_an_earlier_network_of_another_layout_is_not_gone_on_from(
    known: Panel, fitted: FittedLstm
) -> None:
    other = replace(fitted, layout=replace(fitted.layout, past=99))

    fresh = SMALL.fit(known, WEEK, after=other)

    assert np.array_equal(fresh.weights, fitted.weights)


def test_lumpy_demand_scatters_wider_than_steady_demand() -> None:
    random = np.random.default_rng(5)
    steady = random.poisson(6.0, (10, 140))
    lumpy = np.where(random.random((10, 140)) < 0.1, random.geometric(1 / 60, (10, 140)), 0)
    panel = panel_of(np.concatenate([steady, lumpy]))

    excess = forecast(SMALL.fit(panel, WEEK), panel).excess

    assert excess[10:].min() > 5.0 * excess[:10].max()


def test_training_ends_when_nothing_is_left_to_learn() -> None:
    noise = np.random.default_rng(2).poisson(4.0, (24, 120)).astype(float)
    patient = replace(SMALL, patience=99).fit(panel_of(noise), WEEK)

    hasty = replace(SMALL, patience=1).fit(panel_of(noise), WEEK)

    assert hasty.steps < patient.steps


def test_units_of_demand_scale_the_forecast(known: Panel, fitted: FittedLstm) -> None:
    hundredths = replace(known, demand=known.demand / 100.0)

    given = forecast(fitted, hundredths)

    np.testing.assert_allclose(given.mean, forecast(fitted, known).mean / 100.0, rtol=1e-3)


def test_panels_too_short_to_hold_anything_back_are_learnt_from() -> None:
    panel = retail_panel(series=3, periods=6)

    given = forecast(SMALL.fit(panel, WEEK), panel)

    assert np.isfinite(given.mean).all()
    assert (given.mean >= 0).all()


def test_a_panel_without_any_history_gives_no_forecast() -> None:
    panel = panel_of(np.full((2, 30), np.nan))

    given = forecast(SMALL.fit(panel, WEEK), panel)

    assert not given.covered.any()


def test_a_driver_known_ahead_moves_the_forecast_of_months() -> None:
    random = np.random.default_rng(4)
    campaign = (random.random(90) < 0.5).astype(float)
    demand = random.poisson(1.0 + 12.0 * campaign[:84], (24, 84)).astype(float)
    panel = panel_of(demand, frequency=Frequency.MONTHLY)
    dates = panel.frequency.calendar(panel.dates[0], 90)
    driven = replace(panel, drivers=Drivers(("campaign",), dates, campaign[:, None]))

    mean = forecast(SMALL.fit(driven, 6), driven, 6).mean.mean(axis=0)

    assert mean[campaign[84:] == 1].min() > 2.0 * mean[campaign[84:] == 0].max()


def test_jax_is_loaded_only_when_the_network_is_used() -> None:
    code = "import sys, ml_jobs.models.lstm; sys.exit('jax' in sys.modules)"

    asked = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[4])

    assert asked.returncode == 0
