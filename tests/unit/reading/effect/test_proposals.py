"""What two publications propose to order: exact sums, and what isn't known is never nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from datalayer.reading.changed_orders import LeftOut, changed_orders
from datalayer.reading.changes import compare
from datalayer.reading.effect.proposals import Proposals, proposals_of
from datalayer.reading.effect.sentence import sentence, summary
from datalayer.reading.publication import Publication
from tests.publisher import Publisher
from tests.unit.reading.effect.conftest import Publish, with_values


def of(before: Publication, after: Publication) -> Proposals:
    return proposals_of(before, after, compare(before, after))


class TestSums:
    def test_values_are_exact(self, publish: Publish) -> None:
        before = publish([3, 7, 0.1, 0, 0, 0], [0.1, 0.2, 3.3])
        found = of(before, publish([0, 7, 0.3, 1, 0, 0], [0.1, 0.2, 3.3, 1000.01]))

        assert found.before.value == Decimal("2.03")
        assert found.after.value == Decimal("1002.40")
        assert (found.before.orders, found.after.orders) == (3, 3)

    def test_each_publication_s_orders_come_to_its_own_costs(self, publish: Publish) -> None:
        found = of(publish([10], [1.5]), publish([10], [2.5]))

        assert found.parts[0].value_change == Decimal(10)

    def test_changes_of_the_parts_add_up_to_that_of_the_value(self, publish: Publish) -> None:
        found = of(publish([30, 31, 7], [0.37, 19.99, 3]), publish([29, 0, 11.5, 2], items=8))

        changes = [each.value_change for each in found.parts]
        assert None not in changes
        assert found.before.value is not None
        assert found.after.value is not None
        assert sum(filter(None, changes)) == found.after.value - found.before.value


class TestWhatIsNotKnown:
    def test_an_order_of_unknown_cost_is_counted_and_not_taken_for_nothing(
        self, publish: Publish
    ) -> None:
        found = of(publish([5, 5], [2, None]), publish([5, 5], [2, None]))

        assert (found.before.value, found.before.without_value) == (Decimal(10), 1)
        assert found.parts[1].value_change is None

    def test_a_value_of_which_nothing_is_known_is_none(self, publish: Publish) -> None:
        found = of(publish([5, 5], [None] * 6), publish([0] * 6))

        assert found.before.value is None
        assert found.after.value == 0

    def test_a_value_is_none_where_no_order_is_known(self, publish: Publish) -> None:
        found = of(publish([5, 5]), publish([None] * 6))

        assert (found.after.value, found.after.unknown) == (None, 6)

    def test_a_part_whose_order_is_not_known_is_counted(self, publish: Publish) -> None:
        found = of(publish([5, 5]), publish([None, 5]))

        assert (found.before.unknown, found.after.unknown) == (0, 1)
        assert found.parts[0].value_after is None
        assert not found.parts[0].is_moved

    def test_a_part_of_one_publication_only_is_not_unknown_in_the_other(
        self, publish: Publish
    ) -> None:
        found = of(publish(items=6), publish([1] * 8, [1] * 8, items=8))

        assert found.before.unknown == 0
        assert found.parts[7].value_change == 1

    def test_an_order_that_nobody_can_tell_is_no_change_in_units(self, publish: Publish) -> None:
        found = of(publish([100, 5]), publish([None, 5]))

        assert found.parts[0].change is None

    def test_an_order_that_nobody_can_tell_any_more_is_among_the_changes(
        self, publish: Publish
    ) -> None:
        found = of(publish([100, 5, None]), publish([None, 6, None]))

        assert [each.item_id for each in found.largest(3)] == ["P00002", "P00001"]

    def test_a_unit_that_is_not_said_is_pieces(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        unsaid = with_values(publisher.tables()["dim_item"], unit=[None])

        found = of(publish([10, 5]), publish([10, 5], dim_item=unsaid))

        assert found.other_units == 0
        assert found.largest(3) == ()

    def test_pieces_and_metres_are_not_subtracted(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        before = publish([10, 5], [2, 2])
        items = publisher.tables()["dim_item"]
        in_metres = with_values(items, unit=["m"], unit_cost=[0.02, 2])

        found = of(before, publish([3000, 5], dim_item=in_metres))

        part = found.parts[0]
        assert part.is_other_unit
        assert (part.change, part.is_moved, found.other_units) == (None, False, 1)
        assert part.value_change == Decimal(40)
        assert [each.item_id for each in found.largest(3)] == ["P00001"]

    @pytest.mark.parametrize("spelt", [None, "UN", "units"])
    def test_pieces_are_one_unit_however_they_are_spelt(
        self, publish: Publish, publisher: Publisher, spelt: str | None
    ) -> None:
        before = publish([10], [2])
        respelt = with_values(publisher.tables()["dim_item"], unit=[spelt], unit_cost=[2])
        after = publish([14], dim_item=respelt)
        found = compare(before, after)

        proposals, orders = proposals_of(before, after, found), changed_orders(before, after, found)

        assert (proposals.other_units, proposals.parts[0].change) == (0, 4)
        assert orders.left_out(LeftOut.UNIT) == 0


class TestMoved:
    @pytest.mark.parametrize(
        ("before", "after", "moved"),
        [(10, 12, 0), (10, 12.1, 1), (10, 8, 0), (10, 7, 1), (0, 1, 1), (0, 0, 0)],
    )
    def test_an_order_moves_by_more_than_a_fifth_of_what_it_was(
        self, publish: Publish, before: float, after: float, moved: int
    ) -> None:
        same = [30, 0, 0, 0, 0]

        assert of(publish([before, *same]), publish([after, *same])).moved == moved


class TestLargest:
    def test_the_change_that_comes_to_most_is_first_and_those_without_a_cost_are_last(
        self, publish: Publish
    ) -> None:
        costs = [1, 100, None]

        found = of(publish([0, 0, 0], costs), publish([90, 2, 5000], costs))

        assert [each.item_id for each in found.largest(3)] == ["P00002", "P00001", "P00003"]

    def test_values_of_two_currencies_are_no_sizes_of_changes(self, publish: Publish) -> None:
        before = publish([0, 0], [1, 100])
        after = publish([90, 2], [1, 100], lineage={"currency": "USD"})

        assert [each.item_id for each in of(before, after).largest(1)] == ["P00001"]


class TestSentence:
    def test_it_says_orders_and_value_before_and_now(self, publish: Publish) -> None:
        told = summary(publish([30, 30, 0], [50, 50]), publish([30, 30, 20], [50, 50, 33]))

        assert told == (
            "Proposed orders: 2 before, 3 now; they come to R$ 3,660 instead of R$ 3,000, up 22.0%"
        )

    def test_a_change_too_small_for_a_share_is_neither_up_nor_down(self, publish: Publish) -> None:
        costs = [1000]

        told = summary(publish([10_000], costs), publish([9_999], costs))

        assert told.endswith("they come to R$ 10,000,500 instead of R$ 10,001,500")

    def test_it_says_that_nothing_changed(self, publish: Publish) -> None:
        assert summary(publish(), publish()) == (
            "Proposed orders: 2, as before; they come to R$ 3,000, as before"
        )

    def test_it_says_how_many_orders_have_no_value(self, publish: Publish) -> None:
        told = summary(publish([5, 5], [2, None]), publish([5, 5], [2, 2]))

        assert told.endswith("not in it, as their cost isn't known: 1 before, 0 now")

    def test_it_says_of_how_many_parts_the_order_is_not_known_any_more(
        self, publish: Publish
    ) -> None:
        told = summary(publish(), publish([None, None]))

        assert told.endswith("parts whose order isn't known: 0 before, 2 now")

    def test_it_does_not_compare_two_currencies(self, publish: Publish) -> None:
        told = summary(publish(), publish(lineage={"currency": "USD"}))

        assert "came to R$ 3,000 and come to US$ 3,000 now, which can't be compared" in told

    def test_it_does_not_tell_a_value_of_which_nothing_is_known(self, publish: Publish) -> None:
        told = summary(publish(), publish([5], [None] * 6))

        assert told.endswith("what they come to isn't known")

    def test_nothing_before_has_no_share(self, publish: Publish) -> None:
        told = sentence(of(publish([0] * 6), publish([1], [7])))

        assert told.endswith("they come to R$ 1,507 now, and to nothing before")
