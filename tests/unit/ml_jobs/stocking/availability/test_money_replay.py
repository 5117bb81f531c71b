"""Rules to order by, played over a past: what they know, what they cost, and how it adds up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.arrays import FloatArray, IntArray, rows_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.money_facts import add_money, agg_policy_money, money_sums
from ml_jobs.stocking.availability.money_replay import Past, play, windows_of
from ml_jobs.stocking.availability.money_rules import (
    FORESIGHT,
    MYOPIC,
    NOTHING,
    RULES,
    Forecast,
    Stakes,
)

pytestmark = pytest.mark.ml

PERIODS, REVIEW = 24, 4
FEASIBLE = [rule for rule in RULES if rule != FORESIGHT]


def binomial(mean: FloatArray, excess: FloatArray) -> NegativeBinomial:
    return NegativeBinomial(mean, excess, np.ones_like(mean), np.zeros_like(mean))


def drawn(seed: int, series: int = 6) -> tuple[Past, Stakes]:
    """A past of *series*, some slow, some fast, some with orders on their way at a review."""
    random = np.random.default_rng(seed)
    mean, excess = random.uniform(0.05, 8.0, series), random.uniform(0.1, 4.0, series)
    lead = random.integers(1, 11, series)
    demand = random.negative_binomial(
        (mean / excess)[:, None], (1 / (1 + excess))[:, None], (series, PERIODS)
    )
    of_lead, of_cycle = mean * lead, mean * (lead + REVIEW)
    forecast = Forecast(
        binomial(of_lead, excess), binomial(of_cycle, excess), of_lead * 1.5, of_cycle * 1.5,
        of_lead * 1.2,
    )  # fmt: skip
    stakes = Stakes(
        holding=random.uniform(0.01, 0.3, series),
        lost=random.uniform(0.0, 3.0, series),
        lead=lead,
        lot=np.ones(series),
        least=np.zeros(series),
        multiple=np.ones(series),
        review=REVIEW,
    )
    past = Past(demand.astype(np.float64), np.rint(of_cycle), {0: forecast, 12: forecast})
    return past, stakes


def sums_of(past: Past, stakes: Stakes, rows: IntArray | None = None) -> pa.Table:
    every = np.arange(len(stakes.lead)) if rows is None else rows
    part = Past(
        past.demand[every],
        past.start[every],
        {made: rows_of(each, every) for made, each in past.forecasts.items()},
    )
    names = np.array([("A", "B")[n % 2] for n in every])
    return money_sums(
        part,
        rows_of(stakes, every),
        {"abc_class": names},
        unit_cost=1.0 + every.astype(np.float64),
        units=np.array(["un" if n else "m" for n in every]),
        assumed=every % 3 == 0,
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_rule_costs_less_than_perfect_foresight(seed: int) -> None:
    past, stakes = drawn(seed)

    bound = play(FORESIGHT, past, stakes)

    for rule in FEASIBLE:
        found = play(rule, past, stakes)
        assert (found.holding + found.lost >= bound.holding + bound.lost - 1e-9).all(), rule


@pytest.mark.parametrize("rule", FEASIBLE)
@pytest.mark.parametrize("period", [5, 9, 14, 19])
def test_what_came_later_changes_no_order_before(rule: str, period: int) -> None:
    past, stakes = drawn(3)
    spiked = past.demand.copy()
    spiked[:, period] += 1000.0

    before = play(rule, past, stakes).orders
    found = play(rule, replace(past, demand=spiked), stakes).orders

    reviews = period // REVIEW + 1
    np.testing.assert_array_equal(found[:, :reviews], before[:, :reviews])


def test_only_a_forecast_made_by_then_is_asked() -> None:
    past, stakes = drawn(4)
    later = past.forecasts[12]
    more = replace(later, cycle=replace(later.cycle, mean=later.cycle.mean * 50))

    before = play(MYOPIC, past, stakes).orders
    found = play(MYOPIC, replace(past, forecasts={0: past.forecasts[0], 12: more}), stakes).orders

    np.testing.assert_array_equal(found[:, :3], before[:, :3])
    assert (found[:, 3] > before[:, 3]).any()


def test_a_cost_that_is_played_by_hand() -> None:
    past, stakes = drawn(1, series=1)
    past = Past(np.array([[1.0, 2.0, 0.0, 3.0, 1.0, 0.0]]), np.array([4.0]), {0: past.forecasts[0]})
    stakes = replace(
        stakes, holding=np.array([0.5]), lost=np.array([2.0]), lead=np.array([1]), review=2
    )

    found = play(NOTHING, past, stakes)

    # From the second period on, for two reviews of two: 1, 1, 0 and 0 are left, 2 and 1 lack.
    assert windows_of(past, stakes).tolist() == [2]
    assert found.holding.tolist() == [1.0]
    assert found.lost.tolist() == [6.0]
    assert found.asked.tolist() == [6.0]


def test_foresight_doesn_t_hold_what_costs_more_to_hold_than_to_lack() -> None:
    past, stakes = drawn(1, series=1)
    past = Past(np.array([[0.0, 0.0, 0.0, 5.0, 0.0]]), np.zeros(1), {0: past.forecasts[0]})
    stakes = replace(
        stakes, holding=np.array([1.0]), lost=np.array([1.5]), lead=np.array([1]), review=4
    )

    found = play(FORESIGHT, past, stakes)

    assert (found.holding.tolist(), found.lost.tolist()) == ([0.0], [7.5])


def test_an_order_is_at_least_the_smallest_and_a_multiple() -> None:
    past, stakes = drawn(7)
    stakes = replace(stakes, least=np.full(6, 7.0), multiple=np.full(6, 3.0))

    for rule in FEASIBLE:
        orders = play(rule, past, stakes).orders
        assert np.isin(orders[orders > 0], np.arange(9, 3000, 3)).all()


def test_who_loses_nothing_orders_nothing() -> None:
    past, stakes = drawn(8)

    assert play(MYOPIC, past, replace(stakes, lost=np.zeros(6))).orders.sum() == 0


def test_fast_parts_are_counted_by_several_lots_and_cost_about_the_same() -> None:
    past, stakes = drawn(5, series=2)
    big = replace(past, demand=past.demand * 300, start=past.start * 300, forecasts={
        made: replace(
            each,
            lead=replace(each.lead, mean=each.lead.mean * 300, lot=np.full(2, 300.0)),
            cycle=replace(each.cycle, mean=each.cycle.mean * 300, lot=np.full(2, 300.0)),
        )
        for made, each in past.forecasts.items()
    })  # fmt: skip
    stakes_of_big = replace(stakes, lot=np.full(2, 300.0))

    small, scaled = play(MYOPIC, past, stakes), play(MYOPIC, big, stakes_of_big)

    np.testing.assert_allclose(scaled.orders, small.orders * 300)


def test_sums_are_the_same_however_series_are_cut() -> None:
    past, stakes = drawn(11, series=9)

    whole = add_money([sums_of(past, stakes)])
    parts = add_money([sums_of(past, stakes, rows) for rows in (np.arange(4), np.arange(4, 9))])

    keys = [(name, "ascending") for name in whole.column_names[:4]]
    assert whole.sort_by(keys).equals(parts.sort_by(keys))


def test_cost_is_holding_and_lost_and_units_of_several_kinds_aren_t_added() -> None:
    past, stakes = drawn(12)

    table = agg_policy_money(add_money([sums_of(past, stakes)]), source="gbm")

    cost, parts = table["cost"].to_numpy(), (table["holding_cost"], table["lost_cost"])
    np.testing.assert_allclose(cost, pc.add(*parts).to_numpy(), atol=1e-9)
    rows = {(row["group_value"], row["policy"]): row for row in table.to_pylist()}
    assert rows["all", MYOPIC]["units_asked"] is None
    assert rows["all", MYOPIC]["cost_share"] is not None
    assert rows["B", MYOPIC]["cost_per_unit"] is not None
    assert rows["all", MYOPIC]["n_assumed"] == 2
    assert {row["policy"] for row in table.to_pylist() if row["is_hindsight"]} == {FORESIGHT}


def test_an_amount_that_can_only_be_a_mistake_counts_in_no_sum() -> None:
    past, stakes = drawn(13)
    lost = stakes.lost.copy()
    lost[2] = 1e12

    sums = sums_of(past, replace(stakes, lost=lost))

    everyone = sums.filter(pc.equal(sums["group_by"], "all"))
    assert pc.sum(everyone.filter(pc.equal(everyone["policy"], MYOPIC))["series"]).as_py() == 5
