"""The first sentence and the curve: what they say of every state, and that they promise no more."""

from __future__ import annotations

from html import unescape

import pyarrow as pa
import pytest

from tests.pages.availability.availability_page import (
    SHORT,
    TODAY,
    opened,
    publish,
    publish_tables,
    told,
)
from tests.pages.conftest import OpenPage
from tests.publisher import Publisher, replace_column


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
