"""What is asked of availability: contracts, their curves, what to buy, and what a budget buys."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidCursor, InvalidSelection
from datalayer.reading.publication import Publication
from datalayer.reading.question import Question
from datalayer.reading.questions import availability, availability_columns, buy_list
from datalayer.reading.questions.buy_list import BuyListing
from tests.availability import STEPS, available_tables, like
from tests.publisher import Publisher, replace_column

Rows = list[dict[str, Any]]
Open = Callable[[Manifest], Publication]


def rows_of(publication: Publication, question: Question) -> Rows:
    rows: Rows = publication.table(question).table.to_pylist()
    return rows


def bought(publication: Publication, *asked: tuple[str, str]) -> Rows:
    return rows_of(publication, buy_list.steps(listing(publication, *asked)))


def effect(publication: Publication, *asked: tuple[str, str]) -> dict[str, Any]:
    (row,) = rows_of(publication, buy_list.budget_effect(listing(publication, *asked)))
    return row


def listing(publication: Publication, *asked: tuple[str, str]) -> BuyListing:
    return buy_list.buy_listing(publication.registry, asked)


class TestContracts:
    def test_each_has_its_stock_of_today_and_that_of_service_levels(
        self, available: Publication
    ) -> None:
        first, second = rows_of(available, availability.contracts())

        assert (first["contract_id"], first["name"]) == ("CT-A", "Alfa")
        assert second["contract_id"] == "CT-B"
        assert first["today_towers_down"] == first["service_towers_down"] == 5.0
        assert first["today_towers_down_low"] < 5.0 < first["today_towers_down_high"]

    def test_the_first_supported_point_that_meets_the_target_is_told(
        self, available: Publication
    ) -> None:
        contract = rows_of(available, availability.contracts())[0]

        assert (contract["meeting_point"], contract["meeting_stock_value"]) == (1, 2000.0)
        assert contract["meeting_availability"] >= contract["target_availability"]

    def test_the_best_that_can_be_promised_leaves_out_what_is_not_supported(
        self, available: Publication
    ) -> None:
        contract = rows_of(available, availability.contracts())[0]

        assert (contract["supported_point"], contract["supported_availability"]) == (1, 0.996)

    def test_a_target_that_only_an_unsupported_point_meets_has_no_stock_value(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = available_tables(publisher)
        curve = tables["agg_availability"]
        tables["agg_availability"] = replace_column(
            curve, "target_availability", [0.997] * curve.num_rows
        )
        publication = open_publication(publisher.publish(tables=tables))

        contract = rows_of(publication, availability.contracts())[0]

        assert contract["meeting_point"] is None
        assert contract["meeting_stock_value"] is None

    def test_a_contract_without_a_target_is_listed_without_a_point_that_meets_it(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = available_tables(publisher)
        curve = tables["agg_availability"]
        nobody_says = pa.nulls(curve.num_rows, pa.float64())
        for name in ("target_availability", "towers", "availability", "chance_target_met"):
            curve = replace_column(curve, name, nobody_says)
        publication = open_publication(
            publisher.publish(tables={**tables, "agg_availability": curve})
        )

        contract = rows_of(publication, availability.contracts())[0]

        assert contract["target_availability"] is None
        assert contract["meeting_point"] is None
        assert contract["supported_point"] == 1
        assert contract["supported_availability"] is None

    def test_a_contract_without_a_row_of_today_is_listed_without_its_figures(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = available_tables(publisher)
        curve = tables["agg_availability"]
        tables["agg_availability"] = curve.filter(pc.not_equal(curve["policy"], "today"))
        publication = open_publication(publisher.publish(tables=tables))

        contract = rows_of(publication, availability.contracts())[0]

        assert contract["today_stock_value"] is None
        assert contract["service_stock_value"] == 1000.0


class TestCurve:
    def test_points_come_by_their_stock_then_today_then_service_levels(
        self, available: Publication
    ) -> None:
        rows = rows_of(available, availability.curve("CT-B"))

        found = [(row["policy"], row["point"]) for row in rows]
        assert found == [("money", 0), ("money", 1), ("money", 2), ("today", 0), ("service", 0)]
        assert {row["contract_id"] for row in rows} == {"CT-B"}

    def test_an_unknown_contract_has_none(self, available: Publication) -> None:
        assert rows_of(available, availability.curve("nobody")) == []


class TestBuyList:
    def test_the_whole_list_has_the_sums_that_are_published(self, available: Publication) -> None:
        rows = bought(available)

        assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5, 6]
        sums = [row["cumulative_cost"] for row in rows]
        assert sums == pytest.approx(list(accumulate(step[4] for step in STEPS)), abs=1e-9)

    def test_a_step_has_its_part_its_place_and_what_stock_is_worth_there(
        self, available: Publication
    ) -> None:
        row = bought(available)[1]

        assert (row["item_id"], row["location"], row["contract_id"]) == (
            "P00003",
            "Depósito",
            "CT-B",
        )
        assert row["name"]
        assert row["unit"]
        assert row["position"] == 2.0
        assert row["supported"] is True
        assert row["hours_per_1000"] == pytest.approx(400.0)

    def test_under_a_filter_sums_are_of_the_rows_shown(self, available: Publication) -> None:
        rows = bought(available, ("contract_id", "CT-B"))

        assert [row["rank"] for row in rows] == [2, 4, 5]
        assert [row["cumulative_cost"] for row in rows] == [0.1, 300.1, 300.2]
        assert rows[-1]["cumulative_down_hours_avoided"] == 30.05

    def test_a_budget_is_for_the_rows_shown(self, available: Publication) -> None:
        rows = bought(available, ("location_id", "DEPOT"), ("budget", "0.2"))

        assert [row["rank"] for row in rows] == [2, 5]

    def test_sums_of_tenths_meet_a_budget_exactly(self, available: Publication) -> None:
        rows = bought(available, ("budget", "100.3"))

        assert [row["rank"] for row in rows] == [1, 2, 3]

    def test_the_first_step_beyond_the_budget_ends_the_list(self, available: Publication) -> None:
        # The fifth would still fit, but the fourth stands before it.
        rows = bought(available, ("budget", "100.5"))

        assert [row["rank"] for row in rows] == [1, 2, 3]

    def test_a_budget_of_0_buys_nothing_not_even_what_costs_nothing(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        free = [("P00002", "network", "CT-A", 1.0, 0.0, 5.0), *STEPS]
        tables = available_tables(publisher, free)
        publication = open_publication(publisher.publish(tables=tables))

        assert bought(publication, ("budget", "0")) == []
        assert bought(publication)[0]["hours_per_1000"] is None

    def test_several_values_are_alternatives_and_filters_add_up(
        self, available: Publication
    ) -> None:
        rows = bought(
            available,
            *(("item_id", code) for code in ("P00002", "P00006")),
            ("location_id", "DEPOT"),
        )

        assert [row["rank"] for row in rows] == [6]

    def test_what_no_row_has_finds_none(self, available: Publication) -> None:
        assert bought(available, ("contract_id", "nobody")) == []

    def test_what_is_supported_can_be_asked_for(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = available_tables(publisher)
        worth = [
            {**row, "supported": row["item_id"] == "P00005" if row["left_out"] is None else None}
            for row in tables["fact_availability"].to_pylist()
        ]
        tables["fact_availability"] = like(tables["fact_availability"], worth)
        publication = open_publication(publisher.publish(tables=tables))

        rows = bought(publication, ("supported", "true"))

        assert [row["item_id"] for row in rows] == ["P00005"]

    def test_what_its_class_has_money_for_can_be_asked_for(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = available_tables(publisher)
        # The first class ends before its second step, the second has no money, the third no end.
        of_steps = [
            *((100.0, 100.0), (0.0, 0.1), (100.0, 100.2)),
            *((None, None), (0.0, 0.2), (None, None)),
        ]
        for name, values in zip(
            ("class_budget", "class_cumulative_cost"), zip(*of_steps, strict=True), strict=True
        ):
            tables["fact_buy_list"] = replace_column(tables["fact_buy_list"], name, list(values))
        publication = open_publication(publisher.publish(tables=tables))

        within = bought(publication, ("within_class_budget", "true"))

        assert [row["rank"] for row in within] == [1, 4, 6]
        assert [row["cumulative_cost"] for row in within] == [100.0, 400.0, 999.6]
        assert within[0]["class_budget"] == within[0]["class_cumulative_cost"] == 100.0
        assert effect(publication, ("within_class_budget", "true"))["all_cost"] == 999.6
        both = bought(publication, ("within_class_budget", "true"), ("budget", "400"))
        assert [row["rank"] for row in both] == [1, 4]

    def test_pages_go_on_with_the_sums_of_the_whole_list(self, available: Publication) -> None:
        wanted = listing(available, ("budget", "400.5"))

        first = available.table_page(buy_list.steps(wanted, limit=2))
        second = available.table_page(buy_list.steps(wanted, limit=2, after=first.last))

        assert first.total == second.total == 5
        assert first.more
        assert second.rows["rank"].to_pylist() == [3, 4]
        assert second.rows["cumulative_cost"].to_pylist() == [100.3, 400.3]

    @pytest.mark.parametrize("position", [("P00002",), (1, 2), (1.5,)])
    def test_a_position_of_other_rows_is_refused(self, position: tuple[Any, ...]) -> None:
        with pytest.raises((InvalidCursor, InvalidSelection)):
            buy_list.steps(limit=2, after=position)

    @pytest.mark.parametrize("text", ["-1", "-0.01", "nan", "inf", "1e999", "R$ 10", "", "1,5"])
    def test_a_budget_that_is_no_number_of_at_least_0_is_refused(
        self, text: str, registry: Registry
    ) -> None:
        with pytest.raises(InvalidSelection, match="budget"):
            buy_list.buy_listing(registry, [("budget", text)])

    def test_two_budgets_are_refused(self, registry: Registry) -> None:
        with pytest.raises(InvalidSelection, match="more than once"):
            buy_list.buy_listing(registry, [("budget", "1"), ("budget", "2")])

    def test_rows_tell_the_columns_that_are_described(
        self, available: Publication, registry: Registry
    ) -> None:
        told = [column.name for column in availability_columns.told_columns(registry)]

        assert list(bought(available)[0]) == told


@pytest.mark.parametrize("silence", [False, True])
def test_answers_have_the_columns_that_are_described(
    silence: bool, available: Publication, silent: Publication, registry: Registry
) -> None:
    publication = silent if silence else available
    told = availability_columns
    described = (
        (availability.contracts(), told.contract_columns(registry)),
        (availability.curve("CT-A"), told.curve_columns(registry)),
        (availability.stock_worth("P00002"), told.worth_columns(registry)),
        (availability.left_out(), told.left_out_columns(registry)),
        (buy_list.budget_effect(listing(publication)), told.effect_columns()),
    )
    for question, columns in described:
        names = publication.table(question).table.column_names
        assert names == [column.name for column in columns], question.name


class TestBudgetEffect:
    def test_what_is_bought_is_a_share_of_all_that_the_list_avoids(
        self, available: Publication
    ) -> None:
        told = effect(available, ("budget", "100.3"))

        assert (told["steps"], told["parts"], told["last_rank"]) == (3, 2, 3)
        assert told["cost"] == 100.3
        assert told["share"] == pytest.approx(50.07 / 100)
        assert (told["all_steps"], told["all_cost"]) == (6, 1000.0)

    def test_as_much_again_goes_on_behind_it(self, available: Publication) -> None:
        told = effect(available, ("budget", "250"))

        assert (told["steps"], told["next_steps"], told["next_last_rank"]) == (3, 2, 5)
        assert told["next_cost"] == pytest.approx(300.1)
        assert told["next_share"] == pytest.approx(30.01 / 100)

    def test_a_budget_of_0_buys_a_share_of_0(self, available: Publication) -> None:
        told = effect(available, ("budget", "0"))

        assert (told["steps"], told["cost"], told["share"], told["last_rank"]) == (0, 0, 0, None)
        assert told["next_steps"] == 0

    def test_without_a_budget_everything_is_bought(self, available: Publication) -> None:
        told = effect(available)

        assert (told["steps"], told["share"], told["next_steps"]) == (6, 1.0, 0)

    def test_it_buys_what_the_list_shows(self, available: Publication) -> None:
        for asked in ([("contract_id", "CT-B")], [("location_id", "DEPOT")], []):
            for budget in ("0.1", "0.2", "150", "300.2", "1e6"):
                rows = bought(available, *asked, ("budget", budget))
                told = effect(available, *asked, ("budget", budget))
                assert told["steps"] == len(rows)
                assert told["cost"] == (rows[-1]["cumulative_cost"] if rows else 0)

    def test_shares_are_of_the_rows_that_a_filter_leaves(self, available: Publication) -> None:
        told = effect(available, ("contract_id", "CT-B"), ("budget", "0.1"))

        assert told["share"] == pytest.approx(0.04 / 30.05)


class TestWorth:
    def test_parts_are_counted_by_why_they_are_left_out(self, available: Publication) -> None:
        rows = rows_of(available, availability.left_out())

        assert [(row["left_out"], row["parts"], row["unsupported"]) for row in rows] == [
            (None, 4, 0),
            ("no_tower", 2, 0),
        ]

    def test_what_is_weighed_but_not_supported_is_counted(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = available_tables(publisher)
        worth = tables["fact_availability"]
        unsupported = pc.if_else(pc.is_null(worth["left_out"]), False, None)
        tables["fact_availability"] = replace_column(worth, "supported", unsupported)
        publication = open_publication(publisher.publish(tables=tables))

        weighed = rows_of(publication, availability.left_out())[0]

        assert (weighed["parts"], weighed["unsupported"]) == (4, 4)

    def test_a_part_has_a_row_for_each_place_where_it_lies(self, available: Publication) -> None:
        (row,) = rows_of(available, availability.stock_worth("P00003"))

        assert row["location_id"] == "DEPOT"
        assert rows_of(available, availability.stock_worth("P00003", "network")) == []

    def test_an_unknown_part_has_no_row(self, available: Publication) -> None:
        assert rows_of(available, availability.stock_worth("nobody")) == []


def test_a_publication_that_says_nothing_of_availability_answers_with_nothing(
    silent: Publication,
) -> None:
    assert rows_of(silent, availability.contracts()) == []
    assert rows_of(silent, availability.curve("CT-A")) == []
    assert bought(silent, ("contract_id", "CT-A"), ("budget", "100")) == []
    assert rows_of(silent, availability.left_out()) == []
    assert rows_of(silent, availability.stock_worth("P00002")) == []
    told = effect(silent, ("budget", "100"))
    assert (told["steps"], told["all_steps"], told["share"]) == (0, 0, None)


def test_what_was_promised_is_told_cutoff_by_cutoff(available: Publication) -> None:
    rows = rows_of(available, availability.promises("CT-A", "money", 1))

    told = next(
        row
        for row in rows_of(available, availability.curve("CT-A"))
        if (row["policy"], row["point"]) == ("money", 1)
    )
    assert [row["cutoff"] for row in rows] == sorted(row["cutoff"] for row in rows)
    assert len(rows) == told["n_windows"]
    mean = sum(row["towers_down_happened"] for row in rows) / len(rows)
    assert mean == pytest.approx(told["towers_down_happened"])


def test_of_a_publication_that_tested_nothing_no_promise_is_told(silent: Publication) -> None:
    assert rows_of(silent, availability.promises("network", "money", 0)) == []
