"""What the list of actions comes to: by tier, by filter, and where a part stands in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from datalayer.reading import questions
from datalayer.reading.publication import Publication
from datalayer.reading.questions.orders import of_tiers
from tests.unit.reading.actions.conftest import NOBODY, TIERS, action, asking, listed, marked


class TestFigures:
    def test_tiers_count_cards_and_their_money(self, open_list: Callable[..., Publication]) -> None:
        publication = open_list(
            action(1),
            action(2, value=None),
            action(3, "check", "check_data"),
            action(1, "expedite"),
        )
        wanted = asking(publication, ("tier", "check_data"), new=(1,))

        table = publication.table(questions.actions.tiers(wanted)).table

        names = ("tier", "actions", "orders", "value", "without_value", "new")
        assert [tuple(row[name] for name in names) for row in table.to_pylist()] == [
            ("late", 2, 2, 300.0, 1, 1),
            ("check_data", 1, 0, None, 0, 0),
        ]

    def test_what_is_moved_is_in_no_sum_of_money(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1, "move"), action(2, "move", value=None), action(3))
        wanted = asking(publication)

        (tier,) = publication.table(questions.actions.tiers(wanted)).table.to_pylist()

        assert (tier["value"], tier["without_value"]) == (300.0, 0)

    @pytest.mark.parametrize(
        ("asked", "moves"),
        [({}, 3), ({"action": "move"}, 3), ({"action": "order"}, 0), ({"put_aside": "true"}, 2)],
    )
    def test_every_move_counts_also_where_two_go_to_one_place(
        self, open_list: Callable[..., Publication], asked: dict[str, str], moves: int
    ) -> None:
        to_one = [action(1, "move", ref=giver) for giver in ("A", "B", "C", "D")]
        publication = open_list(*to_one, action(2, "move"), action(2), action(3))
        wanted = asking(publication, *asked.items(), standing=marked(*to_one[:2]))

        (tier,) = publication.table(questions.actions.tiers(wanted)).table.to_pylist()

        assert tier["moves"] == moves

    @pytest.mark.parametrize("aside", [False, True])
    def test_orders_due_are_those_that_a_file_of_orders_has(
        self, open_list: Callable[..., Publication], *, aside: bool
    ) -> None:
        publication = open_list(
            action(1, "expedite"),
            action(1, tier="this_week"),
            action(2),
            action(3, tier="will_run_out"),
            action(4, value=None),
        )
        standing = marked(action(2)) if aside else NOBODY
        wanted = asking(publication, standing=standing)
        registry = publication.registry

        (due,) = publication.table(questions.actions.orders_due(registry, wanted)).table.to_pylist()
        filed = publication.table(of_tiers(registry, ("late", "this_week"), (), standing)).table

        assert due["orders"] == filed.num_rows == (2 if aside else 3)
        assert due["late"] == (1 if aside else 2)
        assert (due["value"], due["without_value"]) == (300.0 if aside else 600.0, 1)
        assert due["last_due"] == date(2026, 11, 21)

    def test_a_quiet_list_is_counted_as_nothing(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1, "check", "check_data"))
        wanted = asking(publication)

        question = questions.actions.orders_due(publication.registry, wanted)
        (due,) = publication.table(question).table.to_pylist()

        assert due == {"orders": 0, "late": 0, "value": None, "without_value": 0, "last_due": None}

    def test_every_part_has_its_place_among_its_neighbours(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(*(action(part, tier=TIERS[part % 3]) for part in range(1, 6)))
        wanted = asking(publication)
        order = [row["item_id"] for row in listed(publication)]

        for place, item_id in enumerate(order):
            rows = publication.table(questions.actions.ranks(wanted)).table
            here = questions.actions.neighbours(rows, item_id, "network")

            assert here is not None
            assert (here.position, here.total) == (place + 1, 5)
            assert here.previous == ((order[place - 1], "network") if place else None)
            assert here.following == ((order[place + 1], "network") if place < 4 else None)

    def test_a_part_that_is_filtered_out_has_no_place(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1), action(2, tier="this_week"))
        wanted = asking(publication, ("tier", "late"))

        rows = publication.table(questions.actions.ranks(wanted)).table

        assert questions.actions.neighbours(rows, "P00002", "network") is None
