"""Rolling origins: forecasts beside what happened, every source on the rows of the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from ml_jobs.arrays import BoolArray
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.backtest import Backtest, mean_change, on_the_same_rows, origin_at
from ml_jobs.judging.scores import pairs_by_source, scores_of
from ml_jobs.judging.timeline import timeline_of
from ml_jobs.negative_binomial import LEVELS
from ml_jobs.panel import Panel
from tests.unit.ml_jobs.panels import panel_of, retail_panel

pytestmark = pytest.mark.ml

NAN = float("nan")


def flat(values: list[float], horizon: int) -> Forecasts:
    mean = np.repeat(np.array(values)[:, None], horizon, axis=1)
    return Forecasts(mean, np.repeat(mean[:, :, None], len(LEVELS), axis=2))


def backtest_of(
    panel: Panel, said: Mapping[int, Mapping[str, Forecasts]], horizon: int
) -> Backtest:
    everybody = np.ones(len(panel.item_ids), dtype=bool)
    return Backtest(
        horizon,
        tuple(origin_at(panel, cutoff, everybody, f, horizon) for cutoff, f in said.items()),
    )


def test_an_origin_puts_what_happened_beside_what_was_forecast() -> None:
    panel = panel_of([[1.0, 2.0, 3.0, 4.0, 5.0], [9.0, 8.0, 7.0, 6.0, 5.0]])

    origin = origin_at(panel, 3, np.array([True, False]), {"mean": flat([2.0, 8.0], 2)}, 2)

    np.testing.assert_array_equal(origin.actual, [[4.0, 5.0], [NAN, NAN]])
    np.testing.assert_array_equal(origin.scale, [1.0, 1.0])


def test_what_follows_the_cutoff_does_not_reach_the_scales() -> None:
    calm = panel_of([[1.0, 2.0, 3.0, 4.0, 5.0]])
    struck = panel_of([[1.0, 2.0, 3.0, 4000.0, 5.0]])

    scales = [origin_at(p, 3, np.array([True]), {}, 2).squared_scale for p in (calm, struck)]

    np.testing.assert_array_equal(scales[0], scales[1])


def test_a_source_that_fails_a_series_at_one_cutoff_loses_it_at_all_of_them() -> None:
    panel = panel_of(np.ones((3, 40)))
    said = {20: {"arima": flat([1.0, NAN, NAN], 5)}, 25: {"arima": flat([1.0, 1.0, NAN], 5)}}
    asked = {"arima": np.array([True, True, False])}

    origins = on_the_same_rows(backtest_of(panel, said, 5).origins, asked)

    covered = [origin.forecasts["arima"].covered.tolist() for origin in origins]
    assert covered == [[True, False, False], [True, False, False]]


def test_a_series_that_was_not_judged_at_a_cutoff_is_no_failure_there() -> None:
    panel = panel_of(np.ones((2, 40)))
    early = origin_at(panel, 20, np.array([True, False]), {"mean": flat([1.0, NAN], 5)}, 5)
    late = origin_at(panel, 25, np.array([True, True]), {"mean": flat([1.0, 1.0], 5)}, 5)
    everybody: dict[str, BoolArray] = {"mean": np.ones(2, dtype=bool)}

    origins = on_the_same_rows([early, late], everybody)

    assert origins[1].forecasts["mean"].covered.tolist() == [True, True]


def test_the_past_is_shown_as_it_was_forecast_at_the_last_cutoff_before() -> None:
    panel = retail_panel(series=2, periods=200)
    said = {c: {"tsb": flat([float(c), float(c)], 40)} for c in (104, 132, 160)}
    future = {"tsb": flat([200.0, 200.0], 40)}

    timeline = timeline_of(panel, backtest_of(panel, said, 40), future)

    assert (np.diff(timeline.dates) == np.timedelta64(1, "D")).all()
    assert len(timeline.dates) == 28 + 28 + 40 + 40
    second = timeline.cutoffs == 132
    np.testing.assert_array_equal(timeline.forecasts["tsb"].mean[:, second], 132.0)
    assert np.isnan(timeline.actual[:, -40:]).all()


def test_a_backtest_without_origins_has_no_scores() -> None:
    scores = scores_of(pairs_by_source(Backtest(28, ())), (7, 28), np.array(["mean"]))

    assert scores == []


def test_the_scale_is_the_mean_change_since_a_series_began() -> None:
    known = np.array([[NAN, 1.0, 3.0, 2.0], [NAN, NAN, NAN, 4.0]])

    found = mean_change(known, 1, power=1)

    np.testing.assert_allclose(found, [1.5, NAN])
