"""Demand over the lead time: what is expected, how far it scatters, how long an amount lasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.classification import demand_classes
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency
from ml_jobs.stocking.expectation import expected_demand, periods_until
from ml_jobs.stocking.lead_time import Duration, Outlook, SpanTotals, sum_excess, whole_periods
from tests.unit.ml_jobs.panels import panel_of, retail_panel
from tests.unit.ml_jobs.stocking.outlooks import (
    NAN,
    outlook_of,
    steady_panel,
    sum_pools_of,
    sums_for,
)

pytestmark = pytest.mark.ml


def total_of(mean: list[float], excess: list[float]) -> NegativeBinomial:
    """A forecast of totals, as the model of totals gives it."""
    return NegativeBinomial(
        np.array(mean), np.array(excess), np.ones(len(mean)), np.zeros(len(mean))
    )


def test_expected_demand_goes_on_at_the_last_season_beyond_the_horizon() -> None:
    mean = np.array([[1.0, 2.0, 3.0, 5.0]] * 4)

    found = expected_demand(mean, np.array([0.0, 1.5, 4.0, 6.0]), season=2)

    np.testing.assert_allclose(found, [0.0, 2.0, 11.0, 11.0 + 2 * 4.0])


def test_periods_until_an_amount_is_used_up_undo_the_expected_demand() -> None:
    mean = np.array([[1.0, 0.0, 3.0, 5.0]] * 5)
    periods = np.array([0.0, 0.5, 2.5, 4.0, 9.0])

    found = periods_until(expected_demand(mean, periods, season=2), mean, season=2)

    np.testing.assert_allclose(found, periods)


def test_an_amount_that_nobody_asks_for_lasts_forever() -> None:
    found = periods_until(np.array([3.0, 0.0]), np.zeros((2, 4)), season=2)

    np.testing.assert_array_equal(found, [np.inf, 0.0])


def test_the_spread_of_a_sum_of_independent_periods_is_that_of_a_period() -> None:
    panel = panel_of(np.random.default_rng(1).negative_binomial(1, 0.2, (6, 3000)).astype(float))
    outlook = outlook_of(panel)

    found = sum_excess(panel, np.full(6, 10), sum_pools_of(panel), outlook)

    # Each past sum is compared with a mean that is itself off: 10 / 56 more variance.
    expected = (outlook.demand.excess + 1) * (1 + 10 / 56) - 1
    np.testing.assert_allclose(found, expected, rtol=0.12)


def test_a_level_that_drifts_widens_the_sum_beyond_independent_periods() -> None:
    level = np.repeat(np.random.default_rng(2).uniform(0, 10, 60), 28)[None, :]
    panel = panel_of(np.random.default_rng(3).poisson(level).astype(float))
    outlook = outlook_of(panel)

    found = sum_excess(panel, np.array([28]), sum_pools_of(panel), outlook)

    assert found[0] > 3 * outlook.demand.excess[0]


def test_the_spread_of_a_sum_does_not_depend_on_the_other_series() -> None:
    panel = retail_panel(series=8)
    outlook, pools, periods = outlook_of(panel), sum_pools_of(panel), np.arange(3, 11)
    together = sum_excess(panel, periods, pools, outlook)

    alone = []
    for row in range(8):
        rows = np.array([row])
        demand = NegativeBinomial(*(values[rows] for values in vars(outlook.demand).values()))
        own = Outlook(outlook.sources[rows], demand, outlook.classes[rows])
        alone.append(sum_excess(panel.rows(rows), periods[rows], pools, own)[0])

    np.testing.assert_allclose(alone, together)


def test_pools_lie_between_those_of_the_lengths_around() -> None:
    panel = retail_panel()
    pools, classes = sum_pools_of(panel), demand_classes(panel)
    known = pools.lengths[3:5]

    low, middle, high = (
        pools.logs(np.full(len(classes), length), classes)
        for length in (known[0], known.mean(), known[1])
    )

    assert ((middle - low) * (high - middle) >= -1e-12).all()


def test_days_are_held_by_whole_periods() -> None:
    days = np.array([14.0, 0.0, 31.0, NAN])

    assert whole_periods(days, Frequency.DAILY).tolist() == [14, 1, 31, 1]
    assert whole_periods(days, Frequency.MONTHLY).tolist() == [1, 1, 2, 1]


def test_a_total_that_was_forecast_goes_before_the_sum_of_periods() -> None:
    panel = retail_panel(series=3)
    time = Duration(np.full(3, 14.0), np.full(3, NAN))
    lead = total_of([50.0, NAN, 7.0], [2.0, NAN, 0.5])
    cycle = replace(lead, mean=3 * lead.mean)
    outlook = outlook_of(panel)

    found = sums_for(panel, outlook, time, SpanTotals(lead, lead, cycle))

    steps = sums_for(panel, outlook, time)
    assert found.direct.tolist() == [True, False, True]
    np.testing.assert_allclose(found.lead.mean, [50.0, steps.lead.mean[1], 7.0])
    np.testing.assert_allclose(found.lead.excess, [2.0, steps.lead.excess[1], 0.5])
    assert found.cycle.mean[0] == 150.0


def test_days_that_are_a_part_of_a_period_get_their_share_of_the_total() -> None:
    panel = panel_of(np.full((1, 60), 30.0), frequency=Frequency.MONTHLY)
    half = Duration(np.array([365.2425 / 24]), np.array([NAN]))
    total = total_of([40.0], [1.0])

    outlook = outlook_of(panel, horizon=6)
    found = sums_for(panel, outlook, half, SpanTotals(total, total, total))

    assert found.lead.mean[0] == pytest.approx(20.0)


def test_a_lead_time_that_varies_adds_its_own_variance() -> None:
    panel = steady_panel()
    outlook, total = outlook_of(panel), total_of([28.0], [1.0])
    time = Duration(np.array([14.0]), np.array([3.0]))

    varied = sums_for(panel, outlook, time, SpanTotals(total, total, total)).lead

    variance = varied.mean * varied.lot * (1 + varied.excess)
    assert variance[0] == pytest.approx(28.0 * 2.0 + (2.0 * 3.0) ** 2)
