"""The regret ledger on the page of accuracy: a sentence, a table by group, or why nobody knows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from pages.components.accuracy import regret_words
from pages.components.accuracy.regret_words import HOURS
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.part.test_part import republish
from tests.pages.speaking import speaking
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")

Row = dict[str, Any]
PAGE = "accuracy.py"
CHANCE = "which can't be told apart from chance"
HEADER = "What following would have cost"


def said(app: AppTest) -> str:
    """Return what the page says, without the signs that keep Markdown from reading it."""
    return texts(app).replace("\\", "").replace("  ", " ")


def groups(app: AppTest) -> list[str]:
    """Return the first column of the ledger's table, which is the page's last."""
    return list(app.table[-1].value.iloc[:, 0])


def test_it_begins_with_what_following_saved_beside_the_textbook(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert app.header[-1].value == HEADER
    assert (
        "At the last 2 cutoffs, beside the textbook's rule, following would have cost a month "
        "240 less (between 140 and 340); tower-hours lost a month: 8 hours less "
        "(between 4 hours and 12 hours)."
    ) in said(app)
    assert "50% are of contracts that name no price" in said(app)


def test_it_is_told_in_portuguese(open_page: OpenPage) -> None:
    app = open_page(PAGE)

    assert app.header[-1].value == "Quanto teria custado seguir"
    assert "Em 2 cortes passados, em comparação com a regra do livro, seguir" in said(app)
    assert "240 a menos (entre 140 e 340)" in said(app)


@pytest.mark.parametrize(
    ("more", "low", "high", "expected"),
    [
        (8.0, 4.0, 12.0, "8 hours less (between 4 hours and 12 hours)"),
        (-8.0, -12.0, -4.0, "8 hours more (between 4 hours and 12 hours)"),
        (
            *(8.0, -2.0, 18.0),
            f"8 hours less, {CHANCE} (from 2 hours more to 18 hours less)",
        ),
        (8.0, None, None, "8 hours less, measured too seldom to tell from chance"),
        (0.0, 0.0, 0.0, "the same"),
        (None, None, None, "–"),
    ],
)
def test_a_difference_is_claimed_only_beyond_chance(
    more: float | None, low: float | None, high: float | None, expected: str
) -> None:
    row = {HOURS: more, f"{HOURS}_low": low, f"{HOURS}_high": high}

    with speaking("en"):
        assert regret_words.difference(row, HOURS, "BRL") == expected


def test_without_a_price_of_a_tower_hour_no_cost_is_told(
    active: Publisher, open_page: OpenPage
) -> None:
    names = ("penalty_cost", *(f"cost{end}" for end in ("", "_low", "_high")))
    more = tuple(f"cost_more{end}" for end in ("", "_low", "_high"))
    republish(
        active, agg_regret=lambda rows: [row | dict.fromkeys((*names, *more)) for row in rows]
    )

    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert "no contract names a price of a tower-hour" in said(app)
    assert "following would have cost a month" not in said(app)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["All parts", "Class A", "Class B"]),
        ({"ledger": "location"}, ["All parts", "Rede"]),
    ],
)
def test_the_table_is_by_the_group_of_the_address(
    asked: dict[str, str], expected: list[str], open_page: OpenPage
) -> None:
    assert groups(open_page(PAGE, locale="en", **asked)) == expected


def test_leaving_an_order_out_says_what_is_not_known(open_page: OpenPage) -> None:
    told = said(open_page(PAGE, locale="en", beside="order_skipped"))

    assert "beside leaving that order out" in told
    assert "What lay in stock at past cutoffs isn't known" in told


@pytest.mark.parametrize("name", ["ledger", "beside"])
def test_an_address_that_asks_for_what_there_isnt_is_named_and_left_out(
    name: str, open_page: OpenPage
) -> None:
    app = open_page(PAGE, locale="en", **{name: "x"})

    assert not app.exception
    assert name in app.warning[0].value
    assert HEADER in said(app)


def test_the_file_has_the_groups_that_are_shown(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en", ledger="location")

    link = app.get("link_button")[-1]
    address, query = link.proto.url.split("?")
    assert address == "api/v1/extracts/agg_regret.csv"
    assert dict(parse_qsl(query))["group_by"] == "location"


def test_a_publication_without_a_ledger_says_why(active: Publisher, open_page: OpenPage) -> None:
    later = active.latest.generated_at.replace(microsecond=1)
    tables = {k: v for k, v in active.tables(generated_at=later).items() if k != "agg_regret"}
    active.publish(generated_at=later, tables=tables)
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert "this publication holds no ledger of past orders" in said(app)
