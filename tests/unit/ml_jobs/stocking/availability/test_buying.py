"""The buy list: never beaten at its own cost by any other way to spend it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.stocking.availability.buying import ranked, steps_of
from ml_jobs.stocking.availability.tails import Tails
from tests.unit.ml_jobs.stocking.availability.demands import (
    demand_of,
    drawn_worth,
    levels_with,
    worth_of,
)
from tests.unit.ml_jobs.stocking.availability.oracles import bought, every_way

pytestmark = pytest.mark.ml


@pytest.mark.parametrize("seed", range(25))
def test_nothing_that_costs_no_more_avoids_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    worth = drawn_worth(3, 1000 + seed)
    multiple = random.choice([1.0, 2.0, 5.0], 3)
    minimum = multiple * random.choice([0.0, 1.0, 3.0], 3)
    first = np.maximum(minimum, multiple)
    steps = ranked(steps_of(worth, levels_with(np.zeros(3), minimum, multiple), least_per_money=0))
    ways = every_way(worth, 6, first, multiple)

    checked = 0
    for count in range(len(steps.series) + 1):
        units = bought(steps, count, 3)
        taken = np.bincount(steps.series[:count], minlength=3)
        if (taken > 6).any():
            break
        cost, down = float((units * worth.unit_cost).sum()), float(worth.hours_down(units).sum())
        least = min(hours for spent, hours in ways if spent <= cost * (1 + 1e-12))
        assert down <= least * (1 + 1e-9)
        checked += 1
    assert checked > 1


def test_what_a_step_avoids_for_its_cost_only_falls() -> None:
    worth = drawn_worth(200, 5)

    steps = ranked(steps_of(worth, levels_with(np.zeros(200)), least_per_money=1e-5))

    assert (np.diff(steps.per_money) <= 1e-12).all()
    for series in np.unique(steps.series)[:20]:
        assert (np.diff(steps.stock[steps.series == series]) > 0).all()


def test_all_steps_worth_a_price_make_the_level_at_that_price() -> None:
    worth, price = drawn_worth(400, 6), 3e-4

    steps = steps_of(worth, levels_with(np.zeros(400)), least_per_money=price)

    np.testing.assert_array_equal(bought(steps, len(steps.series), 400), worth.level_at(price))


def test_avoided_hours_add_up_to_those_that_are_gone() -> None:
    worth = drawn_worth(100, 7)
    steps = steps_of(worth, levels_with(np.zeros(100)), least_per_money=1e-4)

    units = bought(steps, len(steps.series), 100)

    gone = worth.hours_down(np.zeros(100)) - worth.hours_down(units)
    assert steps.avoided.sum() == pytest.approx(gone.sum(), rel=1e-9)


def test_stock_that_is_there_is_not_bought_again() -> None:
    worth = drawn_worth(50, 8)
    level = worth.level_at(1e-4)

    assert len(steps_of(worth, levels_with(level), least_per_money=1e-4).series) == 0


def test_the_first_step_is_the_minimum_order_in_whole_multiples() -> None:
    worth = drawn_worth(1, 9)

    steps = steps_of(
        worth, levels_with(np.zeros(1), np.array([5.0]), np.array([4.0])), least_per_money=0.0
    )

    assert steps.quantity[:3].tolist() == [8.0, 4.0, 4.0]
    assert steps.stock[:3].tolist() == [0.0, 8.0, 12.0]


def test_the_list_is_the_same_where_all_parts_cost_twice_as_much() -> None:
    worth, levels = drawn_worth(100, 10), levels_with(np.zeros(100))
    dearer = worth_of(worth.demand, worth.hours, 2 * worth.unit_cost, worth.tails)

    found = ranked(steps_of(worth, levels, least_per_money=2e-4))
    twice = ranked(steps_of(dearer, levels, least_per_money=1e-4))

    np.testing.assert_array_equal(found.series, twice.series)
    np.testing.assert_array_equal(found.stock, twice.stock)
    np.testing.assert_allclose(2 * found.cost, twice.cost)


def test_a_part_that_two_contracts_share_alike_is_bought_as_one() -> None:
    worth, levels = drawn_worth(100, 11), levels_with(np.zeros(100))
    shares = np.stack([worth.hours / 2, worth.hours / 2])
    shared = worth_of(worth.demand, np.ones(2) @ shares, worth.unit_cost, worth.tails)

    found = ranked(steps_of(worth, levels, least_per_money=1e-4))
    both = ranked(steps_of(shared, levels, least_per_money=1e-4))

    np.testing.assert_array_equal(found.series, both.series)
    np.testing.assert_array_equal(found.avoided, both.avoided)


def test_steps_that_avoid_the_same_stay_in_their_order() -> None:
    # Far below what is asked for, each unit avoids the same but for how differences are rounded.
    random = np.random.default_rng(12)
    mean, excess = random.uniform(100.0, 300.0, 20), random.uniform(0.1, 3.0, 20)
    drawn = demand_of(mean, excess)
    worth = worth_of(drawn, random.uniform(1, 400, 20), mean, Tails.as_forecast())

    steps = ranked(steps_of(worth, levels_with(np.zeros(20)), least_per_money=1e-5))

    for series in range(20):
        assert (np.diff(steps.stock[steps.series == series]) > 0).all()
    assert (np.diff(steps.per_money) <= 0).all()


def test_a_series_ends_where_a_unit_is_not_worth_what_it_costs_to_hold() -> None:
    worth = drawn_worth(200, 13)
    held = replace(worth, holding_factor=np.where(np.arange(200) % 2, 5.0, 1.0))

    steps = steps_of(held, levels_with(np.zeros(200)), least_per_money=1e-4)

    np.testing.assert_array_equal(bought(steps, len(steps.series), 200), held.level_at(1e-4))
    assert (np.diff(ranked(steps).per_money) <= 0).all()
