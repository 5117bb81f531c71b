"""Prices of contracts: every target is met, at little more than the least that stock can cost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.contracts import contract_prices
from ml_jobs.stocking.availability.tails import Tails
from tests.unit.ml_jobs.stocking.availability.demands import demand_of, drawn_worth, worth_of

pytestmark = pytest.mark.ml

PARTS = 300


class Fleet:
    """Parts of which each contract has a share, and what stock at given prices leaves down."""

    def __init__(self, contracts: int, seed: int, parts: int = PARTS) -> None:
        random = np.random.default_rng(seed)
        drawn = drawn_worth(parts, seed)
        self.worth = worth_of(drawn.demand, np.ones(parts), drawn.unit_cost, drawn.tails)
        self.towers = random.dirichlet(np.ones(contracts), parts).T * random.choice(
            [0.01, 0.1, 0.5], parts
        )

    def stock(self, prices: FloatArray) -> FloatArray:
        each = self.worth
        weighed = worth_of(each.demand, prices @ self.towers, each.unit_cost, each.tails)
        return weighed.level_at(1.0)

    def down(self, prices: FloatArray) -> FloatArray:
        return self.towers @ self.worth.expected_backorders(self.stock(prices))

    def cost(self, stock: FloatArray) -> float:
        return float((stock * self.worth.unit_cost).sum())

    def least_cost(self, allowed: FloatArray, most: int = 120) -> float:
        """The cost of a linear program in which parts of units can be bought: a lower bound."""
        units = np.arange(most, dtype=float)
        gains = np.stack(
            [self.worth.chance_of_more(np.full(len(self.worth.hours), u)) for u in units], axis=1
        )
        start = self.worth.expected_backorders(np.zeros(len(self.worth.hours)))
        avoided = (self.towers[:, :, None] * gains[None]).reshape(len(self.towers), -1)
        answer = linprog(
            np.repeat(self.worth.unit_cost, most),
            A_ub=sparse.csr_matrix(-avoided),
            b_ub=allowed - self.towers @ start,
            bounds=(0, 1),
            method="highs",
        )
        assert answer.success
        return float(answer.fun)


@pytest.mark.parametrize("contracts", [1, 2, 4])
def test_targets_are_met_near_the_least_cost(contracts: int) -> None:
    fleet = Fleet(contracts, seed=contracts)
    start = fleet.down(np.zeros(contracts))
    allowed = start * np.linspace(0.05, 0.2, contracts)

    prices = contract_prices(fleet.down, allowed)

    stock = fleet.stock(prices)
    assert (fleet.down(prices) <= allowed).all()
    # Units are whole: one of 300 parts more or less.
    assert fleet.cost(stock) <= fleet.least_cost(allowed) * 1.01


def test_a_target_that_is_met_without_stock_has_no_price() -> None:
    fleet = Fleet(2, seed=3)
    allowed = fleet.down(np.zeros(2)) * np.array([2.0, 0.1])

    prices = contract_prices(fleet.down, allowed)

    assert prices[0] == 0.0
    assert prices[1] > 0.0


def test_a_target_that_nothing_meets_has_no_end_of_a_price() -> None:
    def always_two(prices: FloatArray) -> FloatArray:
        return np.full(len(prices), 2.0)

    assert contract_prices(always_two, np.ones(1)).tolist() == [np.inf]


def test_splitting_a_fleet_in_two_alike_changes_nothing() -> None:
    one = Fleet(1, seed=4)
    two = Fleet(1, seed=4)
    two.towers = np.concatenate([one.towers / 2, one.towers / 2])
    allowed = one.down(np.zeros(1)) * 0.1

    whole = contract_prices(one.down, allowed)
    halves = contract_prices(two.down, np.repeat(allowed / 2, 2))

    np.testing.assert_array_equal(one.stock(whole), two.stock(halves))


def test_parts_that_are_all_alike_get_one_level() -> None:
    alike = np.ones(50)
    worth = worth_of(demand_of(3 * alike, alike), 10 * alike, 100 * alike, Tails.as_forecast())

    assert len(np.unique(worth.level_at(1e-2))) == 1
