"""Parts fetched at once: bought from corner to corner of a hull, nothing spends as much better."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import ConvexHull

from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.waiting import Hull, lower_hull

pytestmark = pytest.mark.ml

MOST = 12


def hours_of(mean: float, excess: float) -> FloatArray:
    spread = stats.nbinom(mean / excess, 1 / (1 + excess))
    hours: FloatArray = 10.0 * mean * spread.sf(np.arange(MOST) - 1)
    return hours


def path(hulls: list[Hull], costs: FloatArray) -> list[tuple[float, float]]:
    """Cost and hours after each step from corner to corner, the best for its cost first."""
    steps = [
        (
            (hull.hours[n] - hull.hours[n + 1]) / (cost * (hull.stock[n + 1] - hull.stock[n])),
            cost * (hull.stock[n + 1] - hull.stock[n]),
            hull.hours[n] - hull.hours[n + 1],
        )
        for hull, cost in zip(hulls, costs, strict=True)
        for n in range(len(hull.stock) - 1)
    ]
    spent, hours = 0.0, float(sum(hull.hours[0] for hull in hulls))
    points = [(spent, hours)]
    for _, cost, avoided in sorted(steps, reverse=True):
        spent, hours = spent + cost, hours - avoided
        points.append((spent, hours))
    return points


@given(mean=st.floats(0.1, 9), excess=st.floats(0.05, 6))
def test_a_further_corner_avoids_no_more_for_a_unit_than_the_one_before(
    mean: float, excess: float
) -> None:
    hull = lower_hull(np.arange(MOST), hours_of(mean, excess))

    per_unit = -np.diff(hull.hours) / np.diff(hull.stock)
    assert (np.diff(per_unit) <= 1e-12).all()
    assert (per_unit > 0).all()


def test_it_is_the_lower_hull_of_the_points() -> None:
    random = np.random.default_rng(2)
    for _ in range(100):
        hours = np.sort(random.exponential(1.0, MOST))[::-1]
        points = np.stack([np.arange(MOST), hours], axis=1)
        expected = ConvexHull(points)
        corners = set(lower_hull(np.arange(MOST), hours).stock.tolist())
        lower = {
            int(v)
            for simplex, equation in zip(expected.simplices, expected.equations, strict=True)
            if equation[1] < 0
            for v in simplex
        }
        assert corners == lower


def test_below_the_mode_a_unit_avoids_more_than_the_one_before() -> None:
    hours = hours_of(6.0, 0.05)

    assert (np.diff(hours, 2)[:3] < 0).all()
    assert len(lower_hull(np.arange(MOST), hours).stock) < MOST


@pytest.mark.parametrize("seed", range(20))
def test_no_stock_at_the_cost_of_a_corner_avoids_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    curves = [hours_of(*random.uniform([0.2, 0.05], [5.0, 4.0])) for _ in range(3)]
    costs = random.lognormal(3.0, 1.0, 3)
    every = [
        (
            float((np.array(stock) * costs).sum()),
            sum(float(curve[s]) for curve, s in zip(curves, stock, strict=True)),
        )
        for stock in product(range(MOST), repeat=3)
    ]

    for spent, hours in path([lower_hull(np.arange(MOST), curve) for curve in curves], costs):
        assert hours <= min(h for c, h in every if c <= spent * (1 + 1e-12)) + 1e-9


def test_hours_that_never_fall_leave_nothing_to_buy() -> None:
    assert lower_hull(np.arange(4), np.full(4, 3.0)).stock.tolist() == [0]
