"""Parts fetched at once: bought from corner to corner of a hull, nothing spends as much better."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from ml_jobs.stocking.availability.waiting import lower_hull
from tests.unit.ml_jobs.stocking.availability.oracles import (
    MOST_LOTS,
    emergency_hours_of,
    hull_path,
)

pytestmark = pytest.mark.ml


@given(mean=st.floats(0.1, 9), excess=st.floats(0.05, 6))
def test_a_further_corner_avoids_no_more_for_a_unit_than_the_one_before(
    mean: float, excess: float
) -> None:
    hull = lower_hull(np.arange(MOST_LOTS), emergency_hours_of(mean, excess))

    per_unit = -np.diff(hull.hours) / np.diff(hull.stock)
    assert (np.diff(per_unit) <= 1e-12).all()
    assert (per_unit > 0).all()


def test_it_is_the_lower_hull_of_the_points() -> None:
    random = np.random.default_rng(2)
    for _ in range(100):
        hours = np.sort(random.exponential(1.0, MOST_LOTS))[::-1]
        points = np.stack([np.arange(MOST_LOTS), hours], axis=1)
        expected = ConvexHull(points)
        corners = set(lower_hull(np.arange(MOST_LOTS), hours).stock.tolist())
        lower = {
            int(v)
            for simplex, equation in zip(expected.simplices, expected.equations, strict=True)
            if equation[1] < 0
            for v in simplex
        }
        assert corners == lower


def test_below_the_mode_a_unit_avoids_more_than_the_one_before() -> None:
    hours = emergency_hours_of(6.0, 0.05)

    assert (np.diff(hours, 2)[:3] < 0).all()
    assert len(lower_hull(np.arange(MOST_LOTS), hours).stock) < MOST_LOTS


@pytest.mark.parametrize("seed", range(20))
def test_no_stock_at_the_cost_of_a_corner_avoids_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    curves = [emergency_hours_of(*random.uniform([0.2, 0.05], [5.0, 4.0])) for _ in range(3)]
    costs = random.lognormal(3.0, 1.0, 3)
    every = [
        (
            float((np.array(stock) * costs).sum()),
            sum(float(curve[s]) for curve, s in zip(curves, stock, strict=True)),
        )
        for stock in product(range(MOST_LOTS), repeat=3)
    ]

    for spent, hours in hull_path(
        [lower_hull(np.arange(MOST_LOTS), curve) for curve in curves], costs
    ):
        assert hours <= min(h for c, h in every if c <= spent * (1 + 1e-12)) + 1e-9


def test_hours_that_never_fall_leave_nothing_to_buy() -> None:
    assert lower_hull(np.arange(4), np.full(4, 3.0)).stock.tolist() == [0]
