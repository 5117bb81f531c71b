"""What every source of forecasts keeps to; what one of them doesn't is a named, expected failure.

Each model is learnt once on one panel. Sizes are small, so that the slow ones are tried as well.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection
from ml_jobs.models import model_of
from ml_jobs.models.lstm import Lstm
from ml_jobs.models.protocol import Model
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.options import ENSEMBLE, SOURCES, ForecastOptions
from ml_jobs.panel import Drivers, Frequency, Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

pytestmark = pytest.mark.ml

NAN = float("nan")
HORIZON = 7
MODELS = tuple(source for source in SOURCES if source != ENSEMBLE)
WEEK = np.array([2.0, 9.0, 9.0, 9.0, 9.0, 30.0, 1.0])
SMALL_LSTM = Lstm(width=16, windows=16, steps=300, later_steps=60, seed=ForecastOptions().seed)


@cache
def models() -> Mapping[str, Model]:
    made = {source: model_of(source, ForecastOptions()) for source in MODELS}
    return {**made, "lstm": SMALL_LSTM}


def sources(**gaps: str) -> list[object]:
    """Every source, those in *gaps* as expected failures, with the reason."""
    return [
        pytest.param(source, marks=pytest.mark.xfail(strict=True, reason=gaps[source]))
        if source in gaps
        else source
        for source in MODELS
    ]


def forecast(
    source: str,
    known: Panel,
    horizon: int = HORIZON,
    *,
    learnt_from: Panel | None = None,
    series: np.ndarray | None = None,
) -> NegativeBinomial:
    """Learn from *learnt_from*, by default *known*, and forecast some series, by default all."""
    fitted = models()[source].fit(learnt_from or known, horizon)
    asked = np.ones(len(known.item_ids), dtype=bool) if series is None else series
    return fitted.forecast(known, horizon, series=asked, historic=historic_of(known))


@cache
def panel() -> Panel:
    return retail_panel(series=6, periods=90)


@cache
def forecast_of_panel(source: str) -> NegativeBinomial:
    return forecast(source, panel())


def weekly_pattern(weeks: int = 20, series: int = 12) -> Panel:
    noise = np.random.default_rng(3).normal(0.0, 0.5, (series, weeks * 7))
    return panel_of(np.maximum(np.tile(WEEK, weeks) + noise, 0.0).round())


def test_every_source_is_one_of_the_contract(registry: Registry) -> None:
    assert set(SOURCES) <= set(registry.sources)


@pytest.mark.parametrize("source", ["croston", ENSEMBLE])
def test_a_source_without_a_model_is_refused_by_name(source: str) -> None:
    with pytest.raises(InvalidSelection, match=source):
        model_of(source, ForecastOptions())


@pytest.mark.parametrize("source", MODELS)
def test_a_model_is_made_by_the_name_of_its_source(source: str) -> None:
    made = model_of(source, ForecastOptions())

    assert made.source == source
    assert made == model_of(source, ForecastOptions())


@pytest.mark.parametrize("source", MODELS)
def test_every_step_of_every_series_has_a_mean_and_a_dispersion(source: str) -> None:
    found = forecast_of_panel(source)

    historic = historic_of(panel())
    assert found.covered.all()
    assert found.mean.shape == (6, HORIZON)
    assert (found.mean >= 0).all()
    assert (found.excess > 0).all()
    np.testing.assert_array_equal(found.lot, historic.lot)
    np.testing.assert_array_equal(found.least_mean, historic.least_mean)


@pytest.mark.parametrize("source", MODELS)
def test_bands_follow_from_every_forecast(source: str) -> None:
    quantiles = forecast_of_panel(source).quantiles()

    assert quantiles.shape == (6, HORIZON, 10)
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("source", MODELS)
def test_the_same_panel_gives_the_same_forecast_to_the_bit(source: str) -> None:
    again = forecast(source, panel())

    np.testing.assert_array_equal(again.mean, forecast_of_panel(source).mean)
    np.testing.assert_array_equal(again.excess, forecast_of_panel(source).excess)


@pytest.mark.parametrize("source", MODELS)
def test_demand_after_the_cutoff_changes_nothing(source: str) -> None:
    later = np.concatenate([panel().demand, np.full((6, 20), 5_000.0)], axis=1)

    flooded = forecast(source, panel_of(later).until(90))

    np.testing.assert_array_equal(flooded.mean, forecast_of_panel(source).mean)


def forecast_alone(source: str, rows: np.ndarray) -> NegativeBinomial:
    """Forecast some series of the panel by themselves, with what all of them taught."""
    historic = NegativeBinomial(*(each[rows] for each in vars(historic_of(panel())).values()))
    fitted = models()[source].fit(panel(), HORIZON)

    asked = np.ones(len(rows), dtype=bool)
    return fitted.forecast(panel().rows(rows), HORIZON, series=asked, historic=historic)


@pytest.mark.parametrize("source", MODELS)
def test_a_series_is_forecast_the_same_alone_as_among_others(source: str) -> None:
    alone, among = forecast_alone(source, np.array([4, 1])), forecast_of_panel(source)

    # The network multiplies matrices whose shapes follow the batch; others agree to the bit.
    tolerance = 1e-5 if source == "lstm" else 0.0
    np.testing.assert_allclose(alone.mean, among.mean[[4, 1]], rtol=tolerance)
    np.testing.assert_allclose(alone.excess, among.excess[[4, 1]], rtol=tolerance)


@pytest.mark.parametrize("source", MODELS)
def test_what_was_fitted_survives_pickling(source: str) -> None:
    fitted = models()[source].fit(panel(), HORIZON)
    asked, historic = np.ones(6, dtype=bool), historic_of(panel())

    arrived = pickle.loads(pickle.dumps(fitted))

    found = arrived.forecast(panel(), HORIZON, series=asked, historic=historic)
    np.testing.assert_array_equal(found.mean, forecast_of_panel(source).mean)


@pytest.mark.parametrize("source", MODELS)
def test_series_not_asked_for_or_without_history_are_not_covered(source: str) -> None:
    demand = panel().demand.copy()
    demand[3] = NAN
    asked = np.arange(6) != 1

    found = forecast(source, panel_of(demand), series=asked)

    assert found.covered.tolist() == [True, False, True, False, True, True]
    assert np.isnan(found.mean[[1, 3]]).all()
    assert np.isnan(found.quantiles()[[1, 3]]).all()


@pytest.mark.parametrize("source", MODELS)
def test_nobody_asked_for_is_nobody_forecast(source: str) -> None:
    found = forecast(source, panel(), series=np.zeros(6, dtype=bool))

    assert found.mean.shape == (6, HORIZON)
    assert not found.covered.any()


@pytest.mark.parametrize("source", MODELS)
@pytest.mark.parametrize("frequency", list(Frequency))
def test_every_frequency_is_forecast(source: str, frequency: Frequency) -> None:
    known = retail_panel(series=3, periods=60, frequency=frequency)

    found = forecast(source, known, 3)

    assert found.covered.all()
    assert (found.mean < 50).all()


@pytest.mark.parametrize("source", MODELS)
@pytest.mark.parametrize("periods", [2, 6, 7, 8])
def test_the_shortest_histories_are_forecast(source: str, periods: int) -> None:
    history = [2.0, 0.0, 3.0, 1.0, 0.0, 0.0, 5.0, 1.0][:periods]

    found = forecast(source, panel_of([history]), 3)

    assert np.isfinite(found.mean).all()
    assert (found.mean >= 0).all()


NO_FIT = "a history of one period determines no model"


@pytest.mark.parametrize("source", sources(prophet=NO_FIT))
def test_a_history_of_one_period_is_forecast(source: str) -> None:
    assert forecast(source, panel_of([[3.0]]), 3).covered.all()


@pytest.mark.parametrize("source", MODELS)
def test_more_steps_than_periods_of_history_can_be_asked_for(source: str) -> None:
    found = forecast(source, retail_panel(series=3, periods=30), 60)

    assert np.isfinite(found.mean).all()


@pytest.mark.parametrize("source", MODELS)
def test_a_series_without_any_demand_is_forecast_as_next_to_nothing(source: str) -> None:
    found = forecast(source, panel_of(np.zeros((3, 60))), 3)

    assert found.covered.all()
    assert (found.mean < 0.05).all()


@pytest.mark.parametrize("source", MODELS)
def test_steady_demand_is_forecast_as_it_is(source: str) -> None:
    found = forecast(source, panel_of(np.full((6, 90), 4.0)))

    np.testing.assert_allclose(found.mean, 4.0, rtol=0.1)


@pytest.mark.parametrize("source", MODELS)
def test_the_unit_that_demand_is_counted_in_does_not_matter(source: str) -> None:
    tenths = replace(panel(), demand=panel().demand / 10.0)

    ratio = forecast(source, tenths).mean / np.maximum(forecast_of_panel(source).mean, 1e-9)

    assert float(np.median(ratio[ratio > 0])) == pytest.approx(0.1, rel=0.1)


FLAT = "forecasts a flat line"


@pytest.mark.parametrize("source", sources(mean=FLAT, tsb=FLAT, imapa=FLAT))
def test_the_days_of_the_week_are_seen(source: str) -> None:
    found = forecast(source, weekly_pattern())

    np.testing.assert_allclose(found.mean.mean(axis=0), WEEK, atol=4.0)


LOOKS_AT_NONE = "looks at no drivers"
NO_DRIVERS = dict.fromkeys(("naive", "mean", "tsb", "imapa", "arima"), LOOKS_AT_NONE)


def driven(periods: int) -> Panel:
    """90 periods of demand that a driver moves, which is known for *periods* of them."""
    random = np.random.default_rng(6)
    promoted = (random.random(200) < 0.3).astype(np.float64)
    promoted[90:97] = [0, 1, 0, 0, 1, 0, 0]
    demand = random.poisson(4.0 + 12.0 * promoted[:90], (30, 90)).astype(np.float64)
    known = panel_of(demand)
    dates = known.frequency.calendar(known.dates[0], periods)
    drivers = Drivers(("promotion",), dates, promoted[:periods, None])
    return replace(known, drivers=drivers)


@pytest.mark.parametrize("source", sources(**NO_DRIVERS))
def test_a_driver_known_ahead_moves_the_forecast_of_its_period(source: str) -> None:
    asked = np.arange(30) < 3

    mean = forecast(source, driven(97), series=asked).mean[asked].mean(axis=0)

    assert mean[[1, 4]].min() > 1.5 * mean[[0, 2, 3, 5, 6]].max()


@pytest.mark.parametrize("source", sources(**NO_DRIVERS))
def test_a_driver_that_ends_within_the_horizon_is_an_error(source: str) -> None:
    with pytest.raises(KeyError, match="2024-04-04"):
        forecast(source, driven(94))


DRAWS_NOTHING = "draws nothing at random"


@pytest.mark.parametrize(
    "source",
    sources(
        **dict.fromkeys(("naive", "mean", "tsb", "imapa", "arima"), DRAWS_NOTHING),
        prophet="finds the same optimum from any seed",
    ),
)
def test_another_seed_draws_other_samples(source: str) -> None:
    other = model_of(source, replace(ForecastOptions(), seed=2))
    if source == "lstm":
        other = replace(SMALL_LSTM, seed=2)

    found = other.fit(panel(), HORIZON).forecast(
        panel(), HORIZON, series=np.ones(6, dtype=bool), historic=historic_of(panel())
    )

    assert not np.array_equal(found.mean, forecast_of_panel(source).mean)
