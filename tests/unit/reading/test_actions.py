"""The list of actions: which rows it has, in which order, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import InvalidCursor, InvalidSelection, UnknownDataSet
from datalayer.marks.tables import standing_table
from datalayer.reading import questions
from datalayer.reading.publication import Publication
from datalayer.reading.questions.actions import Listing
from datalayer.reading.questions.orders import of_tiers
from tests.publisher import Publisher

OpenPublication = Callable[[Manifest], Publication]
Row = dict[str, Any]

TIERS = ("late", "this_week", "will_run_out", "check_forecast", "surplus", "check_data")
NOBODY = standing_table(())


def action(part: int, kind: str = "order", tier: str = "late", **more: object) -> Row:
    """Return a row of the list; one that concerns an open order names it."""
    named = kind in {"expedite", "defer", "cancel"}
    checked = kind == "check"
    return {
        "item_id": f"P{part:05d}",
        "location_id": "network",
        "action": kind,
        "ref": f"45{part:08d}/10" if named else "-",
        "tier": tier,
        "quantity": None if checked else 30.0,
        "value": None if checked else 300.0,
        "due": None if checked else date(2026, 11, 20) + timedelta(days=TIERS.index(tier)),
        "check_first": None,
        "check_observed": None,
        "check_expected": None,
        "checks": 0,
        **more,
    }


def ranked(template: Row, rows: Iterable[Row]) -> list[Row]:
    """Return *rows* as a publication has them: ranked as they come, by tier; keys in order."""
    placed, seen = [], set()
    for rank, row in enumerate(sorted(rows, key=lambda row: TIERS.index(row["tier"])), start=1):
        part = (row["item_id"], row["location_id"])
        placed.append(template | row | {"rank": rank, "is_leading": part not in seen})
        seen.add(part)
    return sorted(placed, key=lambda r: (r["item_id"], r["location_id"], r["action"], r["ref"]))


@pytest.fixture
def open_list(
    publisher: Publisher, open_publication: OpenPublication
) -> Callable[..., Publication]:
    """Opens a publication whose list has certain rows."""

    def opened(*rows: Row, **tables: pa.Table) -> Publication:
        made = publisher.tables() | tables
        schema = made["fact_action"].schema
        template = made["fact_action"].to_pylist()[0]
        listed = pa.Table.from_pylist(ranked(template, rows), schema=schema)
        return open_publication(publisher.publish(tables=made | {"fact_action": listed}))

    return opened


def marked(*rows: Row, state: str = "put_aside") -> pa.Table:
    """Return rows as marked by Ana."""
    said = {
        "state": state,
        "kind": "ordered",
        "marked_by": "Ana",
        "comment": "by phone",
        "comments": 2,
        "number": 7,
    }
    keys = ("item_id", "location_id", "action", "ref")
    made = [{name: row[name] for name in keys} | said for row in rows]
    return pa.Table.from_pylist(made, schema=NOBODY.schema)


def asking(
    publication: Publication, *asked: tuple[str, str], standing: pa.Table = NOBODY, **more: Any
) -> Listing:
    return questions.actions.listing(publication.registry, asked, standing=standing, **more)


def listed(publication: Publication, *asked: tuple[str, str], **more: Any) -> list[Row]:
    wanted = asking(publication, *asked, **more)
    question = questions.actions.listed(publication.registry, wanted, limit=100)
    rows: list[Row] = publication.table(question).table.to_pylist()
    return rows


def told(publication: Publication, *asked: tuple[str, str], **more: Any) -> list[str]:
    return [f"{row['item_id'][-1]} {row['action']}" for row in listed(publication, *asked, **more)]


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


class TestRowsOfCards:
    def cards(self, publication: Publication, standing: pa.Table = NOBODY) -> list[Row]:
        wanted = asking(publication, standing=standing, new=(1,))
        page = questions.actions.listed(publication.registry, wanted, limit=10)
        rows = publication.table(page).table
        table: list[Row] = publication.table(
            questions.actions.cards(rows, standing)
        ).table.to_pylist()
        return table

    def test_a_card_has_the_part_its_stock_its_verdict_and_the_numbers_of_its_reason(
        self, publication: Publication
    ) -> None:
        first, *_ = self.cards(publication)

        tables = {
            name: publication.table(
                questions.data_sets.rows(publication.registry.data_sets[name], limit=1000)
            ).table.to_pylist()
            for name in (
                "dim_item",
                "fact_inventory",
                "fact_metrics",
                "fact_exception",
                "fact_action",
            )
        }
        mine = {
            name: [row for row in rows if row["item_id"] == first["item_id"]]
            for name, rows in tables.items()
        }
        champions = [row for row in mine["fact_metrics"] if row["is_champion"]]
        reason = next(r for r in mine["fact_exception"] if r["reason_code"] == first["reason_code"])
        assert first["rank"] == 1
        assert first["name"] == mine["dim_item"][0]["name"]
        assert first["minimum_order"] == mine["fact_inventory"][0]["minimum_order"]
        assert first["verdict"] == max(champions, key=lambda row: row["horizon"])["verdict"]
        assert (first["reason_observed"], first["reason_expected"]) == (
            reason["observed"],
            reason["expected"],
        )
        assert (first["is_new"], first["others"], first["kind"]) == (True, 0, None)

    def test_a_card_has_what_planners_said(self, open_list: Callable[..., Publication]) -> None:
        publication = open_list(action(1), action(2))

        one, other = self.cards(publication, marked(action(1), state="came_back"))

        said = ("state", "kind", "marked_by", "comment", "comments", "number")
        assert [one[name] for name in said] == ["came_back", "ordered", "Ana", "by phone", 2, 7]
        assert other["state"] is None

    def test_an_order_has_the_open_order_that_is_deferred_at_its_place_and_the_other_way_round(
        self, open_list: Callable[..., Publication]
    ) -> None:
        order = action(1, due=date(2027, 1, 29), quantity=9.0)
        deferred = action(1, "defer", "surplus", arrives=date(2027, 1, 12), quantity=20.0)
        publication = open_list(order, deferred, action(2))

        first, alone = self.cards(publication)
        (second,) = self.cards(publication, marked(action(1)))[1:]
        rows = questions.actions.of_ranks([2, 3])
        told = publication.table(
            questions.actions.cards(publication.table(rows).table, NOBODY)
        ).table.to_pylist()

        beside = ("beside_ref", "beside_quantity", "beside_day")
        assert [first[name] for name in beside] == ["4500000001/10", 20.0, date(2027, 1, 12)]
        assert [alone[name] for name in beside] == [None, None, None]
        assert second["beside_day"] is None  # what is ordered already isn't to be ordered
        assert [told[-1][name] for name in beside] == ["-", 9.0, date(2027, 1, 29)]

    def test_no_rows_make_no_cards(self, open_list: Callable[..., Publication]) -> None:
        publication = open_list()

        assert self.cards(publication) == []


class TestPeriods:
    def test_each_part_has_what_was_used_and_what_its_source_forecasts(
        self, publication: Publication
    ) -> None:
        wanted = asking(publication)
        question = questions.actions.listed(publication.registry, wanted, limit=10)
        cards = publication.table(
            questions.actions.cards(publication.table(question).table, NOBODY)
        ).table
        period = publication.registry.data_sets["fact_period"]
        published = publication.table(
            questions.data_sets.rows(period, limit=1000)
        ).table.to_pylist()

        found = publication.table(
            questions.actions.periods(cards, used=2, ahead=3)
        ).table.to_pylist()

        assert found
        for item_id, source in zip(
            cards["item_id"].to_pylist(), cards["source"].to_pylist(), strict=True
        ):
            mine = [
                row for row in published if (row["item_id"], row["source"]) == (item_id, source)
            ]
            used = [row for row in mine if row["actual"] is not None][-2:]
            ahead = [row for row in mine if row["actual"] is None][:3]
            shown = [row for row in found if row["item_id"] == item_id]
            assert [(r["date"], r["actual"]) for r in shown if r["actual"] is not None] == [
                (r["date"], r["actual"]) for r in used
            ]
            assert [
                (r["date"], r["forecast"], r["q100"], r["q900"])
                for r in shown
                if r["actual"] is None
            ] == [(r["date"], r["forecast"], r["q100"], r["q900"]) for r in ahead]

    def test_a_part_without_a_forecast_keeps_its_history(self, publication: Publication) -> None:
        rows = pa.Table.from_pylist(
            [{"item_id": "P00001", "location_id": "network", "source": "prophet"}]
        )

        found = publication.table(questions.actions.periods(rows)).table

        assert found.num_rows == found["actual"].drop_null().length() > 0  # type: ignore[attr-defined]

    def test_a_part_at_two_places_has_each_place_s_periods_once(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables()
        period = tables["fact_period"]
        elsewhere = [row | {"location_id": "D1"} for row in period.to_pylist()]
        both = sorted(
            [*period.to_pylist(), *elsewhere],
            key=lambda row: [row[name] for name in ("item_id", "location_id", "source", "date")],
        )
        tables["fact_period"] = pa.Table.from_pylist(both, schema=period.schema)
        publication = open_publication(publisher.publish(tables=tables))
        source = period["source"][0].as_py()
        rows = [
            {"item_id": "P00001", "location_id": place, "source": source}
            for place in ("D1", "network", "network")
        ]

        question = questions.actions.periods(pa.Table.from_pylist(rows))
        found = publication.table(question).table.to_pylist()

        mine = [row for row in period.to_pylist() if row["item_id"] == "P00001"]
        dates = [row["date"] for row in mine if row["source"] == source]
        assert [(row["location_id"], row["date"]) for row in found] == [
            (place, each) for place in ("D1", "network") for each in dates
        ]
