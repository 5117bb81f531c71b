"""The buy list: never beaten at its own cost by any other way to spend it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.buying import Steps, ranked, steps_of
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import drawn_worth, levels_with

pytestmark = pytest.mark.ml


def bought(steps: Steps, count: int, series: int) -> FloatArray:
    """The units of each series after the first *count* steps."""
    return np.bincount(steps.series[:count], weights=steps.quantity[:count], minlength=series)


def best_of(worth: Worth, most_steps: int, first: FloatArray, then: FloatArray) -> list[tuple]:
    """Cost and hours down of every way to buy up to so many steps of each series."""
    choices = []
    for n in range(len(worth.hours)):
        quantities = [0.0, *(first[n] + then[n] * np.arange(most_steps))]
        one = worth.rows(np.array([n]))
        choices.append(
            [(q * worth.unit_cost[n], one.hours_down(np.array([q]))[0]) for q in quantities]
        )
    return [(sum(c for c, _ in each), sum(h for _, h in each)) for each in product(*choices)]


@pytest.mark.parametrize("seed", range(25))
def test_nothing_that_costs_no_more_avoids_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    worth = drawn_worth(3, 1000 + seed)
    multiple = random.choice([1.0, 2.0, 5.0], 3)
    minimum = multiple * random.choice([0.0, 1.0, 3.0], 3)
    first = np.maximum(minimum, multiple)
    steps = ranked(steps_of(worth, levels_with(np.zeros(3), minimum, multiple), least_per_money=0))
    ways = best_of(worth, 6, first, multiple)

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
