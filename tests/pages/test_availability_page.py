"""The page of availability: what it says of every state, and that it promises nothing unknown."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from html import unescape

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer.api.application import create_api
from datalayer.portal import NETWORK
from datalayer.runtime import portal
from pages.components.availability import buy_words, moves
from tests.availability import STEPS, available_tables, like
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.speaking import speaking
from tests.places_that_share import with_moves
from tests.portals import get
from tests.publisher import Publisher, replace_column
from tests.repaired_parts import with_repairs
from tests.served_portal import document_made_once

Changes = Mapping[str, object]

TODAY = "today"
UNTESTED = {"n_windows": 0, "towers_down_promised": None, "towers_down_happened": None}
SHORT = {TODAY: {"towers_down": 8.0, "availability": 0.992, "towers_down_low": 4.0}}
"""Today's stock misses the target, which the curve's second point meets."""


def publish(
    publisher: Publisher,
    rows: Mapping[str, Changes] | None = None,
    *,
    tables: dict[str, pa.Table] | None = None,
    **all_rows: object,
) -> None:
    """Publish with other values in rows of the curve, named by policy and point, and in all."""
    tables = dict(tables or publisher.tables())
    curve = [
        {**row, **all_rows, **_changes(row, rows or {})}
        for row in tables["agg_availability"].to_pylist()
    ]
    tables["agg_availability"] = pa.Table.from_pylist(curve, tables["agg_availability"].schema)
    publish_tables(publisher, tables)


def _changes(row: Mapping[str, object], rows: Mapping[str, Changes]) -> Changes:
    return rows.get(str(row["policy"]), {}) | rows.get(f"{row['policy']}-{row['point']}", {})


def publish_tables(
    publisher: Publisher, tables: dict[str, pa.Table], *, budget: object = None
) -> None:
    """Publish *tables* of a run that was given the *budget*."""
    lineage = {"currency": "BRL", "settings": {"options": {"budget": budget}}}
    publisher.publish(tables=tables, lineage=lineage)
    portal().activate(ADMIN, confirmed=True)


def opened(open_page: OpenPage, **parameters: str) -> AppTest:
    app = open_page("availability.py", locale="en-US", **parameters)
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def listed(app: AppTest) -> list[str]:
    """Return the rows of the list as text, the line of the budget among them."""
    body = next(
        (each.proto.body for each in app.main.get("html") if "farol-buys" in each.proto.body), ""
    )
    rows = re.findall(r"<tr.*?</tr>", body.partition("<tbody>")[2])
    return [unescape(re.sub("<[^>]+>", " ", row)) for row in rows]


def test_what_a_budget_buys_is_taken_along_as_orders(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, budget="1700")
    button = next(each for each in app.main.get("link_button") if "orders" in each.proto.label)
    rows = downloaded(button.proto.url)

    assert len(rows) == 2
    assert "budget=1700" in button.proto.url


def test_a_row_says_that_its_part_comes_back_from_repair(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, tables=with_repairs(publisher.tables()))

    rows = listed(opened(open_page, budget="1700"))

    said = ["comes back from repair in 30 days; 20% are beyond repair" in row for row in rows]
    assert ["P00002" in row for row in rows] == said
    assert any(said)


def test_without_a_budget_nothing_becomes_an_order(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    labels = [each.proto.label for each in opened(open_page).main.get("link_button")]

    assert not any("orders" in label for label in labels)


def downloaded(path: str) -> list[dict[str, str]]:
    with document_made_once():
        answer = get(create_api(portal()), path.removeprefix("/").removeprefix("api"))
    assert answer.status_code == 200
    return list(csv.DictReader(answer.text.splitlines()))


def test_a_target_that_is_met_on_average_is_told_with_the_chance_of_a_month(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    said = told(opened(open_page))

    assert "5.0 towers on average stand still for want of a part (between 2.5 and 10" in said
    assert "Whole network asks for 99.50%: on average that is met" in said
    assert "with a chance of 60%" in said


def test_what_is_missing_for_the_target_is_what_the_list_costs_up_to_it(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, SHORT)

    # Three eighths of the 142.35 hours lost are avoided by the first four steps, of 800 each.
    assert "parts for R$ 3,200 are missing, in the order below" in told(opened(open_page))


def test_a_target_beyond_what_the_past_supports_is_no_promise(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, SHORT, target_availability=0.997)

    said = told(opened(open_page))

    assert "better than 99.60% can't be claimed with 2 tests of the past" in said
    assert "are missing" not in said


NO_FIGURE = (
    *("stock_value", "towers_down", "towers_down_low", "towers_down_high", "towers_down_forecast"),
    *("availability", "chance_target_met", "towers_down_promised", "towers_down_happened"),
)


def test_a_contract_of_which_no_part_is_known_is_told_without_a_figure(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    curve = tables["agg_availability"]
    silent = {
        **curve.to_pylist()[-1],
        **dict.fromkeys(NO_FIGURE),
        "contract_id": "CT-V",
        "name": "Vazio",
        "n_windows": 0,
        "supported": False,
        "not_supported_because": "no_part",
    }
    tables["agg_availability"] = pa.Table.from_pylist([silent, *curve.to_pylist()], curve.schema)
    publish_tables(publisher, tables)

    said = told(opened(open_page, contract="CT-V"))

    assert "What today's stock keeps up of Vazio isn't known: no part that its towers need" in said
    assert "Vazio asks for 99.50%." in said
    assert "on average" not in said
    assert "100" not in said.partition("What to buy first")[0]


def test_where_towers_are_not_known_no_target_is_said_to_be_missed(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, towers=None, availability=None, chance_target_met=None)

    assert "No point reaches the target" not in told(opened(open_page))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("not_kept", "more stood still in the past than was promised"),
        ("few_cutoffs", "it was tested too few times in the past"),
        ("no_history", "nothing was tested in the past"),
        ("two_levels", "it rests on parts weighed at two levels, which no past window shows"),
        ("tail_not_seen", "such small chances were not seen often enough in the past"),
    ],
)
def test_nothing_is_promised_where_the_past_supports_no_point(
    state: object, publisher: Publisher, open_page: OpenPage, reason: str, words: str
) -> None:
    unsupported = {"supported": False, "not_supported_because": reason}
    publish(publisher, SHORT, **unsupported)

    said = told(opened(open_page))

    assert f"nothing can be promised: {words}." in said
    assert "The past supports no point of it." in said


def test_without_a_target_none_is_told(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, target_availability=None, chance_target_met=None)

    assert "Whole network has no target." in told(opened(open_page))


def test_without_the_number_of_towers_no_percentage_is_told(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, towers=None, availability=None, chance_target_met=None)

    said = told(opened(open_page))

    assert "How many towers there are isn't published, so no percentage can be told." in said
    assert "can't be told without the number of towers" in said
    assert "%" not in said.split("What the stock keeps up")[0].split("isn't published")[0]


def test_so_few_towers_down_that_no_past_supports_them_may_be_more(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, {TODAY: {"supported": False, "not_supported_because": "no_history"}})

    assert "No past supports so few: it may be more." in told(opened(open_page))


def test_another_budget_in_the_address_is_the_one_of_the_box(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)
    app = opened(open_page, budget="1700")

    app.query_params["budget"] = "800"
    app.run()

    assert app.number_input[0].value == 800.0
    assert not app.warning


def test_points_that_cost_the_same_are_told_apart(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, stock_value=1000.0)

    assert opened(open_page).select_slider[0].options == [
        "R$ 1,000 (0)",
        "R$ 1,000 (1)",
        "R$ 1,000 (2)",
    ]


def test_more_towers_down_than_there_are_is_no_negative_share(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, {TODAY: {"towers_down": 1500.0, "availability": -0.5}})

    said = told(opened(open_page))

    assert "That is more than Whole network has." in said
    assert "-50" not in said


def test_a_publication_without_todays_stock_says_that_it_isnt_known(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    curve = tables["agg_availability"]
    tables["agg_availability"] = curve.slice(0, 4)
    publish_tables(publisher, tables)

    assert "What today's stock keeps up isn't known." in told(opened(open_page))


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_publication_without_availability_says_which_files_a_run_needs(
    is_empty: bool, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    for name in ("agg_availability", "fact_availability", "fact_buy_list"):
        if is_empty:
            tables[name] = tables[name].slice(0, 0)
        else:
            del tables[name]
    publish_tables(publisher, tables)

    app = opened(open_page)

    assert "tells no availability" in app.info[0].value
    assert "--contracts" in told(app)
    assert "--installed" in told(app)
    assert not app.header


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


def test_a_curve_without_a_list_is_shown_and_the_list_is_missed(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    del tables["fact_buy_list"], tables["fact_availability"]
    publish_tables(publisher, tables)

    app = opened(open_page)

    assert "This publication lists nothing to buy" in app.info[0].value
    assert "Which parts are in these figures isn't published." in told(app)
    assert "5.0 towers on average" in told(app)


def test_the_contract_furthest_below_its_target_is_shown_first(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_two_contracts(publisher)

    assert "Beta asks for 99.99%" in told(opened(open_page))
    assert "Alfa asks for 99.50%" in told(opened(open_page, contract="A"))


def test_with_several_contracts_what_is_missing_is_told_of_the_curve(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_two_contracts(publisher, target=0.996)

    said = told(opened(open_page))

    assert "a stock that keeps that costs R$ 2,000, R$ 1,000 more than today's" in said


def publish_two_contracts(publisher: Publisher, target: float = 0.9999) -> None:
    tables = publisher.tables()
    curve = tables["agg_availability"]
    named = {"A": ("Alfa", 0.995), "B": ("Beta", target)}
    both = []
    for code, (name, asked) in named.items():
        one = replace_column(curve, "contract_id", [code] * len(curve))
        one = replace_column(one, "name", [name] * len(curve))
        both.append(replace_column(one, "target_availability", [asked] * len(curve)))
    tables["agg_availability"] = pa.concat_tables(both)
    publish_tables(publisher, tables)


def test_the_price_of_a_tenth_is_the_difference_between_two_points(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    assert "One more tenth costs R$ 1,000" in told(opened(open_page, point="0"))


def test_the_price_of_a_tenth_that_no_past_supports_isnt_told(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, point="1")

    assert "What one more tenth costs isn't told" in told(app)
    assert "One more tenth costs" not in told(app)


def test_a_point_is_chosen_and_kept_in_the_address(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)
    app = opened(open_page)

    app.select_slider[0].set_value(2).run()

    assert "".join(app.query_params["point"]) == "2"
    facts = "".join(each.proto.body for each in app.main.get("html"))
    assert "no: such small chances were not seen often enough in the past" in unescape(facts)


def test_a_budget_draws_a_line_behind_what_it_buys(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, budget="1700")
    rows = listed(app)

    assert len(rows) == 5
    assert "R$ 1,700 buy what stands above" in rows[2]
    assert "R$ 1,700 buy 54% of what this list avoids: 29 h" in told(app)
    assert "for R$ 1,600" in told(app)
    assert "The next R$ 1,700 avoid 46%" in told(app)


def test_without_a_budget_all_of_the_list_is_told(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page)

    assert "All of this list costs R$ 3,200 and avoids 54 h" in told(app)
    assert len(listed(app)) == 4
    assert "R$ 1,000 avoid 18.8 h" in listed(app)[0]


@pytest.mark.parametrize("budget", ["0", "799"])
def test_a_budget_that_buys_nothing_says_so(
    budget: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    said = told(opened(open_page, budget=budget))

    assert f"R$ {budget} are less than the first step of this list costs. All of" in said
    assert "All of this list costs R$ 3,200 and avoids 54 h" in said


def test_the_budget_of_the_run_is_where_the_page_begins(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, publisher.tables(), budget=1700)

    app = opened(open_page)

    assert app.number_input[0].value == 1700
    assert app.number_input[0].help == "This publication was made with a budget of R\\$ 1,700.00."
    assert told(app).count("R$ 1,700 buy") == 1
    assert "budget" not in app.query_params


def test_a_run_without_any_money_begins_with_0(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, publisher.tables(), budget=0.0)

    assert "R$ 0 are less than the first step of this list costs." in told(opened(open_page))


@pytest.mark.parametrize("asked", ["abc", "1e300"])
def test_a_budget_that_cannot_be_read_leaves_that_of_the_run(
    asked: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, publisher.tables(), budget=1700)

    app = opened(open_page, budget=asked)

    assert app.warning
    assert "R$ 1,700 buy" in told(app)


def test_all_of_the_list_can_be_seen_beside_the_budget_of_the_run(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, publisher.tables(), budget=1700)
    app = opened(open_page)

    app.number_input[0].set_value(None).run()

    assert "".join(app.query_params["budget"]) == "all"
    assert "All of this list costs R$ 3,200" in told(app)


@pytest.mark.parametrize("budget", [-1, "1700", True, [1700], 1e16])
def test_a_published_budget_that_is_no_amount_is_none(
    budget: object, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, publisher.tables(), budget=budget)

    app = opened(open_page)

    assert app.number_input[0].value is None
    assert "All of this list costs" in told(app)


def test_a_choice_that_leaves_nothing_of_the_list_says_so(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_tables(publisher, available_tables(publisher, STEPS[:2]))

    said = told(opened(open_page, location="DEPOT", main="CT-A"))

    assert "Nothing of the list is for this place and contract." in said
    assert "All of this list costs" not in said


def test_a_list_that_ends_at_once_is_said_to_have_nothing_worth_it(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    tables["fact_buy_list"] = tables["fact_buy_list"].slice(0, 0)
    publish_tables(publisher, tables)

    (info,) = opened(open_page).info

    assert "lists nothing to buy: it knows no part of which more is worth it" in info.value


@pytest.mark.parametrize(("dearest", "price"), [(130.0, "130"), (0.42, "0.42")])
def test_targets_that_no_stock_meets_are_named_with_what_is_bought_for_them(
    dearest: float, price: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    priced = {"rule": "target", "unmet": ["CT-B"], "dearest": dearest}
    lineage = {"currency": "BRL", "forecast": {"tower_hours": priced}}
    publisher.publish(tables=available_tables(publisher), lineage=lineage)
    portal().activate(ADMIN, confirmed=True)

    said = told(opened(open_page))

    assert "No stock meets the target of Beta" in said
    assert "worth its cost at R$ " in said
    assert f"R$ {price} for a tower-hour" in said


def test_where_every_target_can_be_met_none_is_named(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    assert "No stock meets" not in told(opened(open_page))


def test_a_budget_is_typed_and_kept_in_the_address(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)
    app = opened(open_page, page="3")

    app.number_input[0].set_value(800.0).run()

    assert "".join(app.query_params["budget"]) == "800"
    assert "page" not in app.query_params
    assert len(listed(app)) == 3


def test_the_steps_of_a_part_are_one_row(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    steps = tables["fact_buy_list"].to_pylist()
    for place, step in enumerate(steps):
        step |= {"item_id": steps[0]["item_id"], "from_quantity": 2.0 + 2.0 * place}
    tables["fact_buy_list"] = pa.Table.from_pylist(steps, tables["fact_buy_list"].schema)
    publish_tables(publisher, tables)

    rows = listed(opened(open_page))

    assert len(rows) == 1
    assert "buy 8" in rows[0]
    assert "on top of 2" in rows[0]
    assert "R$ 3,200" in rows[0]


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


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("contract", "X", "one of network"),
        ("point", "99", "a point of the curve, from 0 to 2"),
        ("point", "-1", "a point of the curve"),
        ("budget", "-5", "a number of at least 0"),
        ("budget", "1e300", "a number of at most"),
        ("location", "Mars", "one of network"),
        ("main", "X", "one of network"),
        ("page", "x", "the number of a page"),
    ],
)
def test_what_an_address_asks_in_vain_is_named_and_left_out(
    name: str, value: str, expected: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, **{name: value})

    assert expected in app.warning[0].value.replace("\\", "")
    assert listed(app)


@pytest.mark.parametrize(
    ("row", "is_told"),
    [
        ({"quantity": 40.0, "from_quantity": 2.0, "cost": 20.0}, True),
        ({"quantity": 40.0, "from_quantity": 30.0, "cost": 20.0}, False),
        ({"quantity": 3.0, "from_quantity": 0.0, "cost": 20.0}, False),
        ({"quantity": 40.0, "from_quantity": 2.0, "cost": 5000.0}, False),
        ({"quantity": 40.0, "from_quantity": 2.0, "cost": 0.0}, False),
    ],
)
def test_a_quantity_that_looks_absurd_says_why(row: dict[str, float], is_told: bool) -> None:
    effect = {"cost": 10_000.0, "all_cost": 20_000.0}

    assert bool(buy_words.why_so_many(row, effect, "BRL")) is is_told


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "100%"), (0.9999, "over 99.9%"), (0.00001, "under 0.1%"), (0.61, "61%")],
)
def test_a_share_is_all_or_nothing_only_where_it_is(value: float, text: str) -> None:
    with speaking("en"):
        assert buy_words.share(value) == text


def test_a_row_leads_to_its_part(state: object, publisher: Publisher, open_page: OpenPage) -> None:
    publish(publisher)

    app = opened(open_page)
    body = next(each.proto.body for each in app.main.get("html") if "farol-buys" in each.proto.body)

    assert f"location_id={NETWORK}" in body
    assert 'href="forecast?item=' in unescape(body)


@pytest.mark.parametrize("asked", [{}, {"budget": "1700"}, {"location": NETWORK, "budget": "900"}])
def test_the_file_has_the_steps_that_the_list_is_made_of(
    asked: dict[str, str], state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, **asked)
    button = next(each for each in app.main.get("link_button") if "CSV" in each.proto.label)
    rows = downloaded(button.proto.url)

    assert rows
    assert f"{len(rows)} row" in button.proto.label
    assert {row["location_id"] for row in rows} == {NETWORK}


def publish_moves(publisher: Publisher) -> None:
    publish_tables(publisher, with_moves(publisher.tables()))


def test_what_to_move_stands_before_what_to_buy(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_moves(publisher)

    app = opened(open_page)
    body = next(
        each.proto.body for each in app.main.get("html") if "farol-moves" in each.proto.body
    )
    said = unescape(re.sub("<[^>]+>", " ", body))
    heads = [each.value for each in app.header]

    assert heads.index("Before you buy, move") < heads.index("What to buy first")
    assert "5 from CD Campinas to CD Recife" in said
    assert "2,120 km, 3 days, R$ 42" in said
    assert "about 2,120 km " in said
    assert "5, uses 1.0 a month" in said
    assert "3 moves avoid 33 h of towers standing still a month where they go" in told(app)
    assert "and lose 0.92 h where the stock lies" in told(app)
    assert "Bringing it costs R$ 42, known of 1 move." in told(app)
    assert "3 such moves of the past would have avoided 60 h and caused 7 h." in told(app)


def test_with_moves_the_list_that_begins_behind_them_says_not_what_is_missing(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = with_moves(publisher.tables())
    curve = [{**row, **_changes(row, SHORT)} for row in tables["agg_availability"].to_pylist()]
    tables["agg_availability"] = pa.Table.from_pylist(curve, tables["agg_availability"].schema)
    publish_tables(publisher, tables)

    said = told(opened(open_page))

    assert "are missing, in the order below" not in said
    assert "a stock that keeps that costs R$ 2,000, R$ 1,000 more than today's" in said
    assert "What to buy starts from what is there once they are made." in said


def test_a_move_to_another_place_is_left_out_where_one_is_chosen(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_moves(publisher)

    app = opened(open_page, location=NETWORK)

    assert "Before you buy, move" not in [each.value for each in app.header]


def test_moves_that_the_past_had_none_of_are_said_to_be_untested(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = with_moves(publisher.tables())
    tables["agg_transfer"] = tables["agg_transfer"].slice(0, 0)
    publish_tables(publisher, tables)

    said = told(opened(open_page))

    assert "No such move of the past is known, so what they bring isn't tested." in said
    assert "of the past would have avoided" not in said


def test_without_a_move_nothing_is_said_of_moves(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    assert "Before you buy, move" not in [each.value for each in opened(open_page).header]


def test_further_moves_are_shown_below_the_first(
    state: object, publisher: Publisher, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "ON_A_PAGE", 2)
    publish_moves(publisher)
    app = opened(open_page)
    button = app.button(key="farol-moves-more")

    assert button.label == "Show more, 1 move is left"
    button.click().run()

    assert "".join(app.query_params["moves"]) == "2"
    assert not [each for each in app.button if each.key == "farol-moves-more"]
