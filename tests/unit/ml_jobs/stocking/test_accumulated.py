"""Demand accumulated to any day: it agrees with what stock is planned for, and never falls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency, Panel
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.lead_time import (
    Duration,
    LeadSums,
    Outlook,
    SpanTotals,
    lead_sums,
    sum_of_periods,
)
from tests.unit.ml_jobs.panels import panel_of, retail_panel
from tests.unit.ml_jobs.stocking.outlooks import outlook_of, sum_pools_of

pytestmark = pytest.mark.ml

NAN = float("nan")
REVIEW = 28.0


def total_of(panel: Panel, factor: float, excess: float) -> NegativeBinomial:
    """A forecast of totals that is *factor* times what the history's mean would give."""
    mean = factor * np.nanmean(panel.demand, axis=1)
    return NegativeBinomial(mean, np.full(len(mean), excess), np.ones(len(mean)), 0 * mean)


def sums_of(
    panel: Panel, outlook: Outlook, lead_days: np.ndarray, *, direct: bool = True
) -> LeadSums:
    single, lead, cycle = (total_of(panel, n, e) for n, e in ((1, 1.5), (20, 4.0), (30, 9.0)))
    return lead_sums(
        panel,
        outlook,
        sum_pools_of(panel),
        lead_time=Duration(lead_days, np.full(len(lead_days), 2.0)),
        review_days=REVIEW,
        totals=SpanTotals(single, lead, cycle) if direct else None,
    )


@pytest.fixture(scope="module", params=list(Frequency))
def panel(request: pytest.FixtureRequest) -> Panel:
    return retail_panel(series=6, periods=160, frequency=request.param)


def lead_days_of(panel: Panel) -> np.ndarray:
    step = panel.frequency.days_per_step
    return np.array([14.0, 1.0, 7.0 * step, 3.4 * step, 0.0, 20 * step])


@pytest.mark.parametrize("direct", [True, False])
def test_what_accumulates_is_what_stock_is_planned_for(panel: Panel, *, direct: bool) -> None:
    outlook, lead_days = outlook_of(panel), lead_days_of(panel)
    sums = sums_of(panel, outlook, lead_days, direct=direct)
    days = np.stack([lead_days, lead_days + REVIEW], axis=1)

    found = accumulated(panel, outlook, sum_pools_of(panel), days, sums)

    for place, expected in enumerate((sums.lead, sums.cycle)):
        at = found.at(place)
        np.testing.assert_allclose(at.mean, expected.mean, rtol=1e-12)
        np.testing.assert_allclose(at.excess, expected.excess, rtol=1e-12)
        np.testing.assert_allclose(at.least_mean, expected.least_mean, rtol=1e-12)


def test_what_accumulates_never_falls(panel: Panel) -> None:
    outlook, lead_days = outlook_of(panel), lead_days_of(panel)
    sums = sums_of(panel, outlook, lead_days)
    days = np.tile(np.linspace(0.0, 2 * lead_days.max(), 90), (6, 1))

    found = accumulated(panel, outlook, sum_pools_of(panel), days, sums)

    assert (np.diff(found.mean, axis=1) >= -1e-9).all()
    assert (found.mean[:, 0] == 0.0).all()
    assert (found.excess > 0).all()


def test_a_longer_span_that_was_forecast_lower_counts_as_the_shorter_one() -> None:
    panel = retail_panel(series=3)
    outlook, time = outlook_of(panel), Duration(np.full(3, 14.0), np.full(3, NAN))
    totals = SpanTotals(*(total_of(panel, factor, 1.0) for factor in (1, 20, 15)))

    sums = lead_sums(
        panel, outlook, sum_pools_of(panel), lead_time=time, review_days=REVIEW, totals=totals
    )

    assert np.array_equal(sums.cycle.mean, sums.lead.mean)


def test_without_a_lead_time_the_champions_periods_accumulate() -> None:
    panel = retail_panel(series=4)
    outlook = outlook_of(panel)
    sums = sums_of(panel, outlook, np.full(4, NAN))
    days = np.tile([5.0, 30.0], (4, 1))

    found = accumulated(panel, outlook, sum_pools_of(panel), days, sums)

    alone = sum_of_periods(panel, days[:, 1], outlook, sum_pools_of(panel))
    np.testing.assert_allclose(found.at(1).mean, alone.mean)
    np.testing.assert_allclose(found.at(1).excess, alone.excess, rtol=0.25)


def test_a_forecast_of_zero_reaches_a_total_that_is_not_zero_day_by_day() -> None:
    panel = panel_of(np.random.default_rng(4).poisson(1.0, (1, 400)).astype(float))
    outlook = outlook_of(panel, mean=0.0)
    sums = sums_of(panel, outlook, np.array([14.0]))

    found = accumulated(panel, outlook, sum_pools_of(panel), np.array([[7.0, 14.0, 28.0]]), sums)

    assert found.mean[0, 0] == pytest.approx(sums.lead.mean[0] / 2)
    assert found.mean[0, 2] == pytest.approx((sums.lead.mean[0] + sums.cycle.mean[0]) / 2)


def test_what_accumulates_does_not_depend_on_the_other_series() -> None:
    panel = retail_panel(series=6)
    outlook, pools, lead_days = outlook_of(panel), sum_pools_of(panel), lead_days_of(panel)
    sums = sums_of(panel, outlook, lead_days)
    days = np.tile(np.arange(1.0, 40.0), (6, 1))
    together = accumulated(panel, outlook, pools, days, sums)
    rows = np.array([4])

    def of(demand: NegativeBinomial) -> NegativeBinomial:
        return NegativeBinomial(*(values[rows] for values in vars(demand).values()))

    alone = accumulated(
        panel.rows(rows),
        Outlook(outlook.sources[rows], of(outlook.demand), outlook.classes[rows]),
        pools,
        days[rows],
        replace(
            sums,
            period=of(sums.period),
            lead=of(sums.lead),
            cycle=of(sums.cycle),
            lead_days=lead_days[rows],
            asked=sums.asked[rows],
            onward=sums.onward[rows],
        ),
    )

    np.testing.assert_allclose(alone.mean, together.mean[rows], rtol=1e-12)
    np.testing.assert_allclose(alone.excess, together.excess[rows], rtol=1e-12)
