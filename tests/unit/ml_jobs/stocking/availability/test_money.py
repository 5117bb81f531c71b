"""Orders in money: the myopic rule, and its bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.stocking.availability.money import MoneyPolicy, chances_of_demand, order_of

pytestmark = pytest.mark.ml

POLICY = MoneyPolicy(holding=0.2, lost=1.0)


def left_at_random(
    stock: int, arriving: IntArray, mean: float, excess: float, draws: int = 200_000
) -> FloatArray:
    random = np.random.default_rng(1)
    left = np.full(draws, float(stock))
    for arrival in arriving:
        asked = random.negative_binomial(mean / excess, 1 / (1 + excess), draws)
        left = np.maximum(left + arrival - asked, 0.0)
    return left


@given(mean=st.floats(0.01, 50), excess=st.floats(0.05, 10))
def test_chances_add_up_and_have_the_mean(mean: float, excess: float) -> None:
    chances = chances_of_demand(mean, excess)

    assert chances.sum() == pytest.approx(1.0)
    assert (np.arange(len(chances)) * chances).sum() == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize(
    ("stock", "arriving"), [(0, [0, 0]), (3, [1, 0]), (0, [5, 2]), (12, [0, 0])]
)
def test_the_order_is_the_least_that_meets_the_ratio(stock: int, arriving: list[int]) -> None:
    mean, excess = 2.5, 1.5
    demand = chances_of_demand(mean, excess)

    order = order_of(stock, np.array(arriving), demand, POLICY)

    left = left_at_random(stock, np.array(arriving), mean, excess)
    spread = stats.nbinom(mean / excess, 1 / (1 + excess))
    enough = spread.cdf(left + order).mean()
    assert enough >= POLICY.critical_ratio - 0.005
    if order:
        assert spread.cdf(left + order - 1).mean() < POLICY.critical_ratio + 0.005


def test_without_lead_time_it_is_the_newsvendor() -> None:
    demand = chances_of_demand(4.0, 1.0)

    order = order_of(0, np.array([], np.int64), demand, POLICY)

    assert order == stats.nbinom(4.0, 0.5).ppf(POLICY.critical_ratio)


@given(stock=st.integers(0, 30), more=st.integers(1, 5))
def test_who_has_more_orders_no_more(stock: int, more: int) -> None:
    demand, none = chances_of_demand(3.0, 2.0), np.zeros(2, np.int64)

    fewer = order_of(stock + more, none, demand, POLICY)

    assert fewer <= order_of(stock, none, demand, POLICY)


def test_nothing_is_an_answer() -> None:
    assert order_of(40, np.zeros(2, np.int64), chances_of_demand(1.0, 1.0), POLICY) == 0
    assert order_of(0, np.zeros(2, np.int64), chances_of_demand(0.0, 1.0), POLICY) == 0
    dear = MoneyPolicy(holding=50.0, lost=1.0)
    assert order_of(0, np.zeros(2, np.int64), chances_of_demand(0.01, 1.0), dear) == 0
