"""Widths: corrected only where every past cutoff asks for it, and then by half."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.calibration import Widths, learn_widths, stretch
from ml_jobs.models.ensemble_weights import WeightSamples, summed_pinball
from ml_jobs.negative_binomial import LEVELS

pytestmark = pytest.mark.ml

MEDIAN = LEVELS.index(0.5)


def samples_of(
    widths: list[float], *, rows: int = 600, cutoffs: int = 4, seed: int = 1
) -> WeightSamples:
    """Normal demand far from 0; at each cutoff the source's bands are that many times too wide."""
    random = np.random.default_rng(seed)
    ages = np.repeat(np.arange(cutoffs), rows)
    said = 50.0 + 5.0 * np.asarray(widths)[ages][:, None] * norm.ppf(LEVELS)
    return WeightSamples(
        members=("tsb",),
        quantiles=said[:, None, :],
        actual=random.normal(50.0, 5.0, len(ages)),
        scale=np.ones(len(ages)),
        groups=np.full(len(ages), "smooth"),
        ages=ages,
    )


def factor_of(samples: WeightSamples) -> float:
    return float(learn_widths(samples).of("tsb", np.array(["smooth"]))[0])


@pytest.mark.parametrize(("width", "narrower"), [(1.8, True), (0.5, False)])
def test_a_source_that_is_off_at_every_cutoff_is_corrected_by_less_than_all(
    width: float, narrower: bool
) -> None:
    found = factor_of(samples_of([width] * 4))

    assert (found < 1.0) == narrower
    assert 1.0 < max(found, 1 / found) < max(width, 1 / width)


def test_a_correction_lowers_the_loss_of_a_cutoff_it_has_not_seen() -> None:
    unseen = samples_of([1.8], cutoffs=1, seed=2)
    factor = learn_widths(samples_of([1.8] * 4)).of("tsb", unseen.groups)
    said = Forecasts(unseen.actual[:, None], unseen.quantiles)

    corrected = stretch(said, factor).quantiles[:, 0]

    before = summed_pinball(unseen.actual, unseen.quantiles[:, 0]).sum()
    assert summed_pinball(unseen.actual, corrected).sum() < 0.97 * before


def test_a_source_that_is_right_is_left_alone() -> None:
    assert all(factor_of(samples_of([1.0] * 4, seed=seed)) == 1.0 for seed in range(10))


def test_a_correction_that_would_have_harmed_at_one_cutoff_is_not_made() -> None:
    assert factor_of(samples_of([2.0, 2.0, 2.0, 0.7])) == 1.0


def test_two_cutoffs_are_too_few() -> None:
    assert factor_of(samples_of([2.0] * 2, cutoffs=2)) == 1.0


def test_classes_and_sources_are_corrected_apart() -> None:
    wide, right = samples_of([1.8] * 4), samples_of([1.0] * 4, seed=3)
    both = WeightSamples(
        ("tsb", "gbm"),
        np.concatenate(
            [
                np.concatenate([wide.quantiles, right.quantiles], axis=1),
                np.concatenate([right.quantiles, right.quantiles], axis=1),
            ]
        ),
        np.concatenate([wide.actual, right.actual]),
        np.concatenate([wide.scale, right.scale]),
        np.repeat(["lumpy", "smooth"], len(wide.actual)),
        np.concatenate([wide.ages, right.ages]),
    )

    widths = learn_widths(both)

    assert set(widths.factors) == {("tsb", "lumpy")}
    np.testing.assert_array_equal(widths.of("gbm", np.array(["lumpy", "smooth"])), [1.0, 1.0])


def test_rows_that_a_source_does_not_cover_say_nothing_of_it() -> None:
    samples = samples_of([1.8] * 4)
    samples.quantiles[samples.ages > 1] = np.nan

    assert factor_of(samples) == 1.0


def test_demand_that_never_was_corrects_nothing() -> None:
    samples = samples_of([1.8] * 4)
    samples.quantiles[:] = 0.0
    samples.actual[:] = 0.0

    assert factor_of(samples) == 1.0


def test_a_stretch_keeps_mean_median_order_and_sign() -> None:
    random = np.random.default_rng(4)
    quantiles = np.sort(random.gamma(1.0, 4.0, (5, 3, 10)), axis=2)
    said = Forecasts(quantiles.mean(axis=2), quantiles)

    found = stretch(said, np.array([0.5, 0.8, 1.0, 1.5, 3.0]))

    np.testing.assert_array_equal(found.mean, said.mean)
    np.testing.assert_allclose(found.quantiles[..., MEDIAN], quantiles[..., MEDIAN])
    np.testing.assert_allclose(found.quantiles[2], quantiles[2])
    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=2) >= 0).all()
    low, high = (found.quantiles[0, :, level] for level in (0, -1))
    np.testing.assert_allclose(high - low, 0.5 * (quantiles[0, :, -1] - quantiles[0, :, 0]))


def test_what_was_never_learnt_is_left_as_it_is() -> None:
    np.testing.assert_array_equal(Widths({}).of("gbm", np.array(["smooth", "lumpy"])), [1.0, 1.0])
