"""Verdicts on one series: the interval of the value added, and the word that it allows."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.judging.verdicts import value_added_by_origin, verdicts

pytestmark = pytest.mark.ml


def losses(*origins: float, steps: int = 3) -> np.ndarray:
    """One series, with the same loss at every step of an origin."""
    return np.repeat(np.array(origins)[None, :, None], steps, axis=2)


def test_the_interval_is_that_of_the_ratio_of_two_sums() -> None:
    low, high = value_added_by_origin(losses(1.0, 2.0, 1.0, 2.0), losses(2.0, 2.0, 3.0, 3.0))

    # ratio 6/10; errors per origin 3 x (-.2, .8, -.8, .2); t(.975, 3) = 3.182446
    error = 3 * np.sqrt((0.04 + 0.64 + 0.64 + 0.04) * 4 / 3) / 30
    assert (low[0], high[0]) == pytest.approx(
        (0.4 - 3.182446 * error, 0.4 + 3.182446 * error), rel=1e-5
    )


def test_one_origin_says_nothing() -> None:
    low, high = value_added_by_origin(losses(1.0, np.nan), losses(2.0, 2.0))

    assert np.isnan([low[0], high[0]]).all()
    assert verdicts(low, high).tolist() == [""]


def test_a_naive_forecast_without_error_leaves_the_value_added_open() -> None:
    low, high = value_added_by_origin(losses(1.0, 1.0), losses(0.0, 0.0))

    assert np.isnan([low[0], high[0]]).all()


def test_a_source_equal_to_naive_is_alike() -> None:
    low, high = value_added_by_origin(losses(1.0, 2.0, 3.0), losses(1.0, 2.0, 3.0))

    assert (low[0], high[0]) == pytest.approx((0.0, 0.0))
    assert verdicts(low, high).tolist() == ["alike"]


def test_the_word_is_better_or_worse_only_beyond_chance() -> None:
    low, high = np.array([0.1, -0.1, -0.3]), np.array([0.3, 0.2, -0.1])

    assert verdicts(low, high).tolist() == ["better", "alike", "worse"]


def test_alike_sources_are_called_otherwise_in_about_five_of_a_hundred_series() -> None:
    random = np.random.default_rng(5)
    own, naive = random.gamma(4.0, 1.0, (2, 4000, 6, 5))

    words = verdicts(*value_added_by_origin(own, naive))

    assert 0.035 < np.mean(words != "alike") < 0.065
