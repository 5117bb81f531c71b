"""The portal's quantiles, made without a library, are those that the job publishes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from datalayer.reading import negative_binomial as portal
from ml_jobs import negative_binomial as job

pytestmark = pytest.mark.ml

SERIES = 4000
RNG = np.random.default_rng(20261127)


@pytest.mark.parametrize("magnitude", [1, 3, 5])
def test_both_give_the_same_reorder_points(magnitude: int) -> None:
    mean, excess = 10.0 ** RNG.uniform([-4, -1.3], [magnitude, 3], (SERIES // magnitude, 2)).T
    lot, level = np.full_like(mean, 0.5), RNG.uniform(0.5, 0.999, len(mean))

    found = portal.quantile(mean, excess, lot, level)

    # Where they part, the level lies on a step give or take what floating point can tell.
    expected = job.quantile(mean, excess, lot, level)
    differs = found != expected
    shape, chance = mean / (lot * excess), 1.0 / (1.0 + excess)
    steps = stats.nbinom.cdf(np.minimum(found, expected) / lot, shape, chance)
    assert np.abs(steps - level)[differs] == pytest.approx(0.0, abs=1e-9)
    assert differs.mean() < 0.001


@pytest.mark.parametrize("magnitude", [1, 3, 5])
def test_the_chance_of_a_count_is_exact_to_nine_digits(magnitude: int) -> None:
    mean, excess = 10.0 ** RNG.uniform([-4, -1.3], [magnitude, 3], (SERIES // magnitude, 2)).T
    shape, chance = mean / excess, 1.0 / (1.0 + excess)
    count = stats.nbinom.ppf(RNG.uniform(0.01, 0.999, len(mean)), shape, chance)

    found = portal.cumulative(count, shape, chance)

    assert found == pytest.approx(stats.nbinom.cdf(count, shape, chance), abs=1e-9)
