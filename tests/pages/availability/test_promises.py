"""What was promised and kept, what was left out, and what is assumed."""

from __future__ import annotations

from datalayer.runtime import portal
from tests.availability import like
from tests.pages.availability.availability_page import (
    opened,
    publish,
    publish_tables,
    told,
)
from tests.pages.conftest import ADMIN, OpenPage
from tests.publisher import Publisher


def test_parts_without_a_cost_are_counted_where_nothing_else_can_be_told(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    del tables["agg_availability"], tables["agg_promise"], tables["fact_buy_list"]
    levels = tables["fact_availability"].to_pylist()
    silent = {**levels[0], "left_out": "no_cost"}
    levels = [{**silent, "item_id": row["item_id"]} for row in levels]
    tables["fact_availability"] = like(tables["fact_availability"], levels)
    publish_tables(publisher, tables)

    said = told(opened(open_page))

    assert "No part is in these figures." in said
    assert "6 parts and places are left out: no cost is known." in said
    assert "Assumed" not in said


def test_what_was_left_out_is_counted_by_its_reason(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    said = told(opened(open_page))

    assert "4 parts and places are in these figures" in said
    assert "2 parts and places are left out: they take no tower down." in said


def test_parts_of_two_levels_are_said_to_be_left_out_of_the_past(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publisher.publish(lineage={"forecast": {"two_levels": 16}})
    portal().activate(ADMIN, confirmed=True)

    said = told(opened(open_page))

    assert "16 parts and places are a central store's or supplied from one" in said


def publish_assuming(publisher: Publisher, rate: float | None) -> None:
    """Publish with what a run assumes, where the items say that holding them costs *rate*."""
    settings = {"holding_rate": 0.2, "criticality_high": 0.5}
    settings |= {"criticality_medium": 0.1, "criticality_low": 0.01}
    tables = publisher.tables()
    items = [{**row, "holding_rate_per_year": rate} for row in tables["dim_item"].to_pylist()]
    tables["dim_item"] = like(tables["dim_item"], items)
    lineage = {"settings": {"options": {"settings": settings}}}
    publisher.publish(tables=tables, lineage=lineage)
    portal().activate(ADMIN, confirmed=True)


def test_what_the_run_assumed_is_named_as_assumed(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_assuming(publisher, None)

    said = told(opened(open_page))

    assert "Assumed where nobody says: keeping stock costs 20% of its value a year." in said
    assert "50% take a tower down at high criticality, 10% at medium, 1% at low" in said


def test_no_holding_rate_is_assumed_where_every_part_has_its_own(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_assuming(publisher, 0.1)

    said = told(opened(open_page))

    assert "keeping stock costs" not in said
    assert "50% take a tower down at high criticality" in said


def test_a_promise_that_was_not_kept_is_told(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    assert "That was not kept: it was 1.10 times as many." in told(opened(open_page))


UNTESTED = {"n_windows": 0, "towers_down_promised": None, "towers_down_happened": None}


def test_what_was_not_tested_is_not_kept(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    publish(
        publisher, tables=tables | {"agg_promise": tables["agg_promise"].slice(0, 0)}, **UNTESTED
    )

    said = told(opened(open_page))

    assert "Nothing was tested in the past" in said
    assert "test by test" not in said


def test_a_promise_is_told_test_by_test(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, point="1")

    assert "The point shown, test by test" in told(app)
    table = next(each for each in app.table if "Known until" in each.value.columns)
    assert table.value["Promised: towers down"].tolist() == ["3.2", "4.8"]
    assert table.value["Happened: towers down"].tolist() == ["3.5", "5.3"]
    assert table.value["Kept"].tolist() == ["no", "no"]
