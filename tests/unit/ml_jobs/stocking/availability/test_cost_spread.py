"""How far parts differ in cost over criticality: said where known, never divided by nothing."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.stocking.availability.cost_spread import CostSpread, cost_spread, cost_spread_sums

pytestmark = pytest.mark.ml


def spread_of(costs: list[float], shares: list[float]) -> CostSpread:
    return cost_spread([cost_spread_sums(np.array(costs), np.array(shares))])


def test_it_is_the_standard_deviation_of_the_logarithms() -> None:
    random = np.random.default_rng(3)
    costs, shares = random.lognormal(5, 1.5, 500), random.choice([0.5, 0.1, 0.01], 500)

    found = spread_of(costs.tolist(), shares.tolist())

    assert found.deviation == pytest.approx(np.std(np.log(costs / shares), ddof=1), abs=1e-4)
    assert found.parts == 500
    assert "a sixth or more" in found.sentence()


def test_it_is_the_same_however_parts_are_cut() -> None:
    random = np.random.default_rng(4)
    costs, shares = random.lognormal(5, 1.5, 100), random.choice([0.5, 0.1, 0.01], 100)
    cuts = np.array_split(np.arange(100), 7)

    pieces = cost_spread([cost_spread_sums(costs[rows], shares[rows]) for rows in cuts])

    assert pieces == spread_of(costs.tolist(), shares.tolist())


def test_where_all_are_alike_it_is_nothing_and_so_is_the_gain() -> None:
    found = spread_of([7.3] * 40, [0.1] * 40)

    assert found.deviation == 0.0
    assert "gains nothing" in found.sentence()


def test_below_one_little_is_to_be_gained() -> None:
    assert "little is to be gained" in spread_of([100.0, 200.0, 300.0], [0.1] * 3).sentence()


def test_without_costs_it_is_not_known() -> None:
    found = spread_of([np.nan, np.nan], [0.1, 0.5])

    assert found == CostSpread(0, None, 0, 2, 0)
    assert "not known" in found.sentence()


def test_what_costs_nothing_or_takes_no_tower_down_is_counted_apart() -> None:
    found = spread_of([0.0, 10.0, 10.0, np.nan], [0.1, 0.0, 0.5, 0.0])

    assert found == CostSpread(1, None, 1, 1, 1)


def test_without_any_part_it_is_not_known() -> None:
    assert cost_spread([]).deviation is None
