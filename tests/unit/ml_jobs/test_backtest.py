"""Rolling origins: what lies after a cutoff can't reach the forecast, and nobody is favoured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from ml_jobs.arrays import BoolArray
from ml_jobs.backtest import Backtest, cutoffs_of, horizon_of, mean_change, run_backtest
from ml_jobs.errors import OptionError
from ml_jobs.models import models_of
from ml_jobs.models.mean import HistoricMean
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.options import SOURCES, ForecastOptions
from ml_jobs.panel import Frequency, Panel
from ml_jobs.progress import ReportWork, silent
from ml_jobs.scores import pairs_by_source, scores_of
from ml_jobs.timeline import timeline_of
from tests.unit.ml_jobs.panels import panel_of, retail_panel

pytestmark = pytest.mark.ml

OPTIONS = ForecastOptions(processes=1)
NAN = float("nan")


def backtest_of(panel: Panel, *sources: str, horizon: int = 28) -> Backtest:
    everything = np.ones(len(panel.item_ids), dtype=bool)
    return run_backtest(
        panel,
        models_of(sources, processes=1),
        dict.fromkeys(sources, everything),
        horizon=horizon,
        options=OPTIONS,
    )


@pytest.mark.parametrize("source", SOURCES)
def test_a_spike_after_the_cutoff_changes_no_forecast(source: str) -> None:
    panel = retail_panel(series=5, periods=150)
    cutoff = cutoffs_of(panel, horizon=28, options=OPTIONS)[-1]
    spiked = panel.demand.copy()
    spiked[:, cutoff] += 5000.0

    calm = backtest_of(panel, source)
    struck = backtest_of(replace(panel, demand=spiked), source)

    for before, after in zip(calm.origins, struck.origins, strict=True):
        expected, found = before.forecasts[source], after.forecasts[source]
        np.testing.assert_array_equal(found.mean, expected.mean)
        np.testing.assert_array_equal(found.quantiles, expected.quantiles)
        np.testing.assert_array_equal(after.scale, before.scale)
    assert struck.origins[-1].actual[0, 0] >= 5000.0


def test_the_last_cutoff_leaves_one_known_horizon_and_the_others_lie_before_it() -> None:
    panel = retail_panel(periods=300)

    cutoffs = cutoffs_of(panel, horizon=45, options=OPTIONS)

    assert cutoffs == (255 - 84, 255 - 56, 255 - 28, 255)


def test_a_cutoff_at_which_no_series_has_history_enough_is_left_out() -> None:
    panel = panel_of(np.ones((2, 120)))

    cutoffs = cutoffs_of(panel, horizon=28, options=OPTIONS)

    assert cutoffs == (64, 92)


def test_a_history_too_short_for_any_cutoff_gives_an_empty_backtest() -> None:
    panel = panel_of(np.ones((2, 30)))

    backtest = backtest_of(panel, "naive", "mean")

    assert backtest.origins == ()
    assert scores_of(pairs_by_source(backtest), (7, 28)) == ()


def test_a_series_is_judged_only_where_it_has_history_enough() -> None:
    panel = panel_of([[1.0] * 150, [NAN] * 60 + [1.0] * 90])

    backtest = backtest_of(panel, "mean")

    judged = [np.isfinite(origin.actual[:, 0]).tolist() for origin in backtest.origins]
    assert judged == [[True, False], [True, False], [True, True]]


def test_every_source_is_judged_on_the_same_rows() -> None:
    panel = retail_panel(series=6, periods=180)

    backtest = backtest_of(panel, "naive", "mean", "tsb", "imapa")

    pairs = pairs_by_source(backtest)
    for source in pairs:
        np.testing.assert_array_equal(pairs[source].actual, pairs["naive"].actual)


@dataclass(frozen=True)
class Unreliable:
    """Gives up on the first series when it sees less than *needs* periods."""

    source: str = "mean"
    needs: int = 140

    def forecast(
        self, panel: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        point = HistoricMean().forecast(panel, horizon, series=series)
        if len(panel.dates) < self.needs:
            point.mean[0] = np.nan
        return point


def test_a_source_that_fails_a_series_at_one_cutoff_loses_it_at_all_of_them() -> None:
    panel = retail_panel(series=4, periods=180)
    everything = np.ones(4, dtype=bool)

    backtest = run_backtest(
        panel, {"mean": Unreliable()}, {"mean": everything}, horizon=28, options=OPTIONS
    )

    assert len(backtest.origins) > 2
    for origin in backtest.origins:
        np.testing.assert_array_equal(
            origin.forecasts["mean"].covered, np.isfinite(origin.actual[:, 0]) & (np.arange(4) > 0)
        )


def test_the_past_is_shown_as_it_was_forecast_at_the_last_cutoff_before() -> None:
    panel = retail_panel(series=3, periods=200)
    backtest = backtest_of(panel, "tsb", horizon=40)
    future = {"tsb": backtest.origins[-1].forecasts["tsb"]}

    timeline = timeline_of(panel, backtest, future)

    assert (np.diff(timeline.dates) == np.timedelta64(1, "D")).all()
    assert len(timeline.dates) == 28 * (len(backtest.origins) - 1) + 40 + 40
    second = timeline.cutoffs == backtest.origins[1].cutoff
    np.testing.assert_array_equal(
        timeline.forecasts["tsb"].mean[:, second], backtest.origins[1].forecasts["tsb"].mean[:, :28]
    )
    assert np.isnan(timeline.actual[:, -40:]).all()


@pytest.mark.parametrize(
    ("lead_times", "horizon"), [([7.0, NAN], 28), ([90.0, 7.0], 90), ([NAN, NAN], 28)]
)
def test_the_horizon_reaches_the_longest_lead_time(lead_times: list[float], horizon: int) -> None:
    panel = panel_of(np.ones((2, 10)))

    found = horizon_of(panel, np.array(lead_times), ForecastOptions())

    assert found == horizon


def test_a_lead_time_in_days_is_counted_in_the_panels_periods() -> None:
    panel = panel_of(np.ones((1, 40)), frequency=Frequency.MONTHLY)

    found = horizon_of(panel, np.array([300.0]), ForecastOptions())

    assert found == 10


def test_the_horizon_asked_for_is_taken() -> None:
    panel = panel_of(np.ones((1, 40)))

    found = horizon_of(panel, np.array([300.0]), ForecastOptions(horizon=5))

    assert found == 5


@pytest.mark.parametrize(
    ("frequency", "most"),
    [(Frequency.DAILY, 1825), (Frequency.WEEKLY, 260), (Frequency.MONTHLY, 60)],
)
def test_a_horizon_of_more_than_five_years_is_refused(frequency: Frequency, most: int) -> None:
    panel = panel_of(np.ones((1, 40)), frequency=frequency)
    lead_times = np.array([30.0])

    assert horizon_of(panel, lead_times, ForecastOptions(horizon=most)) == most
    with pytest.raises(OptionError, match=f"at most {most}, which is 5 years"):
        horizon_of(panel, lead_times, ForecastOptions(horizon=most + 1))


def test_the_scale_is_the_mean_change_since_a_series_began() -> None:
    known = np.array([[NAN, 1.0, 3.0, 2.0], [NAN, NAN, NAN, 4.0]])

    found = mean_change(known, 1, power=1)

    np.testing.assert_allclose(found, [1.5, NAN])


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY])
def test_weeks_and_months_are_judged_in_their_own_steps(frequency: Frequency) -> None:
    panel = retail_panel(series=4, periods=90, frequency=frequency)
    horizon = frequency.default_horizon

    backtest = backtest_of(panel, "naive", "mean", horizon=horizon)
    steps = OPTIONS.judged_horizons(frequency, horizon)
    scores = scores_of(pairs_by_source(backtest), steps)

    assert len(backtest.origins) == 4
    assert {score.horizon for score in scores} == set(steps)
    assert all(score.n_obs.max() == 4 * score.horizon for score in scores)


def test_each_series_has_one_champion_per_horizon_with_the_lowest_loss() -> None:
    panel = retail_panel(series=6, periods=180)

    scores = scores_of(pairs_by_source(backtest_of(panel, "naive", "mean", "tsb")), (7, 28))

    for horizon in (7, 28):
        at_horizon = [score for score in scores if score.horizon == horizon]
        losses = np.array([score.measures["scaled_pinball"] for score in at_horizon])
        winners = np.array([score.is_champion for score in at_horizon])
        np.testing.assert_array_equal(winners.sum(axis=0), 1)
        np.testing.assert_allclose((losses * winners).sum(axis=0), losses.min(axis=0))
