"""Moves on the list of what to do, beside the orders, on the part's page and in the inventory."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer.portal import ANYONE, RowKey, Statement
from datalayer.runtime import portal
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.places_that_share import GIVER, TAKER, with_moves
from tests.publisher import Publisher

LATE = "P00001"
pytestmark = pytest.mark.usefixtures("moves")


@pytest.fixture
def moves(state: object, publisher: Publisher) -> None:
    """Three moves, of which the first is late; P00002 has a late order, too."""
    time = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    tables = with_moves(publisher.tables(generated_at=time))
    publisher.publish(generated_at=time, tables=tables)
    portal().activate(ADMIN, confirmed=True)


def headlines(app: AppTest) -> list[str]:
    found = (re.search("<h3>(.*?)</h3>", each.value) for each in app.main.markdown)
    return [unescape(each[1]) for each in found if each]


def said(app: AppTest) -> str:
    return unescape(re.sub("<[^>]+>", " ", texts(app))).replace("\u00a0", " ")


def html(app: AppTest) -> str:
    bodies = " ".join(each.proto.body for each in app.main.get("html"))
    return unescape(bodies).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "en-US",
            [
                "Move 5 from CD Campinas to CD Recife now",
                "Move 4 from CD Campinas to CD Recife by ",
                "Move 3 from CD Campinas to CD Recife by ",
            ],
        ),
        (
            "pt-BR",
            [
                "Transferir 5 de CD Campinas para CD Recife já",
                "Transferir 4 de CD Campinas para CD Recife até ",
                "Transferir 3 de CD Campinas para CD Recife até ",
            ],
        ),
    ],
)
def test_the_list_names_both_places_of_a_move(
    open_page: OpenPage, locale: str, expected: list[str]
) -> None:
    found = headlines(open_page(locale=locale))

    assert len(found) == len(expected)
    assert all(each.startswith(start) for each, start in zip(found, expected, strict=True))


def test_a_card_tells_the_way_as_far_as_it_is_known(open_page: OpenPage) -> None:
    told = said(open_page(locale="en-US"))

    assert "2,120 km, 3 days, 42 ·" in told
    assert told.count("about 2,120 km ·") == 2


def test_the_line_above_the_list_counts_moves_before_orders(open_page: OpenPage) -> None:
    assert "3 moves to make first; " in said(open_page(locale="en-US"))


def test_a_move_that_was_made_is_put_aside_and_says_who_made_it(open_page: OpenPage) -> None:
    key = RowKey(LATE, TAKER, "move", GIVER)
    portal().marks.mark(ANYONE, portal().open(), key, Statement("done"), name="Ana")

    left, aside = (open_page(locale="en-US", **asked) for asked in ({}, {"put_aside": "true"}))

    assert [each.split()[:2] for each in headlines(left)] == [["Move", "4"], ["Move", "3"]]
    assert "Moved by Ana" in said(aside)


def test_a_ticked_move_is_no_order(open_page: OpenPage) -> None:
    app = open_page("orders.py", locale="en-US", rows="1-2", p=portal().open().id)

    told = said(app)
    assert "Not orders" in [each.value for each in app.header]
    assert "Move 5 from CD Campinas to CD Recife now" in told


def test_the_part_tells_its_move_and_what_lies_there_once_it_is_made(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en-US", item=LATE, location_id=TAKER)
    box = html(app)

    assert '<h3 class="farol-verb">Move 5 from CD Campinas to CD Recife now</h3>' in box
    assert "5 are to come from other places" in box
    assert "2,120 km, 3 days, 42" in box
    assert "Stock 0 + moved here 5 + on order 0 = 5, above 4: nothing is ordered." in box
    assert "Why it is moved" in said(app)
    assert "The gain is 30 times the loss" in box


def test_the_place_that_gives_says_so(open_page: OpenPage) -> None:
    app = open_page("forecast.py", locale="en-US", item=LATE, location_id=GIVER)

    assert "5 are to go to other places" in html(app)
    assert "5 un stay on the shelf there once all moves are made" in html(app)
    assert "Stock 10 − moved away 5 + on order 0 = 5, at or below 5: it is ordered." in html(app)


def test_what_a_move_avoids_is_not_told_of_an_order(open_page: OpenPage) -> None:
    box = html(open_page("forecast.py", locale="en-US", item=LATE, location_id=TAKER))

    assert "nothing is ordered." in box
    assert "are expected to lack" not in box


def test_the_chance_beside_the_stock_is_that_with_moves_and_the_move_tells_its_own(
    open_page: OpenPage, publisher: Publisher
) -> None:
    time = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    tables = with_moves(publisher.tables(generated_at=time))
    for name, kind, chance in (("fact_action", "move", 0.9), ("fact_inventory", None, 0.02)):
        rows = [
            row | {"stockout_probability": chance}
            if row["location_id"] == TAKER and row.get("action") == kind
            else row
            for row in tables[name].to_pylist()
        ]
        tables[name] = pa.Table.from_pylist(rows, tables[name].schema)
    publisher.publish(generated_at=time, tables=tables)
    portal().activate(ADMIN, confirmed=True)

    box = html(open_page("forecast.py", locale="en-US", item=LATE, location_id=TAKER))

    facts = box.partition("<dt>Chance of a shortage</dt>")[2]
    assert facts.startswith("<dd>2 in 100 before a delivery comes")
    assert "9 in 10" in box.partition('<p class="farol-why">')[2].partition("</p>")[0]


def test_the_policy_counts_moves_among_what_falls_to_the_reorder_point(
    open_page: OpenPage,
) -> None:
    app = open_page("inventory.py", locale="en-US", item=LATE, location=TAKER)

    assert "Order when stock, moves and open orders together fall to 4." in said(app)


@pytest.mark.parametrize(("place", "stock"), [(TAKER, "0 (+5 by moves)"), (GIVER, "10 (−5 by")])
def test_a_row_of_the_inventory_says_what_moves_bring_and_take_away(
    open_page: OpenPage, place: str, stock: str
) -> None:
    app = open_page("inventory.py", locale="en-US", location=place)

    assert stock in html(app)
