"""Sums of partitions: they add up to what one partition gives, and become scores of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml_jobs.columns import add_rows
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging import metrics
from ml_jobs.judging.aggregates import agg_metrics, groupings_of, merge_sums, metric_sums
from ml_jobs.judging.backtest import Backtest, Origin
from ml_jobs.judging.bootstrap import resamples
from ml_jobs.judging.champions import Champions, class_champions, eligible_series
from ml_jobs.judging.daily_totals import KEYS, agg_daily, daily_sums
from ml_jobs.judging.scores import MEASURES, pairs_by_source, scores_of
from ml_jobs.judging.timeline import Timeline
from ml_jobs.negative_binomial import LEVELS
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Panel
from tests.unit.ml_jobs.panels import items_of, retail_panel

pytestmark = pytest.mark.ml

HORIZONS = (3, 7)
SERIES = 24
OPTIONS = ForecastOptions(bootstrap_samples=60, seed=3)
SOURCES = ("naive", "tsb", "gbm", "arima")
NOBODY = Champions({}, SOURCES)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Every third series is a location's, and must not be counted with the network's."""
    whole = retail_panel(series=SERIES, periods=120)
    places = tuple("network" if row % 3 else f"depot{row % 2}" for row in range(SERIES))
    return replace(whole, location_ids=places)


@pytest.fixture(scope="module")
def backtest(panel: Panel) -> Backtest:
    """Two origins; arima covers every other series, and the second series is never judged."""
    random = np.random.default_rng(8)
    return Backtest(7, tuple(origin_of(panel, cutoff, random) for cutoff in (90, 104)))


def origin_of(panel: Panel, cutoff: int, random: np.random.Generator) -> Origin:
    actual = np.nan_to_num(panel.demand[:, cutoff : cutoff + 7])
    actual[1] = np.nan
    error = {"naive": 2.0, "tsb": 1.0, "gbm": 0.6, "arima": 0.5}
    forecasts = {name: forecasts_of(actual, error[name], random) for name in SOURCES}
    forecasts["arima"] = forecasts["arima"].without(np.arange(SERIES) % 2 == 0)
    scale = random.uniform(1.0, 3.0, SERIES)
    scale[4] = 0.0
    return Origin(cutoff, actual, scale, scale * 1.2, scale**2, forecasts)


def forecasts_of(actual: np.ndarray, error: float, random: np.random.Generator) -> Forecasts:
    mean = np.nan_to_num(actual) + random.exponential(error, actual.shape)
    return Forecasts(mean, mean[:, :, None] * 2.0 * np.array(LEVELS))


def sums_of(panel: Panel, backtest: Backtest, rows: Sequence[int] | np.ndarray) -> pa.Table:
    chosen = np.asarray(rows)
    groupings = {name: values[chosen] for name, values in groupings_of(items_of(panel)).items()}
    pairs = {name: each.part(chosen, 7) for name, each in pairs_by_source(backtest).items()}
    return metric_sums(panel.rows(chosen), groupings, pairs, HORIZONS, OPTIONS)


def in_order(table: pa.Table) -> pd.DataFrame:
    keys = ["group_by", "group_value", "source", "horizon"]
    return table.to_pandas().sort_values(keys).reset_index(drop=True)


@pytest.mark.parametrize("parts", [2, 3, 5, SERIES])
def test_partitions_add_up_to_what_one_gives(panel: Panel, backtest: Backtest, parts: int) -> None:
    whole = sums_of(panel, backtest, np.arange(SERIES))
    order = np.random.default_rng(parts).permutation(SERIES)

    added = merge_sums(
        sums_of(panel, backtest, np.sort(rows)) for rows in np.array_split(order, parts)
    )

    champions = class_champions(whole, 7, SOURCES)
    assert class_champions(added, 7, SOURCES) == champions
    pd.testing.assert_frame_equal(
        in_order(agg_metrics(added, champions)),
        in_order(agg_metrics(whole, champions)),
        rtol=1e-9,
        atol=1e-12,
    )


def test_a_group_of_one_series_has_the_measures_of_that_series(
    panel: Panel, backtest: Backtest
) -> None:
    pairs = pairs_by_source(backtest)
    scores = scores_of(pairs, HORIZONS, np.full(SERIES, "tsb"))

    found = agg_metrics(sums_of(panel, backtest, [5]), NOBODY).to_pandas()

    everyone = found[found["group_by"] == "all"].set_index(["source", "horizon"])
    for score in scores:
        row = everyone.loc[score.source, score.horizon]
        expected = [score.measures[name][5] for name in MEASURES]
        np.testing.assert_allclose(row[list(MEASURES)].to_numpy(float), expected)
        assert (row["n_obs"], row["n_origins"]) == (score.n_obs[5], score.n_origins[5])


