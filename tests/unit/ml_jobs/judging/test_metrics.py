"""Measures: against an independent implementation, and where they are not defined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses

from ml_jobs.judging import metrics
from ml_jobs.judging.backtest import mean_change
from ml_jobs.judging.bootstrap import resamples, value_added_interval

pytestmark = pytest.mark.ml

LEVELS = (0.1, 0.5, 0.9)
SEASON = 7


@pytest.fixture(scope="module")
def case() -> dict[str, np.ndarray]:
    """History, actuals, forecasts and quantiles of five series, all demands above zero."""
    random = np.random.default_rng(11)
    centre = random.uniform(1, 20, (5, 28))
    return {
        "history": random.poisson(6.0, (5, 60)).astype(float),
        "actual": 1.0 + random.poisson(6.0, (5, 28)),
        "forecast": centre,
        "quantiles": np.stack([centre * 0.5, centre, centre * 1.8], axis=2),
    }


def long(values: np.ndarray, first: int = 0) -> pd.DataFrame:
    series, step = np.indices(values.shape)
    return pd.DataFrame(
        {"unique_id": series.ravel(), "ds": first + step.ravel(), "y": values.ravel()}
    )


def of_utilsforecast(
    loss: Callable[..., pd.DataFrame], case: dict[str, np.ndarray], **options: object
) -> np.ndarray:
    frame = long(case["actual"], first=60).assign(
        m=case["forecast"].ravel(),
        low=case["quantiles"][:, :, 0].ravel(),
        high=case["quantiles"][:, :, 2].ravel(),
    )
    models = options.pop("models", ["m"])
    return loss(frame, models=models, **options).sort_values("unique_id").iloc[:, -1].to_numpy()


def test_mape_is_that_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    found = metrics.mape(case["forecast"], case["actual"])

    np.testing.assert_allclose(found, of_utilsforecast(losses.mape, case))


def test_wape_is_the_normalised_deviation_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    found = metrics.wape(case["forecast"], case["actual"])

    np.testing.assert_allclose(found, of_utilsforecast(losses.nd, case))


def test_bias_has_the_sign_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    found = metrics.bias(case["forecast"], case["actual"]) * case["actual"].mean(axis=1)

    np.testing.assert_allclose(found, of_utilsforecast(losses.bias, case))


def test_mase_is_that_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    scale = mean_change(case["history"], SEASON, power=1)[:, None]

    found = metrics.mase(case["forecast"], case["actual"], scale)

    train = long(case["history"])
    expected = of_utilsforecast(losses.mase, case, seasonality=SEASON, train_df=train)
    np.testing.assert_allclose(found, expected)


def test_rmsse_is_that_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    scale = mean_change(case["history"], 1, power=2)[:, None]

    found = metrics.rmsse(case["forecast"], case["actual"], scale)

    train = long(case["history"])
    expected = of_utilsforecast(losses.rmsse, case, seasonality=1, train_df=train)
    np.testing.assert_allclose(found, expected)


def test_scaled_pinball_is_the_mean_of_the_scaled_quantile_losses_of_utilsforecast(
    case: dict[str, np.ndarray],
) -> None:
    scale = mean_change(case["history"], 1, power=1)[:, None]

    loss = metrics.pinball(case["quantiles"], case["actual"], LEVELS)
    found = metrics.scaled_pinball(loss, scale)

    train = long(case["history"])
    expected = [
        of_utilsforecast(
            losses.scaled_quantile_loss,
            case,
            models={column: column},
            q=level,
            seasonality=1,
            train_df=train,
        )
        for column, level in zip(("low", "m", "high"), LEVELS, strict=True)
    ]
    np.testing.assert_allclose(found, np.mean(expected, axis=0))


def test_the_loss_of_one_level_is_the_quantile_loss_of_utilsforecast(
    case: dict[str, np.ndarray],
) -> None:
    for place, (column, level) in enumerate(zip(("low", "m", "high"), LEVELS, strict=True)):
        quantile = case["quantiles"][:, :, place : place + 1]

        found = metrics.mean(metrics.pinball(quantile, case["actual"], (level,)))

        options = {"models": {column: column}, "q": level}
        expected = of_utilsforecast(losses.quantile_loss, case, **options)
        np.testing.assert_allclose(found, expected)


def test_the_mean_loss_over_the_levels_is_the_mqloss_of_utilsforecast(
    case: dict[str, np.ndarray],
) -> None:
    found = metrics.mean(metrics.pinball(case["quantiles"], case["actual"], LEVELS))

    np.testing.assert_allclose(found, of_all_quantiles(losses.mqloss, case))


def test_wql_is_twice_the_mqloss_of_utilsforecast_over_the_mean_demand(
    case: dict[str, np.ndarray],
) -> None:
    loss = metrics.pinball(case["quantiles"], case["actual"], LEVELS)

    found = metrics.wql(loss, case["actual"])

    expected = 2.0 * of_all_quantiles(losses.mqloss, case) / case["actual"].mean(axis=1)
    np.testing.assert_allclose(found, expected)


def test_scaled_pinball_is_the_scaled_mqloss_of_utilsforecast(
    case: dict[str, np.ndarray],
) -> None:
    scale = mean_change(case["history"], 1, power=1)[:, None]

    loss = metrics.pinball(case["quantiles"], case["actual"], LEVELS)
    found = metrics.scaled_pinball(loss, scale)

    options = {"seasonality": 1, "train_df": long(case["history"])}
    np.testing.assert_allclose(found, of_all_quantiles(losses.scaled_mqloss, case, **options))


def of_all_quantiles(
    loss: Callable[..., pd.DataFrame], case: dict[str, np.ndarray], **options: object
) -> np.ndarray:
    return of_utilsforecast(
        loss, case, models={"m": ["low", "m", "high"]}, quantiles=np.array(LEVELS), **options
    )


def test_coverage_is_that_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    low, high = case["quantiles"][:, :, 0], case["quantiles"][:, :, 2]

    found = metrics.coverage(low, high, case["actual"])

    frame = long(case["actual"], first=60).assign(
        **{"m-lo-80": low.ravel(), "m-hi-80": high.ravel()}
    )
    expected = losses.coverage(frame, models=["m"], level=80).sort_values("unique_id")["m"]
    np.testing.assert_allclose(found, expected)


def test_the_wql_of_a_forecast_without_spread_is_its_wape(case: dict[str, np.ndarray]) -> None:
    same = np.repeat(case["forecast"][:, :, None], 3, axis=2)

    loss = metrics.pinball(same, case["actual"], LEVELS)

    wape = metrics.wape(case["forecast"], case["actual"])
    np.testing.assert_allclose(metrics.wql(loss, case["actual"]), wape)


def test_errors_of_a_total_cancel_within_an_origin_and_not_between_two() -> None:
    actual = np.array([[2.0, 2.0], [4.0, 2.0]])
    forecast = np.array([[1.0, 3.0], [4.0, 1.0]])

    assert metrics.total_error(forecast, actual) == pytest.approx(1 / 10)
    assert metrics.total_error(forecast.reshape(1, 4), actual.reshape(1, 4)) == pytest.approx(0.1)
    both_ways = np.array([[3.0, 2.0], [4.0, 1.0]])
    assert metrics.total_error(both_ways, actual) == pytest.approx(2 / 10)


def test_the_error_of_a_total_is_the_wape_of_utilsforecast_on_the_totals(
    case: dict[str, np.ndarray],
) -> None:
    by_week = {name: case[name].reshape(5, 4, 7) for name in ("forecast", "actual")}

    found = metrics.total_error(by_week["forecast"], by_week["actual"])

    totals = long(by_week["actual"].sum(axis=2)).assign(m=by_week["forecast"].sum(axis=2).ravel())
    expected = losses.nd(totals, models=["m"]).sort_values("unique_id")["m"]
    np.testing.assert_allclose(found, expected)


def test_an_origin_without_pairs_has_no_error_of_its_total() -> None:
    actual = np.array([[2.0, 2.0], [np.nan, np.nan]])
    forecast = np.array([[1.0, 2.0], [np.nan, np.nan]])

    assert metrics.total_error(forecast, actual) == pytest.approx(1 / 4)
    assert np.isnan(metrics.total_error(forecast, actual * np.nan))


def test_coverage_counts_the_ends_of_the_band() -> None:
    found = metrics.coverage(
        np.array([0.0, 0.0, 2.0, 5.0]),
        np.array([3.0, 3.0, 4.0, 9.0]),
        np.array([0.0, 3.0, 5.0, 6.0]),
    )

    assert found == 0.75


def test_the_tracking_signal_runs_from_minus_one_to_one() -> None:
    actual = np.array([[2.0, 2.0, 2.0, 2.0]] * 3)
    forecast = np.array([[3.0] * 4, [1.0] * 4, [3.0, 1.0, 3.0, 2.0]])

    found = metrics.tracking_signal(forecast, actual)

    np.testing.assert_allclose(found, [1.0, -1.0, 1 / 3])


def test_a_measure_by_hand() -> None:
    actual, forecast = np.array([4.0, 0.0, 2.0]), np.array([3.0, 1.0, 2.0])

    assert metrics.wape(forecast, actual) == pytest.approx(2 / 6)
    assert metrics.bias(forecast, actual) == pytest.approx(0.0)
    assert metrics.mase(forecast, actual, np.array(2.0)) == pytest.approx(2 / 3 / 2)
    assert metrics.rmsse(forecast, actual, np.array(4.0)) == pytest.approx(np.sqrt(2 / 3 / 4))


def test_pinball_weighs_under_forecasts_by_the_level() -> None:
    found = metrics.pinball(np.array([[10.0], [10.0]]), np.array([14.0, 6.0]), (0.9,))

    np.testing.assert_allclose(found, [0.9 * 4, 0.1 * 4])


@pytest.mark.parametrize("levels", [(0.0,), (1.0,), (90.0,), (0.1, 0.9)])
def test_a_level_that_is_none_is_refused(levels: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="levels"):
        metrics.pinball(np.zeros((3, 1)), np.zeros(3), levels)


def test_mape_is_not_defined_where_an_actual_is_zero() -> None:
    found = metrics.mape(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[0.0, 2.0], [1.0, 2.0]]))

    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.25)


def test_relative_measures_are_not_defined_without_demand() -> None:
    nothing, forecast = np.zeros((1, 3)), np.ones((1, 3))

    assert np.isnan(metrics.wape(forecast, nothing))
    assert np.isnan(metrics.bias(forecast, nothing))
    assert np.isnan(metrics.tracking_signal(nothing, nothing))
    assert np.isnan(metrics.wql(forecast, nothing))
    assert np.isnan(metrics.total_error(forecast, nothing))


def test_scaled_measures_leave_out_pairs_whose_scale_is_zero() -> None:
    error, scale = np.array([[2.0, 2.0]]), np.array([[0.0, 4.0]])

    assert metrics.scaled_pinball(error, scale) == 0.5
    assert np.isnan(metrics.scaled_pinball(error, np.zeros((1, 1))))


def test_pairs_that_are_not_there_count_nowhere() -> None:
    actual = np.array([[2.0, np.nan, 4.0]])
    forecast = np.array([[1.0, np.nan, 4.0]])

    assert metrics.wape(forecast, actual) == pytest.approx(1 / 6)
    assert metrics.mase(forecast, actual, np.array(1.0)) == pytest.approx(0.5)
    assert metrics.coverage(forecast, forecast, actual) == 0.5
    assert np.isnan(metrics.wape(np.full((1, 2), np.nan), np.full((1, 2), np.nan)))


def test_the_value_added_is_what_is_saved_of_naives_loss() -> None:
    found = metrics.forecast_value_added(np.array([0.5, 3.0, 1.0]), np.array([2.0, 2.0, 0.0]))

    np.testing.assert_allclose(found, [0.75, -0.5, np.nan])


def test_the_interval_of_the_value_added_encloses_it_and_repeats_with_its_seed() -> None:
    random = np.random.default_rng(5)
    naive = random.uniform(1, 2, 80)
    loss = naive * random.uniform(0.5, 1.0, 80)
    value = 1 - loss.sum() / naive.sum()

    first, again, other = (
        value_added_interval(loss @ draws, naive @ draws)
        for draws in (drawn(1), drawn(1), drawn(2))
    )

    assert first == again != other
    assert first[0] < value < first[1]
    assert first[1] - first[0] < 0.2


def drawn(seed: int) -> np.ndarray:
    names = [str(place) for place in range(80)]
    return resamples(names, ["network"] * 80, samples=400, seed=seed)


def test_an_interval_is_not_defined_where_naive_loses_nothing() -> None:
    assert np.isnan(value_added_interval(np.ones(5), np.zeros(5))).all()
