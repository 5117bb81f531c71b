"""Central stores and places weighed at once: the best split, and what to buy for which of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.buying import Steps, steps_of
from ml_jobs.stocking.availability.shared_buying import hours_for_weighed, shared_steps
from ml_jobs.stocking.availability.sharing import SharedStock
from ml_jobs.stocking.availability.supplied import SuppliedWorth, Supply, supplied_worth
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import levels_with

pytestmark = pytest.mark.ml

CENTRE, FIRST, SECOND, OTHER = range(4)
LEAST = 1e-3
"""Tower-hours a month for a unit of currency."""


def drawn(seed: int, excess: float = 1.0) -> SuppliedWorth:
    """A central store that supplies two places, and a place that a supplier supplies."""
    random = np.random.default_rng(seed)
    places = random.lognormal(0.0, 0.5, 2)
    mean = np.array([places.sum(), *places, 1.0])
    demand = NegativeBinomial(mean, np.full(4, excess), np.ones(4), np.zeros(4))
    hours = np.array([0.0, *random.uniform(50, 400, 2), 100.0])
    hours[CENTRE] = places @ hours[1:3] / places.sum()
    nobody = np.full(4, np.nan)
    held = np.ones(4, bool)
    alone = Worth(demand, hours, np.full(4, 1000.0), np.ones(4), Tails.as_forecast(), nobody, held)
    supply = Supply(np.array(["C", "C", "C", ""]), np.array([np.nan, 20.0, 35.0, np.nan]))
    ids = np.array(["P", "P", "P", "P"])
    return supplied_worth(alone, supply, ids, np.array(["C", "A", "B", "D"]), np.full(4, 60.0))


def cost(worth: SuppliedWorth, stock: IntArray, price: float) -> float:
    held = np.asarray(stock, np.float64)
    return float(worth.hours_down(held).sum() + price * (worth.unit_cost @ held))


@pytest.mark.parametrize("price", [1e-2, 5e-2])
@pytest.mark.parametrize("seed", range(2))
def test_no_other_split_costs_less_at_a_price(seed: int, price: float) -> None:
    worth = drawn(seed)

    level = worth.level_at(price)

    alone = int(level[OTHER])
    most = int(level[:3].max()) + 1
    ways = (cost(worth, [*way, alone], price) for way in product(range(most + 1), repeat=3))
    assert cost(worth, level, price) == pytest.approx(min(ways), rel=1e-9)


def test_more_in_the_central_store_leaves_less_waiting_at_every_place() -> None:
    worth = drawn(1)

    waiting = np.array([worth.expected_backorders(np.array([n, 1.0, 1.0, 1.0])) for n in range(8)])

    assert (np.diff(waiting[:, [FIRST, SECOND]], axis=0) < 0).all()
    assert (waiting[:, CENTRE] == 0).all()
    assert len(set(waiting[:, OTHER])) == 1


def test_the_next_lot_of_the_central_store_avoids_what_all_places_wait_for_less() -> None:
    worth = drawn(2)
    now, more = np.array([1.0, 2.0, 1.0, 0.0]), np.array([2.0, 2.0, 1.0, 0.0])

    found = worth.avoided_by_next(now)

    less = worth.hours_down(now) - worth.hours_down(more)
    assert found[CENTRE] == pytest.approx(less[[FIRST, SECOND]].sum())
    assert found[OTHER] == pytest.approx(100.0 * worth.chance_of_more(now)[OTHER])


def test_nothing_is_told_as_counted_in_the_past() -> None:
    worth = drawn(0)
    tails = Tails.as_forecast()
    tails.supported[:] = 38
    seen = replace(worth, tails=tails)

    assert seen.is_supported(np.full(4, 1.0)).tolist() == [False, False, False, True]


def bought(worth: SuppliedWorth, position: list[float], **sizes: list[float]) -> Steps:
    levels = levels_with(np.array(position), **{k: np.array(v) for k, v in sizes.items()})
    return shared_steps(worth, levels, least_per_money=LEAST)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_bought_from_nothing_ends_at_what_is_worth_it(seed: int) -> None:
    worth = drawn(seed)
    target = worth.level_at(LEAST)

    steps = bought(worth, [0.0, 0.0, 0.0, 0.0])

    reached = np.bincount(steps.series, weights=steps.quantity, minlength=4)
    assert reached[:3].tolist() == target[:3].tolist()
    assert reached[OTHER] == 0.0
    now, then = worth.hours_down(np.zeros(4)), worth.hours_down(reached)
    assert steps.avoided.sum() == pytest.approx((now - then)[:3].sum())


@pytest.mark.parametrize("seed", range(4))
def test_no_step_avoids_more_for_its_cost_than_one_before_it(seed: int) -> None:
    steps = bought(drawn(seed, excess=4.0), [1.0, 0.0, 0.0, 0.0])

    assert len(steps.series) > 3
    assert (np.diff(steps.per_money) <= 1e-12).all()
    assert (steps.per_money > LEAST).all()
    assert {CENTRE, FIRST, SECOND} >= set(steps.series.tolist())


def test_orders_keep_to_their_least_quantity_and_multiple() -> None:
    worth = drawn(3)

    steps = bought(
        worth,
        [0.0, 0.0, 0.0, 0.0],
        minimum=[3.0, 2.0, 0.0, 0.0],
        multiple=[2.0, 1.0, 2.0, 1.0],
    )

    first = {}
    for series, quantity in zip(steps.series.tolist(), steps.quantity.tolist(), strict=True):
        first.setdefault(series, quantity)
    assert first[CENTRE] >= 4.0
    assert (steps.quantity[steps.series == CENTRE] % 2 == 0).all()
    assert first[FIRST] == 2.0
    assert (steps.quantity[steps.series == SECOND] == 2.0).all()


def test_a_place_with_more_than_it_needs_leaves_less_to_buy() -> None:
    worth = drawn(0)
    target = worth.level_at(LEAST)

    plain = bought(worth, [0.0, 0.0, 0.0, 0.0])
    full = bought(worth, [0.0, float(target[FIRST]) + 20.0, 0.0, 0.0])

    assert FIRST not in full.series
    assert full.quantity.sum() <= plain.quantity.sum() - target[FIRST]


def test_what_stands_alone_is_bought_as_ever() -> None:
    worth = drawn(0)
    levels = levels_with(np.zeros(4))

    steps = steps_of(worth, levels, least_per_money=LEAST)

    assert set(steps.series.tolist()) == {OTHER}
    assert steps.quantity.sum() == worth.level_at(LEAST)[OTHER]


def test_a_part_without_a_cost_is_neither_held_nor_bought() -> None:
    worth = drawn(0)
    unpriced = replace(worth, unit_cost=np.full(4, np.nan))

    assert unpriced.level_at(LEAST).tolist() == [0.0, 0.0, 0.0, 0.0]
    assert not bought(unpriced, [0.0, 0.0, 0.0, 0.0]).series.size


@pytest.mark.parametrize("seed", range(4))
def test_hours_avoided_of_contracts_of_unlike_weight_add_up_to_what_the_steps_avoid(
    seed: int,
) -> None:
    weighed = drawn(seed)
    # A tower-hour of the first place costs a twentieth of one of the second.
    hours = weighed.hours * np.array([1.0, 20.0, 1.0, 1.0])
    alike = replace(weighed, hours=hours)
    position = np.array([1.0, 0.0, 0.0, 0.0])

    steps = bought(weighed, position.tolist())
    ratio = hours_for_weighed(alike, weighed, steps, position)

    reached = position + np.bincount(steps.series, steps.quantity, minlength=4)
    less = alike.hours_down(position) - alike.hours_down(reached)
    assert CENTRE in steps.series
    assert steps.avoided @ ratio[steps.series] == pytest.approx(less[:3].sum())
    assert ratio[[FIRST, SECOND]].tolist() == [20.0, 1.0]


def test_what_waits_is_not_kept_of_a_part_once_it_is_split() -> None:
    worth = drawn(0)

    worth.level_at(LEAST)

    assert "waiting" not in vars(worth.parts[0].shared)


@pytest.mark.parametrize(("rungs", "most"), [(1_000, 50_000), (10_000, 200_000), (100_000, None)])
def test_chances_that_are_kept_of_a_part_are_bounded(rungs: int, most: int | None) -> None:
    # Two moments of two places, of which the mean reaches so far.
    mean = float(rungs) / 2.0

    def outstanding(centrals: IntArray) -> tuple[FloatArray, FloatArray]:
        shape = (len(centrals), 2)
        return np.full(shape, mean), np.zeros(shape)

    shared = SharedStock.of(1_000, outstanding)

    if most is None:
        assert shared.centrals.tolist() == [0, 1_000]
    else:
        assert shared.chances.size <= most
