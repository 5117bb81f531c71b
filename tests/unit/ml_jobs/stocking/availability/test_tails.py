"""Tails as they turned out: counted in the past, monotone, and honest about what wasn't seen."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.stocking.availability.tails import (
    CHANCES,
    LEAST_SEEN,
    Tails,
    TailTally,
    learn_tails,
    tail_tally,
)
from tests.unit.ml_jobs.stocking.availability.demands import demand_of, drawn_worth, worth_of

pytestmark = pytest.mark.ml

SERIES = 40_000


def tally_where_the_mean_is(factor: float, mean: float = 1.0, excess: float = 1.0) -> TailTally:
    """Windows of a demand whose true mean is *factor* times the one forecast."""
    random = np.random.default_rng(3)
    shape = factor * mean / excess
    actual = random.negative_binomial(shape, 1 / (1 + excess), SERIES).astype(float)
    demand = demand_of(np.full(SERIES, mean), np.full(SERIES, excess))
    return tail_tally(demand, actual, np.ones(SERIES, bool))


def test_a_forecast_that_is_right_keeps_its_tails() -> None:
    tails = learn_tails([tally_where_the_mean_is(1.0)])
    chance = np.array([0.4, 0.1, 0.01, 0.002])

    came = tails.of(chance, np.full(4, 1))

    assert (np.abs(came - chance) < 4 * np.sqrt(chance / SERIES)).all()


def test_a_forecast_that_is_low_gets_heavier_tails() -> None:
    tails = learn_tails([tally_where_the_mean_is(1.5)])
    chance = np.array([0.4, 0.1, 0.01, 0.001])

    assert (tails.of(chance, np.full(4, 1)) > 1.2 * chance).all()


def test_tallies_of_partitions_add_up_to_that_of_the_whole() -> None:
    random = np.random.default_rng(5)
    worth = drawn_worth(200, 4)
    actual = random.poisson(3.0, 200).astype(float)
    counted = np.ones(200, bool)

    whole = tail_tally(worth.demand, actual, counted)
    left = np.arange(200) < 80
    parts = tail_tally(worth.demand, actual, left) + tail_tally(worth.demand, actual, ~left)

    np.testing.assert_allclose(parts.beyond, whole.beyond)
    np.testing.assert_array_equal(parts.windows, whole.windows)


def test_a_window_that_is_not_over_is_not_counted() -> None:
    demand = demand_of(np.ones(2), np.ones(2))

    tally = tail_tally(demand, np.array([np.nan, 1.0]), np.ones(2, bool))

    assert tally.windows.sum() == 1


def test_only_what_was_counted_is_supported() -> None:
    tails = learn_tails([tally_where_the_mean_is(1.0)])
    last = CHANCES[tails.supported[1] - 1]

    assert SERIES * last >= LEAST_SEEN * 0.8
    supported = tails.is_supported(np.array([0.5, last, last / 2]), np.full(3, 1))
    assert supported.tolist() == [True, True, False]
    assert not tails.is_supported(np.array([0.5]), np.array([4])).any()


@pytest.mark.parametrize("factor", [0.7, 1.0, 2.0])
def test_what_was_not_counted_stays_the_same_multiple_of_the_model_s(factor: float) -> None:
    tails = learn_tails([tally_where_the_mean_is(factor)])
    last = CHANCES[tails.supported[1] - 1]
    far = last * np.array([1.0, 0.3, 1e-3, 1e-8])

    came = tails.of(far, np.full(4, 1))

    np.testing.assert_allclose(came / far, came[0] / last, rtol=1e-9)


def test_a_class_with_few_windows_goes_on_from_the_little_that_it_counted() -> None:
    random = np.random.default_rng(7)
    actual = random.negative_binomial(2.0, 0.5, 100).astype(float)
    demand = demand_of(np.ones(100), np.ones(100))

    tails = learn_tails([tail_tally(demand, actual, np.ones(100, bool))])

    last = CHANCES[tails.supported[1] - 1]
    assert last > 0.01
    ratio = tails.of(np.array([last]), np.ones(1, np.int64)) / last
    assert ratio > 1.2
    np.testing.assert_allclose(
        tails.of(np.array([1e-6]), np.ones(1, np.int64)), 1e-6 * ratio, rtol=1e-9
    )


def test_without_windows_the_model_is_believed() -> None:
    chance = np.geomspace(1e-9, 1.0, 50)
    tails = learn_tails([])

    np.testing.assert_allclose(tails.of(chance, np.zeros(50, np.int64)), chance, rtol=1e-9)


@pytest.mark.parametrize("factor", [0.7, 1.0, 2.0])
def test_more_demand_is_never_likelier_than_less(factor: float) -> None:
    tails = learn_tails([tally_where_the_mean_is(factor)])
    chance = np.geomspace(1e-9, 1.0, 400)

    came = tails.of(chance, np.full(400, 1))

    assert (np.diff(came) >= 0).all()
    assert came[0] >= 0.0
    assert came[-1] == 1.0


def test_the_model_chance_of_what_came_is_its_inverse() -> None:
    tails = learn_tails([tally_where_the_mean_is(1.5)])
    chance = np.geomspace(1e-8, 0.9, 100)
    classes = np.full(100, 1)

    back = tails.asked_for(tails.of(chance, classes), classes)

    np.testing.assert_allclose(back, chance, rtol=1e-6)


@pytest.mark.parametrize("price", [1e-5, 1e-3])
def test_the_level_at_a_price_holds_with_learnt_tails_too(price: float) -> None:
    drawn = drawn_worth(1000, 2)
    tails = learn_tails([tally_where_the_mean_is(1.5)])
    worth = worth_of(drawn.demand, drawn.hours, drawn.unit_cost, tails)

    level = worth.level_at(price)

    asked = price * worth.unit_cost
    assert (worth.avoided_by_next(level) <= asked * (1 + 1e-6)).all()
    held = level > 0
    assert (worth.avoided_by_next(level - 1)[held] > asked[held] * (1 - 1e-6)).all()


def test_tails_as_forecast_support_nothing() -> None:
    assert not Tails.as_forecast().is_supported(np.array([0.5]), np.array([0])).any()
