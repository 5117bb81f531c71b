"""The naive forecast of weeks and months."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.grain import readable_between
from ml_jobs.models.naive import Naive
from ml_jobs.models.naive_sums import naive_sums
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency, Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

pytestmark = pytest.mark.ml


def sums_at(panel: Panel, cutoff: int, *, until: int) -> tuple[np.ndarray, NegativeBinomial]:
    asked = readable_between(panel.dates, panel.frequency, cutoff, until)
    cutoffs = np.full((len(panel.item_ids), len(asked.begins)), cutoff)
    return asked.begins, naive_sums(panel, asked, cutoffs)


@pytest.mark.parametrize("frequency", list(Frequency))
@pytest.mark.parametrize("cutoff", [110, 150])
def test_the_mean_is_that_of_the_naive_source_summed(frequency: Frequency, cutoff: int) -> None:
    panel = retail_panel(series=6, periods=150, frequency=frequency)
    known = panel.until(cutoff)
    everything = np.ones(6, dtype=bool)
    single = Naive().forecast(known, 60, series=everything, historic=historic_of(known)).mean

    begins, sums = sums_at(panel, cutoff, until=cutoff + 60)

    length = 7 if frequency is Frequency.DAILY else 1
    for place, begin in enumerate(begins - cutoff):
        expected = single[:, begin : begin + length].sum(axis=1)
        np.testing.assert_allclose(sums.mean[:, place], expected)


def test_nothing_after_the_cutoff_is_looked_at() -> None:
    panel = retail_panel(series=5, periods=160)
    flooded = panel.demand.copy()
    flooded[:, 120:] += 9_000.0

    _, calm = sums_at(panel, 120, until=150)
    _, other = sums_at(replace(panel, demand=flooded), 120, until=150)

    np.testing.assert_array_equal(calm.mean, other.mean)
    np.testing.assert_array_equal(calm.excess, other.excess)
    np.testing.assert_array_equal(calm.least_mean, other.least_mean)


def test_the_scatter_is_that_of_weeks_a_season_apart() -> None:
    random = np.random.default_rng(3)
    panel = panel_of(random.poisson(4.0, (40, 700)).astype(float))

    _, sums = sums_at(panel, 700, until=714)

    # The difference of two independent weeks has twice the variance of one.
    assert np.median(sums.excess) == pytest.approx(1.0, abs=0.15)


def test_a_series_that_has_not_begun_has_no_forecast() -> None:
    demand = np.ones((2, 100))
    demand[1, :90] = np.nan

    _, sums = sums_at(panel_of(demand), 80, until=94)

    assert np.isfinite(sums.mean[0]).all()
    assert np.isnan(sums.mean[1]).all()
