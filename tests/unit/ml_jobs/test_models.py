"""The models: each against what its formula gives by hand."""

from __future__ import annotations

import numpy as np
import pytest

from datalayer.contract.registry import Registry
from ml_jobs.arrays import BoolArray
from ml_jobs.errors import OptionError
from ml_jobs.models import MODELS, models_of
from ml_jobs.models.arima import Arima
from ml_jobs.models.imapa import Imapa
from ml_jobs.models.mean import HistoricMean
from ml_jobs.models.naive import Naive
from ml_jobs.models.tsb import Tsb
from ml_jobs.options import SOURCES
from ml_jobs.panel import Frequency, Panel
from tests.unit.ml_jobs.panels import panel_of, retail_panel

pytestmark = pytest.mark.ml

NAN = float("nan")


def everything(panel: Panel) -> BoolArray:
    return np.ones(len(panel.item_ids), dtype=bool)


def test_every_model_is_a_source_of_the_contract(registry: Registry) -> None:
    sources = set(MODELS)

    assert sources <= set(registry.sources)
    assert sources == set(SOURCES)


def test_a_source_without_a_model_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match="croston"):
        models_of(["naive", "croston"])


@pytest.mark.parametrize("source", SOURCES)
def test_a_series_not_asked_for_is_not_covered(source: str) -> None:
    panel = retail_panel(series=3, periods=80)
    wanted = np.array([True, False, True])

    point = models_of([source], processes=1)[source].forecast(panel, 5, series=wanted)

    np.testing.assert_array_equal(point.covered, wanted)
    assert point.mean.shape == (3, 5)
    assert (point.mean[wanted] >= 0).all()


@pytest.mark.parametrize("source", SOURCES)
def test_a_series_that_has_not_begun_is_not_covered(source: str) -> None:
    panel = panel_of([[1.0, 2.0] * 10 + [3.0, 4.0], [NAN] * 20 + [1.0, 1.0]]).until(20)

    point = models_of([source], processes=1)[source].forecast(panel, 3, series=everything(panel))

    np.testing.assert_array_equal(point.covered, [True, False])


def test_naive_repeats_the_last_season() -> None:
    panel = panel_of([[9.0] * 7 + [1, 2, 3, 4, 5, 6, 7]])

    point = Naive().forecast(panel, 9, series=everything(panel))

    np.testing.assert_array_equal(point.mean[0], [1, 2, 3, 4, 5, 6, 7, 1, 2])


def test_naive_repeats_a_history_shorter_than_a_season_as_a_whole() -> None:
    panel = panel_of([[NAN, NAN, 1.0, 2.0, 3.0]])

    point = Naive().forecast(panel, 4, series=everything(panel))

    np.testing.assert_array_equal(point.mean[0], [1, 2, 3, 1])


def test_naive_measures_its_variance_on_changes_from_season_to_season() -> None:
    panel = panel_of([[0.0] * 7 + [3.0] * 7])

    point = Naive().forecast(panel, 1, series=everything(panel))

    assert point.variance is not None
    assert point.variance[0] == 9.0


def test_mean_counts_observed_periods_only() -> None:
    panel = panel_of([[NAN, NAN, 0.0, 4.0, 2.0]])

    point = HistoricMean().forecast(panel, 2, series=everything(panel))

    np.testing.assert_allclose(point.mean[0], [2.0, 2.0])


def test_tsb_is_smoothed_probability_times_smoothed_size() -> None:
    history = [0.0, 4.0, 0.0, 0.0, 2.0, 0.0]
    panel = panel_of([history])
    probability, size = 0.0, 4.0
    for period, demand in enumerate(history):
        occurred = float(demand > 0)
        probability = occurred if period == 0 else probability + 0.2 * (occurred - probability)
        size = size + 0.3 * (demand - size) if demand > 0 else size

    point = Tsb(size_smoothing=0.3, probability_smoothing=0.2).forecast(
        panel, 2, series=everything(panel)
    )

    np.testing.assert_allclose(point.mean[0], [probability * size] * 2)


def test_tsb_decays_once_demand_stops() -> None:
    panel = panel_of([[1.0, 0.0] * 20 + [0.0] * 40])

    before = Tsb().forecast(panel.until(40), 1, series=everything(panel))
    after = Tsb().forecast(panel, 1, series=everything(panel))

    assert after.mean[0, 0] < 0.05 * before.mean[0, 0]


def test_imapa_of_a_steady_demand_is_that_demand() -> None:
    panel = panel_of([[3.0] * 30])

    point = Imapa().forecast(panel, 3, series=everything(panel))

    np.testing.assert_allclose(point.mean[0], 3.0)


def test_imapa_of_demand_every_fourth_period_is_its_rate() -> None:
    panel = panel_of([[0.0, 0.0, 0.0, 8.0] * 20])

    point = Imapa().forecast(panel, 1, series=everything(panel))

    assert point.mean[0, 0] == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("source", ["mean", "tsb", "imapa"])
def test_a_series_without_any_demand_is_forecast_as_zero(source: str) -> None:
    panel = panel_of([[0.0] * 30])

    point = models_of([source])[source].forecast(panel, 2, series=everything(panel))

    np.testing.assert_array_equal(point.mean[0], [0.0, 0.0])


def test_arima_gives_the_same_in_one_process_as_in_several() -> None:
    panel = retail_panel(series=8, periods=90)

    alone = Arima(processes=1).forecast(panel, 6, series=everything(panel))
    shared = Arima(processes=2).forecast(panel, 6, series=everything(panel))

    np.testing.assert_array_equal(alone.mean, shared.mean)
    np.testing.assert_array_equal(alone.variance, shared.variance)


def test_arima_never_forecasts_below_zero_or_beyond_twice_the_greatest_demand() -> None:
    falling = np.maximum(np.linspace(50, 1, 80), 0).round()
    panel = panel_of([falling, falling[::-1]])

    point = Arima(processes=1).forecast(panel, 60, series=everything(panel))

    assert (point.mean >= 0).all()
    assert (point.mean <= 100).all()


def test_arima_reports_every_series() -> None:
    panel = retail_panel(series=3, periods=60, frequency=Frequency.WEEKLY)
    seen = []

    Arima(processes=1).forecast(panel, 2, series=everything(panel), report=seen.append)

    assert [work.done for work in seen] == [1, 2, 3]
    assert {work.subject for work in seen} == set(panel.item_ids)
