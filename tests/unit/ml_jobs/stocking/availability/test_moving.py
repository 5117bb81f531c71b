"""Moves between places: near the best there are, and never against the rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.stocking.availability import matching, moving
from ml_jobs.stocking.availability.moving import MOST_PAIRS, moves_of, moves_of_each
from ml_jobs.stocking.availability.shelves import Shelf
from tests.unit.ml_jobs.stocking.availability.oracles import (
    DEEPEST,
    best_by_the_rules,
    best_value,
    drawn_shelf,
    with_trips,
)

pytestmark = pytest.mark.ml


@given(seed=st.integers(0, 10_000), over=st.sampled_from([1.0, 3.0, 5.0]))
@pytest.mark.parametrize("most_pairs", [0, MOST_PAIRS])
def test_no_rule_is_ever_broken(seed: int, over: float, most_pairs: int) -> None:
    shelf = drawn_shelf(seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "MOST_PAIRS", most_pairs)
        moves = moves_of(shelf, gain_over_loss=over)

    given_away = np.zeros(len(shelf.stock), int)
    taken = np.zeros(len(shelf.stock), int)
    for move in moves:
        given_away[move.giver] += move.lots
        taken[move.taker] += move.lots
        assert move.value > 0
        assert move.gain >= over * move.loss * (1 - 1e-12)
    assert not (given_away.astype(bool) & taken.astype(bool)).any()
    left = shelf.stock - given_away
    assert (left[given_away > 0] >= shelf.keep[given_away > 0]).all()
    filled = shelf.stock + taken
    assert (filled[taken > 0] <= shelf.fill[taken > 0]).all()
    assert given_away.sum() == taken.sum()


@pytest.mark.parametrize("charge", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("over", [0.0, 3.0])
def test_no_choice_of_whole_trips_is_worth_more(charge: float, over: float) -> None:
    for seed in range(15):
        shelf = with_trips(drawn_shelf(seed), seed, charge)

        found = sum(move.value for move in moves_of(shelf, gain_over_loss=over))

        best = best_by_the_rules(shelf, gain_over_loss=over)
        assert found == pytest.approx(best, rel=1e-6, abs=1e-9)


def test_a_hundred_networks_are_within_a_thousandth_of_a_linear_program() -> None:
    shelves = [drawn_shelf(seed) for seed in range(100)]

    found = sum(move.value for shelf in shelves for move in moves_of(shelf, gain_over_loss=0.0))

    best = sum(best_value(shelf) for shelf in shelves)
    assert best * 0.999 <= found <= best * (1 + 1e-9)


def test_what_is_tried_of_many_places_is_near_what_more_would_find(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelves = [with_trips(drawn_shelf(seed, places=40), seed, 5.0) for seed in range(3)]
    found = [sum(move.value for move in moves_of(shelf)) for shelf in shelves]

    monkeypatch.setattr(matching, "MOST_TRIED", 400)

    for shelf, value in zip(shelves, found, strict=True):
        assert value >= 0.98 * sum(move.value for move in moves_of(shelf))


def test_of_too_many_lots_the_best_pair_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    shelves = [drawn_shelf(seed) for seed in range(100)]
    monkeypatch.setattr(moving, "MOST_PAIRS", 0)

    found = sum(move.value for shelf in shelves for move in moves_of(shelf, gain_over_loss=0.0))

    best = sum(best_value(shelf) for shelf in shelves)
    assert best * 0.99 <= found < best


def test_parts_side_by_side_move_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = (6, 2, 40, 1, 6, 3)
    shelves = [drawn_shelf(seed, places=sizes[seed % 6]) for seed in range(90)]
    shelves[7] = replace(shelves[7], stock=np.zeros_like(shelves[7].stock))
    shelves[8] = with_trips(shelves[8], 8, 5.0)
    # Parts in 40 places go lot by lot then, and lie between others that don't.
    monkeypatch.setattr(moving, "MOST_PAIRS", 2_000)

    together = list(moves_of_each(shelves))

    assert together == [moves_of(shelf) for shelf in shelves]
    assert sum(map(bool, together)) > 60


def test_where_nothing_can_go_nothing_is_moved() -> None:
    shelf = drawn_shelf(1, freight=np.inf)

    assert moves_of(shelf) == ()


def test_stock_lies_where_it_is_worth_more_already() -> None:
    worth = np.tile(np.linspace(10, 1, DEEPEST), (2, 1))
    shelf = Shelf(
        np.array([5, 5]),
        np.zeros(2, int),
        np.full(2, 20),
        worth,
        worth,
        np.zeros((2, DEEPEST)),
        np.zeros((2, 2)),
        np.zeros((2, 2)),
    )

    assert moves_of(shelf) == ()


def test_stock_that_nobody_uses_goes_where_it_saves_buying_its_like() -> None:
    nothing = np.zeros((2, DEEPEST))
    shelf = replace(drawn_shelf(1, places=2, freight=0.0), gain=nothing, loss=nothing)
    shelf = replace(shelf, stock=np.array([4, 0]), keep=np.array([1, 0]), fill=np.array([4, 2]))

    (move,) = moves_of(replace(shelf, put_off=np.full((2, DEEPEST), 5.0)))

    assert (move.giver, move.taker, move.lots) == (0, 1, 2)
    assert move.put_off == move.value == 10.0
    assert moves_of(shelf) == ()


@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("most_pairs", [0, MOST_PAIRS])
def test_no_trip_costs_more_than_it_brings(seed: int, most_pairs: int) -> None:
    shelf = with_trips(drawn_shelf(seed), seed, 20.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "MOST_PAIRS", most_pairs)
        moves = moves_of(shelf)

    assert all(move.value > 0 for move in moves)
    for move in moves:
        way = (move.giver, move.taker)
        least = move.lots * shelf.freight[way] + shelf.trip[way]
        assert move.freight == pytest.approx(least)


def test_a_trip_that_another_could_carry_is_dropped() -> None:
    shelf = replace(
        drawn_shelf(1, places=3, freight=0.0),
        stock=np.array([2, 2, 0]),
        keep=np.zeros(3, int),
        fill=np.array([2, 2, 2]),
        gain=np.full((3, DEEPEST), 10.0),
        loss=np.tile([3.0, 2.0, *[9.0] * (DEEPEST - 2)], (3, 1)),
        trip=np.full((3, 3), 4.0),
    )
    shelf.loss[1] += 0.5

    moves = moves_of(shelf, gain_over_loss=1.0)

    # Lot by lot each place would give one, on two trips.
    assert [(move.giver, move.taker, move.lots) for move in moves] == [(0, 2, 2)]
