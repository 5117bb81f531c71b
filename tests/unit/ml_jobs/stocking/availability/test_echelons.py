"""Two echelons: near an exact simulation, and shared out as brute force does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from ml_jobs.stocking.availability.echelons import TwoEchelons, hull_of
from ml_jobs.stocking.repair import Repair
from tests.unit.ml_jobs.stocking.availability.oracles import drawn_echelons, sampled_backorders

pytestmark = pytest.mark.ml


@pytest.mark.parametrize("excess", [0.0, 0.5, 2.0])
def test_what_waits_is_near_what_a_simulation_finds(excess: float) -> None:
    near = 0
    for seed in range(6):
        part, central, stock = drawn_echelons(seed, excess)
        found = part.backorders(central, stock).sum()
        expected = sampled_backorders(part, central, stock).sum()
        near += abs(found - expected) <= 0.05 * expected + 0.01
    assert near >= 5


@pytest.mark.parametrize("together", [0.0, 0.5])
def test_lots_that_any_place_may_ask_for_wait_as_a_simulation_finds(together: float) -> None:
    near = 0
    for seed in range(6):
        alike, central, stock = drawn_echelons(seed, 2.0)
        own = 2.0 * (alike.share + together * (1.0 - alike.share))
        part = replace(alike, own=own)
        found = part.backorders(central, stock).sum()
        expected = sampled_backorders(part, central, stock).sum()
        near += abs(found - expected) <= 0.05 * expected + 0.01
    assert near >= 5


@pytest.mark.parametrize("seed", range(8))
def test_stock_is_shared_out_as_brute_force_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    part = TwoEchelons(random.lognormal(-0.5, 0.5, 2), 0.5, 2.0, np.array([0.5, 1.0]))

    _, least = part.cheapest(5)

    for total in range(6):
        ways = (
            part.backorders(central, np.array(stock)).sum()
            for central, *stock in product(range(total + 1), repeat=3)
            if central + sum(stock) == total
        )
        assert least[total] == pytest.approx(min(ways), rel=1e-9)


def test_the_shares_add_up_and_leave_what_is_said() -> None:
    part = TwoEchelons(np.array([0.4, 0.8, 0.2]), 1.0, 2.0, np.full(3, 0.7))

    shares, least = part.cheapest(8)

    assert shares.sum(axis=1).tolist() == list(range(9))
    for share, waiting in zip(shares, least, strict=True):
        assert part.backorders(int(share[0]), share[1:]).sum() == pytest.approx(waiting, rel=1e-9)


def test_a_further_lot_from_corner_to_corner_avoids_no_more() -> None:
    part = TwoEchelons(np.array([0.4, 0.8]), 2.0, 3.0, np.full(2, 0.5))
    _, least = part.cheapest(12)

    corners = hull_of(least)

    assert (np.diff(-np.diff(least[corners]) / np.diff(corners)) <= 1e-12).all()


def test_a_lot_waits_at_the_store_as_long_as_it_does_where_it_holds_nothing() -> None:
    part = TwoEchelons(np.array([0.4, 0.8]), 2.0, 3.0, np.full(2, 0.5))

    waits = [part.wait_at_centre(central) for central in range(200)]

    assert waits[0] == pytest.approx(3.0)
    assert (np.diff(waits) <= 0).all()
    assert waits[-1] == pytest.approx(0.0, abs=1e-9)


def test_what_nobody_asks_for_does_not_wait_at_the_store() -> None:
    part = TwoEchelons(np.zeros(2), 2.0, 3.0, np.full(2, 0.5))

    assert part.wait_at_centre(0) == 0.0


def test_one_place_at_the_end_of_a_pipe_is_the_single_one() -> None:
    part = TwoEchelons(np.array([0.5]), 0.0, 2.0, np.array([1.0]))

    # Without central stock, all that is asked for over both times waits.
    assert part.backorders(0, np.array([0]))[0] == pytest.approx(0.5 * 3.0)


def test_the_pipeline_of_repair_is_what_a_simulation_finds() -> None:
    random = np.random.default_rng(2)
    rate, repair, supply, condemned, stock = 0.8, 2.0, 6.0, 0.2, 3
    begins = np.cumsum(random.exponential(1 / rate, 200_000))
    away = np.where(
        random.random(len(begins)) < condemned, supply, random.exponential(repair, len(begins))
    )
    moments = random.uniform(100, begins[-1], 20_000)
    order = np.sort(begins + away)
    out = np.searchsorted(begins, moments) - np.searchsorted(order, moments)
    waiting = np.maximum(out - stock, 0).mean()

    pipeline = Repair(np.array([repair]), np.array([condemned]), np.zeros(1)).mixed(supply)
    part = TwoEchelons(np.array([rate]), 0.0, float(pipeline[0]), np.zeros(1))

    assert part.backorders(stock, np.array([0]))[0] == pytest.approx(waiting, rel=0.05)
