"""Moves of many parts: nothing is moved against a rule, and what they are worth adds up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.arrays import rows_of
from ml_jobs.lanes import Lane, Lanes
from ml_jobs.stocking.availability.balancing import Balance, Bounds, Moved, Terms
from ml_jobs.stocking.availability.transfers import (
    MOST_MOVES,
    add_moves,
    agg_transfer,
    fact_transfer,
    move_rows,
    moved_units,
    replayed_moves,
)
from ml_jobs.stocking.lead_time import Duration
from ml_jobs.stocking.repair import Repair
from tests.unit.ml_jobs.stocking.availability.demands import (
    NOW,
    drawn_worth,
    levels_with,
    stocked,
)

pytestmark = pytest.mark.ml

PLACES = 4
TERMS = Terms(price=50.0, holding_rate=0.2, review_days=30.0, lanes=Lanes())


def balance_of(parts: int, seed: int, terms: Terms = TERMS) -> Balance:
    """Parts at four places each, with stock that is too much here and too little there."""
    count = parts * PLACES
    random = np.random.default_rng([seed, 1])
    worth = drawn_worth(count, seed)
    costs = np.repeat(worth.unit_cost[:parts], PLACES)
    worth = replace(worth, unit_cost=costs)
    shelf = np.floor(random.lognormal(0.5, 1.2, count)) - 1.0
    levels = replace(
        levels_with(shelf),
        on_order=random.choice([0.0, 0.0, 3.0], count),
        lead_time=Duration(np.full(count, 30.0), np.full(count, np.nan)),
    )
    keep = np.floor(worth.demand.mean)
    series = stocked(
        worth,
        np.repeat([f"P{n:04d}" for n in range(parts)], PLACES),
        np.tile([f"D{n}" for n in range(PLACES)], parts),
        levels=levels,
        fill=keep + random.integers(0, 6, count),
    )
    bounds = Bounds(keep, series.windows[NOW].service)
    return Balance(series, NOW, worth, bounds, np.isfinite(shelf), terms)


def listed(balance: Balance, moves: list[Moved]) -> list[dict[str, object]]:
    table = move_rows(balance, moves, balance.worth.hours, ("A",))
    return fact_transfer([table]).to_pylist()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_rule_is_broken(seed: int) -> None:
    balance = balance_of(12, seed)
    series, bounds = balance.series, balance.bounds

    moves = list(balance.moves())

    more = moved_units(moves, len(series.item_ids))
    gives, takes = {move.giver for move in moves}, {move.taker for move in moves}
    assert not gives & takes
    assert more.sum() == 0
    for row in gives:
        assert series.levels.current_stock[row] + more[row] >= max(bounds.keep[row], 0.0) - 1e-9
    for row in takes:
        assert series.levels.position[row] + more[row] <= bounds.fill[row] + 1e-9
    for each in moves:
        assert series.item_ids[each.giver] == series.item_ids[each.taker]
        assert each.move.value > 0
        assert each.move.gain >= 3.0 * each.move.loss
        assert each.units > 0


def test_something_is_moved() -> None:
    assert len(list(balance_of(50, 1).moves())) > 10


def test_open_orders_and_debts_are_no_stock_that_could_go() -> None:
    balance = balance_of(1, 3)
    levels = replace(
        balance.series.levels,
        current_stock=np.array([-5.0, 0.0, -1.0, 0.0]),
        on_order=np.full(PLACES, 100.0),
    )

    assert not replace(balance, series=replace(balance.series, levels=levels)).gives.any()


def test_what_is_not_known_is_not_moved() -> None:
    balance = balance_of(30, 1)

    assert list(replace(balance, weighed=np.zeros(30 * PLACES, bool)).moves()) == []


def test_a_part_at_one_place_stays_there() -> None:
    balance = balance_of(30, 1)
    apart = np.array([f"P{n:04d}" for n in range(30 * PLACES)])

    assert list(replace(balance, series=replace(balance.series, item_ids=apart)).moves()) == []


def test_places_that_count_in_other_lots_share_nothing() -> None:
    balance = balance_of(1, 1)
    mixed = replace(balance.worth.demand, lot=np.array([1.0, 0.1, 0.01, 0.001]))

    alone = replace(balance, worth=replace(balance.worth, demand=mixed))

    assert list(alone.moves()) == []


def test_moves_are_the_same_whatever_the_partitions_are() -> None:
    balance = balance_of(40, 5)
    whole = fact_transfer([move_rows(balance, list(balance.moves()), balance.worth.hours, ("A",))])

    parts = []
    for rows in np.split(np.arange(40 * PLACES), [8 * PLACES, 9 * PLACES, 31 * PLACES]):
        part = replace(
            balance,
            series=balance.series.rows(rows),
            worth=balance.worth.rows(rows),
            bounds=rows_of(balance.bounds, rows),
            weighed=balance.weighed[rows],
        )
        parts.append(move_rows(part, list(part.moves()), part.worth.hours, ("A",)))

    assert fact_transfer(parts).equals(whole)


class TestRepairedParts:
    def repaired(self) -> Balance:
        """What is missing is that of 10 of the 60 days, in which a tenth fails for good."""
        balance = balance_of(40, 2)
        levels, count = balance.series.levels, 40 * PLACES
        days, condemned = np.full(count, 40.0 / 9.0), np.full(count, 0.1)
        mended = replace(levels, repair=Repair(days, condemned, np.zeros(count)))
        return replace(balance, series=replace(balance.series, levels=mended))

    def test_what_is_used_a_month_is_what_fails(self) -> None:
        missing = balance_of(40, 2).monthly_demand

        assert self.repaired().monthly_demand == pytest.approx(6.0 * missing)

    def test_a_purchase_is_put_off_until_what_is_beyond_repair_has_used_it(self) -> None:
        repaired, new = (
            sum(move.move.put_off for move in balance.moves())
            for balance in (self.repaired(), balance_of(40, 2))
        )

        # Six times as many fail, of which a tenth is bought again: 0.6 of what is missing.
        assert new < repaired < new / 0.6


def test_twice_the_price_of_an_hour_moves_no_less() -> None:
    dear = balance_of(40, 5, replace(TERMS, price=100.0))

    assert len(list(dear.moves())) >= len(list(balance_of(40, 5).moves()))


class TestRows:
    def test_what_is_worth_most_is_first_and_the_value_adds_up(self) -> None:
        balance = balance_of(40, 2)

        rows = listed(balance, list(balance.moves()))

        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        values = [row["value"] for row in rows]
        assert values == sorted(values, reverse=True)
        for row in rows:
            left = row["receiver_gain"] + row["purchase_put_off"] - row["donor_loss"]
            assert row["value"] == pytest.approx(left)
            assert row["freight"] is None

    def test_hours_are_those_that_the_stock_of_the_taker_avoids(self) -> None:
        balance = balance_of(40, 2)
        moves = list(balance.moves())

        rows = listed(balance, moves)

        (first,) = [
            each
            for each in moves
            if (
                balance.series.item_ids[each.giver],
                balance.series.location_ids[each.giver],
                balance.series.location_ids[each.taker],
            )
            == (rows[0]["item_id"], rows[0]["from_location_id"], rows[0]["to_location_id"])
        ]
        # A month of delivery: what is gained in money is the hours of a month at their price.
        months = 30.0 * 24.0 / 730.0
        hours = first.move.gain / TERMS.price / months
        assert rows[0]["receiver_hours_avoided"] == pytest.approx(hours, rel=1e-6)
        most = balance.worth.hours[first.taker] * first.units
        assert 0 < rows[0]["receiver_hours_avoided"] <= most

    def test_the_giver_keeps_what_is_said(self) -> None:
        balance = balance_of(40, 2)
        moves = list(balance.moves())
        more = moved_units(moves, 40 * PLACES)
        stock = dict(
            zip(
                zip(balance.series.item_ids, balance.series.location_ids, strict=True),
                balance.series.levels.current_stock + more,
                strict=True,
            )
        )

        for row in listed(balance, moves):
            assert row["donor_stock_left"] == stock[row["item_id"], row["from_location_id"]]
            assert row["donor_stock_left"] >= row["donor_reorder_point"]

    def test_freight_is_taken_off_and_said_where_it_is_known(self) -> None:
        lane = Lane(km=100.0, days=2.0, fixed_cost=5.0, cost_per_kg=0.0)
        given = {(f"D{a}", f"D{b}"): lane for a in range(4) for b in range(4) if a != b}
        balance = balance_of(40, 2, replace(TERMS, lanes=Lanes(given)))

        rows = listed(balance, list(balance.moves()))

        assert {row["freight"] for row in rows} == {5.0}
        assert {(row["km"], row["days"], row["distance_assumed"]) for row in rows} == {
            (100.0, 2.0, False)
        }
        assert all(row["value"] > 0 for row in rows)

    def test_a_lane_that_costs_more_than_anything_brings_is_not_used(self) -> None:
        lane = Lane(km=100.0, fixed_cost=1e9)
        given = {(f"D{a}", f"D{b}"): lane for a in range(4) for b in range(4) if a != b}

        assert list(balance_of(40, 2, replace(TERMS, lanes=Lanes(given))).moves()) == []

    def test_the_list_ends_somewhere(self) -> None:
        balance = balance_of(40, 2)
        one = move_rows(balance, list(balance.moves()), balance.worth.hours, ("A",))

        assert fact_transfer([one] * (MOST_MOVES // one.num_rows + 1)).num_rows == MOST_MOVES

    def test_nothing_to_move_is_an_empty_list(self) -> None:
        assert listed(balance_of(40, 2), []) == []


class TestReplay:
    def happened(self, balance: Balance, *, asked: float) -> Balance:
        """The same with so many units asked for at every place in every window."""
        count = len(balance.series.item_ids)
        window = replace(
            balance.series.windows[NOW],
            actual=np.full(count, 2 * asked),
            lead_actual=np.full(count, asked),
        )
        return replace(balance, series=replace(balance.series, windows={NOW: window}))

    def test_what_came_changes_no_move(self) -> None:
        quiet, spike = (self.happened(balance_of(40, 4), asked=n) for n in (0.0, 1e6))

        assert list(quiet.moves()) == list(spike.moves())

    def test_without_demand_nothing_is_avoided_and_nothing_caused(self) -> None:
        balance = self.happened(balance_of(40, 4), asked=0.0)
        owed = np.maximum(-balance.series.levels.position, 0.0)

        (row,) = replayed_moves(balance, balance.worth.hours).to_pylist()

        assert row["moves"] > 0
        assert row["shortage_caused"] == 0
        assert row["shortage_avoided"] <= owed.sum() * 1e9

    def test_where_all_is_asked_for_every_unit_is_missed_where_it_lay(self) -> None:
        balance = self.happened(balance_of(40, 4), asked=1e6)

        (row,) = replayed_moves(balance, balance.worth.hours).to_pylist()

        assert row["shortage_avoided"] == row["shortage_caused"] == row["units_moved"]
        assert row["units_moved"] == sum(each.units for each in balance.moves()) * 1e9

    def test_windows_that_are_not_over_count_for_nothing(self) -> None:
        balance = balance_of(40, 4)

        assert replayed_moves(balance, balance.worth.hours).num_rows == 0

    def test_metres_are_not_added_to_pieces(self) -> None:
        balance = self.happened(balance_of(40, 4), asked=1.0)
        units = np.repeat(np.where(np.arange(40) % 2, "m", "un"), PLACES)
        mixed = replace(balance, series=replace(balance.series, units=units))

        rows = replayed_moves(mixed, balance.worth.hours).to_pylist()
        (whole,) = replayed_moves(balance, balance.worth.hours).to_pylist()

        assert {row["unit"] for row in rows} == {"m", "un"}
        assert sum(row["moves"] for row in rows) == whole["moves"]

    def test_sums_of_partitions_are_those_of_the_whole(self) -> None:
        balance = self.happened(balance_of(40, 4), asked=2.0)
        parts = []
        for rows in np.split(np.arange(40 * PLACES), [8 * PLACES, 31 * PLACES]):
            part = replace(
                balance,
                series=balance.series.rows(rows),
                worth=balance.worth.rows(rows),
                bounds=rows_of(balance.bounds, rows),
                weighed=balance.weighed[rows],
            )
            parts.append(replayed_moves(part, part.worth.hours))

        days = {NOW: None}
        whole = agg_transfer(
            add_moves([replayed_moves(balance, balance.worth.hours)]), days, source="mean"
        )
        assert agg_transfer(add_moves(parts), days, source="mean").equals(whole)
