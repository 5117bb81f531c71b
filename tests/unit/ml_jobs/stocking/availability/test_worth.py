"""What stock is worth: held against direct sums, and against buying unit by unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.stocking.availability.tails import Tails
from tests.unit.ml_jobs.stocking.availability.demands import demand_of, drawn_worth, worth_of
from tests.unit.ml_jobs.stocking.availability.oracles import direct_backorders

pytestmark = pytest.mark.ml

ONE = np.ones(1)


@given(mean=st.floats(0.001, 60), excess=st.floats(0.05, 30), stock=st.integers(0, 80))
def test_backorders_are_their_direct_sum(mean: float, excess: float, stock: int) -> None:
    worth = worth_of(demand_of(mean * ONE, excess * ONE), ONE, ONE, Tails.as_forecast())

    found = worth.expected_backorders(stock * ONE)[0]

    assert found == pytest.approx(direct_backorders(mean, excess, stock), rel=1e-9, abs=1e-9)


@given(mean=st.floats(0.001, 60), excess=st.floats(0.05, 30), stock=st.integers(0, 80))
def test_backorders_are_the_expected_shortage_of_the_distribution(
    mean: float, excess: float, stock: int
) -> None:
    demand = demand_of(mean * ONE, excess * ONE)
    worth = worth_of(demand, ONE, ONE, Tails.as_forecast())

    found = worth.expected_backorders(stock * ONE)

    np.testing.assert_allclose(found, demand.expected_shortage(stock * ONE), rtol=1e-8, atol=1e-9)


def test_a_unit_avoids_what_it_takes_off_the_backorders() -> None:
    worth = drawn_worth(500, 1)
    stock = np.arange(500) % 7 + 0.0

    avoided = worth.avoided_by_next(stock)

    np.testing.assert_allclose(
        avoided, worth.hours_down(stock) - worth.hours_down(stock + 1), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("price", [1e-6, 1e-4, 1e-3, 1e-2, 1.0])
def test_the_level_at_a_price_is_where_the_next_unit_is_not_worth_it(price: float) -> None:
    worth = drawn_worth(2000, 2)

    level = worth.level_at(price)

    asked = price * worth.unit_cost
    assert (worth.avoided_by_next(level) <= asked * (1 + 1e-9)).all()
    held = level > 0
    assert held.any() or price == 1.0
    assert (worth.avoided_by_next(level - 1)[held] > asked[held] * (1 - 1e-9)).all()


def test_what_has_no_cost_or_no_tower_is_not_held() -> None:
    demand = demand_of(np.full(3, 5.0), np.ones(3))
    worth = worth_of(
        demand, np.array([1.0, 0.0, 1.0]), np.array([np.nan, 10.0, 10.0]), Tails.as_forecast()
    )

    level = worth.level_at(1e-3)

    assert level[0] == level[1] == 0.0
    assert level[2] > 0.0


def test_what_costs_nothing_is_held_to_a_small_chance() -> None:
    worth = worth_of(demand_of(5.0 * ONE, ONE), ONE, 0.0 * ONE, Tails.as_forecast())

    level = worth.level_at(1e-3)

    assert worth.chance_of_more(level)[0] <= 1e-4 < worth.chance_of_more(level - 1)[0]


def test_what_is_owed_already_waits() -> None:
    worth = worth_of(demand_of(5.0 * ONE, ONE), ONE, ONE, Tails.as_forecast())

    assert worth.expected_backorders(-3.0 * ONE)[0] == pytest.approx(8.0)


def test_between_two_lots_what_waits_lies_between_theirs() -> None:
    demand = demand_of(5.0 * ONE, ONE, lot=0.5)
    worth = worth_of(demand, ONE, ONE, Tails.as_forecast())

    found = worth.expected_backorders(2.3 * ONE)

    np.testing.assert_allclose(found, demand.expected_shortage(2.3 * ONE), rtol=1e-9)


def test_no_demand_waits_for_nothing() -> None:
    worth = worth_of(demand_of(0.0 * ONE, ONE), ONE, ONE, Tails.as_forecast())

    assert worth.expected_backorders(0.0 * ONE)[0] == 0.0
    assert worth.level_at(1e-9)[0] == 0.0


def test_dearer_parts_all_alike_change_no_order() -> None:
    worth = drawn_worth(300, 3)
    twice = worth_of(worth.demand, worth.hours, 2 * worth.unit_cost, worth.tails)

    np.testing.assert_array_equal(worth.level_at(2e-3), twice.level_at(1e-3))


def test_where_parts_cost_and_do_the_same_all_get_one_service_level() -> None:
    drawn = drawn_worth(300, 4)
    ones = np.ones(300)
    worth = worth_of(drawn.demand, 73.0 * ones, 100.0 * ones, drawn.tails)

    for level in (0.8, 0.95, 0.99):
        found = worth.level_at((1.0 - level) * 73.0 / 100.0)

        everywhere = drawn.demand.quantile(level * ones)
        assert found.sum() == pytest.approx(everywhere.sum(), rel=0.01)
        np.testing.assert_allclose(found, everywhere, atol=1)


def test_what_costs_twice_as_much_to_hold_is_held_as_if_it_cost_twice_as_much() -> None:
    worth = drawn_worth(300, 8)
    held = replace(worth, holding_factor=np.full(300, 2.0))
    dearer = replace(worth, unit_cost=2.0 * worth.unit_cost)

    np.testing.assert_array_equal(held.level_at(1e-4), dearer.level_at(1e-4))
    assert (held.level_at(1e-4) < worth.level_at(1e-4)).any()


def test_what_costs_nothing_to_hold_is_held_as_what_costs_nothing() -> None:
    worth = drawn_worth(300, 9)
    free = replace(worth, holding_factor=np.zeros(300))
    given_away = replace(worth, unit_cost=np.zeros(300))

    np.testing.assert_array_equal(free.level_at(1e-2), given_away.level_at(1e-2))
