"""Why a part is to be moved from one place to another, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import UnknownRank
from datalayer.reading.move_reasons import move_reason, of_place
from datalayer.reading.publication import Publication
from tests.availability import available_tables, like
from tests.places_that_share import GIVER, TAKER, with_moves
from tests.publisher import Publisher

Open = Callable[[Manifest], Publication]
Opened = Callable[..., Publication]


@pytest.fixture
def opened(publisher: Publisher, open_publication: Open) -> Opened:
    """Opens a publication of three moves, with figures of the first one as a test wants them."""

    def open_it(**changed: Any) -> Publication:
        tables = with_moves(available_tables(publisher))
        first, *others = tables["fact_transfer"].to_pylist()
        tables["fact_transfer"] = like(tables["fact_transfer"], [first | changed, *others])
        return open_publication(publisher.publish(tables=tables, lineage={"currency": "BRL"}))

    return open_it


def test_a_move_tells_gain_loss_what_stays_and_what_it_costs(opened: Opened) -> None:
    reason = move_reason(opened(), 1)

    assert reason.move["rank"] == 1
    assert reason.why.en.partition("(P00001) ")[2] == (
        "avoid 18 tower-hours a month until what is bought today would be delivered, worth R$ 900. "
        "At CD Campinas, 0.50 tower-hours a month are lost for want of them until the delivery "
        "after the next review, worth R$ 30. The gain is 30 times the loss; it has to be three "
        "times at least, as forecasts err on both sides. 5 un stay on the shelf there once all "
        "moves are made, no less than its reorder point of 5 un; it uses 1 un a month. Their like "
        "is bought later, which saves R$ 12. Bringing them costs R$ 42. All together the move is "
        "worth R$ 840, and stands at 1 of 3."
    )
    assert reason.why.en.startswith("At CD Recife, 5 un of ")


def test_it_is_told_in_portuguese_as_well(opened: Opened) -> None:
    why = move_reason(opened(), 1).why.pt_BR

    assert why.startswith("Em CD Recife, 5 un de ")
    assert "o que vale R$ 900. Em CD Campinas, a falta delas custa 0,50 horas de torre" in why
    assert why.endswith("Ao todo, a transferência vale R$ 840 e está na posição 1 de 3.")


def test_a_freight_that_nobody_knows_is_not_told_as_nothing(opened: Opened) -> None:
    why = move_reason(opened(), 2).why

    assert "What bringing them costs isn't known, and isn't taken off." in why.en
    assert "Bringing them costs" not in why.en


def test_where_nothing_is_lost_nothing_is_divided_by_it(opened: Opened) -> None:
    lossless = {"donor_loss": 0.0, "donor_hours_lost": 0.0, "purchase_put_off": 0.0}
    why = move_reason(opened(**lossless, value=858.0), 1).why.en

    assert "At CD Campinas hardly anything is lost for want of them. 5 un stay" in why
    assert "times" not in why
    assert "bought later" not in why


def test_a_rank_that_no_move_has_is_refused(opened: Opened) -> None:
    with pytest.raises(UnknownRank, match="no row of rank 4; it has 3 rows"):
        move_reason(opened(), 4)


def test_both_places_tell_the_moves_of_a_part_and_no_other_does(opened: Opened) -> None:
    publication = opened()

    found = [of_place(publication, "P00002", each) for each in (GIVER, TAKER, "network")]

    assert [[reason.move["rank"] for reason in each] for each in found] == [[2], [2], []]
