"""The page of a part: what to do, where it stands in the list, and what a bad address is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import ANYONE
from datalayer.marks.marking import RowKey
from datalayer.portal import Statement
from pages.components.marking import Marking
from pages.components.worklist.mark_dialog import LastMarking
from tests.marked_list import publish_without_list
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")
LATER = timedelta(minutes=1)

Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]


def html(app: AppTest) -> str:
    """Return all that the page says as HTML."""
    return "\n".join(each.proto.body for each in app.get("html"))


def republish(publisher: Publisher, **changes: Change) -> None:
    """Publish the same story again with the rows of some data sets changed, and activate it."""
    publish_changed(publisher, **changes)
    runtime.portal().activate(ADMIN)


def publish_changed(publisher: Publisher, **changes: Change) -> None:
    """Publish the same story again with the rows of some data sets changed."""
    later = publisher.latest.generated_at + LATER
    tables = dict(publisher.tables(generated_at=later))
    for name, change in changes.items():
        rows = change(tables[name].to_pylist())
        tables[name] = pa.Table.from_pylist(rows, schema=tables[name].schema)
    publisher.publish(generated_at=later, tables=tables)


def without(**values: str) -> Change:
    """Return what leaves out the rows that have these values."""
    return lambda rows: [row for row in rows if not values.items() <= row.items()]


def with_values(item_id: str, **values: object) -> Change:
    """Return what gives the rows of a part other values."""
    return lambda rows: [row | values if row["item_id"] == item_id else row for row in rows]


def test_a_part_begins_with_verb_quantity_and_date(open_page: OpenPage) -> None:
    said = html(open_page("forecast.py", item="P00001"))

    assert "Pedir 30 até" in said.partition("</h3>")[0]


def test_stock_orders_and_lead_time_are_told_with_their_numbers(open_page: OpenPage) -> None:
    said = html(open_page("forecast.py", locale="en", item="P00003"))

    assert "<dt>Stock</dt><dd>30 on" in said
    assert "(order 4500000000/10)" in said
    assert "<dt>Lead time</dt><dd>14 days" in said


def test_sizes_of_orders_have_their_unit(open_page: OpenPage, active: Publisher) -> None:
    republish(
        active,
        dim_item=with_values("P00001", unit="m"),
        fact_inventory=with_values("P00001", minimum_order=10.0, order_multiple=5.0),
    )

    said = html(open_page("forecast.py", item="P00001", lang="en"))

    assert "at least 10 m, in multiples of 5 m" in said


def test_what_is_assumed_is_named(open_page: OpenPage) -> None:
    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "<dt>Assumed</dt>" in said


@pytest.mark.parametrize(
    ("name", "said"), [("condemnation", "beyond repair"), ("not_yet_known", "not_yet_known")]
)
def test_what_is_assumed_of_repairs_is_named_and_what_nobody_knows_is_shown_as_it_is(
    open_page: OpenPage, active: Publisher, name: str, said: str
) -> None:
    republish(active, dim_item=with_values("P00001", assumed=name))

    page = open_page("forecast.py", locale="en", item="P00001")

    assert not page.exception
    assert said in html(page)


def test_where_there_is_nothing_to_do_the_page_says_how_long_the_stock_lasts(
    open_page: OpenPage,
) -> None:
    said = html(open_page("forecast.py", locale="en", item="P00003"))

    assert "Nothing to do</h3>" in said
    assert "Stock and open orders last until" in said


def test_a_part_without_stock_says_what_is_missing(open_page: OpenPage, active: Publisher) -> None:
    republish(active, fact_inventory=without(item_id="P00003"))

    app = open_page("forecast.py", locale="en", item="P00003")

    assert not app.exception
    assert "What to do is not known" in html(app)
    assert "current stock" in html(app).lower()


def test_nothing_is_ordered_where_an_order_would_add_nothing(
    open_page: OpenPage, active: Publisher
) -> None:
    filled = {"current_stock": 30.0, "on_order": 0.0, "reorder_point": 30.0, "order_up_to": 30.0}
    republish(
        active,
        fact_action=without(item_id="P00003"),
        fact_open_order=without(item_id="P00003"),
        fact_inventory=with_values("P00003", **filled, order_quantity=0.0),
    )

    said = html(open_page("forecast.py", locale="en", item="P00003"))

    assert "= 30: an order would fill up to no more, so nothing is ordered." in said


def test_a_name_of_markup_is_only_text(open_page: OpenPage, active: Publisher) -> None:
    name = "<img src=x>**b** " + "n" * 300
    republish(active, dim_item=with_values("P00001", name=name))

    app = open_page("forecast.py", item="P00001")

    assert not app.exception
    assert "<img" not in html(app)
    assert r"\<img" in app.header[0].value


def test_the_page_says_where_the_part_stands_in_its_list(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en", item="P00001")

    assert "2 of 2" in texts(app)


def test_a_part_outside_the_list_says_so(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en", item="P00004")

    assert "not in the list" in texts(app)


def test_the_filters_of_the_address_are_those_of_the_list(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en", item="P00001", tier="this_week")

    assert "1 of 1" in texts(app)


def test_a_filter_that_cannot_be_used_is_said_and_the_part_is_shown(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", tier="never")

    assert "never" in app.warning[0].value
    assert "Pedir 30" in html(app)


def test_a_place_that_the_part_has_not_got_is_said(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", location_id="<moon>")

    assert "moon" in app.warning[0].value
    assert "Pedir 30" in html(app)


def test_an_unknown_part_gets_suggestions(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P0001")

    assert not app.exception
    assert app.warning


def test_a_time_that_there_is_not_is_said_and_a_year_is_drawn(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", span="9y")

    assert "9y" in app.warning[0].value
    assert app.get("plotly_chart")


def test_the_time_chosen_stands_in_the_address(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")

    app.pills[0].set_value("3m").run()

    assert app.query_params["span"] == ["3m"] or app.query_params["span"] == "3m"


def test_a_publication_from_before_the_decisions_shows_what_there_is(
    open_page: OpenPage, active: Publisher
) -> None:
    later = active.latest.generated_at + LATER
    tables = dict(active.tables(generated_at=later))
    for name in ("fact_action", "fact_projection", "fact_period", "fact_open_order"):
        del tables[name]
    active.publish(generated_at=later, tables=tables)
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page("forecast.py", locale="en", item="P00001")

    assert not app.exception
    assert not app.error
    assert "Order 30" in html(app)
    assert "before there was a list" in html(app)
    assert len(app.get("plotly_chart")) == 1


def test_a_part_put_aside_says_who_did_so(open_page: OpenPage) -> None:
    portal = runtime.portal()
    row = RowKey("P00001", "network", "order", "-")
    said = Statement("ordered", comment="by phone")
    portal.marks.mark(ANYONE, portal.open(), row, said, name="Ana")

    shown = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "Nothing left to do" in shown
    assert "(done)" in shown
    assert "(put aside)" not in shown
    assert "Ana has ordered it, just now: by phone" in shown


def test_the_decision_is_drawn_before_charts_and_measures(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en", item="P00001")

    headings = [each.value for each in app.subheader]
    assert headings == [
        "When it runs out",
        "How much is used",
        "Can it be believed?",
        "Since the last publication",
    ]


@pytest.mark.parametrize("locale", ["en", "pt-BR"])
def test_words_of_the_trade_stay_in_the_comparison(open_page: OpenPage, locale: str) -> None:
    app = open_page("forecast.py", locale=locale, item="P00001")

    said = [*(each.value for each in (*app.markdown, *app.subheader, *app.warning)), html(app)]
    assert not re.findall("WAPE|MASE|ARIMA|TSB", "\n".join(said))


def test_the_measures_are_off_the_wire_until_they_are_opened(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")
    assert not app.table

    opened = open_page("forecast.py", item="P00001", sources="arima,naive")

    assert list(opened.table[0].value["Fonte"]) == ["ARIMA", "Ingênua sazonal"]


def test_an_unknown_source_is_left_out_and_told_with_the_known_ones(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", sources="oracle,naive")

    assert not app.error
    assert "oracle" in app.warning[0].value
    assert "arima" in app.warning[0].value
    assert list(app.table[0].value["Fonte"]) == ["ARIMA", "Ingênua sazonal"]
    assert app.button_group("farol.sources").value == ["naive"]


def test_a_proposal_names_its_place_or_says_that_it_is_for_all_of_them(
    open_page: OpenPage, active: Publisher
) -> None:
    tables = active.tables()
    top, *_ = tables["dim_location"].to_pylist()
    below = {"location_id": "D1", "name": "Depot 1", "level": "depot"}
    depot = top | below | {"parent_location_id": "network"}
    tables["dim_location"] = pa.Table.from_pylist([depot, top], tables["dim_location"].schema)
    for name in ("fact_inventory", "fact_action"):
        rows = tables[name].to_pylist()
        there = [each | {"location_id": "D1"} for each in rows]
        if name == "fact_action":
            rows = [each | {"rank": 2 * each["rank"] - 1} for each in rows]
            there = [each | {"rank": 2 * each["rank"]} for each in there]
        made = sorted((*rows, *there), key=lambda each: (each["item_id"], each["location_id"]))
        tables[name] = pa.Table.from_pylist(made, schema=tables[name].schema)
    active.publish(tables=tables)
    runtime.portal().activate(ADMIN, confirmed=True)

    at_depot = open_page("forecast.py", locale="en-US", item="P00001", location_id="D1")
    of_all = open_page("forecast.py", locale="en-US", item="P00001", location_id="network")

    assert "Depot 1: order 30" in html(at_depot)
    assert f"{top['name']} as a whole: order 30" in html(of_all)


def test_a_place_says_which_central_store_supplies_it_and_in_how_many_days(
    open_page: OpenPage, active: Publisher
) -> None:
    tables = active.tables()
    top, *_ = tables["dim_location"].to_pylist()
    store = top | {"location_id": "CD", "name": "Store", "level": "depot"}
    store |= {"parent_location_id": "network"}
    place = store | {"location_id": "D1", "name": "Depot 1", "parent_location_id": "CD"}
    places = [store, place | {"supplied_from": "CD", "supply_days": 3.0}, top]
    tables["dim_location"] = pa.Table.from_pylist(places, tables["dim_location"].schema)
    rows = tables["fact_inventory"].to_pylist()
    rows += [each | {"location_id": "D1"} for each in rows]
    made = sorted(rows, key=lambda each: (each["item_id"], each["location_id"]))
    tables["fact_inventory"] = pa.Table.from_pylist(made, schema=tables["fact_inventory"].schema)
    worth = tables["fact_availability"].to_pylist()
    worth += [each | {"location_id": "D1", "days_at_store": 1.5} for each in worth[1:2]]
    made = sorted(worth, key=lambda each: (each["item_id"], each["location_id"]))
    worth_schema = tables["fact_availability"].schema
    tables["fact_availability"] = pa.Table.from_pylist(made, schema=worth_schema)
    active.publish(tables=tables)
    runtime.portal().activate(ADMIN, confirmed=True)

    english = open_page("forecast.py", locale="en-US", item="P00001", location_id="D1")
    waits = open_page("forecast.py", locale="en-US", item="P00002", location_id="D1")
    portuguese = open_page("forecast.py", item="P00001", location_id="D1")
    of_all = open_page("forecast.py", locale="en-US", item="P00001", location_id="network")

    assert "<dt>Supplied from</dt><dd>Store, within 3 days</dd>" in html(english)
    assert "Store, within 3 days; on average it waits 1.5 days until there is one" in html(waits)
    assert "<dt>Abastecido por</dt><dd>Store, em 3 dias" in html(portuguese)
    assert "Supplied from" not in html(of_all)


def test_without_a_part_in_the_address_the_first_of_the_list_is_shown_and_said(
    open_page: OpenPage,
) -> None:
    app = open_page("forecast.py", locale="en-US")

    assert app.header[0].value.startswith("P00002")
    assert "this is the first of the list." in app.caption[0].value
    assert app.query_params["item"] == "P00002"
    assert app.query_params["location_id"] == "network"


def test_without_a_part_in_the_address_its_filters_count(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en-US", tier="this_week")

    assert app.header[0].value.startswith("P00001")
    assert "this is the first of the filtered list." in app.caption[0].value


def test_what_was_opened_for_want_of_a_part_is_said_no_longer_of_another(
    open_page: OpenPage,
) -> None:
    app = open_page("forecast.py", locale="en-US")
    app.query_params["item"] = "P00003"

    assert "this is the first" not in texts(app.run())


def test_where_the_filtered_list_is_empty_any_part_is_shown(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en-US", category="nothing")

    assert app.header[0].value.startswith("P00001")
    assert "this is the first." in app.caption[0].value


def test_a_publication_without_a_list_is_shown(open_page: OpenPage, active: Publisher) -> None:
    publish_without_list(active)
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page("forecast.py", item="P00001")

    assert not app.exception
    assert not app.error


def test_a_part_without_a_forecast_says_so(open_page: OpenPage, active: Publisher) -> None:
    nowhere = without(item_id="P00006")
    republish(
        active,
        fact_forecast=nowhere,
        fact_backtest=nowhere,
        fact_metrics=nowhere,
        fact_period=nowhere,
        fact_projection=nowhere,
        fact_lead_time=nowhere,
        fact_inventory=nowhere,
        agg_daily=without(category="unclassified"),
    )

    app = open_page("forecast.py", locale="en", item="P00006")

    assert not app.exception
    assert not app.error
    assert "There is no forecast of this part here" in html(app)


def test_what_was_decided_last_is_said_and_taken_back(open_page: OpenPage) -> None:
    portal = runtime.portal()
    publication = portal.open()
    row = RowKey("P00001", "network", "order", "-")
    mark = portal.marks.mark(ANYONE, publication, row, Statement("ordered"), name="Ana")
    app = open_page("forecast.py", locale="en", item="P00001")
    app.session_state["farol.marked_by"] = "Ana"
    app.session_state["farol.done"] = LastMarking(publication.id, Marking((mark,), ()))
    app.run()
    assert r"P00001\: order placed." in texts(app)

    app.button(key="part-undo").click().run()

    assert "Order 30" in html(app)
    assert "Ana" not in html(app)


def of_part(change: Callable[[Row], Row], item_id: str = "P00006") -> Change:
    """Return what changes the rows of a part."""
    return lambda rows: [change(row) if row["item_id"] == item_id else row for row in rows]


def nothing_used(row: Row) -> Row:
    """Return a row with nothing used and nothing forecast."""
    amounts = {
        name for name in row if name in {"actual", "forecast", "quantity"} or name[:1] == "q"
    }
    return {
        name: 0.0 if name in amounts and value is not None else value for name, value in row.items()
    }


def only_first(rows: list[Row], item_id: str = "P00006") -> list[Row]:
    """Return rows of which those of a part that are over are all but the first one left out."""
    kept = False
    left = []
    for row in rows:
        is_over = row["item_id"] == item_id and row["actual"] is not None
        if not is_over or not kept:
            left.append(row)
        kept = kept or is_over
    return left


HARDLY_ANYTHING: dict[str, dict[str, Change]] = {
    "one observation": {"fact_period": only_first},
    "nothing is used": {"fact_period": of_part(nothing_used)},
    "long name of markup": {"dim_item": with_values("P00006", name=f"<b>{'a' * 290}</b>")},
}


@pytest.mark.parametrize("span", ["3m", "6m", "1y", "all"])
@pytest.mark.parametrize("case", HARDLY_ANYTHING)
def test_a_part_with_hardly_anything_to_tell_has_its_page(
    open_page: OpenPage, active: Publisher, case: str, span: str
) -> None:
    republish(active, **HARDLY_ANYTHING[case])

    app = open_page("forecast.py", locale="en", item="P00006", span=span)

    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 2
    assert "Can it be believed?" in texts(app)
