"""Moves in the week's file: each stands with its way, and none is summed as an order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Language
from datalayer.portal import ANYONE, RowKey, Statement
from datalayer.runtime import portal
from pages.envelope.envelope import envelope_of
from pages.envelope.regions import regions_of
from tests.pages.conftest import ADMIN
from tests.pages.speaking import speaking
from tests.places_that_share import GIVER, TAKER, with_moves, with_orders_behind
from tests.publisher import Publisher

MOVED, ORDERED = 5_000.0, 100.0
"""What the quantity of each move, and of each order, is worth."""


@pytest.fixture(autouse=True)
def moves(state: object, publisher: Publisher) -> None:
    """Three moves to a depot, which orders two of the parts as well; the one that gives orders."""
    time = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    tables = with_orders_behind(with_moves(publisher.tables(generated_at=time)))
    actions = [
        row | {"value": MOVED if row["action"] == "move" else ORDERED}
        for row in tables["fact_action"].to_pylist()
    ]
    tables["fact_action"] = pa.Table.from_pylist(actions, tables["fact_action"].schema)
    publisher.publish(generated_at=time, tables=tables, lineage={"currency": "BRL"})
    portal().activate(ADMIN, confirmed=True)


def read(place: str, language: Language = "en") -> str:
    """Return what the envelope of a place says."""
    publication = portal().open()
    (region,) = (each for each in regions_of(publication) if each.location_id == place)
    with speaking(language):
        html = envelope_of(publication, region).html
    text = unescape(re.sub("<[^>]+>", " ", html.partition("<body>")[2])).replace("\\u00a0", " ")
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Move 5 from CD Campinas to CD Recife now"),
        ("pt_BR", "Transferir 5 de CD Campinas para CD Recife já"),
    ],
)
def test_a_move_stands_in_the_file_of_who_takes_and_of_nobody_else(
    language: Language, expected: str
) -> None:
    assert expected in read(TAKER, language)
    assert expected not in read(GIVER, language)


def test_a_move_tells_its_way_as_far_as_it_is_known() -> None:
    said = read(TAKER)

    assert "2,120 km, 3 days, R$ 42" in said
    assert said.count("about 2,120 km") == 2


def test_moves_are_counted_before_orders_and_are_in_no_sum_of_them() -> None:
    summary = read(TAKER).partition("data through")[0]

    assert "3 moves to make first; 2 orders until" in summary
    assert "R$ 200" in summary
    assert "5,000" not in summary


def test_who_gives_and_orders_again_is_told_of_the_order_alone() -> None:
    summary = read(GIVER).partition("data through")[0]

    assert "1 order until" in summary
    assert "R$ 100" in summary
    assert "to make first" not in summary


def test_an_order_behind_a_move_is_said_to_be_one_more_thing_to_do() -> None:
    assert read(TAKER).count("1 more thing to do for this part") == 2


def test_once_a_move_is_made_the_order_behind_it_is_the_card() -> None:
    key = RowKey("P00002", TAKER, "move", GIVER)
    portal().marks.mark(ANYONE, portal().open(), key, Statement("done"), name="Ana")

    said = read(TAKER)

    assert "Order 2" in said
    assert "2 moves to make first; 2 orders until" in said
    assert "Move 4 from" not in said
