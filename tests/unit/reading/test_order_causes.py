"""Why a proposed order is another one: exact sums, and the same as a slow implementation says."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalayer.reading.order_causes import MICRO, OrderCause, explain
from datalayer.reading.order_rule import OrderInputs, levels_of, order_of
from tests.unit.reading.order_situations import (
    MOVED,
    PLAIN,
    OrderSituation,
    causes_of,
    inputs_of,
    situations,
)

USED = st.integers(0, 20).map(float)


def one(
    before: OrderInputs | OrderSituation, after: OrderInputs | OrderSituation, used: float = 0.0
) -> dict[str, float]:
    """The causes of one part that have a share, in units."""
    ends = (each if isinstance(each, OrderInputs) else inputs_of(each) for each in (before, after))
    found = explain(*ends, np.array([used])).by_cause
    return {str(cause): micro[0] / MICRO for cause, micro in found.items() if micro[0]}


def without(inputs: OrderInputs, *names: str) -> OrderInputs:
    unknown = np.full_like(inputs.current_stock, math.nan)
    return replace(inputs, **dict.fromkeys(names, unknown))


def by_the_rule(inputs: OrderInputs, **changed: float) -> OrderInputs:
    """Return *inputs* with other values, and with the levels and order that follow from them."""
    given_values = {name: np.array([value]) for name, value in changed.items()}
    after = replace(inputs, **given_values)
    levels = levels_of(demand=after, scatter=after, service=after, time=after, repair=after)
    order = order_of(after.position, levels, after)
    return replace(
        after,
        reorder_point=levels.reorder_point,
        order_up_to=levels.order_up_to,
        order_quantity=order,
    )


OF_1_3 = ("review_days", "cycle_demand", "cycle_excess", "least_daily_demand")


class TestSumsOfCauses:
    @given(before=situations(), after=situations(), used=USED)
    def test_causes_add_up_to_the_difference_to_the_last_digit(
        self, before: OrderSituation, after: OrderSituation, used: float
    ) -> None:
        found = explain(inputs_of(before), inputs_of(after), np.array([used])).by_cause

        total = round(after.order * MICRO) - round(before.order * MICRO)
        assert sum(int(micro[0]) for micro in found.values()) == total

    @given(before=situations(), after=situations(), used=st.sampled_from([0.0, 4.0, math.nan]))
    def test_the_way_back_has_the_same_causes_with_the_other_sign(
        self, before: OrderSituation, after: OrderSituation, used: float
    ) -> None:
        forth, back = one(before, after, used), one(after, before, -used)

        assert forth == pytest.approx({cause: -amount for cause, amount in back.items()}, abs=2e-6)

    @settings(max_examples=60)
    @given(before=situations(), after=situations(), used=USED)
    def test_they_are_those_of_a_slow_implementation(
        self, before: OrderSituation, after: OrderSituation, used: float
    ) -> None:
        found = one(before, after, used)

        if before.order == after.order:
            assert found == {}
        else:
            expected = causes_of(before, after, used)
            assert {cause: found.get(cause, 0.0) for cause in MOVED} == pytest.approx(
                expected, abs=1e-5
            )
            assert set(found) <= set(MOVED)

    @settings(max_examples=12)
    @given(given_situations=st.lists(situations(), min_size=1, max_size=8), used=USED)
    def test_parts_do_not_depend_on_their_neighbours(
        self, given_situations: list[OrderSituation], used: float
    ) -> None:
        ends = given_situations, given_situations[::-1]

        found = explain(*(inputs_of(*end) for end in ends), np.full(len(ends[0]), used)).by_cause

        for place, pair in enumerate(zip(*ends, strict=True)):
            alone = explain(*map(inputs_of, pair), np.array([used])).by_cause
            assert {cause: int(micro[place]) for cause, micro in found.items()} == {
                cause: int(micro[0]) for cause, micro in alone.items()
            }


class TestCausesOfOrders:
    @given(situation=situations())
    def test_the_same_inputs_cause_nothing(self, situation: OrderSituation) -> None:
        assert one(situation, situation) == {}

    @pytest.mark.parametrize(
        ("cause", "change"),
        [
            ("expected_demand", {"rate": 1.6}),
            ("uncertainty", {"lead_scatter": 9.0, "cycle_scatter": 9.5}),
            ("service_level", {"level": 0.99123}),
            ("lead_time", {"days": 60.0}),
            ("lead_time", {"sd": 20.0}),
            ("lead_time", {"review": 30.0}),
            ("rounding", {"minimum": 200.0}),
            ("rounding", {"multiple": 48.0}),
            ("stock_added", {"position": 3.0}),
            ("moves", {"moved": 5.0}),
            ("moves", {"moved": -5.0}),
            ("repair", {"back": 3.0}),
            ("repair", {"condemned": 0.25, "repair": 20.0}),
            ("repair", {"condemned": 0.25, "repair": 90.0}),
            ("repair", {"condemned": 0.0, "repair": 20.0}),
            ("stocked", {"stocked": False}),
            ("stocked", {"stocked": False, "level": 0.99123}),
        ],
    )
    def test_one_input_that_changed_is_the_one_cause(
        self, cause: str, change: dict[str, float]
    ) -> None:
        after = replace(PLAIN, **change)

        assert one(PLAIN, after) == {cause: after.order - PLAIN.order}

    def test_what_demand_took_is_stock_used(self) -> None:
        after = replace(PLAIN, position=7.0)

        assert one(PLAIN, after, used=5.0) == {"stock_used": 5.0}

    def test_what_was_taken_and_ordered_again_cancels(self) -> None:
        after = replace(PLAIN, position=10.0)

        assert one(PLAIN, after, used=5.0) == {"stock_used": 5.0, "stock_added": -3.0}

    def test_stock_that_was_used_and_what_moves_bring_are_told_apart(self) -> None:
        after = replace(PLAIN, position=7.0, moved=3.0)

        assert one(PLAIN, after, used=5.0) == {"stock_used": 5.0, "moves": -3.0}

    def test_a_publication_that_knows_no_moves_moves_nothing(self) -> None:
        before = replace(inputs_of(PLAIN), moved=np.array([math.nan]))

        assert one(before, PLAIN) == {}

    def test_what_was_used_and_is_in_repair_comes_back(self) -> None:
        before = replace(PLAIN, condemned=0.25, repair=20.0, position=2.0)
        after = replace(before, position=0.0, back=2.0)

        assert one(before, replace(before, position=0.0), used=2.0) == {"stock_used": 2.0}
        assert one(before, replace(after, back=1.0), used=2.0) == {
            "stock_used": 2.0,
            "repair": -1.0,
        }

    def test_a_workshop_that_takes_longer_is_told_apart_from_more_demand(self) -> None:
        before = replace(PLAIN, condemned=0.25, repair=10.0, position=0.0)
        slower, more = replace(before, repair=25.0), replace(before, rate=1.2)

        assert one(before, slower) == {"repair": slower.order - before.order}
        assert one(before, more) == {"expected_demand": more.order - before.order}
        assert set(one(before, replace(slower, rate=1.2))) == {"repair", "expected_demand"}

    def test_a_part_that_comes_under_repair_has_no_other_demand_where_it_is_uneven(self) -> None:
        before = by_the_rule(inputs_of(PLAIN), lead_time_demand=10.0, cycle_demand=31.0)
        after = by_the_rule(
            before,
            repair_days=9.0,
            condemnation=0.25,
            failures=31.0,
            lead_time_demand=0.25 * 10.0 + 0.75 * 7.0,
            cycle_demand=0.25 * 31.0 + 0.75 * 7.0,
            lead_time_excess=2.0 * (7.0 + 0.0625 * 3.0) / (7.0 + 0.25 * 3.0),
            cycle_excess=2.5 * (7.0 + 0.0625 * 24.0) / (7.0 + 0.25 * 24.0),
        )

        found = one(before, after)

        assert found == {"repair": after.order_quantity[0] - before.order_quantity[0]}
        assert found["repair"] < 0

    def test_a_part_that_is_held_again_is_not_told_of_a_service_level(self) -> None:
        before = replace(PLAIN, stocked=False, rate=0.4)

        found = one(before, PLAIN)

        assert set(found) <= {"stocked", "expected_demand"}
        assert found["stocked"] > 0

    def test_a_publication_that_knows_no_repairs_holds_everything(self) -> None:
        before = without(inputs_of(PLAIN), "stocked", "coming_back")

        assert one(before, PLAIN) == {}

    def test_what_arrived_moves_from_orders_to_stock_and_causes_nothing(self) -> None:
        before = replace(inputs_of(PLAIN), current_stock=np.array([4.0]), on_order=np.array([8.0]))

        assert one(before, PLAIN) == {}

    def test_demand_between_that_is_not_known_leaves_stock_as_one_cause(self) -> None:
        after = replace(PLAIN, position=7.0)

        assert one(PLAIN, after, used=math.nan) == {"stock": 5.0}

    def test_stock_and_demand_that_only_together_ask_for_an_order_share_it(self) -> None:
        before = replace(PLAIN, position=PLAIN.reorder_point + 4.0)
        after = replace(before, position=before.position - 3.0, rate=0.9)

        found = one(before, after, used=3.0)

        assert before.order == 0 < after.order
        assert set(found) == {"stock_used", "expected_demand"}
        assert all(amount > 0 for amount in found.values())


class TestWhatCannotBeToldApart:
    def test_publications_without_the_moments_of_the_cycle_have_levels_as_one_cause(self) -> None:
        after = replace(PLAIN, rate=1.1, level=0.99123, days=40.0, position=7.0)
        old = [without(inputs_of(each), *OF_1_3) for each in (PLAIN, after)]

        found = one(*old, used=5.0)

        assert set(found) == {"stock_used", "levels"}
        assert sum(found.values()) == pytest.approx(after.order - PLAIN.order)

    def test_one_publication_without_them_is_enough(self) -> None:
        after = replace(PLAIN, rate=1.1)

        found = one(without(inputs_of(PLAIN), *OF_1_3), after)

        assert found == {"levels": after.order - PLAIN.order}

    def test_levels_that_the_moments_do_not_give_are_not_taken_apart(self) -> None:
        after = replace(PLAIN, rate=1.1)
        stated = inputs_of(after)
        other = replace(
            stated, order_up_to=stated.order_up_to + 1.0, order_quantity=stated.order_quantity + 1.0
        )

        assert one(PLAIN, other) == {"levels": other.order_quantity[0] - PLAIN.order}

    @pytest.mark.parametrize("name", ["order_up_to", "reorder_point", "lot", "order_quantity"])
    def test_an_order_that_the_rule_does_not_give_is_not_explained(self, name: str) -> None:
        after = replace(PLAIN, position=7.0)

        found = explain(without(inputs_of(PLAIN), name), inputs_of(after), np.array([5.0]))

        assert not found.explained.any()
        assert not any(micro.any() for micro in found.by_cause.values())

    def test_a_quantity_beside_the_rule_is_not_explained(self) -> None:
        other = replace(inputs_of(PLAIN), order_quantity=np.array([PLAIN.order + 1.0]))

        assert not explain(inputs_of(PLAIN), other, np.zeros(1)).explained.any()


def test_twenty_thousand_parts_are_taken_apart_at_once() -> None:
    chance = np.random.default_rng(1)
    few = [
        replace(
            PLAIN,
            position=float(chance.integers(0, 20)),
            rate=float(chance.integers(10, 40)) / 20,
            lead_scatter=float(chance.integers(1, 50)) / 10,
            level=0.9 + float(chance.integers(0, 9)) / 100,
        )
        for _ in range(400)
    ]
    before, after = inputs_of(*few), inputs_of(*few[1:], few[0])
    many = [
        OrderInputs(*(np.tile(getattr(end, each.name), 50) for each in fields(OrderInputs)))
        for end in (before, after)
    ]

    found = explain(*many, np.full(20_000, 2.0))

    assert found.explained.all()
    total = sum(micro.sum() for micro in found.by_cause.values())
    assert total == round((after.order_quantity - before.order_quantity).sum() * 50 * MICRO)
    assert set(OrderCause) == set(found.by_cause)
