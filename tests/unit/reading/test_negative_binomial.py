"""Quantiles of the negative binomial without a library for it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.reading.negative_binomial import quantile


def summed_quantile(mean: float, excess: float, level: float) -> int:
    """Add the mass up from 0 in exact fractions until it reaches the level."""
    shape, chance = Fraction(mean / excess), Fraction(1) / (1 + Fraction(excess))
    mass, summed, count = Fraction(math.exp(float(shape) * math.log(chance))), Fraction(0), 0
    while True:
        summed += mass
        if summed >= Fraction(level):
            return count
        mass = Fraction(float(mass * (count + shape) / (count + 1) * (1 - chance)))
        count += 1


def one(mean: float, excess: float, lot: float, level: float) -> float:
    return float(quantile(*(np.array([each]) for each in (mean, excess, lot, level)))[0])


@given(
    mean=st.floats(0.01, 60.0),
    excess=st.floats(0.05, 20.0),
    level=st.floats(0.01, 0.99),
)
def test_it_is_the_least_count_whose_summed_mass_reaches_the_level(
    mean: float, excess: float, level: float
) -> None:
    found = one(mean, excess, 1.0, level)

    # A level that lies on a step, give or take floating point, may fall to either side of it.
    around = {summed_quantile(mean, excess, level * (1 + nudge)) for nudge in (-1e-11, 0, 1e-11)}
    assert found in around


def test_demand_is_counted_in_lots() -> None:
    assert one(5.0, 0.8, 0.25, 0.95) == one(20.0, 0.8, 1.0, 0.95) * 0.25


@pytest.mark.parametrize(("mean", "level"), [(0.0, 0.99), (12.0, 0.0)])
def test_no_demand_and_no_level_need_nothing(mean: float, level: float) -> None:
    assert one(mean, 1.0, 1.0, level) == 0.0


@pytest.mark.parametrize(
    "values",
    [
        (math.nan, 1.0, 1.0, 0.9),
        (3.0, math.nan, 1.0, 0.9),
        (3.0, 1.0, 0.0, 0.9),
        (3.0, 0.0, 1.0, 0.9),
        (3.0, 1.0, 1.0, 1.5),
        (-3.0, 1.0, 1.0, 0.9),
    ],
)
def test_what_is_not_known_or_out_of_range_has_none(
    values: tuple[float, float, float, float],
) -> None:
    assert math.isnan(one(*values))


def test_rows_do_not_depend_on_their_neighbours() -> None:
    rows = [(0.02, 300.0, 1.0, 0.99), (9e5, 0.05, 1.0, 0.8), (40.0, 2.0, 0.5, 0.95)]

    together = quantile(*(np.array(column) for column in zip(*rows, strict=True)))

    assert together.tolist() == [one(*row) for row in rows]
