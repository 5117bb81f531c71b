"""Prices of contracts: every target is met, at little more than the least that stock can cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.contracts import contract_prices
from ml_jobs.stocking.availability.tails import Tails
from tests.unit.ml_jobs.stocking.availability.demands import demand_of, worth_of
from tests.unit.ml_jobs.stocking.availability.oracles import SharedParts

pytestmark = pytest.mark.ml


@pytest.mark.parametrize("contracts", [1, 2, 4])
def test_targets_are_met_near_the_least_cost(contracts: int) -> None:
    fleet = SharedParts.drawn(contracts, seed=contracts)
    start = fleet.down(np.zeros(contracts))
    allowed = start * np.linspace(0.05, 0.2, contracts)

    prices = contract_prices(fleet.down, allowed, fleet.cost_at)

    stock = fleet.stock(prices)
    assert (fleet.down(prices) <= allowed).all()
    # Units are whole: one of 300 parts more or less.
    assert fleet.cost(stock) <= fleet.least_cost(allowed) * 1.01


@pytest.mark.parametrize("seed", range(1, 5))
def test_targets_are_met_where_contracts_share_parts_unevenly(seed: int) -> None:
    fleet = SharedParts.drawn(3, seed, evenness=0.5)
    allowed = fleet.down(np.zeros(3)) * np.array([0.2, 0.1, 0.05])

    prices = contract_prices(fleet.down, allowed, fleet.cost_at)

    assert (fleet.down(prices) <= allowed).all()


def test_a_target_that_is_met_without_stock_has_no_price() -> None:
    fleet = SharedParts.drawn(2, seed=3)
    allowed = fleet.down(np.zeros(2)) * np.array([2.0, 0.1])

    prices = contract_prices(fleet.down, allowed, fleet.cost_at)

    assert prices[0] == 0.0
    assert prices[1] > 0.0


def test_a_target_that_nothing_meets_has_no_end_of_a_price() -> None:
    def always_two(prices: FloatArray) -> FloatArray:
        return np.full(len(prices), 2.0)

    assert contract_prices(always_two, np.ones(1), np.sum).tolist() == [np.inf]


def test_splitting_a_fleet_in_two_alike_changes_nothing() -> None:
    one = SharedParts.drawn(1, seed=4)
    two = replace(one, towers=np.concatenate([one.towers / 2, one.towers / 2]))
    allowed = one.down(np.zeros(1)) * 0.1

    whole = contract_prices(one.down, allowed, one.cost_at)
    halves = contract_prices(two.down, np.repeat(allowed / 2, 2), two.cost_at)

    np.testing.assert_array_equal(one.stock(whole), two.stock(halves))


def test_parts_that_are_all_alike_get_one_level() -> None:
    alike = np.ones(50)
    worth = worth_of(demand_of(3 * alike, alike), 10 * alike, 100 * alike, Tails.as_forecast())

    assert len(np.unique(worth.level_at(1e-2))) == 1
