"""The ensemble: what its weights are learnt from, and that it keeps to its best member."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from ml_jobs.classification import demand_classes
from ml_jobs.forecasts import Forecasts
from ml_jobs.inputs.locations import NETWORK_ONLY
from ml_jobs.models import ensemble_weights
from ml_jobs.models.ensemble import combine, ensemble_forecasts
from ml_jobs.models.ensemble_weights import (
    EnsembleWeights,
    WeightSamples,
    fit_weights,
    prior_weights,
    summed_pinball,
)
from ml_jobs.models.simplex import least_shares
from ml_jobs.negative_binomial import LEVELS, quantile
from tests.unit.ml_jobs.panels import panel_of

pytestmark = pytest.mark.ml

CLASSES = ("lumpy", "smooth")


def drawn(mean: np.ndarray, excess: float) -> np.ndarray:
    levels = np.array(LEVELS)
    return quantile(mean[:, None], np.full((1, 1), excess), np.ones((1, 1)), levels)


def samples_of(
    errors: Mapping[str, float], *, rows: int = 1500, seed: int = 1, shared: float = 0.0
) -> WeightSamples:
    """Members that see the true mean with an error of their own, and one they all share."""
    random = np.random.default_rng(seed)
    truth = random.gamma(2.0, 2.0, rows)
    common = np.exp(random.normal(0.0, shared, rows))
    seen = [truth * common * np.exp(random.normal(0.0, each, rows)) for each in errors.values()]
    return WeightSamples(
        members=tuple(errors),
        quantiles=np.stack([drawn(mean, 0.5) for mean in seen], axis=1),
        actual=random.poisson(truth).astype(np.float64),
        scale=np.maximum(truth, 0.1),
        groups=np.array(CLASSES)[random.integers(0, 2, rows)],
        ages=random.integers(0, 3, rows),
    )


def forecasts_of(samples: WeightSamples) -> dict[str, Forecasts]:
    """Each row as a series of one period; the mean is the median, for want of one."""
    return {
        name: Forecasts(samples.quantiles[:, place, 4:5], samples.quantiles[:, place, None, :])
        for place, name in enumerate(samples.members)
    }


def losses_of(samples: WeightSamples, weights: EnsembleWeights) -> tuple[float, list[float]]:
    members = forecasts_of(samples)
    found = combine(members, samples.groups, weights)
    each = [
        summed_pinball(samples.actual, member.quantiles[:, 0]).sum() for member in members.values()
    ]
    return float(summed_pinball(samples.actual, found.quantiles[:, 0]).sum()), each


@pytest.mark.parametrize(
    "errors",
    [
        {"gbm": 0.1, "lstm": 0.1, "imapa": 0.5},
        {"gbm": 0.1, "lstm": 0.8, "imapa": 1.2},
        {"tsb": 0.4, "imapa": 0.4, "mean": 0.4, "naive": 1.5},
        {"gbm": 0.2, "lstm": 0.21, "tsb": 0.22, "imapa": 0.23, "mean": 0.6},
    ],
)
@pytest.mark.parametrize("shared", [0.0, 0.3])
def test_on_rows_it_has_not_seen_the_ensemble_is_never_worse_than_its_best_member(
    errors: dict[str, float], shared: float
) -> None:
    weights = fit_weights(samples_of(errors, seed=1, shared=shared))

    found, each = losses_of(samples_of(errors, seed=2, shared=shared), weights)

    assert found <= 1.01 * min(each)


def test_members_whose_errors_differ_are_better_together_than_the_best_alone() -> None:
    errors = {"gbm": 0.5, "lstm": 0.5}
    weights = fit_weights(samples_of(errors, seed=1))

    found, each = losses_of(samples_of(errors, seed=2), weights)

    assert found < 0.97 * min(each)


def test_a_member_that_is_only_noise_gets_next_to_no_weight() -> None:
    weights = fit_weights(samples_of({"gbm": 0.1, "naive": 2.0}))

    assert weights.of("smooth", ("gbm", "naive"))[1] < 0.02


def test_weights_are_shares() -> None:
    samples = samples_of({"gbm": 0.3, "tsb": 0.4, "mean": 0.5})

    weights = fit_weights(samples)

    everything = [*weights.by_group.values(), *weights.pooled.values(), weights.overall]
    assert len(everything) == 4
    for each in everything:
        assert (each >= 0).all()
        assert each.sum() == pytest.approx(1.0)


def test_learning_twice_gives_the_same_weights() -> None:
    samples = samples_of({"gbm": 0.3, "tsb": 0.4, "mean": 0.5}, rows=500)

    first, again = fit_weights(samples), fit_weights(samples)

    assert first.notes() == again.notes()
    for key, weights in first.by_group.items():
        np.testing.assert_array_equal(weights, again.by_group[key])


def test_classes_with_much_data_part_from_the_pool_and_others_stay() -> None:
    """Smooth series are seen well by gbm, lumpy ones by tsb; only the latter are many."""
    many = samples_of({"gbm": 1.0, "tsb": 0.1}, rows=6000)
    few = samples_of({"gbm": 0.1, "tsb": 1.0}, rows=60)
    samples = joined(many, few, groups=("lumpy", "smooth"))

    weights = fit_weights(samples)

    both = ("gbm", "tsb")
    assert weights.of("lumpy", both)[1] > 0.9
    assert weights.of("smooth", both)[1] > 0.7
    assert weights.of("smooth", both)[1] < weights.of("lumpy", both)[1]


def joined(
    first: WeightSamples, second: WeightSamples, *, groups: tuple[str, str]
) -> WeightSamples:
    sizes = len(first.actual), len(second.actual)
    return WeightSamples(
        first.members,
        np.concatenate([first.quantiles, second.quantiles]),
        np.concatenate([first.actual, second.actual]),
        np.concatenate([first.scale, second.scale]),
        np.repeat(groups, sizes),
        np.concatenate([first.ages, second.ages]),
    )


def test_later_cutoffs_count_more_than_earlier_ones() -> None:
    late = samples_of({"gbm": 0.1, "tsb": 0.9}, rows=2000)
    early = samples_of({"gbm": 0.9, "tsb": 0.1}, rows=2000)

    def learnt(late_age: int, early_age: int) -> float:
        both = joined(late, early, groups=("smooth", "smooth"))
        ages = np.repeat([late_age, early_age], 2000)
        samples = WeightSamples(
            both.members, both.quantiles, both.actual, both.scale, both.groups, ages
        )
        return float(fit_weights(samples).overall[0])

    assert learnt(0, 4) > 0.75
    assert learnt(4, 0) < 0.25


def test_a_member_that_covers_a_part_is_weighed_on_that_part_alone() -> None:
    samples = samples_of({"arima": 0.1, "gbm": 0.6, "tsb": 0.7})
    samples.quantiles[:750, 0] = np.nan

    weights = fit_weights(samples)

    assert weights.of("smooth", ("arima", "gbm", "tsb"))[0] > 0.8
    without = weights.of("smooth", ("gbm", "tsb"))
    assert without[0] == 0.0
    assert without.sum() == pytest.approx(1.0)


def test_a_coverage_never_seen_takes_the_weights_of_those_that_cover() -> None:
    weights = fit_weights(samples_of({"gbm": 0.5, "tsb": 0.5, "mean": 0.5}))

    found = weights.of("smooth", ("tsb", "mean"))

    expected = weights.overall * [0.0, 1.0, 1.0]
    np.testing.assert_allclose(found, expected / expected.sum())


def test_a_class_never_seen_takes_the_weights_of_all_classes_together() -> None:
    weights = fit_weights(samples_of({"gbm": 0.4, "tsb": 0.5}))

    found = weights.of("erratic", ("gbm", "tsb"))

    np.testing.assert_array_equal(found, weights.pooled["gbm", "tsb"])


def test_without_an_earlier_cutoff_the_prior_stands() -> None:
    nothing = samples_of({"naive": 1.0, "gbm": 0.5, "lstm": 0.5, "tsb": 0.5}, rows=0)

    weights = fit_weights(nothing)

    np.testing.assert_array_equal(weights.overall, [0.0, 0.5, 0.5, 0.0])
    np.testing.assert_array_equal(weights.of("smooth", ("naive", "tsb")), [0.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(weights.of("smooth", ("naive",)), [1.0, 0.0, 0.0, 0.0])
    assert weights.notes() == prior_weights(nothing.members).notes()


def test_where_no_member_is_of_the_prior_all_share_alike() -> None:
    weights = prior_weights(("naive", "mean"))

    np.testing.assert_array_equal(weights.of("smooth", ("naive", "mean")), [0.5, 0.5])


def test_members_that_cannot_be_told_apart_keep_the_prior() -> None:
    samples = samples_of({"gbm": 0.3, "lstm": 0.3})
    samples.quantiles[:, 1] = samples.quantiles[:, 0]

    weights = fit_weights(samples)

    np.testing.assert_allclose(weights.of("smooth", samples.members), [0.5, 0.5])


def test_demand_that_never_was_teaches_nothing_and_harms_nothing() -> None:
    samples = samples_of({"gbm": 0.3, "lstm": 0.3}, rows=50)
    silent = WeightSamples(
        samples.members,
        np.zeros_like(samples.quantiles),
        np.zeros(50),
        np.zeros(50),
        samples.groups,
        samples.ages,
    )

    weights = fit_weights(silent)

    np.testing.assert_allclose(weights.of("smooth", silent.members), [0.5, 0.5])


def test_rows_without_a_scale_count_in_units() -> None:
    samples = samples_of({"gbm": 0.1, "tsb": 1.0})
    samples.scale[:] = np.nan

    assert fit_weights(samples).overall[0] > 0.9


def test_the_average_is_ordered_not_negative_and_between_its_members() -> None:
    samples = samples_of({"gbm": 0.5, "tsb": 0.5, "mean": 0.9}, rows=400)
    members = forecasts_of(samples)

    found = combine(members, samples.groups, fit_weights(samples))

    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=2) >= 0).all()
    stacked = np.stack([member.quantiles for member in members.values()])
    assert (found.quantiles >= stacked.min(axis=0) - 1e-9).all()
    assert (found.quantiles <= stacked.max(axis=0) + 1e-9).all()


def test_quantiles_are_whole_lots() -> None:
    panel = panel_of([[1.0, 2.0] * 20, [0.1, 0.3] * 20])
    levels = np.tile(np.linspace(0.0, 9.0, 10), (2, 1, 1)) * np.array([1.0, 0.11])[:, None, None]
    members = {
        "gbm": Forecasts(levels[..., 4], levels),
        "lstm": Forecasts(levels[..., 4], levels**2),
    }

    found = ensemble_forecasts(members, panel, prior_weights(("gbm", "lstm")), NETWORK_ONLY)

    exact = combine(members, demand_classes(panel), prior_weights(("gbm", "lstm")))
    for row, lot in enumerate((1.0, 0.1)):
        counts = found.quantiles[row] / lot
        np.testing.assert_allclose(counts, np.rint(counts), atol=1e-9)
        np.testing.assert_allclose(found.quantiles[row], exact.quantiles[row], atol=lot / 2)
    np.testing.assert_allclose(found.mean[:, 0], [4.0, 0.44])


def test_a_series_that_ended_is_left_to_a_member_that_forgets() -> None:
    ended, going_on = [20.0] * 100 + [0.0] * 400, [20.0] * 500
    panel = panel_of([ended, going_on])
    levels = np.tile(np.linspace(0.0, 9.0, 10), (2, 1, 1))
    members = {
        "mean": Forecasts(np.full((2, 1), 5.0), levels),
        "imapa": Forecasts(np.zeros((2, 1)), 0 * levels),
    }
    half = EnsembleWeights(("mean", "imapa"), {}, {}, np.array([0.5, 0.5]))

    found = ensemble_forecasts(members, panel, half, NETWORK_ONLY)

    assert found.mean[:, 0].tolist() == [0.0, 2.5]
    assert found.quantiles[0].max() == 0.0


def test_a_series_is_combined_of_the_members_that_cover_it() -> None:
    levels = np.linspace(0.0, 9.0, 10)
    covering = Forecasts(np.full((3, 2), 4.0), np.tile(levels, (3, 2, 1)))
    partly = Forecasts(np.full((3, 2), 8.0), np.tile(2 * levels, (3, 2, 1)))
    members = {
        "gbm": covering.without(np.array([False, False, True])),
        "arima": partly.without(np.array([False, True, True])),
    }
    weights = EnsembleWeights(("gbm", "arima"), {}, {}, np.array([0.25, 0.75]))

    found = combine(members, np.array(["smooth"] * 3), weights)

    np.testing.assert_allclose(found.mean[:2, 0], [7.0, 4.0])
    np.testing.assert_allclose(found.quantiles[0, 0], 1.75 * levels)
    assert found.covered.tolist() == [True, True, False]
    assert np.isnan(found.quantiles[2]).all()


def test_a_member_that_has_weight_but_did_not_run_is_made_up_for_by_the_others() -> None:
    weights = EnsembleWeights(("gbm", "tsb"), {}, {}, np.array([0.9, 0.1]))
    alone = {"tsb": Forecasts(np.ones((1, 1)), np.ones((1, 1, 10)))}

    found = combine(alone, np.array(["smooth"]), weights)

    assert found.mean[0, 0] == pytest.approx(1.0)


def test_thinning_does_not_follow_the_order_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """One member is right in every third row, the other in the two between."""
    samples = samples_of({"gbm": 0.1, "tsb": 1.0}, rows=3000)
    swapped = samples.quantiles[:, ::-1].copy()
    samples.quantiles[::3] = swapped[::3]
    whole = fit_weights(samples)

    monkeypatch.setattr(ensemble_weights, "MOST_ROWS", 1000)
    thinned = fit_weights(samples)

    assert 0.5 < whole.overall[0] < 0.95
    np.testing.assert_allclose(thinned.overall, whole.overall, atol=0.12)
    assert (thinned.overall != whole.overall).any()


@pytest.mark.parametrize("seed", range(4))
def test_the_least_shares_are_those_of_a_search_over_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    at, slopes = random.normal(size=(40, 3)), random.normal(size=40)

    def loss(shares: np.ndarray) -> tuple[float, np.ndarray]:
        error = at @ shares - slopes
        return float(np.abs(error).sum()), np.sign(error) @ at

    found = least_shares(loss, np.full(3, 1 / 3))

    steps = np.linspace(0, 1, 101)
    grid = [(a, b, 1 - a - b) for a, b in itertools.product(steps, steps) if a + b <= 1]
    assert loss(found)[0] <= min(loss(np.array(each))[0] for each in grid) * 1.0002
