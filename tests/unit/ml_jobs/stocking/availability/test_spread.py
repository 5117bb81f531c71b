"""How many towers stand still in a month: held against draws of every part."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.stocking.availability.spread import Cumulants
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import drawn_worth

pytestmark = pytest.mark.ml

PARTS, DRAWS = 400, 4000


def standing_still(worth: Worth, stock: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Towers that stand still in each of many months drawn."""
    random = np.random.default_rng(5)
    excess = worth.demand.excess
    asked = random.negative_binomial(
        worth.demand.mean / excess, 1 / (1 + excess), (DRAWS, len(stock))
    )
    return np.maximum(asked - stock, 0.0) @ shares


@pytest.mark.parametrize("price", [1e-2, 1e-3])
def test_its_spread_is_that_of_months_drawn(price: float) -> None:
    worth = drawn_worth(PARTS, 11)
    shares = worth.hours / 730.0
    stock = worth.level_at(price)
    each = worth.backorders(stock)
    whole = Cumulants(
        (each.mean * shares).sum(keepdims=True),
        (each.variance * shares**2).sum(keepdims=True),
        (each.third * shares**3).sum(keepdims=True),
    )

    drawn = standing_still(worth, stock, shares)

    assert whole.mean[0] == pytest.approx(drawn.mean(), rel=0.03)
    for level in (0.05, 0.5, 0.95):
        expected = np.quantile(drawn, level)
        assert whole.quantile(level)[0] == pytest.approx(expected, rel=0.08, abs=0.05 * drawn.std())
    most = np.quantile(drawn, 0.8, keepdims=True)
    assert whole.chance_within(most)[0] == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("price", [1e-2, 1e-3])
def test_the_mean_up_to_a_cap_is_that_of_months_drawn(price: float) -> None:
    worth = drawn_worth(PARTS, 11)
    shares = worth.hours / 730.0
    stock = worth.level_at(price)
    whole = worth.backorders(stock).together(shares[None, :])

    drawn = standing_still(worth, stock, shares)

    for level in (0.02, 0.3, 0.6, 0.95):
        most = np.quantile(drawn, level, keepdims=True)
        expected = np.minimum(drawn, most).mean()
        assert whole.mean_up_to(most)[0] == pytest.approx(expected, rel=0.03)


def test_a_cap_takes_nothing_off_where_it_is_never_reached_and_all_where_it_is_nothing() -> None:
    varies = Cumulants(np.full(3, 5.0), np.full(3, 9.0), np.full(3, 40.0))

    found = varies.mean_up_to(np.array([np.inf, 1e9, 0.0]))

    np.testing.assert_allclose(found, [5.0, 5.0, 0.0], atol=1e-12)


def test_a_distribution_that_begins_beyond_the_cap_counts_as_the_cap() -> None:
    # It begins at 5.7: 10 less what a lognormal of this spread and skewness has above its start.
    late = Cumulants(np.array([10.0]), np.array([4.0]), np.array([12.0]))

    assert late.mean_up_to(np.array([3.0]))[0] == 3.0


def test_parts_that_each_stands_for_several_add_up() -> None:
    each = Cumulants(np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0]))

    found = each.together(np.array([[0.5, 1.0], [0.0, 2.0]]), 10.0)

    assert found.mean.tolist() == [25.0, 40.0]
    assert found.variance.tolist() == [10.0 * (0.25 * 3 + 4), 10.0 * 4 * 4]
    assert found.third.tolist() == [10.0 * (0.125 * 5 + 6), 10.0 * 8 * 6]


def test_moments_are_those_of_draws() -> None:
    worth = drawn_worth(3, 12)
    stock = np.array([0.0, 1.0, 2.0])
    random = np.random.default_rng(6)
    excess = worth.demand.excess
    asked = random.negative_binomial(worth.demand.mean / excess, 1 / (1 + excess), (400_000, 3))
    waiting = np.maximum(asked - stock, 0.0)

    found = worth.backorders(stock)

    np.testing.assert_allclose(found.mean, waiting.mean(axis=0), rtol=0.05, atol=0.005)
    np.testing.assert_allclose(found.variance, waiting.var(axis=0), rtol=0.1, atol=0.02)
    third = ((waiting - waiting.mean(axis=0)) ** 3).mean(axis=0)
    np.testing.assert_allclose(found.third, third, rtol=0.3, atol=0.1)


def test_what_never_varies_has_its_mean_for_every_quantile() -> None:
    sure = Cumulants(np.array([3.0]), np.zeros(1), np.zeros(1))

    assert sure.quantile(0.05)[0] == sure.quantile(0.95)[0] == 3.0
    assert sure.chance_within(np.array([2.9]))[0] == 0.0
    assert sure.chance_within(np.array([3.0]))[0] == 1.0
    assert sure.mean_up_to(np.array([2.9]))[0] == 2.9
    assert sure.mean_up_to(np.array([np.inf]))[0] == 3.0
