"""What to move before anything is bought."""

from __future__ import annotations

import re
from html import unescape

import pytest

from datalayer.portal import NETWORK
from pages.components.availability import moves
from tests.pages.availability.availability_page import SHORT, opened, publish, publish_tables, told
from tests.pages.conftest import OpenPage
from tests.places_that_share import with_moves
from tests.publisher import Publisher


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
    publish(publisher, SHORT, tables=with_moves(publisher.tables()))

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
