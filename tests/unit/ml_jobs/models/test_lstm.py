"""Rules of the source `lstm`: what it learns, from what, and that it does so the same way twice."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml_jobs.judging.metrics import pinball
from ml_jobs.models.lstm import FittedLstm, Lstm
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Drivers, Frequency, Panel
from ml_jobs.progress import Work
from ml_jobs.quantiles import lots, quantile
from tests.unit.ml_jobs.panels import panel_of, retail_panel

LEVELS = (0.5, 0.9)
WEEK = 7
SMALL = Lstm(width=16, windows=16, steps=300, later_steps=60)


def weekday_panel(*, series: int = 24, periods: int = 161, seed: int = 3) -> Panel:
    """Counts that are nine times as large on the first three days of a week as on the others."""
    random = np.random.default_rng(seed)
    busy = np.where(np.arange(periods) % WEEK < 3, 9.0, 1.0)
    return panel_of(random.poisson(busy * random.uniform(0.5, 2.0, (series, 1))).astype(float))


def forecast(fitted: FittedLstm, known: Panel, horizon: int = WEEK) -> PointForecasts:
    return fitted.forecast(known, horizon, series=np.ones(len(known.item_ids), dtype=bool))


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


def test_the_same_seed_learns_the_same_weights(known: Panel, fitted: FittedLstm) -> None:
    again = SMALL.fit(known, WEEK)

    assert np.array_equal(again.weights, fitted.weights)
    assert again.losses == fitted.losses


def test_another_seed_learns_other_weights(known: Panel, fitted: FittedLstm) -> None:
    other = replace(SMALL, seed=2).fit(known, WEEK)

    assert not np.array_equal(other.weights, fitted.weights)


def test_a_weekday_pattern_is_forecast_better_than_by_the_mean(
    whole: Panel, known: Panel, fitted: FittedLstm
) -> None:
    actual = whole.demand[:, 154:]
    mean = known.demand.mean(axis=1, keepdims=True)
    excess = np.maximum(known.demand.var(axis=1, keepdims=True) / mean - 1.0, 0.05)
    flat = np.broadcast_to(mean, actual.shape), np.broadcast_to(excess, actual.shape)

    learnt = forecast(fitted, known)

    assert learnt.excess is not None
    assert loss(learnt.mean, learnt.excess, known, actual) < 0.8 * loss(*flat, known, actual)


def test_training_lowers_the_loss_of_the_windows_held_back(fitted: FittedLstm) -> None:
    assert min(fitted.losses) < 0.9 * fitted.losses[0]


def test_demand_after_the_cutoff_changes_nothing(known: Panel, fitted: FittedLstm) -> None:
    demand = np.concatenate([known.demand, np.full((len(known.item_ids), WEEK), 500.0)], axis=1)

    blind = SMALL.fit(panel_of(demand).until(154), WEEK)

    assert np.array_equal(blind.weights, fitted.weights)


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

    assert excess is not None
    assert excess[10:].min() > 5.0 * excess[:10].max()


def test_a_series_is_forecast_the_same_whatever_its_neighbours(
    known: Panel, fitted: FittedLstm
) -> None:
    together = forecast(fitted, known)
    chosen = np.array([20, 4, 11], dtype=np.int64)

    apart = forecast(fitted, known.rows(chosen))

    np.testing.assert_allclose(apart.mean, together.mean[chosen], rtol=1e-5)
    assert apart.excess is not None
    assert together.excess is not None
    np.testing.assert_allclose(apart.excess, together.excess[chosen], rtol=1e-5)


def test_only_the_series_asked_for_are_forecast(known: Panel, fitted: FittedLstm) -> None:
    wanted = np.arange(len(known.item_ids)) % 2 == 0

    given = fitted.forecast(known, WEEK, series=wanted)

    assert np.array_equal(given.covered, wanted)


def test_what_was_learnt_survives_a_pickle(known: Panel, fitted: FittedLstm) -> None:
    restored = pickle.loads(pickle.dumps(fitted))

    assert np.array_equal(forecast(restored, known).mean, forecast(fitted, known).mean)


def test_a_series_without_history_is_not_forecast(known: Panel, fitted: FittedLstm) -> None:
    demand = known.demand.copy()
    demand[5] = np.nan

    given = forecast(fitted, panel_of(demand))

    assert given.excess is not None
    assert np.isnan(given.mean[5]).all()
    assert np.isnan(given.excess[5]).all()
    assert np.isfinite(np.delete(given.mean, 5, axis=0)).all()


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


def test_weeks_are_forecast_too() -> None:
    panel = retail_panel(periods=60, frequency=Frequency.WEEKLY)

    given = forecast(replace(SMALL, steps=40).fit(panel, 3), panel, 3)

    assert given.covered.all()
    assert (given.mean > 0).all()


def test_a_driver_known_ahead_moves_the_forecast_of_months() -> None:
    random = np.random.default_rng(4)
    campaign = (random.random(90) < 0.5).astype(float)
    demand = random.poisson(1.0 + 12.0 * campaign[:84], (24, 84)).astype(float)
    panel = panel_of(demand, frequency=Frequency.MONTHLY)
    dates = panel.frequency.calendar(panel.dates[0], 90)
    driven = replace(panel, drivers=Drivers(("campaign",), dates, campaign[:, None]))

    mean = forecast(SMALL.fit(driven, 6), driven, 6).mean.mean(axis=0)

    assert mean[campaign[84:] == 1].min() > 2.0 * mean[campaign[84:] == 0].max()


def test_whoever_waits_is_told_of_the_training(known: Panel) -> None:
    told: list[Work] = []

    replace(SMALL, steps=40).fit(known, WEEK, report=told.append)

    assert [work.stage for work in told] == ["lstm"] * len(told)
    assert told[-1].done == told[-1].total


def test_jax_is_loaded_only_when_the_network_is_used() -> None:
    code = "import sys, ml_jobs.models.lstm; sys.exit('jax' in sys.modules)"

    asked = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[4])

    assert asked.returncode == 0
