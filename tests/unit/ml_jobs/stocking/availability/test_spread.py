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
