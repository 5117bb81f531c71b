"""The models of single series: each against what its formula gives by hand."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.arrays import BoolArray
from ml_jobs.errors import OptionError
from ml_jobs.models import models_of
from ml_jobs.models.arima import Arima
from ml_jobs.models.imapa import Imapa
from ml_jobs.models.mean import HistoricMean
from ml_jobs.models.naive import Naive
from ml_jobs.models.protocol import Model, PointForecasts
from ml_jobs.models.tsb import Tsb
from ml_jobs.options import SOURCES, ForecastOptions
from ml_jobs.panel import Frequency, Panel
from ml_jobs.progress import Work
from tests.unit.ml_jobs.panels import panel_of, retail_panel

pytestmark = pytest.mark.ml

NAN = float("nan")
SINGLE: Mapping[str, Model] = {
    model.source: model for model in (Naive(), HistoricMean(), Tsb(), Imapa(), Arima())
}


def everything(panel: Panel) -> BoolArray:
    return np.ones(len(panel.item_ids), dtype=bool)


def forecast(model: Model, panel: Panel, horizon: int) -> PointForecasts:
    return model.fit(panel, horizon).forecast(panel, horizon, series=everything(panel))


def test_every_source_is_one_of_the_contract(registry: Registry) -> None:
    assert set(SOURCES) <= set(registry.sources)


def test_a_source_without_a_model_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match="croston"):
        models_of(["naive", "croston"], ForecastOptions())


@pytest.mark.parametrize("source", SINGLE)
def test_a_model_is_made_by_the_name_of_its_source(source: str) -> None:
    made = models_of([source], ForecastOptions())

    assert made == {source: SINGLE[source]}


@pytest.mark.parametrize("source", SINGLE)
def test_a_series_not_asked_for_is_not_covered(source: str) -> None:
    panel = retail_panel(series=3, periods=80)
    wanted = np.array([True, False, True])

    point = SINGLE[source].fit(panel, 5).forecast(panel, 5, series=wanted)

    np.testing.assert_array_equal(point.covered, wanted)
    assert point.mean.shape == (3, 5)
    assert (point.mean[wanted] >= 0).all()


@pytest.mark.parametrize("source", SINGLE)
def test_a_series_that_has_not_begun_is_not_covered(source: str) -> None:
    panel = panel_of([[1.0, 2.0] * 10 + [3.0, 4.0], [NAN] * 20 + [1.0, 1.0]]).until(20)

    point = forecast(SINGLE[source], panel, 3)

    np.testing.assert_array_equal(point.covered, [True, False])


@pytest.mark.parametrize("source", SINGLE)
def test_a_series_is_forecast_the_same_alone_as_among_others(source: str) -> None:
    panel = retail_panel(series=5, periods=90)

    among = forecast(SINGLE[source], panel, 6)
    alone = forecast(SINGLE[source], panel.rows(np.array([3])), 6)

    np.testing.assert_array_equal(alone.mean[0], among.mean[3])
    assert (alone.variance is None) == (among.variance is None)
    if alone.variance is not None and among.variance is not None:
        assert alone.variance[0] == among.variance[3]


@pytest.mark.parametrize("source", SINGLE)
def test_what_was_fitted_survives_pickling(source: str) -> None:
    panel = retail_panel(series=2, periods=60)

    fitted = SINGLE[source].fit(panel, 4)
    again = pickle.loads(pickle.dumps(fitted))

    np.testing.assert_array_equal(
        again.forecast(panel, 4, series=everything(panel)).mean,
        fitted.forecast(panel, 4, series=everything(panel)).mean,
    )


@pytest.mark.parametrize("source", SINGLE)
@pytest.mark.parametrize("periods", [1, 2, 6, 7, 8])
def test_the_shortest_histories_have_a_forecast_or_are_not_covered(
    source: str, periods: int
) -> None:
    panel = panel_of([[2.0, 0.0, 3.0, 1.0, 0.0, 0.0, 5.0, 1.0][:periods]])

    point = forecast(SINGLE[source], panel, 3)

    known = np.isfinite(point.mean[0])
    assert known.all() or not known.any()
    assert source == "arima" or known.all()


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

    assert point.variance is not None
    np.testing.assert_allclose(point.variance, [9.0, 4.0])


@pytest.mark.parametrize(("history", "expected"), [([4.0, 1.0, 6.0], 4.0), ([4.0], 0.0)])
def test_naive_measures_a_history_shorter_than_a_season_from_end_to_end(
    history: list[float], expected: float
) -> None:
    panel = panel_of([history])

    point = forecast(Naive(), panel, 1)

    assert point.variance is not None
    assert point.variance[0] == expected


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


@pytest.mark.parametrize("source", ["naive", "mean", "tsb", "imapa"])
def test_a_series_without_any_demand_is_forecast_as_zero(source: str) -> None:
    panel = panel_of([[0.0] * 30])

    point = forecast(SINGLE[source], panel, 2)

    np.testing.assert_array_equal(point.mean[0], [0.0, 0.0])


def test_arima_sees_the_days_of_the_week() -> None:
    week = np.array([2.0, 9.0, 9.0, 9.0, 9.0, 30.0, 0.0])
    noise = np.random.default_rng(3).normal(0, 0.5, 20 * 7)
    panel = panel_of([np.maximum(np.tile(week, 20) + noise, 0)])

    point = forecast(Arima(), panel, 14)

    np.testing.assert_allclose(point.mean[0], np.tile(week, 2), atol=2.0)


def test_arima_never_forecasts_below_zero_or_beyond_twice_the_greatest_demand() -> None:
    falling = np.maximum(np.linspace(50, 1, 80), 0).round()
    panel = panel_of([falling, falling[::-1]])

    point = forecast(Arima(), panel, 60)

    assert (point.mean >= 0).all()
    assert (point.mean <= 100).all()


def test_arima_measures_its_variance_in_sample() -> None:
    noise = np.random.default_rng(5).normal(0, 3.0, 120)
    panel = panel_of([100.0 + noise])

    point = forecast(Arima(), panel, 1)

    assert point.variance is not None
    assert point.variance[0] == pytest.approx(noise.var(), rel=0.2)


def test_arima_reports_every_series() -> None:
    panel = retail_panel(series=3, periods=60, frequency=Frequency.WEEKLY)
    seen: list[Work] = []

    Arima().forecast(panel, 2, series=everything(panel), report=seen.append)

    assert [work.done for work in seen] == [1, 2, 3]
    assert [work.subject for work in seen] == list(panel.item_ids)
