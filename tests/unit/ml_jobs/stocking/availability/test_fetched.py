"""Parts that are fetched when there are none, beside those that wait for the next delivery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.buying import steps_of
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.waiting import fetched_lots, waited
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import demand_of, levels_with, worth_of

pytestmark = pytest.mark.ml

ONE = np.ones(1)
MONTHLY, HOURS = 2.0, 72.0
MOST = 600
MEANS, EXCESSES = st.floats(0.2, 25), st.floats(0.1, 6)


def fetched(mean: float, excess: float) -> Worth:
    return worth_of(
        demand_of(mean * ONE, excess * ONE),
        365.0 * ONE,
        100.0 * ONE,
        Tails.as_forecast(),
        fetched_lots(MONTHLY * ONE, HOURS * ONE),
    )


def hours_at(mean: float, excess: float) -> FloatArray:
    """Tower-hours a month by stock, by the formula: demand a month x share x P(X >= s) x hours."""
    at_least = stats.nbinom.sf(np.arange(MOST) - 1, mean / excess, 1 / (1 + excess))
    hours: FloatArray = MONTHLY * 0.5 * at_least * HOURS
    return hours


@given(mean=MEANS, excess=EXCESSES, stock=st.integers(0, 30))
def test_towers_wait_only_for_what_is_asked_for_without_stock(
    mean: float, excess: float, stock: int
) -> None:
    found = fetched(mean, excess).hours_down(stock * ONE)[0]

    assert found == pytest.approx(hours_at(mean, excess)[stock], rel=1e-9, abs=1e-9)


@given(mean=MEANS, excess=EXCESSES, price=st.floats(1e-4, 1.0))
def test_the_level_is_the_best_of_all_at_its_price(
    mean: float, excess: float, price: float
) -> None:
    worth = fetched(mean, excess)

    level = int(worth.level_at(price)[0])

    cost = hours_at(mean, excess) + price * 100.0 * np.arange(MOST)
    assert cost[level] == pytest.approx(cost.min(), rel=1e-9)


@given(mean=MEANS, excess=EXCESSES, start=st.integers(0, 12))
def test_buying_stops_only_at_corners_of_the_hull_from_where_it_stands(
    mean: float, excess: float, start: int
) -> None:
    worth = fetched(mean, excess)

    steps = steps_of(worth, levels_with(start * ONE), least_per_money=1e-6)

    hours = hours_at(mean, excess)
    per_unit = steps.avoided / steps.quantity
    assert (np.diff(per_unit) <= 1e-9 * per_unit[:-1]).all()
    before = steps.stock.astype(int)
    after = before + steps.quantity.astype(int)
    np.testing.assert_allclose(steps.avoided, hours[before] - hours[after], rtol=1e-6, atol=1e-9)
    for stock, gained in zip(before, per_unit, strict=True):
        of_any = (hours[stock] - hours[stock + 1 :]) / np.arange(1, MOST - stock)
        assert of_any.max() <= gained * (1 + 1e-9) + 1e-12


def test_a_part_that_is_fetched_at_once_keeps_no_tower_waiting() -> None:
    worth = replace(fetched(5.0, 1.0), fetched=fetched_lots(MONTHLY * ONE, 0.0 * ONE))

    assert worth.hours_down(0.0 * ONE)[0] == 0.0
    assert worth.level_at(1e-9)[0] == 0.0


def test_what_came_counts_where_the_shelf_was_empty() -> None:
    worth = fetched(5.0, 1.0)
    asked: FloatArray = np.array([4.0])

    assert waited(asked, 5.0 * ONE, ONE, worth.fetched)[0] == 0.0
    assert waited(asked, 4.0 * ONE, ONE, worth.fetched)[0] == pytest.approx(MONTHLY * HOURS / 730.0)


def test_a_part_that_waits_is_weighed_as_ever_beside_one_that_is_fetched() -> None:
    demand = demand_of(np.array([5.0, 5.0]), np.array([1.0, 1.0]))
    both = worth_of(
        demand,
        np.array([365.0, 365.0]),
        np.array([100.0, 100.0]),
        Tails.as_forecast(),
        np.array([np.nan, 0.2]),
    )
    alone = worth_of(demand_of(5.0 * ONE, ONE), 365.0 * ONE, 100.0 * ONE, Tails.as_forecast())

    stock = np.array([3.0, 3.0])
    assert both.hours_down(stock)[0] == alone.hours_down(stock[:1])[0]
    assert both.level_at(1e-3)[0] == alone.level_at(1e-3)[0]
    steps = steps_of(both, levels_with(np.zeros(2)), least_per_money=1e-3)
    single = steps_of(alone, levels_with(np.zeros(1)), least_per_money=1e-3)
    np.testing.assert_allclose(steps.avoided[steps.series == 0], single.avoided)
