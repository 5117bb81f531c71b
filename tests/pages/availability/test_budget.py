"""What the page says of the money that there is to spend."""

from __future__ import annotations

import pytest

from tests.availability import STEPS, available_tables
from tests.pages.availability.availability_page import (
    listed,
    opened,
    publish,
    publish_tables,
    told,
)
from tests.pages.conftest import OpenPage
from tests.publisher import Publisher


def test_another_budget_in_the_address_is_the_one_of_the_box(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)
    app = opened(open_page, budget="1700")

    app.query_params["budget"] = "800"
    app.run()

    assert app.number_input[0].value == 800.0
    assert not app.warning


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


@pytest.mark.parametrize("budget", ["799", "0.40", "799.60"])
def test_a_budget_that_buys_nothing_says_so(
    budget: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    said = told(opened(open_page, budget=budget))

    assert f"R$ {budget} are less than the first step of this list costs. All of" in said
    assert "All of this list costs R$ 3,200 and avoids 54 h" in said


@pytest.mark.parametrize("budget", ["0", "-0"])
def test_no_money_buys_nothing_not_even_what_is_free(
    budget: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_free_first_step(publisher)

    app = opened(open_page, budget=budget)

    assert "With R$ 0 nothing is bought. All of this list costs" in told(app)
    assert "less than the first step" not in told(app)
    assert not listed(app)
    assert not app.warning


def test_the_least_money_buys_what_is_free(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_free_first_step(publisher)

    app = opened(open_page, budget="0.05")

    assert "R$ 0.05 buy 50% of what this list avoids: 50 h" in told(app)
    assert "costs nothing" in listed(app)[0]


def publish_free_first_step(publisher: Publisher) -> None:
    first = (*STEPS[0][:4], 0.0, STEPS[0][5])
    publish_tables(publisher, available_tables(publisher, [first, *STEPS[1:]]))


def test_a_budget_of_which_twice_as_much_buys_something_has_nothing_above_its_line(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    line, *rows = listed(opened(open_page, budget="500"))

    assert "R$ 500 buy nothing; twice as much buys what follows." in line
    assert len(rows) == 1


def test_more_money_than_the_list_costs_buys_all_of_it(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, budget="1000000")

    assert "R$ 1,000,000 buy 100% of what this list avoids" in told(app)
    assert "That is all of it." in told(app)
    assert not any("buy what stands above" in row for row in listed(app))


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

    assert "With R$ 0 nothing is bought." in told(opened(open_page))


@pytest.mark.parametrize("asked", ["abc", "nan", "inf", "-1", "1e300"])
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


def test_a_budget_is_typed_and_kept_in_the_address(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)
    app = opened(open_page, page="3")

    app.number_input[0].set_value(800.0).run()

    assert "".join(app.query_params["budget"]) == "800"
    assert "page" not in app.query_params
    assert len(listed(app)) == 3
