"""The models of single series: each against what its formula gives by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.arrays import FloatArray
from ml_jobs.models.arima import Arima
from ml_jobs.models.imapa import Imapa
from ml_jobs.models.mean import HistoricMean
from ml_jobs.models.naive import Naive
from ml_jobs.models.protocol import Model
from ml_jobs.models.tsb import Tsb
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial
from ml_jobs.panel import Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of

pytestmark = pytest.mark.ml

NAN = float("nan")


def forecast(model: Model, panel: Panel, horizon: int) -> NegativeBinomial:
    everything = np.ones(len(panel.item_ids), dtype=bool)
    fitted = model.fit(panel, horizon)
    return fitted.forecast(panel, horizon, series=everything, historic=historic_of(panel))


def variance_of(found: NegativeBinomial) -> FloatArray:
    """Of one period, squared units, shape (S,)."""
    return found.drawn.mean(axis=1) * found.lot * (1.0 + found.excess)


def test_naive_repeats_the_last_season() -> None:
    panel = panel_of([[9.0] * 7 + [1, 2, 3, 4, 5, 6, 7]])

    point = forecast(Naive(), panel, 9)

    np.testing.assert_array_equal(point.mean[0], [1, 2, 3, 4, 5, 6, 7, 1, 2])


def test_naive_repeats_a_history_shorter_than_a_season_as_a_whole() -> None:
    panel = panel_of([[NAN, NAN, 1.0, 2.0, 3.0], [5.0, 6.0, 7.0, 8.0, 9.0]])

    point = forecast(Naive(), panel, 6)

    np.testing.assert_array_equal(point.mean, [[1, 2, 3, 1, 2, 3], [5, 6, 7, 8, 9, 5]])


def test_naive_measures_its_variance_on_changes_from_season_to_season() -> None:
    panel = panel_of([[0.0] * 7 + [3.0] * 7, [NAN] * 6 + [0.0] * 4 + [2.0] * 4])

    point = forecast(Naive(), panel, 1)

    np.testing.assert_allclose(variance_of(point), [9.0, 4.0])


@pytest.mark.parametrize(
    ("history", "excess"), [([4.0, 1.0, 10.0], 6.0**2 / 4.0 - 1.0), ([4.0], LEAST_EXCESS)]
)
def test_naive_measures_a_history_shorter_than_a_season_from_end_to_end(
    history: list[float], excess: float
) -> None:
    panel = panel_of([history])

    point = forecast(Naive(), panel, 1)

    assert point.excess[0] == pytest.approx(excess)


def test_mean_counts_observed_periods_only() -> None:
    panel = panel_of([[NAN, NAN, 0.0, 4.0, 2.0]])

    point = forecast(HistoricMean(), panel, 2)

    np.testing.assert_allclose(point.mean[0], [2.0, 2.0])


def test_tsb_is_smoothed_probability_times_smoothed_size() -> None:
    history = [0.0, 4.0, 0.0, 0.0, 2.0, 0.0]
    panel = panel_of([history])
    probability, size = 0.0, 4.0
    for period, demand in enumerate(history):
        occurred = float(demand > 0)
        probability = occurred if period == 0 else probability + 0.2 * (occurred - probability)
        size = size + 0.3 * (demand - size) if demand > 0 else size

    point = forecast(Tsb(size_smoothing=0.3, probability_smoothing=0.2), panel, 2)

    np.testing.assert_allclose(point.mean[0], [probability * size] * 2)


def test_tsb_decays_once_demand_stops() -> None:
    panel = panel_of([[1.0, 0.0] * 20 + [0.0] * 40])

    before = forecast(Tsb(), panel.until(40), 1)
    after = forecast(Tsb(), panel, 1)

    assert after.mean[0, 0] < 0.05 * before.mean[0, 0]


def test_imapa_of_a_steady_demand_is_that_demand() -> None:
    panel = panel_of([[3.0] * 30])

    point = forecast(Imapa(), panel, 3)

    np.testing.assert_allclose(point.mean[0], 3.0)


def test_imapa_of_demand_every_fourth_period_is_its_rate() -> None:
    panel = panel_of([[0.0, 0.0, 0.0, 8.0] * 20])

    point = forecast(Imapa(), panel, 1)

    assert point.mean[0, 0] == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("model", [Naive(), HistoricMean(), Tsb(), Imapa()])
def test_a_series_without_any_demand_is_forecast_as_zero(model: Model) -> None:
    panel = panel_of([[0.0] * 30])

    point = forecast(model, panel, 2)

    np.testing.assert_array_equal(point.mean[0], [0.0, 0.0])


def test_arima_never_forecasts_below_zero_or_beyond_twice_the_greatest_demand() -> None:
    falling = np.maximum(np.linspace(50, 1, 80), 0).round()
    panel = panel_of([falling, falling[::-1]])

    point = forecast(Arima(), panel, 60)

    assert (point.mean >= 0).all()
    assert (point.mean <= 100).all()


def test_arima_measures_its_variance_in_sample() -> None:
    noise = np.random.default_rng(5).normal(0, 30.0, 120).round()
    panel = panel_of([100.0 + noise])

    point = forecast(Arima(), panel, 1)

    assert variance_of(point)[0] == pytest.approx(noise.var(), rel=0.2)