def test_pooled_measures_are_those_of_all_pairs_together(panel: Panel, backtest: Backtest) -> None:
    network = np.flatnonzero(np.array(panel.location_ids) == "network")
    pairs = pairs_by_source(backtest)["gbm"]
    forecast, actual = pairs.forecast[network].ravel(), pairs.actual[network].ravel()

    found = agg_metrics(sums_of(panel, backtest, np.arange(SERIES)), NOBODY)

    row = found.filter(
        (pc.field("group_by") == "all") & (pc.field("source") == "gbm") & (pc.field("horizon") == 7)
    ).to_pylist()[0]
    assert row["wape"] == pytest.approx(float(metrics.wape(forecast, actual)))
    assert row["bias"] == pytest.approx(float(metrics.bias(forecast, actual)))
    loss = pairs.loss[network].ravel()
    assert row["wql"] == pytest.approx(float(metrics.wql(loss, actual)))
    by_origin = pairs.forecast[network].reshape(-1, 7), pairs.actual[network].reshape(-1, 7)
    assert row["total_error"] == pytest.approx(float(metrics.total_error(*by_origin)))


def test_only_series_of_the_whole_network_count(panel: Panel, backtest: Backtest) -> None:
    network = np.flatnonzero(np.array(panel.location_ids) == "network")

    whole = agg_metrics(sums_of(panel, backtest, np.arange(SERIES)), NOBODY)
    without_depots = agg_metrics(sums_of(panel, backtest, network), NOBODY)

    pd.testing.assert_frame_equal(in_order(whole), in_order(without_depots))


def test_a_partition_of_locations_alone_adds_nothing(panel: Panel, backtest: Backtest) -> None:
    depots = np.flatnonzero(np.array(panel.location_ids) != "network")
    whole = sums_of(panel, backtest, np.arange(SERIES))

    added = merge_sums([sums_of(panel, backtest, depots), whole])

    pd.testing.assert_frame_equal(in_order(added), in_order(whole))


def test_every_group_has_one_champion_which_covers_all_of_it(
    panel: Panel, backtest: Backtest
) -> None:
    sums = sums_of(panel, backtest, np.arange(SERIES))

    found = agg_metrics(sums, class_champions(sums, 7, SOURCES)).to_pandas()

    groups = found.groupby(["group_by", "group_value", "horizon"])
    best = found[found["is_champion"]]
    assert (groups["is_champion"].sum() == 1).all()
    assert (best["n_obs"] == groups["n_obs"].transform("max")[best.index]).all()
    everyone = best[best["group_by"] == "all"]
    assert (everyone["source"] == "gbm").all()


def test_a_demand_class_takes_the_champion_chosen_for_it(panel: Panel, backtest: Backtest) -> None:
    sums = sums_of(panel, backtest, np.arange(SERIES))
    classes = class_champions(sums, 7, SOURCES).by_class
    forced = Champions(dict.fromkeys(classes, "tsb"), SOURCES)

    found = agg_metrics(sums, forced).to_pandas()

    best = found[found["is_champion"] & (found["group_by"] == "demand_class")]
    assert (best["source"] == "tsb").all()


def test_a_series_that_its_champion_does_not_cover_takes_the_best_that_does() -> None:
    champions = Champions({"smooth": "arima"}, ("gbm", "tsb", "arima"))
    everyone, nobody = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)
    covered = {"tsb": everyone, "gbm": np.array([False, True, True]), "arima": everyone}
    classes = np.array(["smooth", "lumpy", "smooth"])

    found = champions.of(classes, covered, ended=nobody)
    without_arima = champions.of(classes, {**covered, "arima": nobody}, ended=nobody)
    without_any = champions.of(classes, dict.fromkeys(covered, nobody), ended=nobody)

    assert found.tolist() == ["arima", "gbm", "arima"]
    assert without_arima.tolist() == ["tsb", "gbm", "gbm"]
    assert without_any.tolist() == ["", "", ""]


def test_the_ensemble_stands_for_series_that_ended() -> None:
    champions = Champions({"smooth": "mean"}, ("mean", "ensemble"))
    everyone, ended = np.ones(2, dtype=bool), np.array([True, False])

    found = champions.of(
        np.array(["smooth", "smooth"]), {"mean": everyone, "ensemble": everyone}, ended=ended
    )

    assert found.tolist() == ["ensemble", "mean"]


def test_a_source_stands_only_for_series_it_was_judged_on_where_any_was() -> None:
    both = np.array([True, True])
    future = {"arima": both, "gbm": both}
    judged = {"arima": np.array([False, False]), "gbm": np.array([True, False])}

    found = eligible_series(future, judged)

    assert found["arima"].tolist() == [False, True]
    assert found["gbm"].tolist() == [True, True]
    assert eligible_series(future, {}) == future


def test_each_judged_series_has_exactly_one_champion(panel: Panel, backtest: Backtest) -> None:
    pairs = pairs_by_source(backtest)
    covered = {source: each.n_obs > 0 for source, each in pairs.items()}
    classes = groupings_of(items_of(panel))["demand_class"]
    sums = sums_of(panel, backtest, np.arange(SERIES))

    champions = class_champions(sums, 7, SOURCES).of(
        classes, covered, ended=np.zeros(len(classes), dtype=bool)
    )
    scores = scores_of(pairs, HORIZONS, champions)

    for horizon in HORIZONS:
        best = np.sum([s.is_champion for s in scores if s.horizon == horizon], axis=0)
        np.testing.assert_array_equal(best, covered["naive"].astype(int))


