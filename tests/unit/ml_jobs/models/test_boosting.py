"""How trees learn the scatter of demand: the likelihood they climb, and what it finds."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ml_jobs.models.boosting import Growth, _likelihood_slopes, grow_excess, grow_mean, predict

GROWTH = Growth(rounds=100, leaves=4, learning_rate=0.1, least_rows=50, feature_share=1.0)


def test_the_slope_is_that_of_the_negative_binomials_likelihood() -> None:
    count, mean = np.array([0.0, 1.0, 4.0, 30.0]), np.array([0.3, 2.0, 5.0, 12.0])
    log_excess = np.array([-0.5, 0.0, 1.2, 2.0])

    slope, curvature = _likelihood_slopes(count, mean, log_excess)

    step = 1e-5
    above, below = (negative_log(count, mean, log_excess + move) for move in (step, -step))
    assert np.allclose(slope, (above - below) / (2 * step), atol=1e-6)
    assert (curvature > 0).all()


def negative_log(count: np.ndarray, mean: np.ndarray, log_excess: np.ndarray) -> np.ndarray:
    excess = np.exp(log_excess)
    return -stats.nbinom.logpmf(count, mean / excess, 1.0 / (1.0 + excess))


def test_each_groups_own_scatter_is_found() -> None:
    random = np.random.default_rng(1)
    group = np.repeat([0.0, 1.0], 4_000)
    excess = np.where(group == 0, 0.5, 8.0)
    mean = random.uniform(1.0, 6.0, 8_000)
    count = random.negative_binomial(mean / excess, 1.0 / (1.0 + excess)).astype(np.float64)
    features = group[:, None].astype(np.float32)

    trees = grow_excess(features, count, mean, np.ones(8_000), growth=GROWTH)

    learnt = trees.of(np.array([[0.0], [1.0]], dtype=np.float32))
    assert abs(learnt[0] - 0.5) < 0.1
    assert abs(learnt[1] - 8.0) < 1.0


def test_the_mean_of_mostly_zeros_is_not_biased() -> None:
    random = np.random.default_rng(2)
    group = np.repeat([0.0, 1.0], 4_000)
    ratio = (random.random(8_000) < 0.2) * np.where(group == 0, 1.0, 5.0)
    features = group[:, None].astype(np.float32)

    trees = grow_mean(features, ratio, np.ones(8_000), growth=GROWTH)

    learnt = predict(trees, np.array([[0.0], [1.0]], dtype=np.float32))
    assert np.allclose(learnt, [ratio[group == 0].mean(), ratio[group == 1].mean()], rtol=0.05)
