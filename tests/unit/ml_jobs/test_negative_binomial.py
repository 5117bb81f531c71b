"""Negative binomials: consistent with each other, and as wide as the history asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ml_jobs.arrays import BoolArray
from ml_jobs.classification import demand_classes
from ml_jobs.dispersion import (
    Pools,
    class_pool,
    historic_demand,
    learn_pools,
    lots,
    pool_thin_series,
    shrink,
)
from ml_jobs.negative_binomial import LEVELS, NegativeBinomial, quantile
from ml_jobs.panel import Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

pytestmark = pytest.mark.ml

ONE = np.ones(1)


def single(
    *means: float, excess: float = 2.0, lot: float = 1.0, least_mean: float = 0.0
) -> NegativeBinomial:
    """One series and a mean for each period."""
    return NegativeBinomial(np.array([means]), excess * ONE, lot * ONE, least_mean * ONE)


def total(mean: float, excess: float) -> NegativeBinomial:
    return NegativeBinomial(mean * ONE, excess * ONE, ONE, 0.0 * ONE)


def with_mean(panel: Panel, *means: float) -> NegativeBinomial:
    return replace(historic_of(panel), mean=np.array([means]))


def pools_of(panel: Panel, thin: BoolArray | None = None) -> Pools:
    nobody = np.zeros(len(panel.item_ids), dtype=bool)
    return learn_pools(panel, demand_classes(panel), thin=nobody if thin is None else thin)


@given(
    mean=st.floats(0, 1e5),
    excess=st.floats(0.05, 1e3),
    lot=st.sampled_from([1.0, 0.1, 0.001]),
)
def test_quantiles_are_never_negative_and_never_fall(
    mean: float, excess: float, lot: float
) -> None:
    answer = single(mean, mean / 2, excess=excess, lot=lot).quantiles()

    assert (answer >= 0).all()
    assert (np.diff(answer, axis=2) >= 0).all()


def test_quantiles_are_those_of_a_count_with_the_asked_mean_and_variance() -> None:
    count = stats.nbinom(2.0, 0.25)

    answer = quantile(np.array(6.0), np.array(3.0), np.array(1.0), np.asarray(LEVELS))

    assert count.mean() == 6.0
    assert count.var() == 6.0 * (1 + 3.0)
    np.testing.assert_array_equal(answer, count.ppf(LEVELS))


def test_a_flat_forecast_has_the_same_quantiles_in_every_period_as_a_moving_one() -> None:
    flat = single(3.0, 3.0, 3.0, 3.0).quantiles()
    moving = single(3.0, 3.0, 3.0, 5.0).quantiles()

    np.testing.assert_array_equal(flat[:, :3], moving[:, :3])


def test_series_without_a_forecast_have_no_quantiles() -> None:
    unknown = single(np.nan, np.nan, np.nan)

    assert not unknown.covered.any()
    assert np.isnan(unknown.quantiles()).all()


def test_a_forecast_of_zero_is_not_certain_where_there_was_demand() -> None:
    panel = panel_of([[0.0, 0.0, 5.0] * 30])

    answer = with_mean(panel, 0.0).quantiles()

    assert answer[0, 0, -1] > 0


def test_weights_and_volumes_are_counted_in_fractions() -> None:
    demand = np.array([[1.0, 2.0, np.nan], [0.5, 1.0, 2.0], [0.25, 1.0, 3.0], [1 / 3, 0.1, 0.0]])

    found = lots(demand)

    np.testing.assert_allclose(found, [1.0, 0.1, 0.01, 0.001])


def test_the_unit_that_demand_is_counted_in_does_not_change_its_quantiles() -> None:
    pieces = panel_of([[0.0, 4.0, 0.0, 9.0, 2.0, 0.0] * 10])
    tenths = replace(pieces, demand=pieces.demand / 10)

    of_pieces = with_mean(pieces, 2.5).quantiles()
    of_tenths = with_mean(tenths, 0.25).quantiles()

    np.testing.assert_allclose(of_tenths * 10, of_pieces)


def test_the_chance_beyond_a_quantile_is_at_most_what_its_level_leaves() -> None:
    demand = total(7.3, 4.0)

    for level in LEVELS:
        limit = demand.quantile(np.array(level))

        assert demand.exceedance(limit) <= 1 - level
        assert demand.exceedance(limit - 1) > 1 - level


def test_demand_is_less_equal_or_more() -> None:
    demand, chance = total(7.0, 4.0), stats.nbinom(7.0 / 4.0, 1 / 5.0).pmf(6)

    whole = demand.chance_of_less(6.0 * ONE) + chance + demand.exceedance(6.0 * ONE)

    assert whole == pytest.approx(1.0)


def test_demand_that_is_never_expected_never_comes() -> None:
    nothing = total(0.0, 2.0)

    assert nothing.quantile(0.99 * ONE) == 0.0
    assert nothing.exceedance(0.0 * ONE) == 0.0
    assert nothing.chance_of_less(0.0 * ONE) == 0.0
    assert nothing.chance_of_less(1.0 * ONE) == 1.0


def test_the_expected_shortage_is_the_sum_of_what_lies_beyond() -> None:
    counts = np.arange(2000)
    chances = stats.nbinom(7.0 / 4.0, 1 / 5.0).pmf(counts)

    shortage = total(7.0, 4.0).expected_shortage(11.0 * ONE)

    assert shortage == pytest.approx((np.maximum(counts - 11, 0) * chances).sum())


def test_what_is_unknown_stays_unknown() -> None:
    unknown = total(np.nan, 1.0)

    assert not unknown.covered.any()
    assert np.isnan(unknown.quantile(0.9 * ONE))
    assert np.isnan(unknown.exceedance(ONE))
    assert np.isnan(unknown.expected_shortage(ONE))


def test_an_estimate_is_drawn_to_its_class_the_more_the_less_was_seen() -> None:
    own = np.array([1.0, 16.0, 16.0, np.nan])
    classes = np.array(["a", "a", "a", "a"])
    typical = np.exp(np.mean(np.log(own[:3])))

    seen = np.array([20.0, 20.0, 1e9, 0.0])
    answer = shrink(own, seen, class_pool(own, classes).logs(classes))

    assert answer[0] == pytest.approx(np.sqrt(1.0 * typical))
    assert answer[2] == pytest.approx(16.0)
    assert answer[3] == pytest.approx(typical)


def test_a_class_without_any_estimate_takes_everybodys() -> None:
    own, classes = np.array([4.0, np.nan]), np.array(["a", "b"])

    answer = shrink(own, np.array([5.0, 0.0]), class_pool(own, classes).logs(classes))

    assert answer[1] == pytest.approx(4.0)


def test_the_dispersion_is_the_historic_one_where_history_is_long() -> None:
    random = np.random.default_rng(3)
    panel = panel_of(random.negative_binomial(1.0, 0.2, (1, 4000)).astype(float))
    history = panel.demand[0]

    found = historic_of(panel)

    assert found.excess[0] + 1 == pytest.approx(history.var() / history.mean(), rel=0.02)


def test_a_models_own_variance_replaces_that_of_history() -> None:
    found = single(4.0, excess=9.0).with_variance(np.array([12.0]))

    assert found.excess[0] == pytest.approx(2.0)


def test_an_unknown_variance_leaves_the_dispersion_as_it_is() -> None:
    found = single(4.0, excess=9.0).with_variance(np.array([np.nan]))

    assert found.excess[0] == 9.0


def test_thin_history_gets_a_wider_answer_near_what_is_typical() -> None:
    panel = retail_panel(series=10)
    demand = panel.demand.copy()
    demand[0] = np.nan
    demand[0, -3:] = [0.0, 90.0, 0.0]
    panel = panel_of(demand)
    thin = np.arange(10) == 0
    own_mean = np.nanmean(demand, axis=1)[:, None]
    own = replace(historic_of(panel), mean=own_mean)

    pooled = pool_thin_series(own, panel, pools_of(panel, thin), thin=thin, min_history=56)

    assert pooled.mean[0, 0] < own_mean[0, 0] / 4
    assert pooled.excess[0] * pooled.mean[0, 0] > np.var(np.nanmean(demand[1:], axis=1))
    np.testing.assert_array_equal(pooled.mean[1:], own_mean[1:])
    np.testing.assert_array_equal(pooled.excess[1:], own.excess[1:])


def test_the_dispersion_is_the_same_whatever_other_series_stand_beside() -> None:
    panel = retail_panel(series=8)
    pools = pools_of(panel)
    part = panel.rows(np.array([2, 5]))

    whole = historic_demand(panel, demand_classes(panel), pools)
    alone = historic_demand(part, demand_classes(part), pools)

    np.testing.assert_array_equal(alone.excess, whole.excess[[2, 5]])


def test_the_dispersion_can_differ_from_step_to_step() -> None:
    by_step = replace(single(6.0, 6.0), excess=np.array([[1.0, 9.0]]))

    answer = by_step.quantiles()

    for step, excess in enumerate((1.0, 9.0)):
        expected = quantile(np.array(6.0), np.array(excess), np.array(1.0), np.asarray(LEVELS))
        np.testing.assert_array_equal(answer[0, step], expected)


def test_a_step_without_a_forecast_hides_no_other() -> None:
    mean = np.array([[np.nan, 4.0, 5.0]])
    demand = NegativeBinomial(mean, np.array([[0.5, 0.5, 2.0]]), np.ones(1), np.zeros(1))

    quantiles = demand.quantiles()

    assert np.isnan(quantiles[0, 0]).all()
    assert np.isfinite(quantiles[0, 1:]).all()