def test_without_a_judged_series_there_is_a_ranking_and_no_row(
    panel: Panel, backtest: Backtest
) -> None:
    nothing = sums_of(panel, backtest, [1])

    assert class_champions(nothing, 7, SOURCES) == Champions({}, SOURCES)
    assert agg_metrics(nothing, NOBODY).num_rows == 0


def test_resamples_depend_on_the_series_and_the_seed_alone() -> None:
    names, places = ["a", "b", "c"], ["network"] * 3

    whole = resamples(names, places, samples=2000, seed=1)
    alone = resamples(["b"], ["network"], samples=2000, seed=1)
    elsewhere = resamples(["b"], ["depot"], samples=2000, seed=1)
    reseeded = resamples(["b"], ["network"], samples=2000, seed=2)

    np.testing.assert_array_equal(whole[1:2], alone)
    assert (alone != elsewhere).any()
    assert (alone != reseeded).any()
    np.testing.assert_allclose([whole.mean(), whole.var()], 1.0, atol=0.08)


def test_days_of_partitions_add_up_to_what_one_gives(panel: Panel) -> None:
    timeline = timeline_of(panel)
    categories = groupings_of(items_of(panel))["category"]
    whole = agg_daily(daily_sums(panel, categories, timeline))

    parts = (
        daily_sums(panel.rows(rows), categories[rows], part_of(timeline, rows))
        for rows in np.array_split(np.arange(SERIES), 5)
    )
    added = agg_daily(add_rows(parts, KEYS))

    pd.testing.assert_frame_equal(added.to_pandas(), whole.to_pandas(), rtol=1e-9)


def test_days_are_summed_by_location_category_and_source(panel: Panel) -> None:
    timeline = timeline_of(panel)
    categories = groupings_of(items_of(panel))["category"]
    members = (np.array(panel.location_ids) == "network") & (categories == "Filters")

    daily = agg_daily(daily_sums(panel, categories, timeline)).to_pandas()

    rows = daily[
        (daily["location_id"] == "network")
        & (daily["category"] == "Filters")
        & (daily["source"] == "tsb")
    ]
    forecast = timeline.forecasts["tsb"].mean[members].sum(axis=0)
    np.testing.assert_allclose(rows["forecast"], forecast)
    np.testing.assert_allclose(rows["actual"][:30], timeline.actual[members, :30].sum(axis=0))
    assert rows["actual"][30:].isna().all()


def test_windows_end_where_their_groups_rows_do(panel: Panel) -> None:
    timeline = timeline_of(panel)
    categories = groupings_of(items_of(panel))["category"]

    daily = agg_daily(daily_sums(panel, categories, timeline)).to_pandas()

    for _, rows in daily.groupby(["location_id", "category", "source"]):
        forecast = rows["forecast"].to_numpy()
        week = pd.Series(forecast).rolling(7, min_periods=1).mean()
        month = [forecast[begin : begin + 30].sum() for begin in range(len(forecast))]
        np.testing.assert_allclose(rows["forecast_7d_mean"], week)
        np.testing.assert_allclose(rows["forecast_30d_total"], month)


def timeline_of(panel: Panel) -> Timeline:
    """Forty days, the last ten in the future; gbm leaves out every series but the first three."""
    random = np.random.default_rng(2)
    actual = random.poisson(3.0, (SERIES, 40)).astype(float)
    actual[:, 30:] = np.nan
    forecasts = {
        name: forecasts_of(random.poisson(3.0, (SERIES, 40)).astype(float), 1.0, random)
        for name in ("tsb", "gbm")
    }
    forecasts["gbm"] = forecasts["gbm"].without(np.arange(SERIES) > 2)
    dates = np.datetime64("2024-02-10") + np.arange(40)
    return Timeline(dates, np.repeat(30, 40), actual, forecasts)


def part_of(timeline: Timeline, rows: np.ndarray) -> Timeline:
    forecasts = {
        name: Forecasts(each.mean[rows], each.quantiles[rows])
        for name, each in timeline.forecasts.items()
    }
    return replace(timeline, actual=timeline.actual[rows], forecasts=forecasts)


@pytest.mark.parametrize(("loss_of_gbm", "champion"), [(0.99, "ensemble"), (0.97, "gbm")])
def test_the_ensemble_is_champion_unless_another_source_is_clearly_better(
    loss_of_gbm: float, champion: str
) -> None:
    sums = pa.table(
        {
            "group_by": ["demand_class"] * 2,
            "group_value": ["lumpy"] * 2,
            "source": ["gbm", "ensemble"],
            "horizon": [28, 28],
            "n_obs": [100.0, 100.0],
            "scaled_pinball": [loss_of_gbm, 1.0],
            "scaled_pinball_count": [1.0, 1.0],
        }
    )

    found = class_champions(sums, 28, ("ensemble", "gbm"))

    assert found.by_class == {"lumpy": champion}
