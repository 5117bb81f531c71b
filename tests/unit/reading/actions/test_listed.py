"""The list of actions: which rows it has, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.errors import InvalidCursor, InvalidSelection, UnknownDataSet
from datalayer.reading import questions
from datalayer.reading.publication import Publication
from tests.publisher import Publisher
from tests.unit.reading.actions.conftest import (
    TIERS,
    OpenPublication,
    action,
    asking,
    listed,
    marked,
    told,
)


class TestWhatIsListed:
    def test_the_most_urgent_comes_first(self, open_list: Callable[..., Publication]) -> None:
        rows = [action(1, tier="surplus", kind="defer"), action(3), action(2, tier="this_week")]

        assert told(open_list(*rows)) == ["3 order", "2 order", "1 defer"]

    def test_a_part_has_one_card_that_counts_its_other_actions(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1, "expedite"), action(1, tier="this_week"), action(2))

        assert told(publication) == ["1 expedite", "2 order"]
        assert [row["others"] for row in listed(publication)] == [1, 0]

    def test_what_is_put_aside_is_not_on_the_list(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1), action(2))

        assert told(publication, standing=marked(action(1))) == ["2 order"]

    @pytest.mark.parametrize("state", ["open", "came_back"])
    def test_what_is_marked_otherwise_stays(
        self, open_list: Callable[..., Publication], state: str
    ) -> None:
        publication = open_list(action(1), action(2))

        assert told(publication, standing=marked(action(1), state=state)) == ["1 order", "2 order"]

    def test_the_next_action_of_a_part_takes_the_place_of_one_that_is_put_aside(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1, "expedite"), action(1, tier="this_week"))

        rows = listed(publication, standing=marked(action(1, "expedite")))

        assert [(row["action"], row["others"]) for row in rows] == [("order", 0)]

    def test_what_is_put_aside_can_be_asked_for_every_action_of_it(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1, "expedite"), action(1), action(2))
        standing = marked(action(1, "expedite"), action(1))

        found = told(publication, ("put_aside", "true"), standing=standing)

        assert sorted(found) == ["1 expedite", "1 order"]

    def test_a_kind_of_action_is_found_behind_a_leading_one_of_another(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1, "expedite"), action(1, tier="this_week"), action(2))

        assert told(publication, ("action", "order")) == ["2 order", "1 order"]

    def test_places_that_others_lie_below_are_listed_only_where_asked_for(
        self, publisher: Publisher, open_list: Callable[..., Publication]
    ) -> None:
        places = publisher.tables()["dim_location"]
        depot = places.to_pylist()[0] | {
            "location_id": "D1",
            "name": "Depot 1",
            "level": "depot",
            "parent_location_id": "network",
        }
        both = pa.Table.from_pylist([depot, *places.to_pylist()], schema=places.schema)
        publication = open_list(action(1), action(1, location_id="D1"), dim_location=both)

        default = [row["location_id"] for row in listed(publication)]
        asked = [row["location_id"] for row in listed(publication, ("location", "network"))]
        facet = publication.table(questions.actions.location_facet(asking(publication))).table

        assert (default, asked) == (["D1"], ["network"])
        assert facet["value"].to_pylist() == ["D1", "network"]

    def test_pages_go_on_behind_the_rank_of_the_last_row(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(*(action(part) for part in range(1, 6)))
        wanted = asking(publication)

        def page(after: tuple[int, ...] | None) -> Any:
            return publication.table_page(
                questions.actions.listed(publication.registry, wanted, limit=2, after=after)
            )

        first = page(None)
        second = page(first.last)
        last = page(second.last)

        pages = [each.rows["item_id"].to_pylist() for each in (first, second, last)]
        assert pages == [["P00001", "P00002"], ["P00003", "P00004"], ["P00005"]]
        assert [each.more for each in (first, second, last)] == [True, True, False]
        assert {each.total for each in (first, second, last)} == {5}

    @pytest.mark.parametrize("after", [("P00001",), (1, 2)])
    def test_a_position_that_is_no_rank_is_refused(
        self, open_list: Callable[..., Publication], after: Any
    ) -> None:
        publication = open_list(action(1))

        with pytest.raises(InvalidCursor):
            questions.actions.listed(
                publication.registry, asking(publication), limit=2, after=after
            )

    def test_a_publication_from_before_there_were_actions_is_refused(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables()
        del tables["fact_action"]
        publication = open_publication(publisher.publish(tables=tables))

        with pytest.raises(UnknownDataSet):
            asking(publication)


class TestListFilters:
    @pytest.mark.parametrize(
        ("name", "value"),
        [("tier", "never"), ("action", "sell"), ("abc_class", "D"), ("has_check", "maybe")],
    )
    def test_a_value_that_there_is_not_is_refused(
        self, open_list: Callable[..., Publication], name: str, value: str
    ) -> None:
        publication = open_list(action(1))

        with pytest.raises(InvalidSelection, match=name):
            asking(publication, (name, value))

    def test_values_are_never_read_as_sql(self, open_list: Callable[..., Publication]) -> None:
        publication = open_list(action(1))

        assert told(publication, ("category", "'; drop table dim_item; --")) == []
        assert told(publication) == ["1 order"]

    def test_values_of_one_filter_are_alternatives_and_filters_add_up(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(
            action(1), action(2, tier="this_week"), action(3, "check", "check_data")
        )

        either = told(publication, ("tier", "late"), ("tier", "check_data"))
        both = told(publication, ("tier", "late"), ("action", "check"))

        assert (either, both) == (["1 order", "3 check"], [])

    def test_rows_to_check_first_can_be_told_from_others(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(
            action(1),
            action(2, check_first="above_a_year", check_observed=9.0, check_expected=1.0, checks=1),
        )

        assert told(publication, ("has_check", "true")) == ["2 order"]
        assert told(publication, ("has_check", "false")) == ["1 order"]
        assert told(publication, ("check_first", "above_a_year")) == ["2 order"]

    def test_new_and_changed_rows_are_named_by_their_ranks(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(action(1), action(2), action(3))

        assert told(publication, ("is_new", "true"), new=(2,), changed=(3,)) == ["2 order"]
        assert told(publication, ("is_changed", "true"), new=(2,), changed=(3,)) == ["3 order"]

    def test_a_facet_counts_what_each_value_would_leave(
        self, open_list: Callable[..., Publication]
    ) -> None:
        publication = open_list(
            action(1, "expedite"),
            action(1),
            action(2),
            action(3, tier="this_week"),
            action(4, "check", "check_data"),
        )
        chosen = ("tier", "late")
        names = [("tier", tier) for tier in TIERS]

        counted = publication.table(questions.actions.facets(asking(publication, chosen))).table
        kinds = publication.table(
            questions.actions.action_facet(asking(publication, chosen, ("action", "order")))
        ).table
        rows = {(row["filter"], row["value"]): row["rows"] for row in counted.to_pylist()}

        assert {name: rows.get(name, 0) for name in names} == {
            name: len(listed(publication, name)) for name in names
        }
        assert {row["value"]: row["rows"] for row in kinds.to_pylist()} == {
            kind: len(listed(publication, chosen, ("action", kind)))
            for kind in ("expedite", "order")
        }
